"""Runs a command, and tells what it took.

    measure.py LIMIT COMMAND...    seconds, seconds of CPU and peak MiB, in one line on standard error

The peak is the kernel's `VmHWM` of the program itself, looked at fifty times a second. After LIMIT
seconds the command is ended, and the exit code is 124.
"""
import os
import subprocess
import sys
import time

limit, command = float(sys.argv[1]), sys.argv[2:]
begin, peak, stopped = time.monotonic(), 0, False
child = subprocess.Popen(command)
while True:
    pid, status, used = os.wait4(child.pid, os.WNOHANG)
    if pid:
        break
    try:
        with open(f"/proc/{child.pid}/status") as lines:
            peak = max([peak, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])
    except OSError:
        pass
    if time.monotonic() - begin > limit and not stopped:
        stopped = True
        child.terminate()
    time.sleep(0.02)
took = time.monotonic() - begin
print(f"{took:.2f} {used.ru_utime + used.ru_stime:.2f} {peak / 1024:.0f}", file=sys.stderr)
sys.exit(124 if stopped else os.waitstatus_to_exitcode(status))
