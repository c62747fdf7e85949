"""DuckDB in the ways in which it is told where the service is; for clients.py.

usage: ducks.py FILE        runs the SQL in FILE
"""

import os
import sys
from importlib import resources
from urllib.parse import urlsplit

import duckdb

CHAIN = "CREATE SECRET (TYPE s3, PROVIDER credential_chain)"
CHAIN_AT = "CREATE SECRET (TYPE s3, PROVIDER credential_chain, ENDPOINT '{host}', URL_STYLE 'path', USE_SSL {ssl})"
KEY = "CREATE SECRET (TYPE s3, KEY_ID '{key}', SECRET '{secret}', REGION '{region}')"


def connect():
    """A connection with the extensions of the installed packages: none is downloaded."""
    db = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for name in ("httpfs", "aws", "delta", "avro", "iceberg", "ducklake"):
        folder = resources.files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
        db.execute(f"LOAD '{folder / f'{name}.duckdb_extension'}'")
    return db


def fill(text):
    address = urlsplit(os.environ["AWS_ENDPOINT_URL_S3"])
    return text.format(
        host=address.netloc,
        ssl=str(address.scheme == "https").lower(),
        key=os.environ["AWS_ACCESS_KEY_ID"],
        secret=os.environ["AWS_SECRET_ACCESS_KEY"],
        region=os.environ["AWS_REGION"],
    )


def write_and_read(db, where):
    db.execute(f"COPY (SELECT range AS id FROM range(3)) TO '{where}/table.parquet'")
    found = db.execute(f"SELECT count(*) FROM '{where}/*.parquet'").fetchall()
    assert found == [(3,)], found


def read_delta(db, where):
    import deltalake
    import pyarrow

    deltalake.write_deltalake(f"{where}/delta", pyarrow.table({"id": [1, 2, 3]}))
    found = db.execute(f"SELECT count(*) FROM delta_scan('{where}/delta')").fetchall()
    assert found == [(3,)], found


def keep_ducklake(db, where):
    home = os.environ["HOME"]
    db.execute(f"ATTACH 'ducklake:{home}/lake.db' AS lake (DATA_PATH '{where}/ducklake/')")
    db.execute("CREATE TABLE lake.rows AS SELECT range AS id FROM range(3000)")
    found = db.execute("SELECT count(*) FROM lake.rows").fetchall()
    assert found == [(3000,)], found


def run(name, where):
    db = connect()
    match name:
        case "duckdb":
            write_and_read(db, where)
        case "duckdb-key":
            db.execute(fill(KEY))
            write_and_read(db, where)
        case "duckdb-path":
            db.execute("SET s3_url_style = 'path'")
            write_and_read(db, where)
        case "duckdb-chain":
            db.execute(CHAIN)
            write_and_read(db, where)
        case "duckdb-chain-at":
            db.execute(fill(CHAIN_AT))
            write_and_read(db, where)
            read_delta(db, where)
            keep_ducklake(db, where)
        case _:
            raise SystemExit(f"no client {name}")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines:
        connect().execute(lines.read())
