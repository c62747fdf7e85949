# Run where user code runs: `python -I -c …`, a request on standard input, the answer as the last line of
# standard output. It loads the definitions as their process does and says where Dagster's own I/O
# managers would read each file that was moved. No value that is loaded is in the answer.
#
# The first process finds out how user code is loaded and starts one more for each way ("ask"); that one
# has values loaded by another one ("load"), which may hang, die or take too much memory.
import json
import os
import select
import shutil
import subprocess
import sys
import time

OPTIONS = {
    "-f": "python_file", "--python-file": "python_file",
    "-m": "module_name", "--module-name": "module_name",
    "-p": "package_name", "--package-name": "package_name",
    "--autoload-defs-module-name": "autoload_defs_module_name",
    "-a": "attribute", "--attribute": "attribute",
    "-d": "working_directory", "--working-directory": "working_directory",
}
NAMING = ["python_file", "module_name", "package_name", "autoload_defs_module_name"]
# Memory that loading may take besides what the code itself has, and seconds for one item.
MEMORY, ITEM_SECONDS = 4 << 30, 120
MOST_TOLD = 200


class Untold(Exception):
    """What cannot be told, in words."""


def words_of(error):
    """The class of an error and the first line of what it says, without secrets."""
    lines = str(error).strip().splitlines() or [""]
    # The first line of Dagster's own errors of settings says nothing.
    telling = (line for line in lines if "environment variable" in line.lower())
    line = next(telling, lines[0])
    return f"{type(error).__name__}: {mask_secrets(line)}"[:300]


def mask_secrets(line):
    """Without what variables keep secret, and without the users of addresses."""
    import re

    hidden = (value for name, value in os.environ.items() if len(value) > 3 and is_secret(name.upper()))
    for value in sorted(hidden, key=len, reverse=True):
        line = line.replace(value, "…")
    return re.sub(r"://[^/?#\s\"'`]+@", "://…@", line)


def is_secret(name):
    """Whether a variable of this name may hold a secret; the address of a service is none."""
    if "ENDPOINT" in name:
        return False
    words = ("SECRET", "TOKEN", "PASS", "PW", "KEY", "CRED", "AUTH", "DSN", "_URL", "_URI")
    return any(word in name for word in words)


def make_ranges(numbers):
    ranges = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number:
            ranges[-1][1] += 1
        else:
            ranges.append([number, number + 1])
    return ranges


# The first process.


def server_of(words):
    """The words after `dagster api grpc` or `dagster code-server start`."""
    for at in range(1, len(words) - 1):
        if words[at : at + 2] in (["api", "grpc"], ["code-server", "start"]):
            if os.path.basename(words[at - 1]) == "dagster":
                return words[at + 2 :]
    return None


def target_of(words, environment):
    target = {}
    for prefix in ("DAGSTER_CLI_API_GRPC_", "DAGSTER_CLI_CODE_SERVER_START_"):
        for name in set(OPTIONS.values()):
            if environment.get(prefix + name.upper()):
                target[name] = environment[prefix + name.upper()]
    at = 0
    while at < len(words):
        option, sign, value = words[at].partition("=")
        if not sign and not option.startswith("--") and option[:2] in ("-f", "-m", "-a", "-d"):
            option, value = option[:2], option[2:]
        # `-p` is the port of a code server.
        if option in OPTIONS and option != "-p":
            if not sign and not value:
                at += 1
                value = words[at] if at < len(words) else ""
            target[OPTIONS[option]] = value
        at += 1
    return target


def find_servers():
    """The code servers that run here, each with its interpreter, environment, folder and code."""
    servers, seen = [], []
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
            rest = server_of(words)
            if rest is None:
                continue
            with open(f"/proc/{pid}/environ", "rb") as file:
                pairs = [os.fsdecode(pair).partition("=") for pair in file.read().split(b"\0")]
            environment = {name: value for name, sign, value in pairs if sign}
            folder = os.readlink(f"/proc/{pid}/cwd")
            python = words[0]
            if not os.path.basename(python).startswith(("python", "pypy")):
                python = os.readlink(f"/proc/{pid}/exe")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Untold(f"process {pid}, a code server, cannot be looked at: {words_of(error)}")
        if "/" not in python:
            python = shutil.which(python, path=environment.get("PATH")) or python
        target = target_of(rest, environment)
        target.setdefault("working_directory", folder)
        if (python, target) not in seen:
            seen.append((python, target))
            servers.append({"python": python, "env": environment, "cwd": folder, "target": target})
    return servers


