"""Assets of every kind of partition, written and read by Dagster's own I/O managers.

    migrate_assets.py write VALUE               materializes all upstream assets: 15 pickles
    migrate_assets.py remake VALUE NAME[=PARTITION]...
    migrate_assets.py load VALUE [NAME[=PARTITION]:VALUE]...
                                                every downstream load has to give that value
    migrate_assets.py begin-run | end-run       a run that counts as going on
    migrate_assets.py count-runs

LANE_IO says which I/O manager is used: `local` (the default one), `s3`, or `own`, which datalake does not
know. LANE_PREFIX and LANE_BUCKET are those of `s3`; `library` stands for a prefix that is not named.
LANE_MANY makes 75 pickles instead of 15, with names of every kind. LANE_FRAMES adds 47 frames: frame_assets.py.
"""
import os
import sys

import dagster as dg
from dagster import DagsterInstance, DagsterRunStatus

DAILY = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-05")
HOURLY = dg.HourlyPartitionsDefinition("2026-01-01-00:00", end_date="2026-01-02-00:00")
STATIC = dg.StaticPartitionsDefinition(["us/east", "a b", "x.y", "\u00fc"])
MULTI = dg.MultiPartitionsDefinition(
    {"date": DAILY, "region": dg.StaticPartitionsDefinition(["eu", "us"])}
)
DYNAMIC = dg.DynamicPartitionsDefinition(name="files")

# Key, partitions, and the partitions that are written.
KINDS = [
    (["plain"], None, [None]),
    (["raw", "orders"], None, [None]),
    (["raw", "by_day"], DAILY, ["2026-01-01", "2026-01-02"]),
    (["by_hour"], HOURLY, ["2026-01-01-05:00"]),
    (["by_static"], STATIC, ["us/east", "a b", "x.y", "\u00fc"]),
    (["by_multi"], MULTI, ["2026-01-02|eu", "2026-01-02|us"]),
    (["by_dyn"], DYNAMIC, ["f/1.csv", "/x"]),
]

HARD = [
    "a+b", "a&b", "a=b", "a,b", "a;b", "a'b", 'a"b', "(a)", "[a]", "{a}", "~a", "!a", "@a", "$a", "^a", "`a`",
    "#a", "?a", "a%20b", "%2Fa", "*", "a:b", "a|b", "<a>", "\u00e9\u4e2d\U0001f40d", "e\u0301", " a", "A", "a.db",
    "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21", ".hidden", "a/b/c",
]
if os.environ.get("LANE_MANY"):
    HARD_NAMES = dg.StaticPartitionsDefinition(HARD)
    THREE = dg.MultiPartitionsDefinition({
        "name": dg.StaticPartitionsDefinition(["x/y", "z"]), "region": dg.StaticPartitionsDefinition(["eu", "us"]),
    })
    KINDS += [
        (["hard"], HARD_NAMES, HARD),
        (["hard", "nested", "deeper"], None, [None]),
        (["history"], None, [None]),
        (["by_name"], THREE, ["x/y|eu", "x/y|us", "z|eu", "z|us"]),
        (["raw", "by_month"], dg.MonthlyPartitionsDefinition("2025-01-01", end_date="2026-01-01"),
         [f"2025-{month:02}-01" for month in range(1, 13)]),
        (["raw", "by_hour"], HOURLY, [f"2026-01-01-{hour:02}:00" for hour in range(10)]),
    ]

FRAMES = []
if os.environ.get("LANE_FRAMES"):
    import frame_assets

    FRAMES = frame_assets.list_kinds(DAILY, MULTI, HARD)
    KINDS += FRAMES


def value_of(key, partition):
    return {"key": key, "partition": partition, "value": os.environ.get("LANE_VALUE", "v1")}


def upstream(key, partitions):
    is_frame = any(key == one for one, _, _ in FRAMES)

    @dg.asset(key=key, partitions_def=partitions, io_manager_key=f"{key[0]}_frames" if is_frame else None)
    def made(context: dg.AssetExecutionContext):
        partition = context.partition_key if context.has_partition_key else None
        value = value_of("/".join(key), partition and str(partition))
        return frame_assets.make_frame(key[0], value) if is_frame else value

    return made


