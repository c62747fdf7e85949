"""Function calls: a container is a process that imports the deployed file once and stays warm."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

from modal_proto import api_pb2

Status = api_pb2.GenericResult.GenericStatus
HERE = Path(__file__).parent
ENDED = "the container ended"


class Function:
    def __init__(self, identity, name):
        self.identity, self.name, self.definition, self.source = identity, name, None, None
        self.slots, self.retries = None, 0

    def define(self, request, source_of):
        wanted = request.function
        if not wanted.module_name:
            wanted = request.function_data.ranked_functions[0].function
        self.definition, self.source = wanted, source_of(wanted.mount_ids)
        most = wanted.autoscaler_settings.max_containers or wanted.concurrency_limit
        self.slots = asyncio.Semaphore(most or 1000)
        self.retries = wanted.retry_policy.retries

    def data(self):
        data = api_pb2.FunctionData()
        data.ranked_functions.add(rank=0, function=self.definition)
        return data

    def metadata(self):
        return api_pb2.FunctionHandleMetadata(
            function_name=self.name, function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION
        )


class Container:
    """A process with the values that the secrets had when it started."""

    def __init__(self, folder, process):
        self.folder, self.process, self.is_stale = folder, process, False

    @classmethod
    async def start(cls, function, values, python):
        folder = Path(tempfile.mkdtemp(prefix="container-"))
        for name, (content, mode) in function.source.items():
            path = folder / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content, path)
            path.chmod(mode & 0o777 or 0o644)
        root = folder / "root"
        root.mkdir(exist_ok=True)
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "MODAL_IS_REMOTE": "1",
            "PYTHONPATH": str(root),
            "PYTHONDONTWRITEBYTECODE": "1",
            **values,
        }
        definition = function.definition
        process = await asyncio.create_subprocess_exec(
            python,
            str(HERE / "container.py"),
            definition.module_name,
            definition.function_name,
            cwd=root,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 26,
            start_new_session=True,
        )
        return cls(folder, process)

    async def work(self, arguments):
        self.process.stdin.write(base64.b64encode(arguments) + b"\n")
        await self.process.stdin.drain()
        line = await self.process.stdout.readline()
        if not line:
            return failure(ENDED)
        answer = json.loads(line)
        if "error" in answer:
            return failure(answer["error"], base64.b64decode(answer["data"]))
        data = base64.b64decode(answer["data"])
        return api_pb2.GenericResult(status=Status.GENERIC_STATUS_SUCCESS, data=data)

    def end(self):
        """What runs in a container goes with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def failure(text, data=b""):
    return api_pb2.GenericResult(
        status=Status.GENERIC_STATUS_FAILURE, exception=text, traceback=text, data=data
    )


class Call:
    def __init__(self, function):
        self.function, self.inputs, self.outputs, self.new = function, 0, [], asyncio.Event()
        self.tasks, self.is_cancelled = set(), False


class Calls:
    def __init__(self, state, vault, python):
        self.state, self.vault, self.python = state, vault, python
        self.functions, self.calls, self.warm, self.started = {}, {}, {}, 0
        self.tasks, self.busy, self.most = set(), {}, 0
        state.views["containers"] = lambda: {
            "started": self.started,
            "busy": len(self.tasks),
            "most": self.most,
            "pids": sorted(self.busy),
        }
        state.views["cancelled"] = lambda: sum(call.is_cancelled for call in self.calls.values())

    def precreate(self, request):
        function = self.functions.get(request.existing_function_id)
        if function is None:
            function = Function(self.state.new_id("fu"), request.function_name)
            self.functions[function.identity] = function
        return function

    def running(self, function):
        return len(self.warm.get(function.identity, []))

    def retire(self, function):
        """Containers that run take no new call; those that have none end."""
        for container in self.warm.pop(function.identity, []):
            container.end()

    async def container(self, function):
        idle = self.warm.get(function.identity)
        if idle:
            return idle.pop()
        values = {}
        for identity in function.definition.secret_ids:
            values.update(self.vault.secrets[identity].values)
        self.started += 1
        return await Container.start(function, values, self.python)

    def begin(self, identity, call, item):
        async def work():
            function = call.function
            for _ in range(function.retries + 1):
                async with function.slots:
                    result = await attempt(function)
                if result.status == Status.GENERIC_STATUS_SUCCESS:
                    break
            output = api_pb2.FunctionGetOutputsItem(
                result=result,
                idx=item.idx,
                input_id=identity,
                data_format=api_pb2.DATA_FORMAT_PICKLE,
            )
            call.outputs.append(output)
            call.new.set()

        async def attempt(function):
            container = await self.container(function)
            self.busy[container.process.pid] = function
            try:
                result = await container.work(item.input.args)
            except asyncio.CancelledError:
                container.end()
                raise
            finally:
                self.most = max(self.most, len(self.busy))
                del self.busy[container.process.pid]
            # One that has ended is a new one for the next call.
            if result.exception == ENDED:
                container.end()
            else:
                self.warm.setdefault(function.identity, []).append(container)
            return result

        call.inputs += 1
        task = asyncio.get_running_loop().create_task(work())
        for tasks in (self.tasks, call.tasks):
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    def take(self, call, items):
        answers = []
        for item in items:
            identity = self.state.new_id("in")
            self.begin(identity, call, item)
            answer = api_pb2.FunctionPutInputsResponseItem(
                idx=item.idx, input_id=identity, input_jwt=identity
            )
            answers.append(answer)
        return answers

    async def FunctionMap(self, request, _):
        identity = self.state.new_id("fc")
        call = self.calls[identity] = Call(self.functions[request.function_id])
        return api_pb2.FunctionMapResponse(
            function_call_id=identity,
            function_call_jwt=identity,
            pipelined_inputs=self.take(call, request.pipelined_inputs),
            max_inputs_outstanding=1000,
        )

    async def FunctionPutInputs(self, request, _):
        call = self.calls[request.function_call_id]
        return api_pb2.FunctionPutInputsResponse(inputs=self.take(call, request.inputs))

    async def FunctionCallCancel(self, request, _):
        await self.cancel(self.calls[request.function_call_id])

    async def stop(self, function):
        """Ends all calls of a function, and its containers."""
        for call in self.calls.values():
            if call.function is function and call.tasks:
                await self.cancel(call)
        self.retire(function)

    async def cancel(self, call):
        call.is_cancelled = True
        for task in list(call.tasks):
            task.cancel()
        await asyncio.gather(*call.tasks, return_exceptions=True)

    async def FunctionGetOutputs(self, request, _):
        call = self.calls[request.function_call_id]
        seen = int((request.last_entry_id or "0").split("-")[0])
        if len(call.outputs) <= seen and request.timeout > 0:
            call.new.clear()
            try:
                await asyncio.wait_for(call.new.wait(), request.timeout)
            except asyncio.TimeoutError:
                pass
        outputs = call.outputs[seen:]
        return api_pb2.FunctionGetOutputsResponse(
            outputs=outputs,
            idxs=[output.idx for output in outputs],
            last_entry_id=f"{seen + len(outputs)}-0",
            num_unfinished_inputs=call.inputs - len(call.outputs),
        )

    def end(self):
        for identity in list(self.warm):
            self.retire(self.functions[identity])
