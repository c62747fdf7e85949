"""What the notes of the proxy say: `judge.py again FILE PREFIX` and `judge.py pace FILE`."""

import collections
import re
import sys


def read_notes(path):
    for line in open(path):
        yield line.rstrip("\n").split(" ", 2)


def count_late_reads(path, prefix):
    """How often contents were read after the receipt of their shard, and how often in all."""
    done, late, reads = {}, 0, 0
    for _, method, key in read_notes(path):
        receipt = re.search(r"/receipts/(\d+)\.json$", key)
        if receipt and method == "PUT":
            done.setdefault(int(receipt[1]), True)
        found = re.search(rf"/{prefix}(\d+)$", key)
        if found and method == "GET":
            reads += 1
            late += int(found[1]) // 1000 in done
    print(f"{late} late of {reads} reads")
    return late


def judge_pace(path):
    """The most that was signed in any second, and the mean of the middle."""
    counts = collections.Counter(signed for signed, _, _ in read_notes(path))
    sent = [counts[second] for second in sorted(counts)]
    most, middle = max(sent), sent[3:-3]
    mean = sum(middle) / max(len(middle), 1)
    print(f"at most {most} in a second, {mean:.0f} in the mean of {len(middle)} seconds")
    return not (most <= 750 and mean >= 700)


what, file, *rest = sys.argv[1:]
sys.exit(min({"again": count_late_reads, "pace": judge_pace}[what](file, *rest), 1))
