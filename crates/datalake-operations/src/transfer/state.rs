//! How a transfer stands, and what it comes to.

use std::collections::BTreeMap;

use datalake_core::text::count_things;
use datalake_engine::transfer::ItemTally;
use schemars::JsonSchema;
use serde::Serialize;

use super::TransferFailures;
use crate::{ErrorKind, OperationError};

/// How a transfer stands or ended, for programs and as text.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct TransferState {
    /// Where from; the first one of many.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// Whether nothing was changed and only told.
    pub dry_run: bool,
    /// Found so far that is to be moved.
    pub planned: ItemSum,
    /// Moved to where nothing was.
    pub new: ItemSum,
    /// Moved in place of something else.
    pub replaced: ItemSum,
    /// Deleted from the destination.
    pub deleted: ItemSum,
    /// Equal already.
    pub equal: ItemSum,
    /// Of those, taken for equal by size and time: the contents were never compared.
    pub assumed: ItemSum,
    /// Not moved because something went wrong.
    pub failed: ItemSum,
    /// Links, pipes, empty folders and the like.
    pub not_moved: u64,
    /// In the destination and not in the source.
    pub surplus: ItemSum,
    /// Why names were moved, left alone or could not be moved, and how many.
    pub reasons: BTreeMap<String, u64>,
    /// Why nothing was deleted though it was asked for.
    pub not_deleted: Option<String>,
    /// Sources that were removed behind a move.
    pub sources_removed: Option<u64>,
    /// Bytes of content on the way, those of repetitions too.
    pub bytes_moved: u64,
    /// Requests, with repetitions.
    pub requests: u64,
    /// Repetitions.
    pub retries: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Counts of items and of their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Sum")]
pub struct ItemSum {
    /// How many.
    pub items: u64,
    /// How long they are together.
    pub bytes: u64,
}

/// What a transfer came to that did what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferEnd {
    /// All is done.
    Done,
    /// A dry run has found something to do.
    Pending,
}

impl ItemSum {
    /// Adds one item of so many bytes.
    pub fn add(&mut self, bytes: u64) {
        self.items += 1;
        self.bytes += bytes;
    }
}

impl From<ItemTally> for ItemSum {
    fn from(tally: ItemTally) -> Self {
        Self { items: tally.items, bytes: tally.bytes }
    }
}

/// What a transfer came to.
///
/// # Errors
///
/// [`OperationError`] where something failed, or nothing was deleted though it was asked for.
pub fn judge_transfer(
    state: &TransferState,
    failures: TransferFailures,
) -> Result<TransferEnd, OperationError> {
    if let Some(reason) = &state.not_deleted {
        let kept = count_things(state.surplus.items, "name");
        let message = format!("nothing was deleted: {reason}");
        return Err(OperationError::new(ErrorKind::Partly, message)
            .advise(format!("{kept} only in the destination; --dry-run lists what would happen")));
    }
    if state.failed.items > 0 {
        let failed = state.failed.items;
        let message = format!("{} failed", count_things(failed, "item"));
        let error = OperationError::new(ErrorKind::Partly, message);
        return Err(failures.advise_on_failures(error, failed));
    }
    let to_do = state.new.items + state.replaced.items + state.deleted.items > 0;
    Ok(if state.dry_run && to_do { TransferEnd::Pending } else { TransferEnd::Done })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ItemSum = ItemSum { items: 1, bytes: 3 };

    fn judge(state: &TransferState) -> Result<TransferEnd, Vec<String>> {
        let judged = judge_transfer(state, TransferFailures::default());
        judged.map_err(|error| error.messages)
    }

    #[test]
    fn only_a_dry_run_has_something_left_to_do() {
        for (dry_run, new, end) in [
            (false, ONE, TransferEnd::Done),
            (true, ONE, TransferEnd::Pending),
            (true, ItemSum::default(), TransferEnd::Done),
        ] {
            let state = TransferState { dry_run, new, equal: ONE, ..TransferState::default() };
            assert_eq!(judge(&state), Ok(end));
        }
        let deletes = TransferState { dry_run: true, deleted: ONE, ..TransferState::default() };
        assert_eq!(judge(&deletes), Ok(TransferEnd::Pending));
    }

    #[test]
    fn what_failed_and_what_was_not_deleted_is_no_success() {
        let failed = TransferState { failed: ONE, new: ONE, ..TransferState::default() };
        assert_eq!(judge(&failed).unwrap_err(), ["1 item failed"]);
        let not_deleted = Some("too many".to_owned());
        let kept = TransferState { not_deleted, failed: ONE, ..TransferState::default() };
        assert_eq!(judge(&kept).unwrap_err(), ["nothing was deleted: too many"]);
    }
}
