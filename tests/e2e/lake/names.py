"""Answers DNS for the lane: its own names are this machine, no other exists. Each question is kept.

usage: names.py LOG        a line for each question: what is asked for, and the type
"""

import socket
import struct
import sys

OWN = ("lake.test", "localhost")
A, NO_ERROR, NO_SUCH_NAME = 1, 0, 3


def read_question(packet):
    """The name that is asked for, the type, and where the question ends."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("ascii", "replace"))
        at += packet[at] + 1
    return ".".join(labels).lower(), struct.unpack_from("!H", packet, at + 1)[0], at + 5


def is_own(name):
    return any(name == own or name.endswith(f".{own}") for own in OWN)


def make_answer(packet, name, kind, end):
    found = is_own(name) and kind == A
    code = NO_ERROR if is_own(name) else NO_SUCH_NAME
    head = packet[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, int(found), 0, 0)
    address = struct.pack("!HHHIH", 0xC00C, A, 1, 1, 4) + socket.inet_aton("127.0.0.1")
    return head + packet[12:end] + (address if found else b"")


def serve(log):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.53", 53))
        while True:
            packet, client = service.recvfrom(4096)
            name, kind, end = read_question(packet)
            log.write(f"{name} {kind}\n")
            log.flush()
            service.sendto(make_answer(packet, name, kind, end), client)


with open(sys.argv[1], "a", encoding="utf-8") as kept:
    serve(kept)
