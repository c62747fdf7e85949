"""Runs a command and tells its peak of memory; fails if it is above so many MiB.

usage: peak.py MIB COMMAND…
"""

import resource
import subprocess
import sys
import time

most, *command = sys.argv[1:]
began = time.monotonic()
ended = subprocess.run(command, stdout=subprocess.PIPE, check=False)
seconds = time.monotonic() - began
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(ended.stdout[-600:].decode(errors="replace"))
print(f"{peak:.1f} MiB at most, {seconds:.1f} s")
sys.exit(ended.returncode or (1 if peak >= float(most) else 0))
