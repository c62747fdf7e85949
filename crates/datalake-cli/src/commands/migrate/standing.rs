//! How each file stands between this host and the bucket.

use std::sync::{Arc, Mutex};

use datalake_core::{ByteSize, Fault, SendReason, SkipReason};
use datalake_engine::transfer::{Item, Reason, TransferWatch};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::held;
use super::kinds::{LeftOut, LeftRow};
use super::part::PartKind;
use crate::render::Sum;

/// How a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// The bucket has the same content.
    Moved,
    /// The bucket has nothing of that name.
    Left,
    /// It has changed since it was moved, or the bucket has an older content.
    Changed,
    /// The bucket has a newer content: it was materialized there.
    NewerThere,
    /// It cannot be moved.
    Failed,
    /// A link, pipe or the like.
    NoFile,
}

/// How the files of a part stand, all together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// What they are.
    pub part: PartKind,
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// The bucket has them.
    pub moved: Sum,
    /// The bucket has nothing of their names.
    pub left: Sum,
    /// They have changed since they were moved.
    pub changed: Sum,
    /// The bucket has newer ones; they stay there.
    pub newer_there: Sum,
    /// They cannot be moved.
    pub failed: Sum,
    /// Links, pipes and the like.
    pub no_files: u64,
    /// In the bucket and not here.
    pub there_alone: Sum,
    /// What else lies there: files of other kinds, which stay.
    pub left_out: Vec<LeftRow>,
}

/// Counts what a look tells, and hands on each item.
pub(super) struct Counting<S> {
    counts: Mutex<Counts>,
    /// Files that turned out to be of another kind are no failures.
    left_out: Arc<LeftOut>,
    sink: Mutex<S>,
}

/// Hands on everything but files that turned out to be of another kind.
pub(super) struct Sparing<'a> {
    pub(super) watch: &'a dyn TransferWatch,
    pub(super) left_out: &'a LeftOut,
}

impl TransferWatch for Sparing<'_> {
    fn item(&self, item: &Item<'_>) {
        if Standing::of(item) != Standing::Failed || !self.left_out.is_late(item.name) {
            self.watch.item(item);
        }
    }

    fn planned(&self, size: ByteSize) {
        self.watch.planned(size);
    }

    fn moved(&self, bytes: u64) {
        self.watch.moved(bytes);
    }

    fn repeated(&self, fault: &Fault) {
        self.watch.repeated(fault);
    }
}

impl Standing {
    /// How an item stands.
    pub(super) fn of(item: &Item<'_>) -> Self {
        match &item.reason {
            Reason::Equal(SkipReason::NewerThere) => Self::NewerThere,
            Reason::Equal(_) => Self::Moved,
            Reason::Sent(SendReason::New) => Self::Left,
            Reason::Sent(_) => Self::Changed,
            Reason::Odd(_) => Self::NoFile,
            Reason::NotInSource | Reason::Failed(_) => Self::Failed,
        }
    }

    /// Its character in a report.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Moved => '=',
            Self::Left => '+',
            Self::Changed => '*',
            Self::NewerThere => '>',
            Self::Failed | Self::NoFile => '!',
        }
    }
}

impl Counts {
    pub(super) fn new(part: PartKind, (source, destination): (String, String)) -> Self {
        let none = Sum::default();
        Self {
            part,
            source,
            destination,
            moved: none,
            left: none,
            changed: none,
            newer_there: none,
            failed: none,
            no_files: 0,
            there_alone: none,
            left_out: Vec::new(),
        }
    }

    /// What is still to be moved.
    pub(crate) fn to_move(&self) -> Sum {
        let (left, changed) = (self.left, self.changed);
        Sum { items: left.items + changed.items, bytes: left.bytes + changed.bytes }
    }

    /// Whether nothing at all is left where it was.
    pub(crate) fn is_all_moved(&self) -> bool {
        let (all, moved) = (self.all().items, self.moved.items);
        all == moved && self.no_files == 0 && self.left_out.is_empty()
    }

    /// All files of this part.
    pub(crate) fn all(&self) -> Sum {
        let sums = [self.moved, self.left, self.changed, self.newer_there, self.failed];
        Sum {
            items: sums.iter().map(|sum| sum.items).sum(),
            bytes: sums.iter().map(|sum| sum.bytes).sum(),
        }
    }

    fn add(&mut self, standing: Standing, bytes: u64) {
        match standing {
            Standing::Moved => self.moved.add(bytes),
            Standing::Left => self.left.add(bytes),
            Standing::Changed => self.changed.add(bytes),
            Standing::NewerThere => self.newer_there.add(bytes),
            Standing::Failed => self.failed.add(bytes),
            Standing::NoFile => self.no_files += 1,
        }
    }
}

impl<S: FnMut(&Item<'_>, Standing) + Send> Counting<S> {
    /// Counts from nothing.
    pub(super) fn new(counts: Counts, left_out: &Arc<LeftOut>, sink: S) -> Self {
        let left_out = Arc::clone(left_out);
        Self { counts: Mutex::new(counts), left_out, sink: Mutex::new(sink) }
    }

    pub(super) fn counts(self) -> Counts {
        let counts = self.counts.into_inner();
        let counts = counts.unwrap_or_else(std::sync::PoisonError::into_inner);
        Counts { left_out: self.left_out.rows(), ..counts }
    }
}

impl<S: FnMut(&Item<'_>, Standing) + Send> TransferWatch for Counting<S> {
    fn item(&self, item: &Item<'_>) {
        let standing = Standing::of(item);
        if standing == Standing::Failed && self.left_out.is_late(item.name) {
            return;
        }
        held(&self.counts).add(standing, item.size.0);
        (*held(&self.sink))(item, standing);
    }
}
