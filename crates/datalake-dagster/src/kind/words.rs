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
            Self::Asset | Self::OpOutput | Self::Log | Self::TickLog => None,
            Self::LogMark => Some("a mark of the local log manager"),
            Self::InRunFolder => Some("a pickle in the folder of a run, and no output of a step"),
            Self::DotPartition => {
                Some("its partition has a part `..`, which S3 clients do not agree about")
            }
            Self::Database => {
                Some("a database of Dagster's own: S3 keeps no runs, events or schedules")
            }
            Self::Telemetry => Some("telemetry"),
            Self::Parquet => Some("a Parquet file of another I/O manager: only pickles are moved"),
            Self::Table(TableKind::Delta) => Some("part of a Delta table: only pickles are moved"),
            Self::Table(TableKind::Lance) => Some("part of a Lance table: only pickles are moved"),
            Self::Table(TableKind::Iceberg) => {
                Some("part of an Iceberg table: only pickles are moved")
            }
            Self::DuckDb => Some("a DuckDB database or its log: only pickles are moved"),
            Self::Sqlite => Some("an SQLite database or its log: only pickles are moved"),
            Self::Empty => Some("it is empty: no pickle, or one that has just been begun"),
            Self::Zeros => Some("it begins and ends with zeros: no pickle, or a damaged file"),
            Self::Unknown => Some("of an unknown kind, and no pickle: only pickles are moved"),
        }
    }
}
