"""A control plane of Modal's on loopback, on the message classes of the client's own package.

usage: serve.py FOLDER TOKEN_ID TOKEN_SECRET [PYTHON]

FOLDER gets `port` once it listens, and `state.json` after each call; `faults.json` in it makes it
misbehave. Deployed functions run in processes of PYTHON.
"""

import asyncio
import signal
import sys
from pathlib import Path

from grpclib.server import Server

from apps import Apps
from blobs import Blobs
from calls import Calls
from service import Basics, State, service
from vault import Vault


async def main():
    folder, identity, secret = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    python = sys.argv[4] if len(sys.argv) > 4 else sys.executable
    state = State(folder)
    vault = Vault(state)
    calls = Calls(state, vault, python)
    blobs = Blobs(state)
    await blobs.start()
    parts = [Basics(state), vault, calls, blobs, Apps(state, calls, blobs)]
    server = Server([service(state, {identity: secret}, parts)])
    await server.start("127.0.0.1", 0)
    port = server._server.sockets[0].getsockname()[1]
    (folder / "port").write_text(f"{port}\n")
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
    calls.end()
    server.close()


asyncio.run(main())
