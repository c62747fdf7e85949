"""Large contents: they go to an address of their own, and are named by an id."""

import hashlib

from aiohttp import web
from modal_proto import api_pb2


class Blobs:
    def __init__(self, state):
        self.state, self.contents, self.address = state, {}, None

    async def start(self):
        """Listens on a port of its own."""
        application = web.Application(client_max_size=1 << 30)
        application.router.add_put("/{identity}", self.put)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    async def put(self, request):
        content = await request.read()
        self.contents[request.match_info["identity"]] = content
        return web.Response(headers={"ETag": f'"{hashlib.md5(content).hexdigest()}"'})

    async def BlobCreate(self, _, __):
        identity = self.state.new_id("bl")
        url = f"{self.address}/{identity}"
        response = api_pb2.BlobCreateResponse(blob_id=identity, blob_ids=[identity])
        response.upload_urls.items.append(url)
        return response

    def take(self, identity):
        return self.contents.pop(identity)
