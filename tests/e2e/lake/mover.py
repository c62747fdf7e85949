"""A Delta table of many commits that moves: made, read all the while, compared.

usage: mover.py make URL COMMITS          commit N adds the row N
       mover.py watch URL FILE            reads the table at URL and the one at the URL in FILE until FILE is gone
       mover.py compare URL URL           the same history, and the same rows in some versions
"""

import sys
from pathlib import Path

import deltalake
import pyarrow


def make(url, commits):
    rows = lambda numbers: pyarrow.table({"id": pyarrow.array(numbers, pyarrow.int64())})
    deltalake.write_deltalake(url, rows([]))
    for number in range(1, int(commits)):
        deltalake.write_deltalake(url, rows([number]), mode="append")


def count_rows(table):
    return sum(pyarrow.table(table.get_add_actions(flatten=True))["num_records"].to_pylist())


def read(url):
    """The version that a reader sees; all rows of that version have to be there."""
    table = deltalake.DeltaTable(url)
    assert count_rows(table) == table.version(), f"{count_rows(table)} rows in version {table.version()}"
    return table.version()


def watch(source, file):
    reads, versions, whole = 0, set(), read(source)
    while Path(file).exists():
        assert read(source) == whole, "the source changed"
        try:
            versions.add(read(Path(file).read_text(encoding="utf-8").strip()))
        except (deltalake.exceptions.TableNotFoundError, FileNotFoundError):
            continue
        finally:
            reads += 1
    print(f"{reads} reads, {len(versions)} versions seen on their way, the last one {max(versions)}")


def compare(one, other):
    tables = [deltalake.DeltaTable(url) for url in (one, other)]
    first, second = [table.history() for table in tables]
    assert first == second, f"histories of {len(first)} and {len(second)} commits differ"
    for version in {0, 1, len(first) // 2, len(first) - 1}:
        for table in tables:
            table.load_as_version(version)
        files = [sorted(table.file_uris()) for table in tables]
        names = [[uri.rsplit("/", 1)[-1] for uri in uris] for uris in files]
        assert names[0] == names[1], f"version {version} has other files"
        assert {count_rows(table) for table in tables} == {version}, f"version {version} has other rows"


globals()[sys.argv[1]](*sys.argv[2:])
