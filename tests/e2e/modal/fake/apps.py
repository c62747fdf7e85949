"""Apps: deployed files, their functions, and new containers on request."""

import hashlib
import time

from grpclib import GRPCError, Status
from modal_proto import api_pb2

DEPLOYED = api_pb2.APP_STATE_DEPLOYED
DONE = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)


class App:
    def __init__(self, identity, name, environment):
        self.identity, self.name, self.environment = identity, name, environment
        self.state, self.created, self.functions = api_pb2.APP_STATE_INITIALIZING, time.time(), {}


class Apps:
    """Deploying: files go up by their hash, an app is published with the functions in it."""

    def __init__(self, state, calls, blobs):
        self.state, self.calls, self.blobs = state, calls, blobs
        self.apps, self.files, self.mounts = {}, {}, {}
        state.views["apps"] = lambda: {app.name: sorted(app.functions) for app in self.deployed()}

    def deployed(self):
        return [app for app in self.apps.values() if app.state == DEPLOYED]

    def named(self, name, environment):
        wanted = name, environment or "main"
        found = (app for app in self.deployed() if (app.name, app.environment) == wanted)
        return next(found, None)

    async def AppGetByDeploymentName(self, request, _):
        app = self.named(request.name, request.environment_name)
        if app is None:
            return api_pb2.AppGetByDeploymentNameResponse()
        response = api_pb2.AppGetByDeploymentNameResponse(app_id=app.identity)
        if hasattr(response, "lifecycle"):
            response.lifecycle.app_state = app.state
        return response

    async def AppGetLifecycle(self, request, _):
        app = self.apps[request.app_id]
        lifecycle = api_pb2.AppLifecycle(app_state=app.state, created_at=app.created)
        return api_pb2.AppGetLifecycleResponse(lifecycle=lifecycle)

    async def AppGetLayout(self, request, _):
        layout = api_pb2.AppLayout()
        for name, function in self.apps[request.app_id].functions.items():
            layout.function_ids[name] = function.identity
        return api_pb2.AppGetLayoutResponse(app_layout=layout)

    async def AppCreate(self, request, _):
        app = App(self.state.new_id("ap"), request.description, request.environment_name or "main")
        self.apps[app.identity] = app
        page = f"http://127.0.0.1/apps/{app.identity}"
        return api_pb2.AppCreateResponse(app_id=app.identity, app_page_url=page)

    async def AppPublish(self, request, _):
        app = self.apps[request.app_id]
        app.name, app.state = request.name, DEPLOYED
        by_id = {function.identity: function for function in self.calls.functions.values()}
        app.functions = {name: by_id[identity] for name, identity in request.function_ids.items()}
        return self.published(app)

    def published(self, app):
        for function in app.functions.values():
            self.calls.retire(function)
        url = f"http://127.0.0.1/apps/{app.identity}"
        return api_pb2.AppPublishResponse(url=url, deployed_at=time.time())

    async def AppRollover(self, request, _):
        app = self.apps[request.app_id]
        if app.state != DEPLOYED:
            raise GRPCError(Status.FAILED_PRECONDITION, f"App {app.name} is not deployed")
        done = self.published(app)
        return api_pb2.AppRolloverResponse(url=done.url, deployed_at=done.deployed_at)

    async def AppStop(self, request, _):
        app = self.apps[request.app_id]
        app.state = api_pb2.APP_STATE_STOPPED
        for function in app.functions.values():
            await self.calls.stop(function)

    async def AppHeartbeat(self, _, __):
        return None

    async def AppClientDisconnect(self, _, __):
        return None

    async def AppList(self, request, _):
        environment = request.environment_name or "main"
        item = api_pb2.AppListResponse.AppListItem
        fits = [app for app in self.apps.values() if app.environment == environment]
        return api_pb2.AppListResponse(
            apps=[
                item(
                    app_id=app.identity,
                    description=app.name,
                    name=app.name,
                    state=app.state,
                    created_at=app.created,
                    n_running_tasks=sum(map(self.calls.running, app.functions.values())),
                )
                for app in fits
            ]
        )

    async def AppFetchLogs(self, request, _):
        """What a test has put into `log`, as one entry of now."""
        try:
            text = (self.state.folder / "log").read_text()
        except FileNotFoundError:
            return api_pb2.AppFetchLogsResponse()
        entry = api_pb2.TaskLogs(data=text, timestamp=time.time(), file_descriptor=1)
        return api_pb2.AppFetchLogsResponse(batches=[api_pb2.TaskLogsBatch(items=[entry])])

    async def TaskList(self, request, _):
        return api_pb2.TaskListResponse()

    async def MountGetOrCreate(self, request, _):
        identity = self.state.new_id("mo")
        self.mounts[identity] = {
            file.filename: (file.sha256_hex, file.mode) for file in request.files
        }
        return api_pb2.MountGetOrCreateResponse(mount_id=identity)

    async def MountPutFile(self, request, _):
        kind = request.WhichOneof("data_oneof")
        if kind:
            data = request.data if kind == "data" else self.blobs.take(request.data_blob_id)
            found = hashlib.sha256(data).hexdigest()
            if found != request.sha256_hex:
                raise GRPCError(Status.INVALID_ARGUMENT, "the file is not what it is said to be")
            (self.state.folder / found).write_bytes(data)
            self.files[found] = self.state.folder / found
        return api_pb2.MountPutFileResponse(exists=request.sha256_hex in self.files)

    async def MountBatchedCheckExistence(self, request, _):
        missing = [digest for digest in request.sha256_hex_hashes if digest not in self.files]
        return api_pb2.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing)

    async def ImageGetOrCreate(self, request, _):
        return api_pb2.ImageGetOrCreateResponse(image_id=self.state.new_id("im"), result=DONE)

    async def FunctionPrecreate(self, request, _):
        function = self.calls.precreate(request)
        return api_pb2.FunctionPrecreateResponse(
            function_id=function.identity, handle_metadata=function.metadata()
        )

    async def FunctionCreate(self, request, _):
        function = self.calls.functions[request.existing_function_id]
        function.define(request, self.source_of)
        return api_pb2.FunctionCreateResponse(
            function_id=function.identity,
            function=request.function,
            function_data=function.data(),
            handle_metadata=function.metadata(),
        )

    def source_of(self, mounts):
        """The files that a container sees, by their paths: where their content is, and their modes."""
        files = {}
        for mount in mounts:
            for name, (digest, mode) in self.mounts.get(mount, {}).items():
                files[name] = self.files[digest], mode
        return files

    async def FunctionGet(self, request, _):
        app = self.named(request.app_name, request.environment_name)
        if app is None:
            raise GRPCError(Status.NOT_FOUND, f"App '{request.app_name}' not found")
        function = app.functions.get(request.object_tag)
        if function is None:
            raise GRPCError(Status.NOT_FOUND, f"Function '{request.object_tag}' not found")
        return api_pb2.FunctionGetResponse(
            function_id=function.identity,
            handle_metadata=function.metadata(),
            function=function.data(),
        )
