"""A home with each kind of file, made by its real library; and the same assets loaded from the bucket.

usage: kinds.py write | load | append N | tick
"""

import os
import sys

import dagster as dg
import pandas as pd
import polars as pl
from dagster_duckdb_pandas import DuckDBPandasIOManager
from dagster_polars import PolarsDeltaIOManager, PolarsParquetIOManager
from deltalake import DeltaTable, write_deltalake
from upath import UPath

# A check as root hands over no home.
HOME = os.environ.get("DAGSTER_HOME", "/")
STORAGE = f"{HOME}/storage"
BASE = os.environ.get("LANE_TABLES", STORAGE)
DAYS = dg.StaticPartitionsDefinition(["2026-01-01", "2026-01-02"])


class PandasManager(dg.UPathIOManager):
    extension = ".csv"

    def dump_to_path(self, context, obj, path):
        with path.open("w") as file:
            obj.to_csv(file, index=False)

    def load_from_path(self, context, path):
        with path.open("r") as file:
            return pd.read_csv(file)


@dg.io_manager
def pandas_manager(context):
    return PandasManager(base_path=UPath(BASE))


@dg.asset
def plain():
    return {"a": [1, 2, 3]}


@dg.asset(io_manager_key="parquet")
def sales():
    return pl.DataFrame({"day": [1, 2], "sum": [2.5, 3.5]})


@dg.asset(io_manager_key="parquet", partitions_def=DAYS)
def daily(context):
    return pl.DataFrame({"day": [context.partition_key]})


@dg.asset(io_manager_key="delta")
def ledger():
    return pl.DataFrame({"n": [1, 2, 3]})


@dg.asset(io_manager_key="csv")
def codes():
    return pd.DataFrame({"code": ["a", "b"], "n": [1, 2]})


@dg.asset(io_manager_key="duckdb")
def stock():
    return pd.DataFrame({"n": [1, 2]})


@dg.sensor(asset_selection=[plain])
def watcher(context):
    context.log.info("looked")
    return dg.SkipReason("nothing new")


ASSETS = [plain, sales, daily, ledger, codes, stock]
RESOURCES = {
    "parquet": PolarsParquetIOManager(base_dir=BASE),
    "delta": PolarsDeltaIOManager(base_dir=BASE),
    "csv": pandas_manager,
    "duckdb": DuckDBPandasIOManager(database=f"{STORAGE}/lake.duckdb"),
}
if BASE != STORAGE:
    from dagster_aws.s3 import S3PickleIOManager, S3Resource

    RESOURCES["io_manager"] = S3PickleIOManager(
        s3_resource=S3Resource(endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"]),
        s3_bucket=os.environ["DAGSTER_S3_BUCKET"], s3_prefix="assets",
    )
defs = dg.Definitions(assets=ASSETS, resources=RESOURCES, sensors=[watcher])


def write():
    instance = dg.DagsterInstance.get()
    whole = [asset for asset in ASSETS if asset is not daily]
    assert dg.materialize(whole, resources=RESOURCES, instance=instance).success
    for day in DAYS.get_partition_keys():
        done = dg.materialize([daily], resources=RESOURCES, instance=instance, partition_key=day)
        assert done.success
    # A table that deltalake writes itself, with a checkpoint.
    for number in range(12):
        write_deltalake(f"{STORAGE}/raw/events", pd.DataFrame({"n": [number]}), mode="append")
    DeltaTable(f"{STORAGE}/raw/events").create_checkpoint()


def append(count):
    for number in range(count):
        write_deltalake(f"{STORAGE}/raw/events", pd.DataFrame({"n": [1000 + number]}), mode="append")


def load():
    rows = {}
    defs_value = dg.Definitions(assets=ASSETS, resources=RESOURCES)
    for name, asked in [("sales", None), ("daily", "2026-01-02"), ("ledger", None), ("codes", None)]:
        rows[name] = len(defs_value.load_asset_value(name, partition_key=asked))
    if BASE != STORAGE:
        # The sandbox and the lane's Ceph may be plain http.
        options = {"AWS_ALLOW_HTTP": "true"}
        table = DeltaTable(f"{BASE}/raw/events", storage_options=options)
    else:
        table = DeltaTable(f"{BASE}/raw/events")
    rows["events"] = sum(table.to_pandas()["n"] >= 0)
    print(" ".join(f"{name}={count}" for name, count in rows.items()))
    print("version", table.version())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write()
        case ["load"]:
            load()
        case ["append", count]:
            append(int(count))
