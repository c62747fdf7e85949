//! What a file of Dagster's storage is: told by its content and its place, never by its name alone.
//!
//! Other I/O managers keep their files among the pickles (that of Polars does so unless told
//! otherwise), and a partition may be called `a.db`, an asset `history`. Only what begins as a pickle
//! can be one; everything else has a kind of its own, and stays where it is.

mod facts;
mod words;

use std::collections::BTreeSet;

use datalake_core::migration::name_asset;
use datalake_core::s3::TableKind;

use crate::content::{SQLITE_MAGIC, begins_as_pickle};
use crate::layout::is_run_id;

pub use self::facts::{FreeRule, KindFacts};

/// So many bytes at the beginning of a file are looked at.
pub const HEAD: usize = 64;
/// So many at its end.
pub const TAIL: usize = 16;

/// What a file of Dagster's storage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoredKind {
    /// The pickle of an asset, or of one of its partitions.
    Asset,
    /// The output of an op: read only where a run is gone on with from one of its steps.
    OpOutput,
    /// What a step has printed.
    Log,
    /// What a sensor, a schedule or a backfill has logged.
    TickLog,
    /// A mark of the local log manager, which the S3 one has no use for.
    LogMark,
    /// A pickle in the folder of a run that is no output of a step.
    InRunFolder,
    /// An asset whose partition is called `..`: the local manager escapes that, the S3 one does not.
    DotPartition,
    /// A database of Dagster's own: runs, events, schedules.
    Database,
    /// Dagster's telemetry.
    Telemetry,
    /// A Parquet file.
    Parquet,
    /// A text of values with commas or the like between them.
    Csv,
    /// A text of JSON.
    Json,
    /// Part of a table: its data.
    Table(TableKind),
    /// Part of a table: its log, which says what the table is.
    TableLog(TableKind),
    /// What a writer of a table has not put in its place yet.
    TableLeftover,
    /// A file of a table that lies in the storage folder itself, or one that may be such a file.
    TopTable,
    /// A `DuckDB` database, or its log.
    DuckDb,
    /// An `SQLite` database of somebody's own, or its log.
    Sqlite,
    /// A file with nothing in it.
    Empty,
    /// A file of zeros: cut short, or made anew and not yet written.
    Zeros,
    /// Anything else.
    Unknown,
}

/// The beginning and the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEnds<'a> {
    /// Its length in bytes.
    pub size: u64,
    /// Its first bytes, [`HEAD`] of them or all.
    pub head: &'a [u8],
    /// Its last bytes, [`TAIL`] of them or all.
    pub tail: &'a [u8],
}

/// Tells the kinds of the files of one tree, in the order of their paths.
///
/// ```
/// use datalake_dagster::{FileEnds, KindReader, StoredKind};
///
/// let mut reader = KindReader::default();
/// let mut kind = |path, content: &[u8]| {
///     reader.kind_of(path, &FileEnds { size: content.len() as u64, head: content, tail: content }, None)
/// };
///
/// assert_eq!(kind("raw/by_day/a.db", b"\x80\x04N."), StoredKind::Asset);
/// assert_eq!(kind("sales", b"PAR1....PAR1"), StoredKind::Parquet);
/// ```
#[derive(Debug, Clone, Default)]
pub struct KindReader {
    /// The keys of the assets that the instance knows.
    known: BTreeSet<Vec<String>>,
    /// Databases of the folder that is gone through: their logs lie beside them.
    databases: Vec<(String, StoredKind)>,
}

impl KindReader {
    /// The same, for an instance that knows these assets: a key may begin like the id of a run.
    #[must_use]
    pub fn knowing(known: BTreeSet<Vec<String>>) -> Self {
        Self { known, databases: Vec::new() }
    }

    /// What the file at a path below the folder of pickles is; `table` is what the folders above it
    /// are.
    pub fn kind_of(
        &mut self,
        path: &str,
        ends: &FileEnds<'_>,
        table: Option<TableKind>,
    ) -> StoredKind {
        if let Some(table) = table {
            return part_of_table(path, table);
        }
        let parts: Vec<_> = path.split('/').collect();
        let is_pickle = ends.is_pickle();
        let is_known = is_pickle && name_asset(path, &self.known).is_known;
        match log_of_step(&parts) {
            Some(log) if !is_known => return log,
            Some(_) | None => (),
        }
        if is_pickle {
            return if is_known { asset_of(&parts) } else { pickle_at(&parts) };
        }
        if let Some(log) = log_of_daemon(&parts, ends) {
            return log;
        }
        self.database(path, ends).unwrap_or_else(|| judge_other(&parts, ends))
    }

