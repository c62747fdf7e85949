//! What is recorded of a run: its plan, and how far it came.
//!
//! Both are lines of `CHECKSUM JSON`. The plan is whole before the first change. The journal has one
//! line for each line of the plan, in that order, written after the change; what it does not reach
//! is judged by a look at the key.

use std::io::{BufRead as _, BufReader, Read};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::time::{RunId, Timestamp};
use datalake_engine::transfer::RecordFolder;
use datalake_engine::{VersionKind, decode_line, encode_line};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The folder below datalake's own for these records.
pub(super) const RESTORES: &str = "restores";

const KIND: &str = "restore";

/// The first line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordHead {
    pub(super) schema_version: u32,
    pub(super) kind: String,
    pub(super) run: RunId,
    pub(super) started: Timestamp,
    /// The address of the service.
    pub(super) service: String,
    pub(super) bucket: BucketName,
    /// The keys, in words.
    pub(super) keys: String,
}

/// What is to be done with one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// The key.
    pub key: String,
    /// What happens to it.
    pub kind: ChangeKind,
    /// The version or delete marker that is current.
    pub before: String,
    /// The content that it gets again; `None` for a delete marker.
    pub source: Option<SourceVersion>,
}

/// What happens to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is deleted, and comes back.
    BringBack,
    /// An older content takes the place of the present one.
    Replace,
    /// It gets a delete marker: it was not there at that time.
    Delete,
}

/// A version with content that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceVersion {
    /// Its id.
    pub version: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its tag.
    pub etag: String,
    /// When it was stored.
    pub stored: Timestamp,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ChangeOutcome {
    /// This version or marker was put on top.
    Made(String),
    /// Somebody has changed the key meanwhile: nothing of this run is there.
    Left,
    /// Whether something was put there is not known.
    Failed(String),
}

/// The lines of a record, one after the other.
pub(super) struct RecordLines {
    file: BufReader<Box<dyn Read + Send>>,
    name: String,
    number: usize,
    /// Whether a torn last line is what a kill has left.
    may_be_torn: bool,
}

impl RecordHead {
    pub(super) const FORM: u32 = 1;

    pub(super) fn kind() -> String {
        KIND.to_owned()
    }
}

impl PlannedChange {
    /// Whether a version is what this change makes. The tag of a copy in parts is another one.
    pub(super) fn is_made_by(&self, kind: &VersionKind, largest_copy: u64) -> bool {
        match (&self.source, kind) {
            (None, VersionKind::Marker) => true,
            (Some(source), VersionKind::Content { size, etag }) => {
                size.0 == source.size && (size.0 > largest_copy || etag.as_str() == source.etag)
            }
            (None, VersionKind::Content { .. }) | (Some(_), VersionKind::Marker) => false,
        }
    }
}

pub(super) fn name_plan(run: &RunId) -> String {
    format!("{run}.plan")
}

pub(super) fn name_journal(run: &RunId) -> String {
    format!("{run}.journal")
}

/// Adds a line to a record.
pub(super) fn write_line<T: Serialize>(
    file: &mut (impl std::io::Write + ?Sized),
    line: &T,
) -> Result<(), Fault> {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    file.write_all(&encode_line(line)).map_err(|error| {
        let is_full = matches!(error.kind(), StorageFull | QuotaExceeded);
        Fault::new(if is_full { FaultKind::DiskFull } else { FaultKind::Io }, error.to_string())
    })
}

impl RecordLines {
    /// Opens the plan of a run; `None` where there is none.
    pub(super) fn open_plan(
        folder: &dyn RecordFolder,
        run: &RunId,
    ) -> Result<Option<(RecordHead, Self)>, Fault> {
        let Some(mut lines) = Self::open(folder, name_plan(run), false)? else { return Ok(None) };
        let head: Option<RecordHead> = lines.next()?;
        match head {
            Some(head) if head.kind == KIND && head.schema_version == RecordHead::FORM => {
                Ok(Some((head, lines)))
            }
            Some(_) => Err(Fault::new(FaultKind::Unreadable, "a newer datalake has written it")),
            None => Err(Fault::new(FaultKind::Unreadable, "it is empty")),
        }
    }

    /// Opens the journal of a run; `None` where nothing was changed.
    pub(super) fn open_journal(
        folder: &dyn RecordFolder,
        run: &RunId,
    ) -> Result<Option<Self>, Fault> {
        Self::open(folder, name_journal(run), true)
    }

    fn open(
        folder: &dyn RecordFolder,
        name: String,
        may_be_torn: bool,
    ) -> Result<Option<Self>, Fault> {
        let file = datalake_engine::transfer::LongFiles::open(folder, &name)?;
        Ok(file.map(|file| Self { file: BufReader::new(file), name, number: 0, may_be_torn }))
    }

    /// The next line; `None` at the end.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Fault> {
        let mut line = Vec::new();
        let read = self.file.read_until(b'\n', &mut line);
        read.map_err(|error| Fault::new(FaultKind::Io, error.to_string()))?;
        self.number += 1;
        let Some(text) = line.strip_suffix(b"\n") else {
            return if line.is_empty() || self.may_be_torn {
                Ok(None)
            } else {
                Err(self.tell_damage("it breaks off"))
            };
        };
        decode_line(text).map(Some).map_err(|reason| self.tell_damage(reason))
    }

    fn tell_damage(&self, reason: &str) -> Fault {
        let Self { name, number, .. } = self;
        let detail = format!("`{RESTORES}/{name}`, line {number}: {reason}");
        Fault::new(FaultKind::Unreadable, detail)
    }
}
