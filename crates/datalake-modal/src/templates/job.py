"""Job `{{job}}` in Modal: `datalake job run {{job}} --on modal` deploys this file and calls it.

A call does one shard, and leaves its receipt in the bucket; what is done is not done again.
"""

import pathlib
import subprocess
import sys

import modal

HERE = pathlib.Path(__file__).parent
APP = "{{app}}"
WORKERS = {{workers}}  # {{why_workers}}

# ---- Yours: begin ---- (this part stays when the job is run again)
image = modal.Image.debian_slim(python_version="3.12")  # .uv_pip_install("pandas") and the like
bounds = {"cpu": 1.0, "memory": 1024, "timeout": 4 * 3600}  # cores, MiB, seconds for one shard
bounds["region"] = "eu"  # near the bucket, for 1.5 times the price
# ---- Yours: end ----
image = image.add_local_file({{program}}, "/root/datalake")
{{code}}secret = modal.Secret.from_name(
    "{{secret}}",{{environment}}
    required_keys=["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3"],
)
app = modal.App(APP)


@app.function(
    image=image,
    secrets=[secret],
    retries=modal.Retries(max_retries=3, initial_delay=5.0),
    max_containers=WORKERS,
    **bounds,
)
def run_shard(number: int) -> None:
    """Does a shard as one of WORKERS; an end that says nothing of its keys is tried again."""
    words = ["job", "shard", "{{job}}", str(number), "--workers", str(WORKERS)]
    words += ["--bucket", "{{bucket}}"]{{flags}}
    done = subprocess.run([HERE / "datalake", *words], stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 5):
        raise RuntimeError(done.stderr[-2000:])


if __name__ == "__main__":
    # The shards, such as 0-9,12. Calls that were made go on where this ends early.
    spans = [span.split("-") for span in sys.argv[1].split(",")]
    shards = [number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)]
    function = modal.Function.from_name(APP, "run_shard"{{called}})
    ends = function.map(shards, order_outputs=False, return_exceptions=True)
    failed = [end for end in ends if isinstance(end, BaseException)]
    sys.exit(f"{len(failed)} of {len(shards)} shards failed: {failed[0]}" if failed else 0)
