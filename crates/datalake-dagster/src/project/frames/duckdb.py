"""Frames of DuckDB in the data lake: an I/O manager that keeps them as parquet in the bucket.

What the variables hold is read when a run starts, not when this file is imported: the code location
still loads, and every other asset still runs, if they are missing. Their values never show in the UI.
"""

import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, get_args, get_origin
from urllib.parse import quote
from uuid import uuid4

import boto3
import dagster as dg
import duckdb
from pydantic import PrivateAttr


{{store}}


class DuckDBIOManager(ParquetIOManager):
    """Relations of DuckDB. All inputs of a step have one connection, so they can be joined.

    Objects come whole, by boto3, into a folder that goes with the step, where DuckDB reads what a
    query needs: it needs no extension and no secret, and asks no service of AWS.
    """

    _connection: Any = PrivateAttr(default=None)
    _folder: Any = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        super().setup_for_execution(context)
        self._connection = duckdb.connect()
        self._folder = tempfile.TemporaryDirectory()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        self._connection.close()
        self._folder.cleanup()

    def write_file(self, frame: duckdb.DuckDBPyRelation, path: str) -> int:
        frame.write_parquet(path)
        return duckdb.read_parquet(path).count("*").fetchall()[0][0]

    def read_objects(
        self, keys: list[str], columns: list[str] | None, wanted: Any
    ) -> Any:
        paths = []
        for key in keys:
            paths.append(f"{self._folder.name}/{uuid4()}.parquet")
            self._client.download_file(self.bucket, key, paths[-1])
        relation = self._connection.read_parquet(paths, union_by_name=True)
        quoted = ['"{}"'.format(name.replace('"', '""')) for name in columns or []]
        return relation.project(", ".join(quoted)) if quoted else relation


DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_date="2026-01-04")


@dg.asset(
    io_manager_key="{{frames_io}}",
    partitions_def=DAYS,
    group_name="datalake",
    kinds={"duckdb", "parquet"},
)
def {{orders}}(context: dg.AssetExecutionContext) -> duckdb.DuckDBPyRelation:
    """One object a day, whose key ends with /2026-01-01.parquet and so on."""
    day = int(context.partition_key[-2:])
    rows = f"({day}, 1.5 * {day}), ({day} + 100, 2.5 * {day})"
    query = f'SELECT * FROM (VALUES {rows}) AS orders("order", amount)'
    return duckdb.default_connection().sql(query)


@dg.asset(
    io_manager_key="{{frames_io}}",
    ins={"{{orders}}": dg.AssetIn(metadata={"columns": ["amount"]})},
    group_name="datalake",
    kinds={"duckdb", "parquet"},
)
def {{totals}}(
    {{orders}}: dict[str, duckdb.DuckDBPyRelation],
) -> duckdb.DuckDBPyRelation:
    """Reads one column of every partition: the I/O manager hands over {partition: relation}."""
    days = [
        relation.aggregate(f"sum(amount) AS amount, '{day}' AS day")
        for day, relation in {{orders}}.items()
    ]
    return reduce(duckdb.DuckDBPyRelation.union, days)


@dg.asset(
    io_manager_key="{{frames_io}}",
    metadata={"mode": "append"},
    group_name="datalake",
    kinds={"duckdb", "parquet"},
)
def {{history}}(
    context: dg.AssetExecutionContext, {{totals}}: duckdb.DuckDBPyRelation
) -> duckdb.DuckDBPyRelation:
    """Adds a row a run. A run that is tried again replaces what it has added."""
    run = context.run.run_id
    return {{totals}}.aggregate(f"sum(amount) AS amount, '{run}' AS run")


{{definitions}}
