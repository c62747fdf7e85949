//! What all items of one run share, and what is told of each.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use datalake_core::fault::FaultKind;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{Known, SendReason, Side};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::courier::Courier;
use super::manifest::{Ledger, ManifestRecord};
use super::renames::Renames;
use super::trust::Trust;
use super::{
    Item, ItemFault, Mark, Options, OtherRecords, Reason, Route, StopCause, Summary, TransferPorts,
    TransferWatch,
};
use crate::hold_mutex;

/// Buffers are counted in units of this.
const UNIT: u64 = 1024;

/// One run.
pub(crate) struct Haul<'a> {
    pub(crate) route: &'a Route<'a>,
    pub(crate) options: &'a Options,
    pub(crate) courier: Courier<'a>,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) others: &'a [OtherRecords<'a>],
    pub(crate) doomed: Mutex<Vec<(String, Side)>>,
    /// Something in the source was not read or moved.
    incomplete: AtomicBool,
    /// Something in the destination could not be looked at.
    unread: AtomicBool,
    /// How many names the source has.
    sources: AtomicU64,
    buffers: Semaphore,
    watch: &'a dyn TransferWatch,
    summary: Mutex<Summary>,
    pub(crate) trust: Mutex<Trust>,
    pub(crate) renames: Renames,
}

/// A name that is to be moved, or compared first.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) source: Side,
    pub(crate) destination: Option<Side>,
    pub(crate) known: Option<Known>,
    /// What other pairs have left of a file that is to be replaced.
    pub(crate) others: Vec<Known>,
    /// Why it is moved.
    pub(crate) why: SendReason,
    /// Whether the contents are compared first, and it is moved only if they differ.
    pub(crate) compare: bool,
}

impl<'a> Haul<'a> {
    pub(crate) fn new(
        route: &'a Route<'a>,
        options: &'a Options,
        ports: &TransferPorts<'a>,
        watch: &'a dyn TransferWatch,
    ) -> Result<Self, StopCause> {
        let limits = &options.limits;
        let units = usize::try_from(limits.buffers.0 / UNIT).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self {
            route,
            options,
            courier: Courier::new(ports.clock, watch, limits),
            ledger: Ledger::open(ports.files, ports.manifest)?,
            others: ports.others,
            doomed: Mutex::default(),
            incomplete: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            sources: AtomicU64::new(0),
            buffers: Semaphore::new(units.clamp(1, Semaphore::MAX_PERMITS)),
            watch,
            summary: Mutex::default(),
            trust: Mutex::default(),
            renames: Renames::default(),
        })
    }

    /// Waits until so many bytes may be held in memory; one larger than all buffers has them alone.
    pub(crate) async fn room_for(&self, bytes: u64) -> SemaphorePermit<'_> {
        let all = self.options.limits.buffers.0 / UNIT;
        let units = bytes.div_ceil(UNIT).clamp(1, all.max(1));
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        self.buffers.acquire_many(units).await.expect("the buffers are never closed")
    }

    /// Tells what became of a name.
    pub(crate) fn tell(&self, item: &Item<'_>) {
        hold_mutex(&self.summary).count(item);
        self.watch.item(item);
    }

    pub(crate) fn tell_failed(&self, name: &str, size: ByteSize, fault: ItemFault) {
        self.mark_incomplete();
        if let ItemFault::Source(fault) | ItemFault::Destination(fault) = &fault
            && fault.kind == FaultKind::RequestsSpent
        {
            // The run ends here and says so; the next one goes on with this item.
            return;
        }
        self.tell(&Item { mark: Mark::Failed, name, size, reason: Reason::Failed(fault) });
    }

    pub(crate) fn tell_planned(&self, size: ByteSize) {
        self.watch.planned(size);
    }

    pub(crate) fn tell_planning_ended(&self) {
        self.watch.planning_ended();
    }

    pub(crate) fn tell_settled(&self, size: ByteSize) {
        self.watch.item_settled(size);
    }

    pub(crate) fn mark_incomplete(&self) {
        self.incomplete.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_destination_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    pub(crate) fn count_source(&self) {
        self.sources.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn source_is_empty(&self) -> bool {
        self.sources.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn change_summary(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut hold_mutex(&self.summary));
    }

    /// Keeps a record; a record that cannot be kept ends the run.
    pub(crate) fn record(&self, record: &ManifestRecord) {
        if self.options.dry_run {
            return;
        }
        if let Err(cause) = self.ledger.add(record) {
            self.courier.stop(cause);
        }
        if matches!(record, ManifestRecord::Begun(_) | ManifestRecord::Ended(_)) {
            self.watch.uploads_open(self.ledger.begun().len());
        }
    }

    /// How the run stands.
    pub(crate) fn summary(&self) -> Summary {
        let counts = self.courier.counts();
        let mut summary = hold_mutex(&self.summary).clone();
        (summary.moved, summary.requests, summary.retries) =
            (counts.moved, counts.requests, counts.retries);
        summary.refuses_wrong_hash = self.refuses_wrong_hash();
        summary
    }
}
