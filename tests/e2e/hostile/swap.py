"""As the service user: exchanges two names again and again, until it is told to end.

usage: swap.py UID ONE OTHER      prints `ready`, and at its end how often it did
"""

import ctypes
import os
import random
import signal
import sys
import time

EXCHANGE, HERE = 2, -100
renameat2 = ctypes.CDLL(None, use_errno=True).renameat2


def main(user, one, other):
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    count, one, other = 0, one.encode(), other.encode()
    print("ready", flush=True)
    while not ended:
        for _ in range(random.randint(1, 12)):
            if renameat2(HERE, one, HERE, other, EXCHANGE) == 0:
                count += 1
        # The program gets on now and then: it makes a hundred looks.
        time.sleep(random.uniform(0, 0.0005))
    print(count, flush=True)


main(int(sys.argv[1]), *sys.argv[2:])
