//! Kinds in words.

use datalake_core::s3::TableKind;

use super::StoredKind;

impl StoredKind {
    /// Its name for programs.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::OpOutput => "op-output",
            Self::Log => "step-log",
            Self::TickLog => "tick-log",
            Self::LogMark => "log-mark",
            Self::InRunFolder => "in-run-folder",
            Self::DotPartition => "dot-partition",
            Self::Database => "dagster-database",
            Self::Telemetry => "telemetry",
            Self::Parquet => "parquet",
            Self::Table(TableKind::Delta) => "delta-table",
            Self::Table(TableKind::Lance) => "lance-table",
            Self::Table(TableKind::Iceberg) => "iceberg-table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::TableLog(TableKind::Delta) => "delta-log",
            Self::TableLog(TableKind::Lance) => "lance-log",
            Self::TableLog(TableKind::Iceberg) => "iceberg-log",
            Self::TableLeftover => "table-leftover",
            Self::TopTable => "top-table",
            Self::DuckDb => "duckdb",
            Self::Sqlite => "sqlite",
            Self::Empty => "empty",
            Self::Zeros => "zeros",
            Self::Unknown => "unknown",
        }
    }

    /// What several files of it are called.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Asset => "pickles of assets",
            Self::OpOutput => "outputs of ops",
            Self::Log => "logs of steps",
            Self::TickLog => "logs of sensors, schedules and backfills",
            Self::LogMark => "marks of the log manager",
            Self::InRunFolder => "pickles in folders of runs",
            Self::DotPartition => "pickles of partitions called `..`",
            Self::Database => "files of Dagster's own databases",
            Self::Telemetry => "telemetry files",
            Self::Parquet => "Parquet files",
            Self::Table(TableKind::Delta) => "files of Delta tables",
            Self::Table(TableKind::Lance) => "files of Lance tables",
            Self::Table(TableKind::Iceberg) => "files of Iceberg tables",
            Self::Csv => "CSV files",
            Self::Json => "JSON files",
            Self::TableLog(TableKind::Delta) => "files of logs of Delta tables",
            Self::TableLog(TableKind::Lance) => "files of logs of Lance tables",
            Self::TableLog(TableKind::Iceberg) => "files of metadata of Iceberg tables",
            Self::TableLeftover => "leftovers of writers of tables",
            Self::TopTable => "files of a table in the storage folder itself",
            Self::DuckDb => "files of DuckDB databases",
            Self::Sqlite => "files of SQLite databases",
            Self::Empty => "empty files",
            Self::Zeros => "files of zeros",
            Self::Unknown => "files of an unknown kind",
        }
    }

    /// The same of one file.
    #[must_use]
    pub fn singular(self) -> &'static str {
        match self {
            Self::Asset => "pickle of an asset",
            Self::OpOutput => "output of an op",
            Self::Log => "log of a step",
            Self::TickLog => "log of a sensor, schedule or backfill",
            Self::LogMark => "mark of the log manager",
            Self::InRunFolder => "pickle in the folder of a run",
            Self::DotPartition => "pickle of a partition called `..`",
            Self::Database => "file of Dagster's own databases",
            Self::Telemetry => "telemetry file",
            Self::Parquet => "Parquet file",
            Self::Table(TableKind::Delta) => "file of a Delta table",
            Self::Table(TableKind::Lance) => "file of a Lance table",
            Self::Table(TableKind::Iceberg) => "file of an Iceberg table",
            Self::Csv => "CSV file",
            Self::Json => "JSON file",
            Self::TableLog(TableKind::Delta) => "file of the log of a Delta table",
            Self::TableLog(TableKind::Lance) => "file of the log of a Lance table",
            Self::TableLog(TableKind::Iceberg) => "file of the metadata of an Iceberg table",
            Self::TableLeftover => "leftover of a writer of a table",
            Self::TopTable => "file of a table in the storage folder itself",
            Self::DuckDb => "file of a DuckDB database",
            Self::Sqlite => "file of an SQLite database",
            Self::Empty => "empty file",
            Self::Zeros => "file of zeros",
            Self::Unknown => "file of an unknown kind",
        }
    }

    /// Why it is not moved, where it never is.
    #[must_use]
    pub fn stays_because(self) -> Option<&'static str> {
        match self {
            Self::Asset
            | Self::OpOutput
            | Self::Log
            | Self::TickLog
            | Self::Parquet
            | Self::Csv
            | Self::Table(TableKind::Delta | TableKind::Lance)
            | Self::TableLog(TableKind::Delta | TableKind::Lance) => None,
            Self::LogMark => Some("a mark of the local log manager"),
            Self::InRunFolder => Some("a pickle in the folder of a run, and no output of a step"),
            Self::DotPartition => {
                Some("its partition has a part `..`, which S3 clients do not agree about")
            }
            Self::Database => {
                Some("a database of Dagster's own: S3 keeps no runs, events or schedules")
            }
            Self::Telemetry => Some("telemetry"),
            Self::Json => Some("JSON: neither its owner nor its completeness is known"),
            Self::Table(TableKind::Iceberg) | Self::TableLog(TableKind::Iceberg) => Some(
                "part of an Iceberg table, whose metadata name every file by its whole address: its \
                 catalog has to rewrite it in the bucket",
            ),
            Self::TableLeftover => {
                Some("a writer of a table has not put it in its place: no version names it")
            }
            Self::TopTable => Some(
                "the storage folder itself is that of a table, and nothing distinguishes its files from frames: \
                 give the table a folder of its own",
            ),
            Self::DuckDb => Some(
                "a DuckDB database or its log, which is never copied: its own DuckDB exports it as Parquet",
            ),
            Self::Sqlite => Some("an SQLite database or its log, which is never copied"),
            Self::Empty => Some("it is empty: no pickle, or one that has just been begun"),
            Self::Zeros => Some("it begins and ends with zeros: no pickle, or a damaged file"),
            Self::Unknown => Some("of an unknown kind: whether it is complete is unknown"),
        }
    }
}