def answer_first(request):
    if request["target"] is None:
        servers = find_servers()
        if not servers:
            return {"nothing": "no process in it has loaded user code"}
        flags = []
    else:
        servers = [{"python": sys.executable, "env": None, "cwd": None, "target": request["target"]}]
        flags = ["-I"]
    answers = []
    for server in servers:
        told = {**request, "stage": "ask", "target": server["target"], "flags": flags}
        words = [server["python"], *flags, "-c", request["program"]]
        try:
            child = subprocess.run(
                words, input=json.dumps(told).encode(), stdout=subprocess.PIPE,
                env=server["env"], cwd=server["cwd"], timeout=request["seconds"],
            )
            lines = child.stdout.splitlines() or [b""]
            answers.append(json.loads(lines[-1]))
        except subprocess.TimeoutExpired:
            answers.append({"failed": f"took longer than {request['seconds']} s"})
        except ValueError:
            answers.append({"failed": f"its Python ended with status {child.returncode}"})
        except OSError as error:
            answers.append({"failed": words_of(error)})
        answers[-1]["target"] = server["target"]
    return {"answers": answers}


# The process that knows the code.


def load_repositories(target):
    import inspect

    import dagster._core.definitions.reconstruct as reconstruct
    from dagster._grpc.utils import get_loadable_targets

    if target.get("workspace"):
        yield from load_workspace(target["workspace"])
        return
    if not any(target.get(name) for name in NAMING):
        raise Untold("its command names no code: neither a file nor a module")
    if not target.get("working_directory"):
        target = {**target, "working_directory": os.getcwd()}
    wanted = inspect.signature(get_loadable_targets).parameters
    arguments = {name: target.get(name) for name in set(OPTIONS.values())}
    arguments["resolve_lazy_defs"] = True
    arguments = {name: value for name, value in arguments.items() if name in wanted}
    for loadable in get_loadable_targets(**arguments):
        repository = reconstruct.repository_def_from_target_def(loadable.target_definition)
        if repository is not None:
            yield repository


def load_workspace(path):
    from dagster._core.workspace.load import location_origins_from_yaml_paths

    for origin in location_origins_from_yaml_paths([path]):
        if not hasattr(origin, "loadable_target_origin"):
            raise Untold(f"`{origin.location_name}` of the workspace is a code server of its own: ask it where it runs")
        loadable = origin.loadable_target_origin
        if loadable.executable_path and os.path.realpath(loadable.executable_path) != os.path.realpath(sys.executable):
            raise Untold(f"`{origin.location_name}` of the workspace names another Python: ask that one")
        yield from load_repositories({name: getattr(loadable, name, None) for name in set(OPTIONS.values())})


def open_instance(stack):
    """Dagster's instance, and whether it is the real one: where no home is named, or it cannot be opened, an
    empty one stands for it, which knows no dynamic partitions."""
    from dagster import DagsterInstance

    if os.environ.get("DAGSTER_HOME"):
        try:
            return stack.enter_context(DagsterInstance.get()), True
        except Exception as error:
            print(f"the instance cannot be opened: {words_of(error)}", file=sys.stderr)
    return stack.enter_context(DagsterInstance.ephemeral()), False


