"""Runs one command as root: how long it took, how much memory, what it said, how it ended."""

import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass

from homes import MARK

LIMIT = float(os.environ.get("LIMIT", "30"))
# A run that is at fault ends here: the machine's memory and disk are others', too.
MOST_MEMORY, LARGEST_FILE = 400 << 20, 512 << 20
LIBC, END_WITH_PARENT = ctypes.CDLL(None), 1
DOCUMENTED = {0, 2, 3, 4, 5, 6, 7, 66, 69, 74, 75, 77, 78, 130}


@dataclass
class Outcome:
    """How a run ended."""

    code: int
    text: str
    seconds: float
    mebibytes: float
    # `hung` or `memory`, where it was ended for that.
    ended: str = ""

    def lines(self):
        return [line for line in self.text.splitlines() if line.strip()]


def run(command, cwd, home, output):
    """Runs `command` with a cleared environment; both its outputs go to the file `output`."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1",
        "XDG_STATE_HOME": "/nonexistent",
        "A_SECRET": f"{MARK.decode()}-environ",
    }

    def limit():
        LIBC.prctl(END_WITH_PARENT, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))

    with open(output, "wb") as out:
        began = time.monotonic()
        started = subprocess.Popen(
            command,
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=limit,
        )
        code, usage, ended = wait_for(started.pid, began + LIMIT)
    started.returncode = code
    with open(output, "rb") as out:
        text = out.read(4 << 20).decode(errors="replace")
    seconds = time.monotonic() - began
    return Outcome(os.waitstatus_to_exitcode(code), text, seconds, usage.ru_maxrss / 1024, ended)


def wait_for(pid, deadline):
    """Waits for a process, and ends it where it takes too long or too much."""
    ended, pause = "", 0.002
    while True:
        gone, code, usage = os.wait4(pid, os.WNOHANG)
        if gone:
            return code, usage, ended
        if time.monotonic() > deadline:
            ended = "hung"
        elif resident(pid) > MOST_MEMORY:
            ended = "memory"
        if ended:
            os.killpg(pid, signal.SIGKILL)
            _, code, usage = os.wait4(pid, 0)
            return code, usage, ended
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def resident(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as about:
            return int(about.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def settled(text):
    """The text without what differs from run to run: names of runs, times, rates, packed sizes."""
    text = re.sub(r"R-\d{8}-\d{6}-\w+", "RUN", text)
    text = re.sub(r"\d{4}-?\d\d-?\d\d[T -]?\d\d:?\d\d(:?\d\d)?(\.\d+)?Z?", "TIME", text)
    text = re.sub(r"\d{8}-\d{6}", "TIME", text)
    text = re.sub(r"\b\d+(\.\d+)? ?(ms|s|min|seconds?|[KMG]i?B/s)(?![\w])", "SPAN", text)
    text = re.sub(r"(?<= in )\d+(\.\d+)? [kM]?B(?=;)", "SIZE", text)
    return re.sub(r"clock [+-]SPAN", "clock SPAN", text)


def has_mark(folder, past=()):
    """Files below a folder that have root's mark in them, also inside of archives."""
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if os.path.join(here, name) not in past]
        for name in names:
            path = os.path.join(here, name)
            about = os.lstat(path)
            if os.path.islink(path) or not os.path.isfile(path) or about.st_size > 64 << 20:
                continue
            # Another name of root's own file.
            if about.st_nlink > 1 and about.st_uid == 0:
                continue
            with open(path, "rb") as opened:
                content = opened.read()
            if name.endswith(".zst"):
                content = unpacked(path)
            if MARK in content:
                found.append(path)
    return found


def unpacked(path):
    """The content of a packed file, at most 64 MiB of it."""
    with subprocess.Popen(
        ["zstd", "-dcq", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as unpacking:
        content = unpacking.stdout.read(64 << 20)
        unpacking.kill()
    return content


def fresh_copy(template, place):
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", template, place], check=True)
