"""Frames of pandas in the data lake: an I/O manager that keeps them as parquet in the bucket.

What the variables hold is read when a run starts, not when this file is imported: the code location
still loads, and every other asset still runs, if they are missing. Their values never show in the UI.
"""

import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin
from urllib.parse import quote

import boto3
import dagster as dg
import pandas as pd
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem
from pydantic import PrivateAttr


{{store}}


class BucketFile(AbstractBufferedFile):
    """An object of which only what is asked for is read."""

    DEFAULT_BLOCK_SIZE = 1 << 20

    def _fetch_range(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        answer = self.fs.client.get_object(
            Bucket=self.fs.bucket, Key=self.path, Range=f"bytes={start}-{end - 1}"
        )
        return answer["Body"].read()


class BucketFiles(AbstractFileSystem):
    """The bucket's objects as files, by boto3 and its settings."""

    cachable = False

    def __init__(self, client: Any, bucket: str) -> None:
        super().__init__()
        self.client, self.bucket = client, bucket

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        key = str(self._strip_protocol(path))
        head = self.client.head_object(Bucket=self.bucket, Key=key)
        return {"name": key, "size": head["ContentLength"], "type": "file"}


class PandasIOManager(ParquetIOManager):
    """Frames of pandas, with their index and types as pyarrow keeps them."""

    def write_file(self, frame: pd.DataFrame, path: str) -> int:
        frame.to_parquet(path, engine="pyarrow")
        return len(frame)

    def read_objects(
        self, keys: list[str], columns: list[str] | None, wanted: Any
    ) -> Any:
        files = BucketFiles(self._client, self.bucket)
        parts = []
        for key in keys:
            with BucketFile(files, key) as file:
                parts.append(pd.read_parquet(file, engine="pyarrow", columns=columns))
        if len(parts) == 1:
            return parts[0]
        is_numbered = all(isinstance(part.index, pd.RangeIndex) for part in parts)
        return pd.concat(parts, ignore_index=is_numbered)


DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_date="2026-01-04")


@dg.asset(
    io_manager_key="{{frames_io}}",
    partitions_def=DAYS,
    group_name="datalake",
    kinds={"pandas", "parquet"},
)
def {{orders}}(context: dg.AssetExecutionContext) -> pd.DataFrame:
    """One object a day, whose key ends with /2026-01-01.parquet and so on."""
    day = int(context.partition_key[-2:])
    return pd.DataFrame({"order": [day, day + 100], "amount": [1.5 * day, 2.5 * day]})


@dg.asset(
    io_manager_key="{{frames_io}}",
    ins={"{{orders}}": dg.AssetIn(metadata={"columns": ["amount"]})},
    group_name="datalake",
    kinds={"pandas", "parquet"},
)
def {{totals}}({{orders}}: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Reads one column of every partition: the I/O manager hands over {partition: frame}."""
    rows = [(frame["amount"].sum(), day) for day, frame in {{orders}}.items()]
    return pd.DataFrame.from_records(rows, columns=["amount", "day"])


@dg.asset(
    io_manager_key="{{frames_io}}",
    metadata={"mode": "append"},
    group_name="datalake",
    kinds={"pandas", "parquet"},
)
def {{history}}(
    context: dg.AssetExecutionContext, {{totals}}: pd.DataFrame
) -> pd.DataFrame:
    """Adds a row a run. A run that is tried again replaces what it has added."""
    amount = {{totals}}["amount"].sum()
    return pd.DataFrame({"amount": [amount], "run": [context.run.run_id]})


{{definitions}}
