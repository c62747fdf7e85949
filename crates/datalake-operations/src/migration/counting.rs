//! How each file stands between this host and the bucket.

use std::sync::{Arc, Mutex};

use datalake_core::fault::Fault;
use datalake_core::migration::{MigrationReason, MigrationVerdict, PartCounts};
use datalake_core::size::ByteSize;
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{Item, Reason, TransferWatch};

use super::left_behind::LeftBehind;

/// Counts what a look tells, and hands on each item.
pub(crate) struct CountingWatch<S> {
    counts: Mutex<PartCounts>,
    /// Files that turned out to be of another kind are no failures.
    left_out: Arc<LeftBehind>,
    sink: Mutex<S>,
}

/// Hands on everything but files that turned out to be of another kind.
pub(crate) struct SparingWatch<'a> {
    pub(crate) watch: &'a dyn TransferWatch,
    pub(crate) left_out: &'a LeftBehind,
}

impl TransferWatch for SparingWatch<'_> {
    fn item(&self, item: &Item<'_>) {
        if find_verdict(item) != MigrationVerdict::Failed || !self.left_out.is_late(item.name) {
            self.watch.item(item);
        }
    }

    fn planned(&self, size: ByteSize) {
        self.watch.planned(size);
    }

    fn planning_ended(&self) {
        self.watch.planning_ended();
    }

    fn item_settled(&self, size: ByteSize) {
        self.watch.item_settled(size);
    }

    fn moved(&self, bytes: u64) {
        self.watch.moved(bytes);
    }

    fn repeated(&self, fault: &Fault) {
        self.watch.repeated(fault);
    }
}

/// Why an item stands as it does.
pub(crate) fn find_reason(item: &Item<'_>) -> MigrationReason {
    match &item.reason {
        Reason::Equal(reason) => MigrationReason::Equal(*reason),
        Reason::Sent(reason) => MigrationReason::Sent(*reason),
        Reason::Odd(_) => MigrationReason::NotPlain(item.reason.to_string()),
        Reason::NotInSource | Reason::Failed(_) => {
            MigrationReason::Refused(item.reason.to_string())
        }
    }
}

/// How an item stands.
pub(crate) fn find_verdict(item: &Item<'_>) -> MigrationVerdict {
    find_reason(item).verdict()
}

impl<S: FnMut(&Item<'_>, MigrationVerdict) + Send> CountingWatch<S> {
    /// Counts from nothing.
    pub(crate) fn new(counts: PartCounts, left_out: &Arc<LeftBehind>, sink: S) -> Self {
        let left_out = Arc::clone(left_out);
        Self { counts: Mutex::new(counts), left_out, sink: Mutex::new(sink) }
    }

    /// What was counted.
    pub(crate) fn finish(self) -> PartCounts {
        let counts = self.counts.into_inner();
        let counts = counts.unwrap_or_else(std::sync::PoisonError::into_inner);
        PartCounts { left_out: self.left_out.list_rows(), ..counts }
    }
}

impl<S: FnMut(&Item<'_>, MigrationVerdict) + Send> TransferWatch for CountingWatch<S> {
    fn item(&self, item: &Item<'_>) {
        let verdict = find_verdict(item);
        if verdict == MigrationVerdict::Failed && self.left_out.is_late(item.name) {
            return;
        }
        hold_mutex(&self.counts).count(verdict, item.size.0);
        (*hold_mutex(&self.sink))(item, verdict);
    }
}