class Partitions:
    """Which partition keys a definition has, without listing more than it must."""

    def __init__(self, instance, is_real):
        self.instance, self.is_real, self.known = instance, is_real, {}

    def keys_of(self, definition):
        if id(definition) not in self.known:
            found = definition.get_partition_keys(dynamic_partitions_store=self.instance)
            self.known[id(definition)] = (definition, frozenset(map(str, found)))
        return self.known[id(definition)][1]

    def has(self, definition, key):
        from dagster import DynamicPartitionsDefinition, TimeWindowPartitionsDefinition

        if isinstance(definition, TimeWindowPartitionsDefinition):
            return definition.has_partition_key(key)
        if isinstance(definition, DynamicPartitionsDefinition) and definition.name:
            if not self.is_real:
                # Its files tell which there are; the empty instance learns them, to load them.
                self.instance.add_dynamic_partitions(definition.name, [key])
                return True
            if definition.name not in self.known:
                found = frozenset(self.instance.get_dynamic_partitions(definition.name))
                self.known[definition.name] = found
            return key in self.known[definition.name]
        return key in self.keys_of(definition)

    def guess(self, definition, path):
        """The keys whose file may be called so; the manager's own path decides."""
        from dagster import MultiPartitionKey, MultiPartitionsDefinition

        if isinstance(definition, MultiPartitionsDefinition):
            dimensions = sorted((one.name, one.partitions_def) for one in definition.partitions_defs)
            for split in split_parts(path.split("/"), len(dimensions)):
                pairs = list(zip(dimensions, ("/".join(parts) for parts in split)))
                if all(self.has(one, key) for (_, one), key in pairs):
                    yield MultiPartitionKey({name: key for (name, _), key in pairs})
            return
        names = {path, path.replace("%2E%2E", "..")}
        names |= {"/" + name[3:] for name in names if name.startswith("%2F")}
        for name in sorted(names):
            if self.has(definition, name):
                yield name


def split_parts(parts, count):
    if count == 1:
        yield [parts]
        return
    for at in range(1, len(parts) - count + 2):
        for rest in split_parts(parts[at:], count - 1):
            yield [parts[:at], *rest]


class Reader:
    """An I/O manager as Dagster builds it for an asset, and where it reads."""

    # The text of the generated I/O managers, which are known by it.
    generated = {}

    def __init__(self, key, manager, failed=None):
        self.key, self.failed, self.inner, self.place = key, failed, manager, None
        self.declared = None if manager is None else name_class(manager)
        self.kind, self.bucket, self.prefix, self.endpoint = "unknown", None, None, None
        try:
            self.look_inside()
        except Exception as error:
            self.failed = self.failed or words_of(error)

    def look_inside(self):
        from dagster import UPathIOManager

        seen = 0
        if is_generated(self.inner, self.generated):
            self.kind, self.place = "s3", "generated"
            self.bucket, self.prefix = self.inner.bucket, tidy(self.inner.prefix)
            self.endpoint = self.inner.endpoint_url
            return
        if not loads_by_dagster(self.inner):
            return
        while not isinstance(self.inner, UPathIOManager) and seen < 4:
            step = getattr(self.inner, "inner_io_manager", None)
            if not callable(step):
                return
            self.inner, seen = step(), seen + 1
            if not loads_by_dagster(self.inner):
                return
        if not isinstance(self.inner, UPathIOManager):
            return
        base = self.inner._base_path
        bucket = getattr(self.inner, "bucket", None)
        if isinstance(bucket, str):
            self.kind, self.place = "s3", "library"
            self.bucket, self.prefix = bucket, tidy(base.as_posix())
            meta = getattr(getattr(self.inner, "s3", None), "meta", None)
            self.endpoint = getattr(meta, "endpoint_url", None)
            return
        protocol = getattr(base, "protocol", "")
        protocol = protocol[0] if isinstance(protocol, (tuple, list)) else protocol
        if protocol in ("s3", "s3a"):
            self.kind, self.place = "s3", "path"
            self.bucket, _, self.prefix = base.path.lstrip("/").partition("/")
            options = dict(getattr(base, "storage_options", None) or {})
            client = options.get("client_kwargs") or {}
            self.endpoint = options.get("endpoint_url") or client.get("endpoint_url")
        elif protocol in ("", "file", "local"):
            self.kind, self.prefix = "local", str(base)
        else:
            self.kind = str(protocol)

    def paths(self, asset, partitions):
        """Where it reads each of these partitions, by its own methods."""
        context = asset.context(partitions)
        if self.place == "generated":
            found = self.inner._list_keys(context)
            return found if partitions is not None else {None: next(iter(found.values()))}
        if partitions is None:
            found = {None: self.inner._get_path(context)}
        else:
            found = self.inner._get_paths_for_partitions(context)
        return {key: self.key_of(path) for key, path in found.items()}

    def key_of(self, path):
        if self.kind == "s3" and not isinstance(getattr(self.inner, "bucket", None), str):
            return path.path.lstrip("/").partition("/")[2]
        return path.as_posix()

    def describe(self):
        inner = None if self.inner is None else name_class(self.inner)
        names = ["key", "declared", "kind", "place", "bucket", "prefix", "endpoint", "failed"]
        return {**{name: getattr(self, name) for name in names}, "class": inner}

    def list_extensions(self):
        """How the names of its frames end; first as the manager has it."""
        own = ".parquet" if self.place == "generated" else getattr(self.inner, "extension", None)
        return list(dict.fromkeys([*([own] if own else []), ".parquet", ".csv"]))