def downstream(key, partitions):
    @dg.asset(
        key=["read", *key],
        partitions_def=partitions,
        ins={"loaded": dg.AssetIn(key=dg.AssetKey(key))},
    )
    def read(context: dg.AssetExecutionContext, loaded) -> None:
        partition = context.partition_key if context.has_partition_key else None
        is_value = isinstance(loaded, dict) or not FRAMES
        value = loaded if is_value else frame_assets.read_frame(loaded)
        LOADED[("/".join(key), partition and str(partition))] = value

    return read


@dg.multi_asset(outs={"multi_one": dg.AssetOut(), "multi_two": dg.AssetOut()})
def both():
    return value_of("multi_one", None), value_of("multi_two", None)


LOADED = {}
UPSTREAM = {"/".join(key): upstream(key, partitions) for key, partitions, _ in KINDS}
READERS = {"/".join(key): downstream(key, partitions) for key, partitions, _ in KINDS}
READERS |= {name: downstream([name], None) for name in ["multi_one", "multi_two"]}
ASSETS = [*UPSTREAM.values(), *READERS.values(), both]


def resources():
    found = pickles()
    frames = frame_assets.resources(OwnManager(), found) if FRAMES else {}
    return {**found, **frames}


def pickles():
    if os.environ.get("LANE_IO", "local") == "local":
        return {}
    if os.environ["LANE_IO"] == "own":
        return {"io_manager": OwnManager()}
    from dagster_aws.s3 import S3PickleIOManager, S3Resource

    prefix = os.environ.get("LANE_PREFIX", "assets")
    manager = S3PickleIOManager(
        s3_resource=S3Resource(endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"]),
        s3_bucket=os.environ.get("LANE_BUCKET") or os.environ["DAGSTER_S3_BUCKET"],
        **({} if prefix == "library" else {"s3_prefix": prefix}),
    )
    return {"io_manager": manager}


class OwnManager(dg.IOManager):
    def handle_output(self, context, obj):
        pass

    def load_input(self, context):
        return "whatever"


def materialize(asset, partition, instance):
    done = dg.materialize(
        ASSETS, selection=[asset], partition_key=partition, instance=instance,
        resources=resources(), raise_on_error=True,
    )
    assert done.success


def written():
    for key, _, partitions in KINDS:
        for partition in partitions:
            yield "/".join(key), partition


def named(word):
    name, _, partition = word.partition("=")
    return name, partition or None


def main(verb, *words):
    instance = DagsterInstance.get()
    if verb == "write":
        os.environ["LANE_VALUE"] = words[0]
        instance.add_dynamic_partitions("files", ["f/1.csv", "/x"])
        for name, partition in written():
            materialize(UPSTREAM[name], partition, instance)
        materialize(both, None, instance)
    elif verb == "remake":
        os.environ["LANE_VALUE"] = words[0]
        for name, partition in map(named, words[1:]):
            materialize(UPSTREAM[name], partition, instance)
    elif verb == "load":
        check_loads(instance, words[0], dict(word.rsplit(":", 1) for word in words[1:]))
    elif verb == "begin-run":
        from dagster._core.test_utils import create_run_for_test

        run = create_run_for_test(instance, job_name="nightly", status=DagsterRunStatus.STARTED)
        print(run.run_id)
    elif verb == "end-run":
        instance.report_run_canceled(instance.get_run_by_id(words[0]))
    elif verb == "count-runs":
        print(instance.get_runs_count())


def check_loads(instance, usual, others):
    wrong, right = [], 0
    names = [*written(), ("multi_one", None), ("multi_two", None)]
    names += [named(word) for word in others if named(word) not in names]
    for name, partition in names:
        expected = others.get(f"{name}={partition}" if partition else name, usual)
        materialize(READERS[name], partition, instance)
        (loaded,) = [value for (key, _), value in LOADED.items() if key == name]
        LOADED.clear()
        if loaded == {"key": name, "partition": partition, "value": expected}:
            right += 1
        else:
            wrong.append(f"{name} {partition}: {loaded}, expected {expected}")
    print(*wrong, f"{right} right, {len(wrong)} wrong", sep="\n")
    sys.exit(bool(wrong))


defs = dg.Definitions(assets=ASSETS, resources=resources())

if __name__ == "__main__":
    main(*sys.argv[1:])
