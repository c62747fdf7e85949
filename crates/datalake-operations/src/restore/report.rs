//! What is told of a restoration.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::time::{RunId, Timestamp};
use datalake_core::usage::{SMALLEST_BILLED, billed_size};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ChangeKind, NotKept, PlannedChange};

/// A key that is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RestoreRow<'a> {
    /// The key.
    pub key: &'a str,
    /// What happens to it.
    pub change: ChangeKind,
    /// The version whose content it gets again; `null` for a delete marker.
    pub version: Option<&'a str>,
    /// The size of that, in bytes.
    pub size: Option<u64>,
    /// When that was stored.
    pub stored: Option<Timestamp>,
}

/// A key that cannot be restored: what it was is not kept, or is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotKeptRow<'a> {
    /// The key.
    pub key: &'a str,
    /// What is known of it.
    pub why: NotKept,
}

/// All keys together, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RestoreTotals {
    /// The bucket.
    pub bucket: String,
    /// The run, by which it can be undone; `null` where nothing was begun.
    pub run: Option<RunId>,
    /// How many deleted keys come back.
    pub brought_back: u64,
    /// How many keys get an older content again.
    pub replaced: u64,
    /// How many keys get a delete marker.
    pub deleted: u64,
    /// How many keys are as wanted.
    pub unchanged: u64,
    /// How many keys cannot be restored.
    pub not_kept: u64,
    /// The size of the copies, in bytes.
    pub bytes: u64,
    /// What they are billed as, in bytes.
    pub billed: u64,
    /// How many of the changes are done.
    pub done: u64,
    /// How many were left, because somebody has changed the key since then.
    pub left: u64,
    /// How many failed.
    pub failed: u64,
}

/// What an undone run has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UndoTotals {
    /// The run.
    pub run: RunId,
    /// The bucket.
    pub bucket: String,
    /// How many keys have what they had before, because what the run had put there was removed.
    pub undone: u64,
    /// How many had nothing of the run any more.
    pub unchanged: u64,
    /// How many were left, because somebody has changed the key since.
    pub left: u64,
    /// How many failed.
    pub failed: u64,
}

/// What became of one key.
#[derive(Debug)]
pub enum KeyEnd {
    /// It is as wanted.
    Done,
    /// Somebody has changed it: it was left.
    Left,
    /// It failed.
    Failed(Fault),
}

/// Is told of keys as they are found and changed.
pub trait RestoreReporter: Send {
    /// A key that is to be changed.
    fn planned(&mut self, row: &RestoreRow<'_>);

    /// A key that cannot be restored.
    fn not_kept(&mut self, row: &NotKeptRow<'_>);

    /// A page of the listing more has been told.
    fn page_ended(&mut self, totals: &RestoreTotals);

    /// What became of a key; `done` counts those so far.
    fn ended(&mut self, key: &str, end: &KeyEnd, done: u64);
}

impl RestoreTotals {
    pub(super) fn new(bucket: &BucketName) -> Self {
        Self {
            bucket: bucket.to_string(),
            run: None,
            brought_back: 0,
            replaced: 0,
            deleted: 0,
            unchanged: 0,
            not_kept: 0,
            bytes: 0,
            billed: 0,
            done: 0,
            left: 0,
            failed: 0,
        }
    }

    /// How many keys are to be changed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.brought_back + self.replaced + self.deleted
    }

    /// How many keys were looked at.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.changes() + self.unchanged + self.not_kept
    }

    pub(super) fn count_change(&mut self, change: &PlannedChange) {
        match change.kind {
            ChangeKind::BringBack => self.brought_back += 1,
            ChangeKind::Replace => self.replaced += 1,
            ChangeKind::Delete => self.deleted += 1,
        }
        if let Some(source) = &change.source {
            self.bytes += source.size;
            self.billed += billed_size(ByteSize(source.size), SMALLEST_BILLED).0;
        }
    }

    pub(super) fn count_end(&mut self, end: &KeyEnd) {
        match end {
            KeyEnd::Done => self.done += 1,
            KeyEnd::Left => self.left += 1,
            KeyEnd::Failed(_) => self.failed += 1,
        }
    }
}

impl<'a> From<&'a PlannedChange> for RestoreRow<'a> {
    fn from(change: &'a PlannedChange) -> Self {
        let source = change.source.as_ref();
        Self {
            key: &change.key,
            change: change.kind,
            version: source.map(|source| source.version.as_str()),
            size: source.map(|source| source.size),
            stored: source.map(|source| source.stored),
        }
    }
}