def is_generated(manager, sources):
    """Whether all of a manager's code is what `dagster init --frames` writes, but for blanks and notes."""
    import inspect

    own = [one for one in type(manager).__mro__ if "ParquetIOManager" in [base.__name__ for base in one.__mro__]]
    if not own:
        return False
    # What they use of their file is part of them.
    used = own[-1].load_input.__globals__
    parts = {**{name: used[name] for name in sources if name in used}, **{one.__name__: one for one in own}}
    try:
        return all(sources.get(name) == read_source(inspect.getsource(part)) for name, part in parts.items())
    except (OSError, TypeError, SyntaxError):
        return False


def read_source(text):
    import ast

    return ast.dump(ast.parse(text))


def read_sources(sources):
    import ast

    return {ast.parse(source).body[0].name: read_source(source) for source in sources}


def loads_by_dagster(manager):
    """Whether Dagster's own code decides where it reads: that of a class of somebody's own may read elsewhere."""
    module = getattr(type(manager).load_input, "__module__", None) or ""
    return module.partition(".")[0].startswith("dagster")


def tidy(path):
    return "" if path == "." else path.strip("/")


def name_class(value):
    return f"{type(value).__module__}.{type(value).__qualname__}"


class Asset:
    def __init__(self, repository, key, definition, instance):
        self.repository, self.key, self.definition = repository, key, definition
        self.instance, self.partitions = instance, definition.partitions_def

    def context(self, keys):
        from dagster import InputContext, build_input_context

        if keys is None:
            return build_input_context(asset_key=self.key, instance=self.instance)
        context = build_input_context(
            asset_key=self.key, instance=self.instance,
            partition_key=keys[0], asset_partitions_def=self.partitions,
        )

        class ManyPartitions(type(context) if isinstance(context, InputContext) else InputContext):
            asset_partition_keys = property(lambda self: list(keys))
            has_asset_partitions = property(lambda self: True)

        context.__class__ = ManyPartitions
        return context


def build_reader(asset, stack, readers):
    """The manager of an asset, built as `Dagster` itself builds it to load a value."""
    from dagster import build_resources
    from dagster._core.definitions.job_definition import default_job_io_manager
    from dagster._core.execution.resources_init import get_transitive_required_resource_keys

    name = asset.definition.get_io_manager_key_for_asset_key(asset.key)
    resources = {"io_manager": default_job_io_manager, **asset.definition.resource_defs}
    if name not in resources:
        return Reader(name, None, f"there is no resource `{name}`")
    needed = get_transitive_required_resource_keys(resources[name].required_resource_keys, resources) | {name}
    resources = {key: value for key, value in resources.items() if key in needed}
    known = (name, tuple(sorted((key, id(value)) for key, value in resources.items())))
    if known not in readers:
        try:
            built = stack.enter_context(build_resources(resources=resources, instance=asset.instance))
            readers[known] = Reader(name, getattr(built, name))
        except Exception as error:
            readers[known] = Reader(name, None, words_of(error))
    return readers[known]


class Files:
    """The names of what was moved, in order, so that those of an asset are found at once."""

    def __init__(self, names, numbers):
        import bisect

        self.sizes, self.numbers = dict(names), numbers
        self.names = sorted(self.sizes)
        self.bisect = bisect.bisect_left

    def below(self, folder):
        begin = self.bisect(self.names, folder + "/")
        return self.names[begin : self.bisect(self.names, folder + "0")]

    def has_one_of(self, begin):
        at = self.bisect(self.names, begin)
        return at < len(self.names) and self.names[at].startswith(begin)


class MovedFiles:
    """What was moved: pickles, and frames, whose names have an ending."""

    def __init__(self, names):
        self.numbers = {name: number for number, (name, _, _) in enumerate(names)}
        self.sizes = {name: size for name, size, _ in names}
        self.pickles = Files([(name, size) for name, size, is_frame in names if not is_frame], self.numbers)
        self.frames = Files([(name, size) for name, size, is_frame in names if is_frame], self.numbers)


