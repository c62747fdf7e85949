"""What the notes of the proxy say: `judge.py again FILE PREFIX` and `judge.py pace FILE`."""

import collections
import re
import sys


def read(path):
    for line in open(path):
        seconds, method, path = line.rstrip("\n").split(" ", 2)
        yield float(seconds), method, path


def again(path, prefix):
    """How often contents were read after the receipt of their shard, and how often in all."""
    done, late, reads = {}, 0, 0
    for _, method, key in read(path):
        receipt = re.search(r"/receipts/(\d+)\.json$", key)
        if receipt and method == "PUT":
            done.setdefault(int(receipt[1]), True)
        found = re.search(rf"/{prefix}(\d+)$", key)
        if found and method == "GET":
            reads += 1
            late += int(found[1]) // 1000 in done
    print(f"{late} late of {reads} reads")
    return late


def pace(path):
    """The most in any second, and the mean of the middle."""
    times = [seconds for seconds, _, _ in read(path)]
    most, first = 0, 0
    for last, time in enumerate(times):
        while time - times[first] > 1:
            first += 1
        most = max(most, last - first + 1)
    counts = collections.Counter(int(time - times[0]) for time in times)
    middle = [counts[second] for second in range(3, int(times[-1] - times[0]) - 2)]
    mean = sum(middle) / max(len(middle), 1)
    print(f"at most {most} in a second, {mean:.0f} in the mean of {len(middle)} seconds")
    return not (most <= 750 and mean >= 700)


what, file, *rest = sys.argv[1:]
sys.exit(min({"again": again, "pace": pace}[what](file, *rest), 1))
