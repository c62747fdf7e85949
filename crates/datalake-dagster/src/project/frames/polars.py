"""Frames of polars in the data lake: an I/O manager that keeps them as parquet in the bucket.

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
import polars as pl
from pydantic import PrivateAttr


{{store}}


class PolarsIOManager(ParquetIOManager):
    """Frames of polars. An input that is annotated `pl.LazyFrame` is read when it is collected."""

    def write_file(self, frame: pl.DataFrame | pl.LazyFrame, path: str) -> int:
        if isinstance(frame, pl.LazyFrame):
            frame.sink_parquet(path)
        else:
            frame.write_parquet(path)
        return pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()

    def read_objects(
        self, keys: list[str], columns: list[str] | None, wanted: Any
    ) -> Any:
        options = {
            "aws_endpoint_url": self.endpoint_url,
            "aws_region": self.region_name,
            "aws_allow_http": str(self.endpoint_url.startswith("http:")).lower(),
        }
        uris = [f"s3://{self.bucket}/{key}" for key in keys]
        frame = pl.concat(
            [pl.scan_parquet(u, glob=False, storage_options=options) for u in uris],
            how="diagonal_relaxed",
        )
        frame = frame.select(columns) if columns else frame
        return frame if wanted is pl.LazyFrame else frame.collect()


DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_date="2026-01-04")


@dg.asset(
    io_manager_key="{{frames_io}}",
    partitions_def=DAYS,
    group_name="datalake",
    kinds={"polars", "parquet"},
)
def {{orders}}(context: dg.AssetExecutionContext) -> pl.DataFrame:
    """One object a day, whose key ends with /2026-01-01.parquet and so on."""
    day = int(context.partition_key[-2:])
    return pl.DataFrame({"order": [day, day + 100], "amount": [1.5 * day, 2.5 * day]})


@dg.asset(
    io_manager_key="{{frames_io}}",
    ins={"{{orders}}": dg.AssetIn(metadata={"columns": ["amount"]})},
    group_name="datalake",
    kinds={"polars", "parquet"},
)
def {{totals}}({{orders}}: dict[str, pl.LazyFrame]) -> pl.DataFrame:
    """Reads one column of every partition: the I/O manager hands over {partition: frame}."""
    frames = [frame.select(pl.sum("amount")) for frame in {{orders}}.values()]
    days = pl.Series("day", list({{orders}}))
    return pl.concat(frames).with_columns(days).collect()


@dg.asset(
    io_manager_key="{{frames_io}}",
    metadata={"mode": "append"},
    group_name="datalake",
    kinds={"polars", "parquet"},
)
def {{history}}(
    context: dg.AssetExecutionContext, {{totals}}: pl.DataFrame
) -> pl.DataFrame:
    """Adds a row a run. A run that is tried again replaces what it has added."""
    return {{totals}}.select(pl.sum("amount"), run=pl.lit(context.run.run_id))


{{definitions}}