def match_files(asset, files, partitions, local):
    """The files of an asset, as Dagster's local manager calls them: `{name: partition}`."""
    plain = local.paths(Unpartitioned(asset), None)[None].lstrip("/")
    if asset.partitions is None:
        return {plain: None} if plain in files.sizes else {}
    found, keys = {}, []
    for name in files.below(plain):
        keys += partitions.guess(asset.partitions, name[len(plain) + 1 :])
    for at in range(0, len(keys), 10_000):
        for key, path in local.paths(asset, keys[at : at + 10_000]).items():
            if path.lstrip("/") in files.sizes:
                found[path.lstrip("/")] = key
    return found


def may_have_frames(asset, files, local):
    plain = local.paths(Unpartitioned(asset), None)[None].lstrip("/")
    if asset.partitions is None:
        return files.has_one_of(plain + ".")
    return bool(files.below(plain))


def match_frames(asset, files, partitions, local, ends):
    """The frames of an asset, as a manager of Dagster's calls them: `{name: partition}`."""
    plain = local.paths(Unpartitioned(asset), None)[None].lstrip("/")
    for end in ends:
        if asset.partitions is None:
            found = {plain + end: None} if plain + end in files.sizes else {}
        else:
            keys, found = [], {}
            for name in files.below(plain):
                if name.endswith(end):
                    keys += partitions.guess(asset.partitions, name[len(plain) + 1 : -len(end)])
            for at in range(0, len(keys), 10_000):
                for key, path in local.paths(asset, keys[at : at + 10_000]).items():
                    if path.lstrip("/") + end in files.sizes:
                        found[path.lstrip("/") + end] = key
        if found:
            return found
    return {}


class Unpartitioned:
    def __init__(self, asset):
        self.asset = asset

    def context(self, _):
        return self.asset.context(None)


def read_places(reader, asset, found):
    """Where the files of an asset are read: `{name: key}`; `None` where that is not known."""
    if reader.failed or reader.kind == "unknown" or not found:
        return dict.fromkeys(found)
    if asset.partitions is None:
        return {name: path for name in found for path in reader.paths(asset, None).values()}
    names = {key: name for name, key in found.items()}
    keys, places = list(names), {}
    for at in range(0, len(keys), 10_000):
        places.update((names[key], path) for key, path in reader.paths(asset, keys[at : at + 10_000]).items())
    return places


def find_other_readers(repository):
    """Assets that an input reads by an I/O manager of its own: `{asset key: that manager's key}`."""
    found = {}
    for definition in repository.assets_defs_by_key.values():
        inputs = getattr(definition, "keys_by_input_name", {}) if definition.is_executable else {}
        for name, key in inputs.items():
            by_name = getattr(definition.node_def, "input_dict", {})
            manager = getattr(by_name.get(name), "input_manager_key", None)
            if manager:
                found[key] = manager
    return found


def survey(repositories, files, partitions, stack):
    """Of each asset with files: its manager, and where it reads each of them."""
    from dagster._core.storage.fs_io_manager import PickledObjectFilesystemIOManager

    local = Reader("local", PickledObjectFilesystemIOManager("/"))
    readers, surveyed = {}, []
    for number, repository in enumerate(repositories):
        others = find_other_readers(repository)
        for key, definition in sorted(repository.assets_defs_by_key.items(), key=lambda item: item[0].path):
            asset = Asset(repository, key, definition, partitions.instance)
            found, frames = match_files(asset, files.pickles, partitions, local), {}
            if found or may_have_frames(asset, files.frames, local):
                reader = build_reader(asset, stack, readers)
                frames = match_frames(asset, files.frames, partitions, local, reader.list_extensions())
            if found or frames:
                if key in others:
                    reader = Reader(reader.key, None, f"an input reads it by the I/O manager `{others[key]}`")
                try:
                    places = {**read_places(reader, asset, found), **read_places(reader, asset, frames)}
                except Exception as error:
                    reader = Reader(reader.key, None, words_of(error))
                    places = dict.fromkeys([*found, *frames])
                surveyed.append((number, asset, reader, {**found, **frames}, places))
    return surveyed


