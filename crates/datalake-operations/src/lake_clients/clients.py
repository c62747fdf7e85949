# Run where user code runs: `python -I -c …`, a request on standard input, the answer as the last line of
# standard output. Keys and endpoint are those of the environment; none of them is in the answer.
#
# Each client is tried in a process of its own: one that hangs, or takes its process with it, is its own
# fault alone. What a client writes lies below a prefix that datalake removes afterwards.
import importlib
import importlib.metadata
import json
import os
import re
import select
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback

ANSWER = os.fdopen(os.dup(1), "w")
# Whatever a client prints is talk, and no part of the answer.
os.dup2(2, 1)
ROWS = {"id": [1, 2, 3], "name": ["a", "b", "c"]}
# Writers that start together, and how often at most: with some gateways only now and then is one lost.
WRITERS, ROUNDS = 4, 8


class Absent(Exception):
    """Something that the client needs is not installed."""


def same(found, expected):
    assert found == expected, f"{found!r} came back instead of {expected!r}"


def need(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise Absent(f"there is no package `{error.name}`") from None


class Unset(Exception):
    """A variable without which the client would ask AWS: it is not tried then."""


def require_variable(*names):
    if not any(os.environ.get(name) for name in names):
        raise Unset(f"`{names[0]}` is not in the environment: it would ask AWS, and was not started")


class Client:
    """What a client is tried with, and what came of it."""

    def __init__(self, name, report):
        self.name, self.report = name, report
        self.files = f"{REQUEST['prefix']}/{name}"
        self.bucket = REQUEST["bucket"]
        self.tables = f"s3://{REQUEST['tables_bucket']}/{REQUEST['tables_prefix']}/{name}"

    @property
    def url(self):
        return f"s3://{self.bucket}/{self.files}"

    def at(self, step):
        self.report({"step": step})

    def needs_lines(self, why):
        """From here on it is tried with the lines of its snippet."""
        self.report({"lines": why})

    def together(self, append, count):
        """Writers that start at once; tells how many were told that it went well, and how many did."""
        told, errors = [], []

        def write(start, number):
            start.wait()
            try:
                append(number)
                told.append(number)
            except Exception as error:
                errors.append(error)

        kept = 0
        for turn in range(ROUNDS):
            start = threading.Barrier(WRITERS)
            numbers = range(turn * WRITERS, (turn + 1) * WRITERS)
            threads = [threading.Thread(target=write, args=(start, number)) for number in numbers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            # A writer that is refused knows it, and can write again: nothing is lost.
            if not told and errors:
                raise errors[0]
            kept = count()
            if kept < len(told):
                break
        self.report({"told": len(told), "kept": kept})

    def keys_together(self, put, listing):
        """The same of plain objects: each has a key of its own."""
        self.at("append")
        self.together(put, lambda: len(listing()))


def boto3(client):
    s3, key = need("boto3").client("s3"), f"{client.files}/object"
    client.at("write")
    s3.put_object(Bucket=client.bucket, Key=key, Body=b"content")
    client.at("read")
    same(s3.get_object(Bucket=client.bucket, Key=key)["Body"].read(), b"content")

    def listing(below="both/"):
        found = s3.list_objects_v2(Bucket=client.bucket, Prefix=f"{client.files}/{below}")
        return [entry["Key"] for entry in found.get("Contents", [])]

    client.at("list")
    same(listing(""), [key])
    put = lambda n: s3.put_object(Bucket=client.bucket, Key=f"{client.files}/both/{n}", Body=b"x")
    client.keys_together(put, listing)


def s3fs(client):
    files, folder = need("s3fs").S3FileSystem(), f"{client.bucket}/{client.files}"
    client.at("write")
    files.pipe(f"{folder}/object", b"content")
    client.at("read")
    same(files.cat(f"{folder}/object"), b"content")
    client.at("list")
    same(files.ls(folder), [f"{folder}/object"])
    put = lambda n: files.pipe(f"{folder}/both/{n}", b"x")
    client.keys_together(put, lambda: files.ls(f"{folder}/both", refresh=True))


def fsspec(client):
    fsspec = need("fsspec")
    need("s3fs")
    client.at("write")
    with fsspec.open(f"{client.url}/object", "wb") as file:
        # Two parts: an upload in parts is another request.
        file.write(b"content" * 2_000_000)
    client.at("read")
    with fsspec.open(f"{client.url}/object", "rb") as file:
        same(len(file.read()), 14_000_000)


def pandas(client):
    pandas, path = need("pandas"), f"{client.url}/table.parquet"
    need("s3fs")
    need("pyarrow")
    client.at("write")
    pandas.DataFrame(ROWS).to_parquet(path)
    client.at("read")
    same(pandas.read_parquet(path)["id"].to_list(), ROWS["id"])


def pyarrow(client):
    fs = need("pyarrow.fs")
    # Only `from_uri` asks the environment for the endpoint.
    files, folder = fs.FileSystem.from_uri(client.url)
    client.at("write")
    with files.open_output_stream(f"{folder}/object") as file:
        file.write(b"content" * 2_000_000)
    client.at("read")
    with files.open_input_stream(f"{folder}/object") as file:
        same(len(file.read()), 14_000_000)
    client.at("list")
    listing = lambda below: files.get_file_info(fs.FileSelector(f"{folder}{below}"))
    same([entry.path for entry in listing("")], [f"{folder}/object"])

    def put(number):
        with files.open_output_stream(f"{folder}/both/{number}") as file:
            file.write(b"x")

    client.keys_together(put, lambda: listing("/both"))


def polars(client):
    polars, path = need("polars"), f"{client.url}/table.parquet"
    client.at("write")
    polars.DataFrame(ROWS).write_parquet(path)
    client.at("read")
    same(polars.read_parquet(path)["id"].to_list(), ROWS["id"])
    client.at("list")
    same(polars.scan_parquet(f"{client.url}/*.parquet").collect().height, 3)


def polars_delta(client):
    polars = need("polars")
    need("deltalake")
    client.at("write")
    polars.DataFrame(ROWS).write_delta(client.tables)
    client.at("read")
    same(polars.scan_delta(client.tables).collect().height, 3)
    client.at("append")
    append = lambda n: polars.DataFrame(ROWS).write_delta(client.tables, mode="append")
    client.together(append, lambda: polars.scan_delta(client.tables).collect().height // 3 - 1)


def deltalake(client):
    deltalake, pyarrow = need("deltalake"), need("pyarrow")
    # `to_pyarrow_table` takes its process with it at the end: deltalake 1.6.6 with pyarrow 26.
    count = lambda: len(deltalake.DeltaTable(client.tables).file_uris())
    client.at("write")
    deltalake.write_deltalake(client.tables, pyarrow.table(ROWS))
    client.at("read")
    same(count(), 1)
    client.at("append")
    rows = pyarrow.table(ROWS)
    append = lambda n: deltalake.write_deltalake(client.tables, rows, mode="append")
    client.together(append, lambda: count() - 1)


def obstore(client):
    store = need("obstore.store").S3Store(client.bucket)
    key = f"{client.files}/object"
    client.at("write")
    store.put(key, b"content", mode="create")
    client.at("read")
    same(bytes(store.get(key).bytes()), b"content")

    def listing(below=""):
        pages = store.list(client.files + below)
        return [entry["path"] for page in pages for entry in page]

    client.at("list")
    same(listing(), [key])
    put = lambda n: store.put(f"{client.files}/both/{n}", b"x", mode="create")
    client.keys_together(put, lambda: listing("/both"))


def lance(client):
    lance, pyarrow = need("lance"), need("pyarrow")
    rows, path = pyarrow.table(ROWS), f"{client.tables}/table.lance"
    client.at("write")
    lance.write_dataset(rows, path)
    client.at("read")
    same(lance.dataset(path).count_rows(), 3)
    client.at("append")
    append = lambda n: lance.write_dataset(rows, path, mode="append")
    client.together(append, lambda: lance.dataset(path).count_rows() // 3 - 1)


def dlt(client):
    dlt, pandas = need("dlt"), need("pandas")
    need("s3fs")
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = client.url
    client.at("write")
    pipeline = dlt.pipeline(
        "check", destination="filesystem", dataset_name="check", pipelines_dir=os.environ["HOME"]
    )
    pipeline.run([{"id": 1}, {"id": 2}], table_name="rows", loader_file_format="parquet")
    client.at("read")
    same(sorted(pandas.read_parquet(f"{client.url}/check/rows/")["id"].to_list()), [1, 2])


def load_httpfs(db):
    """Takes an extension that is there; none is downloaded."""
    db.execute("SET autoinstall_known_extensions = false")
    try:
        db.execute("LOAD httpfs")
        return
    except Exception:
        pass
    try:
        # In a package of its own, beside DuckDB.
        from importlib import resources

        duckdb = need("duckdb")
        folder = resources.files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
        db.execute(f"LOAD '{folder / 'httpfs.duckdb_extension'}'")
    except Exception:
        raise Absent("its extension `httpfs` is not installed") from None


def own_authority():
    """The file of certificates that other clients are told to trust."""
    names = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def write_by_duckdb(client, db):
    write = f"COPY (SELECT range AS id FROM range(3)) TO '{client.url}/table.parquet'"
    try:
        db.execute(write)
    except Exception as error:
        if "SSL" not in str(error) or not own_authority():
            raise
        client.needs_lines("no variable tells it of an authority of your own (`SET ca_cert_file`)")
        db.execute(f"SET ca_cert_file = '{own_authority()}'")
        db.execute(write)


def duckdb(client):
    db = need("duckdb").connect()
    load_httpfs(db)
    if not os.environ.get("DUCKDB_S3_ENDPOINT"):
        # As it is, it would ask AWS: that is not tried.
        client.needs_lines("no variable tells it of an endpoint like this one")
        db.execute(f"SET s3_endpoint = '{REQUEST['authority']}'")
        db.execute(f"SET s3_region = '{REQUEST['region']}'")
        db.execute("SET s3_url_style = 'path'")
        db.execute(f"SET s3_use_ssl = {str(REQUEST['endpoint'].startswith('https:')).lower()}")
    client.at("write")
    write_by_duckdb(client, db)
    client.at("read")
    read = lambda what: db.execute(f"SELECT count(*) FROM '{client.url}/{what}'").fetchall()
    same(read("table.parquet"), [(3,)])
    client.at("list")
    same(read("*.parquet"), [(3,)])


def iceberg(client, kind, **lines):
    """A table whose catalog is a file here, with what the environment says of a catalog of that name."""
    pyarrow, catalogs = need("pyarrow"), need("pyiceberg.catalog")
    need("sqlalchemy")
    home, rows = os.environ["HOME"], pyarrow.table(ROWS)
    name = (REQUEST["catalogs"] or ["check"])[0]
    known = {"py-io-impl": kind, "type": "sql", "uri": f"sqlite:///{home}/catalog.db"}
    load = lambda: catalogs.load_catalog(name, warehouse=client.tables, **known, **lines)
    catalog = load()
    client.at("write")
    catalog.create_namespace("check")
    table = catalog.create_table("check.rows", rows.schema)
    table.append(rows)
    client.at("read")
    same(table.scan().to_arrow().num_rows, 3)
    client.at("append")
    append = lambda n: load().load_table("check.rows").append(rows)
    count = lambda: catalog.load_table("check.rows").scan().to_arrow().num_rows
    client.together(append, lambda: count() // 3 - 1)


def pyiceberg(client):
    lines = {}
    if not REQUEST["catalogs"]:
        client.needs_lines("it takes the endpoint from its catalog, and the spec names none")
        lines = {"s3.endpoint": REQUEST["endpoint"], "s3.region": REQUEST["region"]}
    for name in REQUEST["catalogs"][:1]:
        require_variable(f"PYICEBERG_CATALOG__{name.upper().replace('-', '_')}__S3__ENDPOINT")
    iceberg(client, "pyiceberg.io.pyarrow.PyArrowFileIO", **lines)


def pyiceberg_fsspec(client):
    need("s3fs")
    iceberg(client, "pyiceberg.io.fsspec.FsspecFileIO")


def daft(client):
    daft = need("daft")
    client.at("write")
    daft.from_pydict(ROWS).write_parquet(client.url)
    client.at("read")
    same(sorted(daft.read_parquet(f"{client.url}/*.parquet").to_pydict()["id"]), ROWS["id"])


# A name, the package whose version counts, and how it is tried.
CLIENTS = [
    ("boto3", "boto3", boto3),
    ("s3fs", "s3fs", s3fs),
    ("fsspec", "fsspec", fsspec),
    ("pandas", "pandas", pandas),
    ("pyarrow", "pyarrow", pyarrow),
    ("polars", "polars", polars),
    ("polars-delta", "polars", polars_delta),
    ("deltalake", "deltalake", deltalake),
    ("obstore", "obstore", obstore),
    ("lance", "pylance", lance),
    ("dlt", "dlt", dlt),
    ("duckdb", "duckdb", duckdb),
    ("pyiceberg", "pyiceberg", pyiceberg),
    ("pyiceberg-fsspec", "pyiceberg", pyiceberg_fsspec),
    ("daft", "daft", daft),
]


def is_own(host):
    own = REQUEST["hosts"]
    return host in own or any(host.endswith(f".{name}") for name in own)


def guard_names(report):
    """Refuses to look up hosts that the spec does not name, as far as Python itself is asked."""
    look_up = socket.getaddrinfo

    def guarded(host, *rest, **more):
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_own(name.lower().rstrip(".")) and not is_address(name):
            report({"elsewhere": name})
            raise socket.gaierror(socket.EAI_NONAME, f"datalake refuses to look up `{name}`")
        return look_up(host, *rest, **more)

    socket.getaddrinfo = guarded


def is_address(host):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.split("%")[0])
            return True
        except OSError:
            pass
    return False


def shown(text):
    """An error in one line, without colours and without the secrets of the environment."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for name, value in os.environ.items():
        if len(value) > 7 and ("KEY" in name or "SECRET" in name or "TOKEN" in name):
            text = text.replace(value, "…")
    return " ".join(text.split())[:600]


def run_client(name, function, report):
    """In the child: what went well until it did not."""
    home = tempfile.mkdtemp(prefix="datalake-lake-")
    os.environ["HOME"] = home
    # Nobody is told that a check was made.
    os.environ.update(DO_NOT_TRACK="true", SCARF_NO_ANALYTICS="true", DAFT_ANALYTICS_ENABLED="0")
    os.chdir(home)
    guard_names(report)
    try:
        require_variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
        function(Client(name, report))
        report({"end": "works"})
    except Absent as error:
        report({"end": "absent", "reason": str(error)})
    except Unset as error:
        report({"end": "failed", "reason": str(error)})
    except BaseException as error:
        last = "".join(traceback.format_exception_only(type(error), error))
        report({"end": "failed", "reason": shown(last)})
    finally:
        import shutil

        shutil.rmtree(home, ignore_errors=True)


def try_client(name, function):
    """Runs a client in a child, and gives what that reported and how it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # It stays in the group of this process, with which it is ended.
        os.close(reader)
        sys.stdin.close()
        report = lambda line: os.write(writer, (json.dumps(line) + "\n").encode())
        run_client(name, function, report)
        return None
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        lines, late = read_reports(pipe, time.monotonic() + REQUEST["seconds"])
    # One that has said its last word may still be ended by its libraries, which counts.
    status = wait_child(child, 0 if late else 10)
    return lines, late, status


def read_reports(pipe, until):
    text = b""
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return read_lines(text), True
        part = os.read(pipe.fileno(), 65536)
        text += part
        if not part:
            return read_lines(text), False


def read_lines(text):
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def wait_child(child, seconds):
    """Its status; after that time it is killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def judge(name, version, tried):
    lines, late, status = tried
    told = {key: value for line in lines for key, value in line.items()}
    elsewhere = sorted({line["elsewhere"] for line in lines if "elsewhere" in line})
    answer = {"client": name, "version": version, "step": told.get("step", "import")}
    answer.update({key: told[key] for key in ("lines", "told", "kept") if key in told})
    end, reason = told.get("end"), told.get("reason")
    if late or (end and status is None):
        end, reason = "failed", f"it did not end within {REQUEST['seconds']} seconds"
    elif status and end != "absent":
        by = signal.Signals(-status).name if status < 0 else f"status {status}"
        when = "after all its work was done" if end == "works" else "in the middle of it"
        end, reason = "failed", reason if end == "failed" else f"its process ended with {by} {when}"
    elif end is None:
        end, reason = "failed", "its process ended without a word"
    if "amazonaws.com" in (reason or "") and not elsewhere:
        elsewhere = ["amazonaws.com"]
    return {**answer, "end": end, "reason": reason, "elsewhere": elsewhere}


def versions():
    """The version of each package that is installed."""
    found = {}
    for _, package, _ in CLIENTS:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def main():
    installed, answers = versions(), []
    until = time.monotonic() + REQUEST["all_seconds"]
    for name, package, function in CLIENTS:
        if REQUEST.get("only") and name not in REQUEST["only"]:
            continue
        version = installed.get(package)
        if version is None:
            answers.append({"client": name, "end": "absent", "elsewhere": []})
        elif time.monotonic() > until:
            answer = {"client": name, "version": version, "end": "untried"}
            answers.append({**answer, "reason": "there was no time left for it", "elsewhere": []})
        else:
            tried = try_client(name, function)
            if tried is None:
                return
            answers.append(judge(name, version, tried))
    python = ".".join(map(str, sys.version_info[:3]))
    ANSWER.write(json.dumps({"python": python, "clients": answers}) + "\n")
    ANSWER.flush()


def reach_packages():
    """`-I` leaves out the packages of the user and of PYTHONPATH, and pip may have put some there."""
    import site

    user = site.getusersitepackages()
    if REQUEST.get("inside") and os.path.isdir(user):
        site.addsitedir(user)
    for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if REQUEST.get("inside") else []:
        if os.path.isabs(folder):
            sys.path.append(folder)


REQUEST = json.load(sys.stdin)
reach_packages()
main()
