//! What a migration knows of each kind of file: the one table that code, command and page share.

use datalake_core::s3::TableKind;

use super::StoredKind;

/// What may become of a local file whose content the bucket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeRule {
    /// It may go, after a look at the store.
    MayGo,
    /// It stays.
    Stays,
}

/// What a migration knows of a kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindFacts {
    /// How it is recognised.
    pub recognised: &'static str,
    /// When it is whole.
    pub whole: &'static str,
    /// Where it goes.
    pub goes: &'static str,
    /// How it is read there.
    pub read: &'static str,
    /// What freeing may do.
    pub free: FreeRule,
}

const NOWHERE: &str = "nowhere: it stays";
const BY_NOBODY: &str = "by nobody";
const NOTHING_SURE: &str = "nothing certain is known";

impl StoredKind {
    /// All kinds, in the order of the table.
    pub const ALL: [Self; 25] = [
        Self::Asset,
        Self::OpOutput,
        Self::Parquet,
        Self::Csv,
        Self::Table(TableKind::Delta),
        Self::TableLog(TableKind::Delta),
        Self::Table(TableKind::Lance),
        Self::TableLog(TableKind::Lance),
        Self::Table(TableKind::Iceberg),
        Self::TableLog(TableKind::Iceberg),
        Self::TableLeftover,
        Self::TopTable,
        Self::DuckDb,
        Self::Sqlite,
        Self::Json,
        Self::Log,
        Self::TickLog,
        Self::LogMark,
        Self::Database,
        Self::InRunFolder,
        Self::DotPartition,
        Self::Telemetry,
        Self::Empty,
        Self::Zeros,
        Self::Unknown,
    ];

    /// What a migration knows of it.
    #[must_use]
    pub fn facts(self) -> KindFacts {
        match self {
            Self::Asset
            | Self::OpOutput
            | Self::InRunFolder
            | Self::DotPartition
            | Self::Log
            | Self::TickLog
            | Self::LogMark
            | Self::Database
            | Self::Telemetry => self.facts_of_dagster(),
            Self::Parquet | Self::Csv | Self::Json => self.facts_of_frame(),
            Self::Table(kind) => facts_of_table(kind),
            Self::TableLog(kind) => {
                KindFacts { recognised: name_log(kind), ..facts_of_table(kind) }
            }
            Self::TableLeftover => {
                keep_here("in a table; the name ends with `#NUMBER` or `.tmp`", "never")
            }
            Self::TopTable => keep_here(
                "Parquet, or a file of a log, beside a log of a table in the storage folder itself",
                NOTHING_SURE,
            ),
            Self::DuckDb => KindFacts {
                goes: "nowhere: its own DuckDB exports it, `EXPORT DATABASE … (FORMAT parquet)`",
                read: "the exported Parquet files, by any reader",
                ..keep_here(
                    "bytes 8 to 12 are `DUCK`; `.wal` beside it",
                    "closed: there is no `.wal` beside it",
                )
            },
            Self::Sqlite => keep_here(
                "begins with `SQLite format 3`; `-wal`, `-shm` and `-journal` beside it",
                "closed: there is no `-wal` and no `-journal` beside it",
            ),
            Self::Empty => keep_here("it has no bytes", NOTHING_SURE),
            Self::Zeros => keep_here("it begins and ends with zeros", "never"),
            Self::Unknown => keep_here("nothing else fits", NOTHING_SURE),
        }
    }