def answer_asked(request):
    from contextlib import ExitStack

    import dagster

    target, names = request["target"], request["names"]
    try:
        repositories = list(load_repositories(target))
    except Untold as error:
        return {"failed": str(error)}
    except BaseException as error:
        return {"failed": f"its definitions do not load: {words_of(error)}"}
    with ExitStack() as stack:
        Reader.generated = read_sources(request["generated"])
        files, partitions = MovedFiles(names), Partitions(*open_instance(stack))
        surveyed = survey(repositories, files, partitions, stack)
        readers, assets = [], []
        for _, asset, reader, _, places in surveyed:
            if reader not in readers:
                readers.append(reader)
            assets.append(describe_asset(asset, readers.index(reader), places, files))
        told = {
            "python": sys.version.split()[0], "dagster": dagster.__version__,
            "managers": [reader.describe() for reader in readers], "assets": assets,
            "files": list_sources(), "libraries": list_libraries(),
        }
        wanted = choose_items(surveyed, files, request["load"])
    told["loads"] = Loads(request, files).run(wanted)
    return told


def describe_asset(asset, manager, places, files):
    """Keys that end with the file's name are told as what stands before it."""
    bases, odd, unknown = {}, [], []
    for name, key in places.items():
        if key is None:
            unknown.append(files.numbers[name])
        elif key.endswith(name):
            bases.setdefault(key[: len(key) - len(name)], []).append(files.numbers[name])
        elif len(odd) < MOST_TOLD:
            odd.append([files.numbers[name], key])
    return {
        "key": list(asset.key.path), "manager": manager, "odd": odd, "unknown": make_ranges(unknown),
        "bases": [[base, make_ranges(numbers)] for base, numbers in bases.items()],
    }


def list_sources():
    """The files of the operator's own code that are loaded, with their hashes."""
    import hashlib
    import sysconfig

    paths = sysconfig.get_paths()
    others = tuple(os.path.realpath(paths[name]) + "/" for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    found = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py"):
            continue
        # As it was named: a link may lead to other code tomorrow.
        path, real = os.path.abspath(path), os.path.realpath(path)
        if real.startswith(others) or "/site-packages/" in path or "/dist-packages/" in path:
            continue
        try:
            with open(path, "rb") as file:
                found.append([path, hashlib.sha256(file.read()).hexdigest()])
        except OSError:
            continue
    # More than that cannot be looked at again: nothing is proved then.
    return sorted(found) if len(found) <= 2000 else []


def list_libraries():
    """The folders of installed packages that are looked through, with the versions that lie there."""
    found = {}
    for folder in sys.path:
        path = os.path.realpath(folder)
        if os.path.basename(path) not in ("site-packages", "dist-packages") or path in found:
            continue
        try:
            names = sorted(name for name in os.listdir(path) if name.endswith((".dist-info", ".egg-info")))
        except OSError:
            continue
        found[path] = names[:5000]
    return sorted(found.items())[:20]


# Values are loaded by another process.


def choose_items(surveyed, files, load):
    """What is loaded: the smallest file of each manager, or each."""
    chosen = {}
    for number, asset, reader, found, places in surveyed:
        if reader.kind == "local" and load == "one":
            continue
        for name, partition in found.items():
            item = (files.sizes[name], files.numbers[name], number, list(asset.key.path), plain_key(partition))
            if load == "all":
                chosen[name] = item
            elif reader not in chosen or item[:2] < chosen[reader][:2]:
                chosen[reader] = item
    return sorted((item[1:] for item in chosen.values()), key=lambda item: item[0])


def plain_key(partition):
    dimensions = getattr(partition, "keys_by_dimension", None)
    return dict(dimensions) if dimensions is not None else partition


def die_with_parent():
    """Linux ends the process that loads together with the one that waits for it."""
    import ctypes

    ctypes.CDLL(None).prctl(1, 9)


class Loads:
    def __init__(self, request, files):
        self.request, self.end = request, time.monotonic() + request["load_seconds"]
        self.right, self.types, self.failed = [], [], []

    def run(self, wanted):
        left, deaths = list(wanted), 0
        while left and deaths < 5 and time.monotonic() < self.end:
            before = len(left)
            why = self.run_child(left)
            if left and why:
                # The one that it was at is to blame.
                self.fail(left.pop(0)[0], why)
                deaths += 1
            elif len(left) == before:
                break
        untried = [item[0] for item in left]
        return {
            "right": make_ranges(self.right), "types": self.types,
            "failed": self.failed, "untried": make_ranges(untried),
        }

    def fail(self, number, why):
        # Each counts; the words of the first are enough.
        self.failed.append([number, why if len(self.failed) < MOST_TOLD else "as the others"])

    def run_child(self, left):
        """Takes off what is loaded; says why it ended before its end."""
        told = {**self.request, "stage": "load", "names": [], "items": left}
        words = [sys.executable, *self.request["flags"], "-c", self.request["program"]]
        child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            preexec_fn=die_with_parent,
        )
        try:
            child.stdin.write(json.dumps(told).encode())
            child.stdin.close()
            return self.watch_child(child, left)
        except BrokenPipeError:
            return "its process ended at once"
        finally:
            try:
                os.killpg(child.pid, 9)
            except ProcessLookupError:
                pass
            child.wait()

    def watch_child(self, child, left):
        buffer = b""
        while left:
            line, sign, rest = buffer.partition(b"\n")
            if sign:
                buffer = rest
                number, kind, why = json.loads(line)
                if number is None:
                    return why
                left.pop(0)
                if why is None:
                    self.right.append(number)
                    if len(self.types) < MOST_TOLD:
                        self.types.append([number, kind])
                else:
                    self.fail(number, why)
                continue
            seconds = min(ITEM_SECONDS, max(0.0, self.end - time.monotonic()))
            if not select.select([child.stdout], [], [], seconds)[0]:
                return f"was not loaded within {seconds:.0f} s"
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                status = child.wait()
                return f"its process ended with status {status} as it was loaded"
            buffer += chunk
        return None


