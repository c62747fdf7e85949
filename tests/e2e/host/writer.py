"""Writes an object every 100 ms with the environment of this container's first process, and says so.

`wrote N` now and then, `failed: …` for each write that the service did not take.
"""

import os
import time

import canary


def main():
    done, name = 0, f"writer/{os.uname().nodename}"
    while "DAGSTER_S3_BUCKET" not in canary.first_process():
        time.sleep(60)
    bucket = canary.first_process()["DAGSTER_S3_BUCKET"]
    while True:
        begun = time.monotonic()
        try:
            canary.call("PUT", f"/{bucket}/{name}", body=str(done).encode())
            done += 1
            if done % 10 == 1:
                print(f"wrote {done}", flush=True)
        except (OSError, SystemExit) as error:
            print(f"failed: {error}", flush=True)
        time.sleep(max(0.0, begun + 0.1 - time.monotonic()))


main()
