"""Several processes append to one table at once: how many were told that it went well, how many are there.

usage: appends.py delta|lance WRITERS APPENDS SEEDS URL     a new table below URL for each seed

Each append is one row with an id of its own. The last line is a JSON object with the sums; one line
before it for each seed that lost something, with the ids.
"""

import json
import multiprocessing
import random
import sys
import time


def make_rows(numbers):
    import pyarrow

    return pyarrow.table({"id": pyarrow.array(numbers, pyarrow.int64())})


class Delta:
    def make(self, url):
        import deltalake

        deltalake.write_deltalake(url, make_rows([]))

    def append(self, url, number):
        import deltalake

        deltalake.write_deltalake(url, make_rows([number]), mode="append")

    def read(self, url):
        import polars

        return polars.scan_delta(url).collect()["id"].to_list()


class Lance:
    def make(self, url):
        import lance

        lance.write_dataset(make_rows([]), f"{url}.lance")

    def append(self, url, number):
        import lance

        lance.write_dataset(make_rows([number]), f"{url}.lance", mode="append")

    def read(self, url):
        import lance

        return lance.dataset(f"{url}.lance").to_table()["id"].to_pylist()


FORMATS = {"delta": Delta, "lance": Lance}


def write(number, plan, start, told):
    """One of the processes: in each round its appends, at its own pace after the first."""
    table, pace = FORMATS[plan["format"]](), random.Random(number)
    for seed in range(plan["seeds"]):
        url, done, refused = f"{plan['url']}/{seed}", [], []
        start.wait()
        for turn in range(plan["appends"]):
            row = number * 1000 + turn
            try:
                table.append(url, row)
                done.append(row)
            except Exception as error:  # Whatever it is, it was told.
                refused.append(f"{type(error).__name__}: {error}")
            if turn + 1 < plan["appends"]:
                time.sleep(pace.uniform(0, 0.01))
        told.put((seed, done, refused))


def run_rounds(plan):
    """What each seed told and what is there of it."""
    context = multiprocessing.get_context("spawn")
    table, start, told = FORMATS[plan["format"]](), context.Barrier(plan["writers"] + 1), context.Queue()
    writers = [
        context.Process(target=write, args=(number, plan, start, told), daemon=True)
        for number in range(plan["writers"])
    ]
    for writer in writers:
        writer.start()
    for seed in range(plan["seeds"]):
        table.make(f"{plan['url']}/{seed}")
        start.wait(timeout=120)
        answers = [told.get(timeout=300) for _ in writers]
        done = {row for _, rows, _ in answers for row in rows}
        refused = [text for _, _, texts in answers for text in texts]
        yield seed, done, refused, table.read(f"{plan['url']}/{seed}")
    for writer in writers:
        writer.join(timeout=60)


def main():
    kind, writers, appends, seeds, url = sys.argv[1:]
    plan = {"format": kind, "writers": int(writers), "appends": int(appends), "seeds": int(seeds), "url": url}
    sums = {"told": 0, "there": 0, "refused": 0, "seeds_with_loss": 0}
    for seed, done, refused, there in run_rounds(plan):
        lost = sorted(done - set(there))
        sums["told"] += len(done)
        sums["there"] += len(done & set(there))
        sums["refused"] += len(refused)
        sums["seeds_with_loss"] += bool(lost)
        assert len(there) == len(set(there)), f"seed {seed}: a row is there twice"
        if lost or refused:
            print(json.dumps({"seed": seed, "lost": lost, "refused": refused[:2]}), flush=True)
    print(json.dumps(sums))


if __name__ == "__main__":
    main()
