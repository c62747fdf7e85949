"""The generated I/O manager of one engine, with the real Dagster: what is written is what is loaded.

usage: frames.py ENGINE FILE PREFIX      ENGINE is polars, pandas or duckdb; FILE is the generated one
"""

import datetime
import decimal
import importlib.util
import io
import os
import random
import sys
import tempfile

import boto3
import dagster as dg
import pandas as pd
from upath import UPath

ENGINE, FILE, PREFIX = sys.argv[1:4]
ODD = ["a b", "ü", "a%20b", "a#b", "a?b", "a*b", "a[b]", "a+b", "a:b", "a'b", 'a"b', "us/east", "a//b", "..", "/x"]
ODD += ["a\\b", "a{b}", "a=b&c", "%2F", "a.b"]
DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-04")
WEEKS = dg.WeeklyPartitionsDefinition("2025-12-28", end_date="2026-01-04")
WINDOW = dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
GRID = dg.MultiPartitionsDefinition({"day": DAYS, "area": dg.StaticPartitionsDefinition(["eu", "us"])})
NAMES = dg.StaticPartitionsDefinition(ODD)
BUCKET = os.environ["DAGSTER_S3_BUCKET"]
S3 = boto3.client("s3")
checks = 0


def load():
    """The generated file as a module: it has to load without one variable of the bucket."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(("AWS_", "DAGSTER_S3_"))}
    spec = importlib.util.spec_from_file_location("generated", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    os.environ.update(kept)
    return module


MODULE = load()
MANAGER = next(value for name, value in vars(MODULE).items() if name.endswith("IOManager") and name[0] in "PD" and name != "ParquetIOManager")
IO = MANAGER(
    bucket=dg.EnvVar("DAGSTER_S3_BUCKET"),
    prefix=PREFIX,
    endpoint_url=dg.EnvVar("DAGSTER_S3_ENDPOINT_URL"),
    region_name=dg.EnvVar("DAGSTER_S3_REGION"),
)

if ENGINE == "polars":
    import polars as pl

    FRAME = pl.DataFrame

    def make(columns):
        return pl.DataFrame(columns)

    def rows_of(frame):
        frame = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
        return frame.to_dict(as_series=False)

    def richest():
        return pl.DataFrame(
            {
                "category": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
                "price": pl.Series([decimal.Decimal("1.10"), None, decimal.Decimal("-2.00")], dtype=pl.Decimal(10, 2)),
                "at": pl.Series([datetime.datetime(2026, 1, 1)] * 3).dt.replace_time_zone("Europe/Berlin"),
                "list": [[1, 2], [], None],
                'a "b"; --': [1, 2, 3],
                "ü.x y": [True, None, False],
                "": [1.5, float("inf"), None],
            }
        )

    def same(one, two):
        assert one.schema == two.schema, (one.schema, two.schema)
        assert one.equals(two), (one, two)

    def none_left():
        return [pl.DataFrame(), pl.DataFrame(schema={"x": pl.Int64, "y": pl.String})]

elif ENGINE == "pandas":
    FRAME = pd.DataFrame
    make = pd.DataFrame

    def rows_of(frame):
        return {name: list(frame[name]) for name in frame.columns}

    def richest():
        frame = pd.DataFrame(
            {
                "category": pd.Categorical(["a", "b", "a"], categories=["c", "b", "a"], ordered=True),
                "price": [decimal.Decimal("1.10"), None, decimal.Decimal("-2.00")],
                "at": pd.to_datetime(["2026-01-01", None, "2026-07-01"]).tz_localize("Europe/Berlin"),
                'a "b"; --': [1, 2, 3],
                "ü.x y": pd.array([True, None, False], dtype="boolean"),
                "": [1.5, float("inf"), None],
            },
            index=pd.Index(["x", "y", "z"], name="key"),
        )
        return frame

    def same(one, two):
        pd.testing.assert_frame_equal(one, two)

    def none_left():
        return [pd.DataFrame(), pd.DataFrame({"x": pd.Series([], dtype="int64"), "y": pd.Series([], dtype="str")})]

else:
    import duckdb

    FRAME = duckdb.DuckDBPyRelation

    def make(columns):
        return duckdb.from_df(pd.DataFrame(columns))

    def rows_of(frame):
        columns = list(zip(*frame.fetchall(), strict=True)) or [()] * len(frame.columns)
        return {name: list(values) for name, values in zip(frame.columns, columns, strict=True)}

    def richest():
        return duckdb.sql(
            """SELECT 'a'::ENUM ('a', 'b') AS category, 1.10::DECIMAL(10, 2) AS price,
               TIMESTAMPTZ '2026-01-01 00:00:00+01' AS at, [1, 2] AS list, 1 AS "a ""b""; --",
               NULL::BOOLEAN AS "ü.x y", 'inf'::DOUBLE AS "z" """
        )

    def same(one, two):
        # Parquet has no ENUM: what comes back is its text.
        types = [str(kind).replace("ENUM('a', 'b')", "VARCHAR") for kind in one.types]
        assert types == list(map(str, two.types)), (types, two.types)
        assert one.columns == two.columns and one.fetchall() == two.fetchall()

    def none_left():
        return [duckdb.sql("SELECT 1 AS x, 'a' AS y WHERE false")]


def ok(text, condition):
    global checks
    assert condition, text
    checks += 1


def run(assets, select=None, partition=None, instance=None, fails=False, tags=None):
    done = dg.materialize(
        assets, selection=select, partition_key=partition, instance=instance, resources={"frames": IO}, raise_on_error=False, tags=tags
    )
    if done.success == fails:
        for event in done.all_events:
            if event.is_step_failure:
                error = event.step_failure_data.error
                while error:
                    print(error.message, *error.stack[-2:], file=sys.stderr)
                    error = error.cause
    assert done.success != fails, f"{select}: success is {done.success}"
    return done


def objects(below):
    pages = S3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{PREFIX}/{below}")
    return sorted(one["Key"].removeprefix(f"{PREFIX}/") for page in pages for one in page.get("Contents", []))


def values_and_types():
    seen = {}

    @dg.asset(io_manager_key="frames", key=["raw", "rich"])
    def rich() -> FRAME:
        return richest()

    @dg.asset(ins={"rich": dg.AssetIn(key=["raw", "rich"])})
    def reader(rich: FRAME) -> None:
        same(richest(), rich)
        seen["all"] = True

    @dg.asset(ins={"rich": dg.AssetIn(key=["raw", "rich"], metadata={"columns": ['a "b"; --', "category"]})})
    def some(rich) -> None:
        seen["columns"] = list(rich.columns)

    @dg.asset(ins={"rich": dg.AssetIn(key=["raw", "rich"], metadata={"columns": ["gone"]})})
    def wrong(rich) -> None:
        rows_of(rich)

    run([rich, reader, some])
    ok("all columns are read", seen["all"])
    ok("the columns asked for are read", seen["columns"] == ['a "b"; --', "category"])
    ok("the key", objects("raw/") == ["raw/rich.parquet"])
    run([rich, wrong], select=[wrong], fails=True)
    ok("a column that is not there fails", True)


def frames_without_rows():
    for number, frame in enumerate(none_left()):

        @dg.asset(io_manager_key="frames", name=f"empty_{number}")
        def empty() -> FRAME:
            return frame

        @dg.asset(ins={"empty": dg.AssetIn(key=f"empty_{number}")}, name=f"read_{number}")
        def reader(empty: FRAME) -> None:
            same(frame, empty)

        run([empty, reader])
        ok("a frame without rows comes back", True)


def partitions():
    seen = {}

    @dg.asset(io_manager_key="frames", partitions_def=DAYS)
    def daily(context) -> FRAME:
        return make({"day": [context.partition_key], "n": [int(context.partition_key[-2:])]})

    @dg.asset(partitions_def=DAYS)
    def by_day(context, daily: FRAME) -> None:
        seen[context.partition_key] = rows_of(daily)

    @dg.asset(partitions_def=WEEKS, ins={"daily": dg.AssetIn(partition_mapping=WINDOW)})
    def weekly(daily: dict[str, FRAME]) -> None:
        seen["week"] = {day: rows_of(frame)["n"] for day, frame in daily.items()}

    @dg.asset(ins={"daily": dg.AssetIn(metadata={"columns": ["n"]})})
    def whole(daily: dict[str, FRAME]) -> None:
        seen["whole"] = {day: rows_of(frame) for day, frame in daily.items()}

    @dg.asset(ins={"daily": dg.AssetIn(metadata={"allow_missing_partitions": True})})
    def those_there(daily: dict[str, FRAME]) -> None:
        seen["there"] = list(daily)

    every = [daily, by_day, weekly, whole, those_there]
    run(every, select=[daily, by_day], partition="2026-01-02")
    ok("one partition", seen["2026-01-02"] == {"day": ["2026-01-02"], "n": [2]})
    run(every, select=[whole], fails=True)
    run(every, select=[those_there])
    ok("missing partitions are left out where that is asked for", seen["there"] == ["2026-01-02"])
    for day in ("2026-01-01", "2026-01-03"):
        run(every, select=[daily, by_day], partition=day)
    ok("its keys", objects("daily") == [f"daily/2026-01-0{day}.parquet" for day in (1, 2, 3)])
    run(every, select=[weekly], partition="2025-12-28")
    ok("a window of time", seen["week"] == {f"2026-01-0{day}": [day] for day in (1, 2, 3)})
    run(every, select=[whole])
    ok("all partitions", seen["whole"] == {f"2026-01-0{day}": {"n": [day]} for day in (1, 2, 3)})


def two_dimensions():
    seen = {}

    @dg.asset(io_manager_key="frames", partitions_def=GRID)
    def grid(context) -> FRAME:
        keys = context.partition_key.keys_by_dimension
        return make({"area": [keys["area"]], "day": [keys["day"]]})

    @dg.asset(partitions_def=GRID)
    def cell(grid: FRAME) -> None:
        seen.update(rows_of(grid))

    key = dg.MultiPartitionKey({"day": "2026-01-02", "area": "eu"})
    run([grid, cell], partition=key)
    ok("a partition of two dimensions", seen == {"area": ["eu"], "day": ["2026-01-02"]})
    ok("its key has them by name", objects("grid") == ["grid/eu/2026-01-02.parquet"])


def odd_names():
    seen = {}

    @dg.asset(io_manager_key="frames", partitions_def=NAMES)
    def odd(context) -> FRAME:
        return make({"name": [context.partition_key]})

    @dg.asset
    def every(odd: dict[str, FRAME]) -> None:
        seen.update({name: rows_of(frame)["name"] for name, frame in odd.items()})

    for name in ODD:
        run([odd, every], select=[odd], partition=name)
    run([odd, every], select=[every])
    ok("partitions of every name", seen == {name: [name] for name in ODD})
    ok("each an object of its own", len(objects("odd/")) == len(ODD))


def names_of_others():
    """The names of Dagster's own UPathIOManager, on which dagster-polars stands: what was moved is read."""
    names = dg.StaticPartitionsDefinition([name for name in ODD if name not in ("a//b", "..", "/x", "a\\b")])

    class Local(dg.UPathIOManager):
        extension = ".parquet"

        def dump_to_path(self, context, obj, path):
            self._store(obj, str(path))

        def load_from_path(self, context, path): ...

        def _store(self, frame, path):
            IO.write_file(frame, path)

    with tempfile.TemporaryDirectory() as folder:
        local = dg.IOManagerDefinition.hardcoded_io_manager(Local(base_path=UPath(folder)))
        for definition, key in ((None, "plain"), (DAYS, "days"), (GRID, "grid_of"), (names, "named")):

            @dg.asset(key=["others", key], io_manager_key="frames", partitions_def=definition)
            def other(context) -> FRAME:
                return make({"n": [key]})

            for partition in definition.get_partition_keys() if definition else [None]:
                assert dg.materialize([other], partition_key=partition, resources={"frames": local}).success
        written = sorted(os.path.join(where, name) for where, _, files in os.walk(folder) for name in files)
        for path in written:
            S3.upload_file(path, BUCKET, f"{PREFIX}/{os.path.relpath(path, folder)}")
        ok("the files are there", len(written) == 1 + 3 + 6 + len(names.get_partition_keys()))
        seen = {}
        for definition, key in ((None, "plain"), (DAYS, "days"), (GRID, "grid_of"), (names, "named")):

            @dg.asset(key=["others", key], io_manager_key="frames", partitions_def=definition)
            def other(context) -> FRAME:
                raise RuntimeError("it is not made again")

            kind = dict[str, FRAME] if definition else FRAME

            @dg.asset(ins={"found": dg.AssetIn(key=["others", key])})
            def reader(found: kind) -> None:
                seen[key] = len(found) if isinstance(found, dict) else rows_of(found)["n"]

            run([other, reader], select=[reader])
        ok("each is found", seen == {"plain": ["plain"], "days": 3, "grid_of": 6, "named": len(names.get_partition_keys())})