    fn facts_of_dagster(self) -> KindFacts {
        let pickle = KindFacts {
            recognised: "begins with a protocol of pickle (2 to 5) and ends with `STOP`",
            whole: "all of it reads as pickles, the last byte being `STOP`",
            goes: "PREFIX/KEY, PREFIX/KEY/PARTITION",
            read: "S3PickleIOManager",
            free: FreeRule::MayGo,
        };
        let log = KindFacts {
            recognised: "below a run's id and `compute_logs`; `.out`, `.err`",
            whole: "its step has ended",
            goes: "LOGS-PREFIX/storage/…, with --logs",
            read: "S3ComputeLogManager, or `local_dir` at the old place",
            free: FreeRule::Stays,
        };
        match self {
            Self::OpOutput => KindFacts {
                recognised: "a pickle below a run's id",
                goes: "PREFIX/storage/RUN/STEP/OUTPUT, with --op-outputs",
                ..pickle
            },
            Self::InRunFolder => {
                keep_here("a pickle in a run's folder, no output of a step", pickle.whole)
            }
            Self::DotPartition => {
                keep_here("a pickle whose partition has a part `..`", pickle.whole)
            }
            Self::Log => log,
            Self::TickLog => KindFacts {
                recognised: "below `__repository__`, or a tick's number; lines of JSON",
                ..log
            },
            Self::LogMark => keep_here("beside logs; `.complete`, `.partial`", NOTHING_SURE),
            Self::Database => {
                keep_here("an SQLite database below `history` or `schedules`", "closed")
            }
            Self::Telemetry => keep_here("below `.telemetry`, and no pickle", NOTHING_SURE),
            _ => pickle,
        }
    }

    fn facts_of_frame(self) -> KindFacts {
        let parquet = KindFacts {
            recognised: "begins with `PAR1`",
            whole: "ends with `PAR1`, and its footer is as long as it says",
            goes: "TABLES/KEY.parquet, TABLES/KEY/PARTITION.parquet, with --tables",
            read: "dagster-polars or a UPath manager, with `base_dir` s3://BUCKET/PREFIX",
            free: FreeRule::Stays,
        };
        match self {
            Self::Csv => KindFacts {
                recognised: "text; the name ends with `.csv`",
                whole: "nothing certain is known: its last line has an end",
                goes: "TABLES/NAME.csv, with --tables",
                read: "a UPath manager, with its base at s3://BUCKET/PREFIX",
                ..parquet
            },
            Self::Json => keep_here(
                "text that begins with `{` or `[`; the name ends with `.json`",
                NOTHING_SURE,
            ),
            _ => parquet,
        }
    }
}

fn keep_here(recognised: &'static str, whole: &'static str) -> KindFacts {
    KindFacts { recognised, whole, goes: NOWHERE, read: BY_NOBODY, free: FreeRule::Stays }
}

fn name_log(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Delta => "below `_delta_log`",
        TableKind::Lance => "below `_versions`",
        TableKind::Iceberg => "below `metadata`",
    }
}

fn facts_of_table(kind: TableKind) -> KindFacts {
    match kind {
        TableKind::Delta => KindFacts {
            recognised: "below a folder with `_delta_log`",
            whole: "its log reads to a version, and every file that this names is there",
            goes: "TABLES/NAME, data first, then commit by commit, with --tables",
            read: "deltalake, polars, DuckDB, dagster-polars at s3://BUCKET/PREFIX/NAME",
            free: FreeRule::Stays,
        },
        TableKind::Lance => KindFacts {
            recognised: "below a folder with `_versions/*.manifest`",
            whole: "its manifest was listed before its data were read",
            goes: "TABLES/NAME, data first, then its manifests, with --tables",
            read: "lance at s3://BUCKET/PREFIX/NAME",
            free: FreeRule::Stays,
        },
        TableKind::Iceberg => keep_here(
            "below a folder with `metadata/*.metadata.json`",
            "its catalog knows: the metadata hold whole addresses",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freeing_may_take_what_a_pickle_manager_reads_in_the_bucket_and_nothing_else() {
        for kind in StoredKind::ALL {
            let may_go = kind.facts().free == FreeRule::MayGo;
            assert_eq!(may_go, kind.is_pickled(), "{kind:?}");
        }
    }

    #[test]
    fn what_goes_nowhere_says_why_it_stays() {
        for kind in StoredKind::ALL {
            let goes_nowhere = kind.facts().goes.starts_with("nowhere");
            assert_eq!(kind.stays_because().is_some(), goes_nowhere, "{kind:?}");
        }
    }
}
