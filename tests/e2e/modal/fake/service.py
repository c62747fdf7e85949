"""The service as a whole: each call is answered by a method of that name, or is not there."""

import asyncio
import json
import sys

from google.protobuf import empty_pb2
from grpclib import GRPCError, Status
from modal_proto import api_pb2
from modal_proto.api_grpc import ModalClientBase


ENVIRONMENTS = ("main", "dev")


class State:
    """What the control plane remembers, and the file in which a test may look at it."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.calls = []
        self.views = {}

    def new_id(self, kind):
        self.count += 1
        return f"{kind}-{self.count:022d}"

    def faults(self):
        """What a test wants to go wrong: `faults.json`, read anew at each call."""
        try:
            return json.loads((self.folder / "faults.json").read_text())
        except FileNotFoundError:
            return {}

    def note(self, call):
        self.calls.append(call)
        view = {name: make() for name, make in self.views.items()}
        new = self.folder / "state.json.new"
        new.write_text(json.dumps({"calls": self.calls, **view}, indent=1))
        new.rename(self.folder / "state.json")


class Basics:
    """What every client asks before it gets to its work."""

    def __init__(self, state):
        self.state = state

    async def ClientHello(self, _, __):
        told = self.state.faults().get("warning")
        warnings = [api_pb2.Warning(message=told)] if told else []
        return api_pb2.ClientHelloResponse(
            image_builder_version="2025.06", server_warnings=warnings
        )

    async def AuthTokenGet(self, _, __):
        # A token that says of itself when it ends, as the client wants to read it.
        return api_pb2.AuthTokenGetResponse(token="e30.eyJleHAiOjQxMDI0NDQ4MDB9.e30")

    async def EnvironmentGetOrCreate(self, request, _):
        name = request.deployment_name or "main"
        settings = api_pb2.EnvironmentSettings(image_builder_version="2025.06", webhook_suffix="")
        metadata = api_pb2.EnvironmentMetadata(name=name, settings=settings)
        return api_pb2.EnvironmentGetOrCreateResponse(environment_id="en-1", metadata=metadata)

    async def EnvironmentList(self, _, __):
        items = [api_pb2.EnvironmentListItem(name=n, default=n == "main") for n in ENVIRONMENTS]
        return api_pb2.EnvironmentListResponse(items=items)

    async def WorkspaceNameLookup(self, _, __):
        return api_pb2.WorkspaceNameLookupResponse(workspace_name="acme", username="operator")

    async def TokenInfoGet(self, _, metadata):
        token = metadata.get("x-modal-token-id", "")
        return api_pb2.TokenInfoGetResponse(token_id=token, workspace_name="acme")


def service(state, tokens, parts):
    """A handler for grpclib out of all the calls that `parts` answer."""

    def method(name):
        handler = next((getattr(part, name) for part in parts if hasattr(part, name)), None)

        async def answer(self, stream):
            request = await stream.recv_message()
            state.note(name)
            metadata = dict(stream.metadata or {})
            await misbehave(state.faults(), name)
            admit(tokens, metadata)
            if handler is None:
                print(f"no answer to {name}", file=sys.stderr, flush=True)
                raise GRPCError(Status.UNIMPLEMENTED, name)
            response = await handler(request, metadata)
            state.note(f"{name} done")
            await stream.send_message(empty_pb2.Empty() if response is None else response)

        return answer

    names = ModalClientBase.__abstractmethods__
    return type("Service", (ModalClientBase,), {name: method(name) for name in names})()


def admit(tokens, metadata):
    given = metadata.get("x-modal-token-id"), metadata.get("x-modal-token-secret")
    if tokens.get(given[0]) != given[1]:
        raise GRPCError(Status.UNAUTHENTICATED, "Token validation failed")


async def misbehave(faults, name):
    await asyncio.sleep(faults.get("hold", {}).get(name, 0))
    if faults.get("hang"):
        await asyncio.Event().wait()
    if name in faults.get("refuse", {}):
        status, text = faults["refuse"][name]
        raise GRPCError(Status[status], text)