def several_at_once():
    seen = {}

    @dg.asset(io_manager_key="frames", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
    def ranged(context) -> dict[str, FRAME]:
        return {day: make({"day": [day]}) for day in context.partition_keys}

    @dg.asset
    def whole(ranged: dict[str, FRAME]) -> None:
        seen.update({day: rows_of(frame)["day"] for day, frame in ranged.items()})

    tags = {"dagster/asset_partition_range_start": "2026-01-01", "dagster/asset_partition_range_end": "2026-01-03"}
    run([ranged, whole], select=[ranged], tags=tags)
    run([ranged, whole], select=[whole])
    ok("a run over several partitions", seen == {f"2026-01-0{day}": [f"2026-01-0{day}"] for day in (1, 2, 3)})


def appended():
    seen, fail = {}, {"times": 0}

    @dg.asset(io_manager_key="frames", metadata={"mode": "append"}, retry_policy=dg.RetryPolicy(max_retries=3))
    def log(context) -> dg.Output[FRAME]:
        # The first try dies after its file is there.
        return dg.Output(make({"n": [fail["times"]], "run": [context.run.run_id]}))

    @dg.asset(partitions_def=DAYS, io_manager_key="frames", metadata={"mode": "append"})
    def daily_log(context) -> FRAME:
        return make({"day": [context.partition_key]})

    @dg.asset
    def reader(log: FRAME) -> None:
        seen["n"] = rows_of(log)["n"]

    class Failing(MANAGER):
        def _store(self, *arguments):
            stored = super()._store(*arguments)
            fail["left"] -= 1
            if fail["left"] >= 0:
                raise RuntimeError("the step dies after it has written")
            return stored

    with dg.DagsterInstance.ephemeral() as instance:
        for fail["times"] in (1, 2, 3):
            run([log, reader], select=[log], instance=instance)
        run([log, reader], select=[reader], instance=instance)
        ok("each run adds, in the order of time", seen["n"] == [1, 2, 3])

        failing = Failing(bucket=BUCKET, prefix=PREFIX, endpoint_url=os.environ["DAGSTER_S3_ENDPOINT_URL"], region_name=os.environ["DAGSTER_S3_REGION"])
        fail.update(times=4, left=2)
        done = dg.materialize([log], instance=instance, resources={"frames": failing}, raise_on_error=False)
        assert done.success
        run([log, reader], select=[reader], instance=instance)
        ok("a step that is tried three times adds once", seen["n"] == [1, 2, 3, 4])

        fail.update(times=5, left=9)
        failed = dg.materialize([log], instance=instance, resources={"frames": failing}, raise_on_error=False)
        assert not failed.success
        fail["times"] = 6
        parent = failed.run_id
        tags = {"dagster/parent_run_id": parent, "dagster/root_run_id": parent}
        definitions = dg.Definitions(assets=[log], resources={"frames": IO}, jobs=[dg.define_asset_job("again", [log], executor_def=dg.in_process_executor)])
        job = definitions.resolve_job_def("again") if hasattr(definitions, "resolve_job_def") else definitions.get_job_def("again")
        created = instance.create_run_for_job(job, root_run_id=parent, parent_run_id=parent, tags=tags)
        from dagster._core.execution.api import execute_run
        from dagster._core.definitions.job_base import InMemoryJob

        assert execute_run(InMemoryJob(job), created, instance).success
        run([log, reader], select=[reader], instance=instance)
        ok("a run that is executed again replaces what it had added", seen["n"] == [1, 2, 3, 4, 6])

        for _ in range(2):
            run([daily_log], partition="2026-01-02", instance=instance)
        ok("partitions are appended to, too", len(objects("daily_log/2026-01-02.parquet/")) == 2)


def modes():
    @dg.asset(io_manager_key="frames", metadata={"mode": "append"}, name="switched")
    def adds() -> FRAME:
        return make({"n": [1]})

    @dg.asset(io_manager_key="frames", name="switched")
    def replaces() -> FRAME:
        return make({"n": [2]})

    seen = {}

    @dg.asset
    def reader(switched: FRAME) -> None:
        seen["n"] = rows_of(switched)["n"]

    run([replaces])
    run([replaces])
    run([replaces, reader], select=[reader])
    ok("a second run replaces", seen["n"] == [2])
    run([adds])
    run([adds, reader], select=[reader])
    ok("rows are added to what was there", seen["n"] == [2, 1])
    before = objects("switched")
    run([replaces], fails=True)
    ok("what was added is never hidden below a new whole", objects("switched") == before)

    @dg.asset(io_manager_key="frames", metadata={"mode": "apend"})
    def misspelt() -> FRAME:
        return make({"n": [2]})

    run([misspelt], fails=True)
    ok("a mode that is none is refused", objects("misspelt") == [])


def nothing():
    @dg.asset(io_manager_key="frames")
    def forgetful():
        return None

    @dg.asset(io_manager_key="frames", metadata={"mode": "append"})
    def quiet():
        return None

    @dg.asset(io_manager_key="frames")
    def silent() -> None: ...

    run([forgetful], fails=True)
    run([quiet, silent])
    ok("None leaves nothing", not any(objects(name) for name in ("forgetful", "quiet", "silent")))


def outputs_of_ops():
    seen = {}

    @dg.op(out=dg.Out(io_manager_key="frames"))
    def one() -> FRAME:
        return make({"n": [1]})

    @dg.op
    def two(frame: FRAME) -> None:
        seen.update(rows_of(frame))

    @dg.job(resource_defs={"frames": IO})
    def both():
        two(one())

    assert both.execute_in_process().success
    ok("an op's output", seen == {"n": [1]})


def large():
    count, chance = 2_000_000, random.Random(20)

    @dg.asset(io_manager_key="frames")
    def wide() -> FRAME:
        return make({"n": range(count), "m": [chance.getrandbits(62) for _ in range(count)]})

    seen = {}

    @dg.asset(ins={"wide": dg.AssetIn(metadata={"columns": ["n"]})})
    def reader(wide: FRAME) -> None:
        seen["sum"] = sum(rows_of(wide)["n"])

    run([wide, reader])
    ok("an object in parts", seen["sum"] == count * (count - 1) // 2)
    head = S3.head_object(Bucket=BUCKET, Key=f"{PREFIX}/wide.parquet")
    ok("it came in several parts", "-" in head["ETag"] and "ContentEncoding" not in head)


def examples():
    """The assets of the generated file itself."""
    every = [getattr(MODULE, f"{ENGINE}_{name}") for name in ("orders", "totals", "history")]
    key = f"{ENGINE}_io_manager"
    found = vars(MODULE).get(key) or MODULE.__dict__[f"{ENGINE}_frames"]().resources[key]
    with dg.DagsterInstance.ephemeral() as instance:
        for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
            done = dg.materialize(every, selection=every[:1], partition_key=day, resources={key: found}, instance=instance)
            assert done.success
        for _ in range(2):
            assert dg.materialize(every, selection=every[1:], resources={key: found}, instance=instance).success
        done = dg.materialize(every, selection=every[1:], resources={key: found}, instance=instance)
    assert done.success
    body = S3.get_object(Bucket=BUCKET, Key=f"frames/{ENGINE}_totals.parquet")["Body"].read()
    ok("the examples work", sum(pd.read_parquet(io.BytesIO(body))["amount"]) == 24.0)
    keys = [one["Key"] for one in S3.list_objects_v2(Bucket=BUCKET, Prefix=f"frames/{ENGINE}_").get("Contents", [])]
    ok("their keys", f"frames/{ENGINE}_totals.parquet" in keys and sum("history.parquet/" in one for one in keys) >= 3)


for check in (values_and_types, frames_without_rows, partitions, two_dimensions, odd_names, names_of_others, several_at_once, appended, modes, nothing, outputs_of_ops, large, examples):
    if len(sys.argv) > 4 and check.__name__ not in sys.argv[4:]:
        continue
    try:
        check()
    except BaseException as error:
        import traceback

        traceback.print_exc()
        print(f"{ENGINE} {check.__name__}: {type(error).__name__}: {error}")
        sys.exit(1)
print(f"{ENGINE}, dagster {dg.__version__}: {checks} checks")
