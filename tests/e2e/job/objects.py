"""Objects of a job's lane, put into the bucket of the variables: `objects.py full|small|tiny`.

full: 4,900 below 64 KiB and 100 up to 20 MB below raw/, 2 GB in all, and 500 of them below some/.
small: a tenth of that. tiny: 6,000 of a few bytes below tiny/. Some keys are ones that a careless
hand takes apart.
"""

import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

S3, BUCKET = boto3.client("s3"), os.environ["DAGSTER_S3_BUCKET"]
ODD = ["a%2Fb", "100%", "with blank", "ü", "e\u0301", "a//b", "folder/", "*[x]?", "tab\tbed"]


def make_content(number, size):
    """Half of it can be compressed."""
    chance = random.Random(number)
    return chance.randbytes(size // 2) + b"%07d " % number * (size // 16)


def put_object(item):
    key, number, size = item
    S3.put_object(Bucket=BUCKET, Key=key, Body=make_content(number, size))


def list_below(prefix, small, large):
    names = [*ODD, "k" * (1024 - len(prefix))]
    names += [f"{number % 40:02}/{number:05}" for number in range(small - len(names))]
    chance = random.Random(prefix)
    for number, name in enumerate(names):
        yield prefix + name, number, chance.randrange(0, 64 << 10)
    for number in range(large):
        yield f"{prefix}large/{number:03}", number, chance.randrange(17_000_000, 20_000_000)


def main(size):
    part = {"full": 1, "small": 10}.get(size)
    items = [(f"tiny/{number:05}", number, 32) for number in range(6000)]
    if part:
        items = [*list_below("raw/", 4900 // part, 100 // part), *list_below("some/", 490 // part, 10 // part)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put_object, items))
    print(len(items), "objects,", sum(size for _, _, size in items), "bytes")


main(sys.argv[1])
