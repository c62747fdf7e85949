"""Writes over and deletes 1,000 keys at random times, and compares `datalake restore` with what was there.

usage: restored.py BUCKET ENV_FILE KEYS TIMES KILLS -- DATALAKE [FLAG…]
Prints a line for each time; the first difference ends it with 1. RESTORE_RECORDS is the folder of its records.
"""

import collections
import datetime
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import boto3

bucket, env_file, keys, times, kills, _, *program = sys.argv[1:]
keys, times, kills = int(keys), int(times), int(kills)
for line in Path(env_file).read_text().splitlines():
    if line and not line.startswith("#"):
        name, value = line.split("=", 1)
        os.environ[name] = value
s3 = boto3.client("s3")
pick = random.Random(20)
UNTIL = datetime.timedelta(microseconds=1)


def call(*words, may=(0,)):
    ran = subprocess.run([*program, *words], capture_output=True, text=True)
    if ran.returncode not in may:
        sys.exit(f"{words}: {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran


def fill():
    """Three rounds over all keys, in threads; each key has its own order."""
    def work(number):
        chosen = random.Random(number)
        key = f"tree/{number % 7}/{number:04}"
        for turn in range(chosen.randrange(1, 6)):
            time.sleep(chosen.random() * 2)
            if chosen.random() < 0.3:
                s3.delete_object(Bucket=bucket, Key=key)
            else:
                body = f"{key} {turn} {chosen.random()}".encode()
                s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/x", Metadata={"turn": str(turn)})
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(keys)))


# Versions and markers as the service lists them, one among the other: two of one second tell by that alone
# which is newer, and the client's own answer has them apart.
listed = {}


def note_order(response_dict, **_):
    for entry in ElementTree.fromstring(response_dict["body"]):
        version = entry.find("{*}VersionId")
        if version is not None:
            listed[unquote_plus(entry.find("{*}Key").text), version.text] = len(listed)


s3.meta.events.register("before-parse.s3.ListObjectVersions", note_order)


def history():
    """All versions and markers by key, the newest first."""
    listed.clear()
    found = collections.defaultdict(list)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="tree/"):
        for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
            found[entry["Key"]].append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: listed[entry["Key"], entry["VersionId"]])
        entries.sort(key=lambda entry: (entry["IsLatest"], entry["LastModified"]), reverse=True)
    return found


def then(found, at):
    """The state at a time, by the tags of contents."""
    state = {}
    for key, entries in found.items():
        kept = [entry for entry in entries if entry["LastModified"] <= at]
        if kept and "ETag" in kept[0]:
            state[key] = kept[0]["ETag"]
    return state


def present():
    state = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="tree/"):
        state.update({entry["Key"]: entry["ETag"] for entry in page.get("Contents", [])})
    return state


def ids(found):
    return {(key, entry["VersionId"]) for key, entries in found.items() for entry in entries}


def same(what, found, expected):
    if found != expected:
        keys = set(found) ^ set(expected) if isinstance(found, set) else \
            [key for key in set(found) | set(expected) if found.get(key) != expected.get(key)]
        sys.exit(f"{what}: {len(keys)} differ, such as {sorted(keys)[:5]}")


def run_of(ran):
    return re.search(r"R-\d{8}-\d{6}-\w{4}", ran.stdout + ran.stderr).group()


fill()
before = history()
start = ids(before)
moments = sorted({entry["LastModified"] for entries in before.values() for entry in entries})
exact = any(moment.microsecond for moment in moments)
per_second = collections.Counter((key, entry["LastModified"].replace(microsecond=0)) for key, entries in before.items() for entry in entries)
twice = sum(1 for amount in per_second.values() if amount > 1)
print(f"{keys} keys, {len(start)} versions and markers, times {'with' if exact else 'without'} a fraction; {twice} times two of one key in a second")
now = present()
for number in range(times):
    at = pick.choice(moments[:-1]) + (UNTIL if exact else UNTIL * 0)
    if not exact:
        at = at.replace(microsecond=0)
    text = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if exact else at.strftime("%Y-%m-%dT%H:%M:%SZ")
    began = time.monotonic()
    ran = call("restore", "tree/", "--at", text, "--yes", may=(0,))
    took = time.monotonic() - began
    same(f"at {text}", present(), then(before, at))
    key = next((key for key in present() if key in now), None)
    if key:
        head = s3.head_object(Bucket=bucket, Key=key)
        assert head["ContentType"] == "text/x" and "turn" in head["Metadata"], head
    if "--undo" in ran.stdout:
        call("restore", "--undo", run_of(ran), "--yes")
    same(f"undone after {text}", ids(history()), start)
    same(f"present after {text}", present(), now)
    print(f"{text}: {ran.stdout.splitlines()[-2] if '--undo' in ran.stdout else ran.stdout.splitlines()[-1]} ({took:.1f} s), undone exactly")
for number in range(kills):
    at = moments[len(moments) * (number + 1) // (kills + 2)] + (UNTIL if exact else UNTIL * 0)
    text = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    runs = []
    killed = subprocess.Popen([*program, "restore", "tree/", "--at", text, "--yes"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(pick.random() * took * 1.2)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    state = Path(os.environ["RESTORE_RECORDS"])
    runs.append(max(state.glob("*.plan"), key=lambda path: path.stat().st_mtime).stem if any(state.glob("*.plan")) else None)
    ran = call("restore", "tree/", "--at", text, "--yes")
    same(f"killed at {text}", present(), then(before, at))
    if "--undo" in ran.stdout:
        call("restore", "--undo", run_of(ran), "--yes")
    if runs[0]:
        call("restore", "--undo", runs[0], "--yes")
    same(f"undone after the kill at {text}", ids(history()), start)
if kills:
    print(f"{kills} kills: the next run completed it, both were undone exactly")
