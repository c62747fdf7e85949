"""One client of tables as it comes from its maker, with what the environment says and nothing else.

usage: clients.py NAME       writes, reads and lists below s3://BUCKET/clients/NAME/; silent when all is well
"""

import os
import shutil
import sys
import tempfile

BUCKET = os.environ.get("DAGSTER_S3_TABLES_BUCKET") or os.environ["DAGSTER_S3_BUCKET"]
ROWS = {"id": [1, 2, 3], "name": ["a", "b", "c"]}


def place(name):
    return f"clients/{name}-{os.getpid()}"


def url(name):
    return f"s3://{BUCKET}/{place(name)}"


def same(found, expected):
    assert found == expected, f"{found!r} instead of {expected!r}"


def boto3():
    import boto3

    s3, key = boto3.client("s3"), f"{place('boto3')}/object"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"content")
    same(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"content")
    same([entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]], [key])


def s3fs():
    import s3fs

    files, path = s3fs.S3FileSystem(), f"{BUCKET}/{place('s3fs')}/object"
    files.pipe(path, b"content")
    same(files.cat(path), b"content")
    same(files.ls(os.path.dirname(path)), [path])


def fsspec():
    import fsspec

    with fsspec.open(f"{url('fsspec')}/object", "wb") as file:
        file.write(b"content" * 2_000_000)
    with fsspec.open(f"{url('fsspec')}/object", "rb") as file:
        same(len(file.read()), 14_000_000)


def pandas():
    import pandas

    path = f"{url('pandas')}/table.parquet"
    pandas.DataFrame(ROWS).to_parquet(path)
    same(pandas.read_parquet(path)["id"].to_list(), ROWS["id"])


def pyarrow():
    from pyarrow import fs

    files, path = fs.FileSystem.from_uri(f"{url('pyarrow')}/object")
    with files.open_output_stream(path) as file:
        file.write(b"content" * 2_000_000)
    with files.open_input_stream(path) as file:
        same(len(file.read()), 14_000_000)
    same([entry.path for entry in files.get_file_info(fs.FileSelector(os.path.dirname(path)))], [path])


def pyarrow_bare():
    from pyarrow import fs

    # Only `from_uri` asks the environment for the endpoint.
    same(fs.S3FileSystem().get_file_info(f"{BUCKET}/{place('pyarrow')}").type, fs.FileType.NotFound)


def polars():
    import polars

    frame, path = polars.DataFrame(ROWS), f"{url('polars')}/table.parquet"
    frame.write_parquet(path)
    same(polars.read_parquet(path)["id"].to_list(), ROWS["id"])
    same(polars.scan_parquet(f"{url('polars')}/*.parquet").collect().height, 3)


def polars_sink():
    import polars

    path = f"{url('polars-sink')}/table.parquet"
    polars.LazyFrame(ROWS).sink_parquet(path)
    same(polars.scan_parquet(path).collect().height, 3)


def polars_delta():
    import polars

    polars.DataFrame(ROWS).write_delta(url("polars-delta"))
    same(polars.scan_delta(url("polars-delta")).collect().height, 3)


def deltalake():
    import deltalake
    import pyarrow

    for mode in ("error", "append"):
        deltalake.write_deltalake(url("deltalake"), pyarrow.table(ROWS), mode=mode)
    table = deltalake.DeltaTable(url("deltalake"))
    same((table.version(), len(table.file_uris())), (1, 2))


def obstore():
    from obstore.store import S3Store

    store, key = S3Store(BUCKET), f"{place('obstore')}/object"
    store.put(key, b"content", mode="create")
    same(bytes(store.get(key).bytes()), b"content")
    same([entry["path"] for page in store.list(place("obstore")) for entry in page], [key])


def obstore_update():
    from obstore.store import S3Store

    store, key = S3Store(BUCKET), f"{place('obstore-update')}/object"
    tag = store.put(key, b"content")["e_tag"]
    store.put(key, b"another", mode={"e_tag": tag})
    same(bytes(store.get(key).bytes()), b"another")


def lance():
    import lance
    import pyarrow

    for mode in ("create", "append"):
        lance.write_dataset(pyarrow.table(ROWS), f"{url('lance')}/table.lance", mode=mode)
    same(lance.dataset(f"{url('lance')}/table.lance").count_rows(), 6)


def daft():
    import daft

    daft.from_pydict(ROWS).write_parquet(url("daft"))
    same(sorted(daft.read_parquet(f"{url('daft')}/*.parquet").to_pydict()["id"]), ROWS["id"])


def dlt():
    import dlt
    import pandas

    os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = url("dlt")
    pipeline = dlt.pipeline("lane", destination="filesystem", dataset_name="lane", pipelines_dir=HOME)
    pipeline.run([{"id": 1}, {"id": 2}], table_name="rows", loader_file_format="parquet")
    same(pandas.read_parquet(f"{url('dlt')}/lane/rows/")["id"].to_list(), [1, 2])


def iceberg(name, **properties):
    import pyarrow
    from pyiceberg.catalog import load_catalog

    # The catalog's name is that of the spec; its tables are kept here, where no REST catalog runs.
    catalog = load_catalog(
        "lane", type="sql", uri=f"sqlite:///{HOME}/catalog.db", warehouse=url(name), **properties
    )
    catalog.create_namespace("lane")
    rows = pyarrow.table(ROWS)
    table = catalog.create_table("lane.rows", rows.schema)
    table.append(rows)
    table.append(rows)
    same(catalog.load_table("lane.rows").scan().to_arrow().num_rows, 6)


def pyiceberg():
    iceberg("pyiceberg", **{"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"})


def pyiceberg_fsspec():
    iceberg("pyiceberg-fsspec", **{"py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"})


def dagster_deltalake():
    import pyarrow
    from dagster import asset, materialize
    from dagster_deltalake import DeltaLakePyarrowIOManager, S3Config

    @asset
    def rows() -> pyarrow.Table:
        return pyarrow.table(ROWS)

    keeper = DeltaLakePyarrowIOManager(root_uri=url("dagster-deltalake"), storage_options=S3Config())
    same(materialize([rows], resources={"io_manager": keeper}).success, True)


def dagster_polars():
    import polars
    from dagster import asset, materialize
    from dagster_polars import PolarsParquetIOManager

    @asset
    def rows() -> polars.DataFrame:
        return polars.DataFrame(ROWS)

    @asset
    def count(rows: polars.DataFrame) -> polars.DataFrame:
        return polars.DataFrame({"count": [rows.height]})

    keeper = PolarsParquetIOManager(base_dir=url("dagster-polars"))
    same(materialize([rows, count], resources={"io_manager": keeper}).success, True)


HOME = os.environ["HOME"] = tempfile.mkdtemp(prefix="client-", dir=os.environ["HOME"])
try:
    if sys.argv[1].startswith("duckdb"):
        import ducks

        ducks.run(sys.argv[1], url(sys.argv[1]))
    else:
        globals()[sys.argv[1].replace("-", "_")]()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
