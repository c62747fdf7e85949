"""Runs commands as root on a host whose service user is hostile, and tells what they did.

usage: hostile.py PROGRAM WORK      prints a line for each arrangement, and counts them in the last
ARRANGEMENTS=GLOB and COMMANDS=GLOB run some, LIMIT=SECONDS ends what hangs sooner.
"""

import multiprocessing
import os
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

from arrangements import arrangements
from controls import controls
from ground import COMMANDS, Bench

LEAST_SWAPS = 20_000
COUNTED = {"ok": 0, "FAIL": 0}


def tell(verdict, label, text):
    """A line of the lane, in one piece: others write to the same place."""
    if verdict in COUNTED:
        COUNTED[verdict] += 1
    line = f"      | {label}: {text}" if verdict == "more" else f"{verdict:5} {label}: {text}"
    os.write(1, f"{line}\n".encode(errors="replace"))


def work(number, program, folder, commands, todo, done):
    """One worker: a bench of its own, and arrangements until none is left."""
    try:
        bench = Bench(program, folder / f"bench{number}", number, commands)
        done.put(("bench", [] if number else bench.told()))
        for name in iter(todo.get, None):
            done.put(("arrangement", name, *bench.try_all(arrangements()[name])))
        done.put(("end", bench.counts))
    except Exception as error:  # What a worker dies of is told; the others go on.
        done.put(("died", repr(error)))
        raise


def main(program, folder):
    wanted = os.environ.get("ARRANGEMENTS") or "*"
    chosen = [name for name in arrangements() if fnmatch(name, wanted)]
    commands = [name for name in COMMANDS if fnmatch(name, os.environ.get("COMMANDS") or "*")]
    todo, done = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=work, args=(number, program, folder, commands, todo, done))
        for number in range(min(2, len(chosen)))
    ]
    for name in [*chosen, *[None for _ in workers]]:
        todo.put(name)
    began = time.monotonic()
    for worker in workers:
        worker.start()
    counts = hear(workers, done)
    for worker in workers:
        worker.join()
    total = {
        key: sum(count.get(key, 0) for count in counts)
        for key in ["alike", "told", "other", "wordless", "faults", "swaps"]
    }
    tell(
        "info",
        "runs",
        f"{total['alike']} as undisturbed, {total['told']} refused or told, {total['other']} "
        f"otherwise safe, {total['wordless']} without a word where one is due, {total['faults']} "
        f"at fault, in {time.monotonic() - began:.0f} s",
    )
    if len(chosen) == len(arrangements()) and len(commands) == len(COMMANDS):
        enough = total["swaps"] >= LEAST_SWAPS
        tell(
            "ok" if enough else "FAIL", "swaps", f"{total['swaps']} exchanges between look and use"
        )
    for label, fault in controls(program, folder / "controls", wanted):
        tell("FAIL" if fault else "ok", label, fault or "as undisturbed")


def hear(workers, done):
    """Tells what workers found until all have ended."""
    counts, left = [], len(workers)
    while left:
        kind, *told = done.get()
        if kind == "bench":
            for verdict, label, text in told[0]:
                tell(verdict, label, text)
        elif kind == "arrangement":
            name, number, faults = told
            tell(
                "FAIL" if faults else "ok",
                name,
                (
                    f"{len({one[0] for one in faults})} of {number} commands at fault"
                    if faults
                    else f"{number} commands"
                ),
            )
            for command, fault in faults:
                tell("more", command, fault)
        else:
            left -= 1
            if kind == "end":
                counts.append(told[0])
            else:
                tell("FAIL", "worker", told[0])
    return counts


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
    print(f"{COUNTED['ok']} passed, {COUNTED['FAIL']} failed, 0 skipped", flush=True)
    sys.exit(COUNTED["FAIL"] > 0 or COUNTED["ok"] == 0)
