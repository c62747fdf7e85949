"""Looks for a secret where others could see it, again and again, until it is told to stop.

usage: watch.py SECRET FOLDER...

Command lines and environments of all processes, and what is written below the folders meanwhile. Its
own command line has the secret, of course.
"""

import os
import signal
import sys
import time
from pathlib import Path

secret, folders = sys.argv[1].encode(), sys.argv[2:]
stopped, own = [], {str(os.getpid()), str(os.getppid())}
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
rounds = processes = files = 0


def read(path):
    try:
        return Path(path).read_bytes() if os.path.getsize(path) < 1 << 24 else b""
    except OSError:
        return b""


def cmdline_and_environment(pid):
    for name in ("cmdline", "environ"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if secret in file.read():
                    print(f"SEEN in {name} of process {pid}", flush=True)
        except OSError:
            pass


seen_files, began = {}, time.time_ns() - 10**9
while not stopped:
    rounds += 1
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if pid not in own:
            processes += 1
            cmdline_and_environment(pid)
    for folder in folders:
        for at, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(at, name)
                try:
                    stamp = os.stat(path).st_mtime_ns
                except OSError:
                    continue
                if stamp >= began and seen_files.get(path) != stamp:
                    seen_files[path] = stamp
                    files += 1
                    if secret in read(path):
                        print(f"SEEN in file {path}", flush=True)
print(f"looked {rounds} times, at {processes} processes and {files} files", flush=True)
