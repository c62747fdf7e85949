"""Stands before an S3 service and notes each request: `proxy.py TARGET_PORT FILE`.

FILE gets a line a request: when the client has signed it, method, path. The first line of standard output is its port.
"""

import asyncio
import sys

TARGET, NOTES = int(sys.argv[1]), open(sys.argv[2], "a", buffering=1)


async def pass_on(reader, writer):
    """Everything, until one side ends."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def pass_requests(reader, writer):
    """The same, request by request."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            signed = fields.get(b"x-amz-date", b"-").decode()
            NOTES.write(f"{signed} {method} {path}\n")
            writer.write(head)
            left = int(fields.get(b"content-length", 0))
            while left:
                data = await reader.read(min(left, 1 << 16))
                if not data:
                    return
                left -= len(data)
                writer.write(data)
                await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def connect(reader, writer):
    there = await asyncio.open_connection("127.0.0.1", TARGET)
    await asyncio.gather(pass_requests(reader, there[1]), pass_on(there[0], writer))


async def main():
    server = await asyncio.start_server(connect, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