    /// What database a file is, or belongs to.
    fn database(&mut self, path: &str, ends: &FileEnds<'_>) -> Option<StoredKind> {
        let folder = folder_of(path);
        self.databases.retain(|(known, _)| folder_of(known) == folder);
        let own = matches!(path.split('/').next(), Some("history" | "schedules"));
        let kind = if ends.head.starts_with(SQLITE_MAGIC) {
            if own { StoredKind::Database } else { StoredKind::Sqlite }
        } else if ends.is_duckdb() {
            StoredKind::DuckDb
        } else {
            let beside = ["-wal", "-shm", "-journal", ".wal"].into_iter();
            let named: Vec<_> = beside.filter_map(|end| path.strip_suffix(end)).collect();
            let mut known = self.databases.iter();
            return known.find(|(known, _)| named.contains(&known.as_str())).map(|(_, kind)| *kind);
        };
        self.databases.push((path.to_owned(), kind));
        Some(kind)
    }
}

impl FileEnds<'_> {
    /// Whether it can be a pickle: only reading all of it tells whether it is a whole one.
    #[must_use]
    pub fn is_pickle(&self) -> bool {
        let ends = self.tail.last() == Some(&b'.');
        // The first bytes of a DuckDB database are a checksum, which may look like anything.
        begins_as_pickle(self.head) && (ends || !self.is_duckdb())
    }

    fn is_duckdb(&self) -> bool {
        self.head.get(8..12) == Some(b"DUCK")
    }

    /// Whether it begins as a Parquet file does.
    fn is_parquet(&self) -> bool {
        self.head.starts_with(b"PAR1")
    }

    /// Whether a Parquet file is whole: the magic at both ends, and a footer between them that is as
    /// long as it says.
    fn is_whole_parquet(&self) -> bool {
        let Some(end) = self.tail.strip_suffix(b"PAR1") else { return false };
        let Some((_, length)) = end.split_last_chunk::<4>() else { return false };
        let footer = u64::from(u32::from_le_bytes(*length));
        self.is_parquet() && footer > 0 && footer + 12 <= self.size
    }

    /// Whether it looks like text.
    fn is_text(&self) -> bool {
        // What is cut may end inside a character.
        let cut = |error: std::str::Utf8Error| error.error_len().is_none();
        let is_utf8 = std::str::from_utf8(self.head).map_or_else(cut, |_| true);
        is_utf8 && !self.head.contains(&0)
    }

    /// What keeps a file of this name from being moved as a frame, in words: half of one, or another
    /// kind of file.
    ///
    /// # Errors
    ///
    /// [`NoFrame`], which tells the two apart.
    pub fn require_frame(&self, path: &str) -> Result<(), NoFrame> {
        if self.is_parquet() {
            return if self.is_whole_parquet() { Ok(()) } else { Err(NoFrame::HalfParquet) };
        }
        if !has_ending(path, &["csv"]) || !self.is_text() || self.size == 0 {
            return Err(NoFrame::OtherKind);
        }
        if self.tail.ends_with(b"\n") { Ok(()) } else { Err(NoFrame::HalfCsv) }
    }
}

/// Why a file is not moved as a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFrame {
    /// It begins as a Parquet file and does not end as one.
    #[error("half a Parquet file: it is being written, or its writer was stopped")]
    HalfParquet,
    /// It is a CSV file whose last line has no end.
    #[error("its last line has no end: the CSV file is being written, or its writer was stopped")]
    HalfCsv,
    /// It is a file of another kind.
    #[error("neither Parquet nor CSV: it stays")]
    OtherKind,
}

/// What a file below the folder of a table is.
fn part_of_table(path: &str, table: TableKind) -> StoredKind {
    let name = path.rsplit('/').next().unwrap_or(path);
    // So `object_store` calls what it has not renamed yet, and so do writers on the JVM.
    let is_staged = name.rsplit_once('#').is_some_and(|(_, number)| is_number(number));
    if is_staged || has_ending(name, &["tmp"]) {
        return StoredKind::TableLeftover;
    }
    match split_table_log(path, table) {
        Some(_) => StoredKind::TableLog(table),
        None => StoredKind::Table(table),
    }
}