def load_items(request):
    import resource
    from contextlib import ExitStack

    from dagster import MultiPartitionKey

    bound_memory(resource)
    try:
        repositories = list(load_repositories(request["target"]))
    except BaseException as error:
        tell([None, None, f"its definitions do not load again: {words_of(error)}"])
        return
    with ExitStack() as stack:
        (instance, is_real), loaders = open_instance(stack), {}
        partitions = Partitions(instance, is_real)
        for number, repository, key, partition in request["items"]:
            if isinstance(partition, dict):
                partition = MultiPartitionKey(partition)
            try:
                definition = repositories[repository].assets_defs_by_key[to_key(key)]
                learn_partition(partitions, definition.partitions_def, partition)
                # A loader keeps resources by their names: one for each set of them.
                known = (repository, tuple(sorted((name, id(one)) for name, one in definition.resource_defs.items())))
                if known not in loaders:
                    loader = repositories[repository].get_asset_value_loader(instance=instance)
                    loaders[known] = stack.enter_context(loader)
                value = loaders[known].load_asset_value(to_key(key), partition_key=partition)
                tell([number, name_class(value), None])
                del value
            except BaseException as error:
                tell([number, None, words_of(error)])


def learn_partition(partitions, definition, key):
    """An empty instance has to know the dynamic partitions of what is loaded."""
    if partitions.is_real or definition is None:
        return
    if isinstance(key, str):
        partitions.has(definition, key)
    else:
        for one in getattr(definition, "partitions_defs", []):
            partitions.has(one.partitions_def, key.keys_by_dimension[one.name])


def to_key(path):
    from dagster import AssetKey

    return AssetKey(path)


def bound_memory(resource):
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        with open("/proc/self/statm") as file:
            taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    except (OSError, ValueError) as error:
        print(f"memory is not bounded: {words_of(error)}", file=sys.stderr)


def tell(answer):
    ANSWER.write(json.dumps(answer) + "\n")
    ANSWER.flush()


def main():
    request = json.load(sys.stdin)
    # What `-c` puts there is the folder that it was started in, which a console script does not have.
    sys.path[:] = [path for path in sys.path if path]
    try:
        if request["stage"] == "load":
            load_items(request)
        elif request["stage"] == "ask":
            tell(answer_asked(request))
        else:
            tell(answer_first(request))
    except Untold as error:
        tell({"failed": str(error)})
    except ModuleNotFoundError as error:
        tell({"failed": words_of(error), "absent": error.name or "?"})
    except Exception as error:
        tell({"failed": words_of(error)})


ANSWER = os.fdopen(os.dup(1), "w")
# Whatever user code prints is talk, and no part of the answer.
os.dup2(2, 1)
main()
