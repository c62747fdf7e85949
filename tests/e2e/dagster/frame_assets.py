"""Frames beside the pickles of migrate_assets.py: written by managers for local files, read by the generated ones.

LANE_FRAMES is the folder of the files that `dagster init --frames` has written. LANE_FRAMES_PREFIX and
LANE_FRAMES_BUCKET are those of the generated managers. LANE_FRAMES_IO=own has a manager that datalake does not
know in their place, LANE_FRAMES_IO=pickles that of the pickles.
"""
import importlib.util
import os
import sys

import dagster as dg
import duckdb
import pandas as pd
import polars as pl
from upath import UPath

CLASSES = {"polars": "PolarsIOManager", "pandas": "PandasIOManager", "duckdb": "DuckDBIOManager"}


def list_kinds(daily, multi, hard):
    """Key, partitions, and the partitions that are written, for each engine; each has a third of the hard names."""
    kinds = []
    for number, engine in enumerate(CLASSES):
        names = hard[number::3]
        kinds += [
            ([engine, "plain"], None, [None]),
            ([engine, "by_day"], daily, ["2026-01-01", "2026-01-02"]),
            ([engine, "by_multi"], multi, ["2026-01-02|eu", "2026-01-02|us"]),
            ([engine, "hard"], dg.StaticPartitionsDefinition(names), names),
        ]
    return kinds


def make_frame(engine, value):
    rows = {name: [text or "", text or ""] for name, text in value.items()} | {"n": [1, 2], "x": [0.5, None]}
    if engine == "polars":
        return pl.DataFrame(rows)
    frame = pd.DataFrame(rows)
    return frame if engine == "pandas" else duckdb.from_df(frame)


def read_frame(frame):
    """The value that a frame was made of; what else it has must be right."""
    if isinstance(frame, pl.DataFrame):
        rows = frame.to_dict(as_series=False)
    elif isinstance(frame, pd.DataFrame):
        rows = {name: [None if pd.isna(one) else one for one in frame[name]] for name in frame.columns}
    else:
        rows = dict(zip(frame.columns, map(list, zip(*frame.fetchall())), strict=True))
    assert (rows.pop("n"), rows.pop("x")) == ([1, 2], [0.5, None]), rows
    assert all(one == two for one, two in rows.values()), rows
    return {name: values[0] or None for name, values in rows.items()}


class LocalFrames(dg.UPathIOManager):
    extension = ".parquet"

    def dump_to_path(self, context, obj, path):
        if isinstance(obj, pl.DataFrame):
            obj.write_parquet(str(path))
        elif isinstance(obj, pd.DataFrame):
            obj.to_parquet(str(path))
        else:
            obj.write_parquet(str(path))

    def load_from_path(self, context, path):
        engine = context.asset_key.path[0]
        if engine == "polars":
            return pl.read_parquet(str(path), glob=False)
        frame = pd.read_parquet(str(path), partitioning=None)
        return frame if engine == "pandas" else duckdb.from_df(frame)


def load_generated(engine):
    name = f"frames_{engine}"
    spec = importlib.util.spec_from_file_location(name, f"{os.environ['LANE_FRAMES']}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    # Where the text of a class is looked for.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return getattr(module, CLASSES[engine])


def resources(own, pickles):
    """The manager of each engine, under the key ENGINE_frames."""
    where = os.environ.get("LANE_IO", "local")
    if where == "local":
        local = LocalFrames(base_path=UPath(os.environ.get("DAGSTER_HOME", "/")) / "storage")
        return {f"{engine}_frames": dg.IOManagerDefinition.hardcoded_io_manager(local) for engine in CLASSES}
    if os.environ.get("LANE_FRAMES_IO") == "own":
        return {f"{engine}_frames": own for engine in CLASSES}
    if os.environ.get("LANE_FRAMES_IO") == "pickles":
        return {f"{engine}_frames": pickles["io_manager"] for engine in CLASSES}
    return {
        f"{engine}_frames": load_generated(engine)(
            bucket=os.environ.get("LANE_FRAMES_BUCKET") or dg.EnvVar("DAGSTER_S3_TABLES_BUCKET"),
            prefix=os.environ.get("LANE_FRAMES_PREFIX", "assets"),
            endpoint_url=dg.EnvVar("DAGSTER_S3_ENDPOINT_URL"),
            region_name=dg.EnvVar("DAGSTER_S3_REGION"),
        )
        for engine in CLASSES
    }
