"""What a plain client of the Rust library `object_store` does, by its Python package `obstore`."""

import asyncio
import os
import pathlib
import sys

import obstore
from obstore.store import S3Store

AT_ONCE = 32
PART = 16 << 20


def names_below(folder):
    for above, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(above, name)
            yield os.path.relpath(path, folder), path


async def each(items, work):
    """Runs `work` on all items, some at one time."""
    items = iter(items)

    async def worker():
        for item in items:
            await work(*item)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def up(store, prefix, folder):
    async def one(name, path):
        with open(path, "rb") as file:
            await obstore.put_async(store, f"{prefix}/{name}", file.read(), use_multipart=False)

    await each(names_below(folder), one)


def listed(store, prefix):
    for page in obstore.list(store, prefix + "/", chunk_size=10_000, return_arrow=True):
        yield page


async def unchanged(store, prefix, folder):
    there = {}
    for page in listed(store, prefix):
        times = (time.timestamp() for time in page["last_modified"].to_pylist())
        there.update(zip(page["path"].to_pylist(), zip(page["size"].to_pylist(), times)))

    async def one(name, path):
        stat = os.stat(path)
        size, time = there.get(f"{prefix}/{name}", (-1, 0))
        if size != stat.st_size or int(stat.st_mtime) > time:
            with open(path, "rb") as file:
                await obstore.put_async(store, f"{prefix}/{name}", file.read())

    await each(names_below(folder), one)


async def down(store, prefix, folder):
    keys = [key for page in listed(store, prefix) for key in page["path"].to_pylist()]
    for above in {os.path.dirname(key) for key in keys}:
        os.makedirs(os.path.join(folder, os.path.relpath(above, prefix)), exist_ok=True)

    async def one(key):
        answer = await obstore.get_async(store, key)
        content = await answer.bytes_async()
        with open(os.path.join(folder, os.path.relpath(key, prefix)), "wb") as file:
            file.write(content)

    await each(((key,) for key in keys), one)


async def large_up(store, key, path):
    await obstore.put_async(store, key, pathlib.Path(path), chunk_size=PART, max_concurrency=8)


async def large_down(store, key, path):
    size = (await obstore.head_async(store, key))["size"]
    with open(path, "wb") as file:
        descriptor = file.fileno()

        async def one(start):
            end = min(size, start + PART)
            content = await obstore.get_range_async(store, key, start=start, end=end)
            os.pwrite(descriptor, content, start)

        global AT_ONCE
        AT_ONCE = 8
        await each(((start,) for start in range(0, size, PART)), one)


async def usage(store, prefix, _):
    count = total = 0
    for page in listed(store, prefix):
        sizes = page["size"].to_pylist()
        count, total = count + len(sizes), total + sum(sizes)
    print(total, count)


WORK = {
    "up": up,
    "unchanged": unchanged,
    "down": down,
    "large-up": large_up,
    "large-down": large_down,
    "usage": usage,
}


def main():
    what, endpoint, bucket, place, path = sys.argv[1:]
    store = S3Store(bucket, endpoint=endpoint, region="fsn1", client_options={"allow_http": True})
    asyncio.run(WORK[what](store, place, path))


main()