/// The folder of the table, and the name in its log, of a path that is part of one.
///
/// ```
/// use datalake_core::s3::TableKind;
/// use datalake_dagster::split_table_log;
///
/// let found = split_table_log("raw/sales/_delta_log/00000000000000000000.json", TableKind::Delta);
/// assert_eq!(found, Some(("raw/sales", "00000000000000000000.json")));
/// assert_eq!(split_table_log("raw/sales/part-0.parquet", TableKind::Delta), None);
/// ```
#[must_use]
pub fn split_table_log(path: &str, table: TableKind) -> Option<(&str, &str)> {
    let folder = format!("/{}/", table.log_folder());
    path.split_once(folder.as_str())
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, ending)| endings.iter().any(|wanted| ending.eq_ignore_ascii_case(wanted)))
}

impl StoredKind {
    /// Whether it is a pickle that a migration moves, where it is asked for.
    #[must_use]
    pub fn is_pickled(self) -> bool {
        matches!(self, Self::Asset | Self::OpOutput)
    }

    /// What a file is that began like a pickle and is none, now that all of it was read.
    #[must_use]
    pub fn of_no_pickle(ends: &FileEnds<'_>) -> Self {
        if ends.is_duckdb() { Self::DuckDb } else { Self::Unknown }
    }
}

/// What a pickle is by its place.
fn pickle_at(parts: &[&str]) -> StoredKind {
    match *parts {
        [run, _, _, ..] if is_run_id(run) => StoredKind::OpOutput,
        [run, _] if is_run_id(run) => StoredKind::InRunFolder,
        _ => asset_of(parts),
    }
}

fn asset_of(parts: &[&str]) -> StoredKind {
    if parts.contains(&"%2E%2E") { StoredKind::DotPartition } else { StoredKind::Asset }
}

/// What steps have printed: below the run's id, whatever it is.
fn log_of_step(parts: &[&str]) -> Option<StoredKind> {
    match *parts {
        [run, "compute_logs", .., name] if is_run_id(run) => log_by_end(name),
        _ => None,
    }
}

/// What the daemon has logged: below the repository and the name of a sensor or schedule, or the id
/// of a backfill, one JSON object a line.
fn log_of_daemon(parts: &[&str], ends: &FileEnds<'_>) -> Option<StoredKind> {
    let is_json = ends.head.is_empty() || ends.head.starts_with(b"{");
    let log = match *parts {
        ["__repository__", _, .., name] => log_by_end(name)?,
        ["backfill", _, name] if is_json && is_time(strip_ending(name)) => log_by_end(name)?,
        [_, _, name] if is_json && is_number(strip_ending(name)) => log_by_end(name)?,
        _ => return None,
    };
    Some(if log == StoredKind::Log { StoredKind::TickLog } else { log })
}

/// Whether a path is one of a log: of a step, a sensor, a schedule or a backfill.
#[must_use]
pub fn is_log_path(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    let empty = FileEnds { size: 0, head: &[], tail: &[] };
    let log = log_of_step(&parts).or_else(|| log_of_daemon(&parts, &empty));
    matches!(log, Some(StoredKind::Log | StoredKind::TickLog))
}

fn log_by_end(name: &str) -> Option<StoredKind> {
    match name.rsplit_once('.')?.1 {
        "out" | "err" => Some(StoredKind::Log),
        "complete" | "partial" => Some(StoredKind::LogMark),
        _ => None,
    }
}

fn strip_ending(name: &str) -> &str {
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name is a time as a backfill writes it: `20260101_093000`.
fn is_time(text: &str) -> bool {
    text.split_once('_').is_some_and(|(day, time)| {
        (day.len(), time.len()) == (8, 6) && is_number(day) && is_number(time)
    })
}

/// What is neither pickle, log nor database.
fn judge_other(parts: &[&str], ends: &FileEnds<'_>) -> StoredKind {
    let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    if ends.size == 0 {
        StoredKind::Empty
    } else if ends.is_parquet() {
        StoredKind::Parquet
    } else if is_zero(ends.head) && is_zero(ends.tail) {
        StoredKind::Zeros
    } else if parts.first() == Some(&".telemetry") {
        StoredKind::Telemetry
    } else if parts.last().is_some_and(|name| has_ending(name, &["csv"])) && ends.is_text() {
        StoredKind::Csv
    } else if is_json(parts, ends) {
        StoredKind::Json
    } else {
        StoredKind::Unknown
    }
}

fn is_json(parts: &[&str], ends: &FileEnds<'_>) -> bool {
    let is_named = parts.last().is_some_and(|name| has_ending(name, &["json", "jsonl", "ndjson"]));
    is_named && ends.is_text() && matches!(ends.head.first(), Some(b'{' | b'['))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests;
