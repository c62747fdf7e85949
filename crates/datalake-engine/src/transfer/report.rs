//! What a transfer tells while it goes on and when it has ended.

use std::fmt;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::FileTotal;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{Evidence, SendReason, SkipReason, UnfitName};

use super::Oddity;

/// Sees what a transfer does; for progress, reports and events.
pub trait TransferWatch: Send + Sync {
    /// An item has come to its end. Names are text from outside.
    fn item(&self, item: &Item<'_>);

    /// An item was found that will be moved.
    fn planned(&self, size: ByteSize) {
        let _ = size;
    }

    /// All that will be moved was told by [`TransferWatch::planned`].
    fn planning_ended(&self) {}

    /// An item that was to be moved has come to its end, whatever became of it.
    fn item_settled(&self, size: ByteSize) {
        let _ = size;
    }

    /// So many bytes of content were moved, those of repetitions too.
    fn moved(&self, bytes: u64) {
        let _ = bytes;
    }

    /// So many uploads in parts are open; they stay so where the run ends now.
    fn uploads_open(&self, number: usize) {
        let _ = number;
    }

    /// A call is repeated because of a fault.
    fn repeated(&self, fault: &Fault) {
        let _ = fault;
    }
}

/// A watch that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl TransferWatch for Unwatched {
    fn item(&self, _: &Item<'_>) {}
}

/// What became of one name.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// In one character.
    pub mark: Mark,
    /// The name below both places.
    pub name: &'a str,
    /// Its length.
    pub size: ByteSize,
    /// Why.
    pub reason: Reason,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Nothing was to be done.
    Skipped,
    /// The destination did not have it.
    New,
    /// It took the place of another.
    Replaced,
    /// It was deleted from the destination.
    Deleted,
    /// It could not be done.
    Failed,
}

/// Why something became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The sides are equal.
    Equal(SkipReason),
    /// The source was moved.
    Sent(SendReason),
    /// It is nothing that can be moved.
    Odd(Oddity),
    /// The source does not have it.
    NotInSource,
    /// It did not work.
    Failed(ItemFault),
}

/// Why an item could not be moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemFault {
    /// The file could not be read, or was changed in the meantime.
    #[error("the source: {0}")]
    Source(Fault),
    /// The destination did not take it.
    #[error("the destination: {0}")]
    Destination(Fault),
    /// The service says it has another content than was sent, again and again.
    #[error("the service has another content than was sent: its tag is `{0}`")]
    WrongTag(String),
    /// What came is not what the object was made of.
    #[error("what came is not what was stored")]
    WrongContent,
    /// The file was changed since the last run, and was to be replaced.
    #[error("the file here was changed since the last run: it is not replaced")]
    ChangedHere,
    /// No run knows the file, and it is newer than the object that was to replace it.
    #[error("the file here is newer than the object, and no run has left it: it is not replaced")]
    NewerHere,
    /// The key cannot be the name of a file.
    #[error("no file can have this name here: {0}")]
    Unfit(UnfitName),
    /// A file is where a folder would have to be.
    #[error("a file of this run is where a folder would have to be")]
    BelowFile,
    /// The name is too long for a key.
    #[error("with the prefix it is longer than a key can be")]
    TooLong,
    /// The content is too long for an object.
    #[error("it is longer than an object can be")]
    TooLarge,
}

/// Counts of items and of their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemTally {
    /// How many.
    pub items: u64,
    /// How long they are together.
    pub bytes: u64,
}

impl From<ItemTally> for FileTotal {
    fn from(tally: ItemTally) -> Self {
        Self { items: tally.items, bytes: tally.bytes }
    }
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Equal already.
    pub skipped: ItemTally,
    /// Of those, taken for equal by size and time: the contents were never compared.
    pub assumed: ItemTally,
    /// Moved to where nothing was.
    pub new: ItemTally,
    /// Moved in place of something else.
    pub replaced: ItemTally,
    /// Deleted from the destination.
    pub deleted: ItemTally,
    /// Failed.
    pub failed: ItemTally,
    /// Links, pipes, empty folders and the like: told, not moved.
    pub odd: u64,
    /// In the destination and not in the source; they stay where deletion is off or was refused.
    pub surplus: ItemTally,
    /// Why nothing was deleted though it was asked for.
    pub not_deleted: Option<NotDeleted>,
    /// Bytes of content that were moved, those of repetitions too.
    pub moved: u64,
    /// Requests, with repetitions.
    pub requests: u64,
    /// Repetitions.
    pub retries: u64,
    /// Whether the service was seen to refuse a wrong hash; `None` where nothing was learnt.
    pub refuses_wrong_hash: Option<bool>,
}

/// Why nothing was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotDeleted {
    /// There is nothing in the source: more likely a mistake than a wish.
    #[error("the source is empty")]
    SourceEmpty,
    /// Something in the source could not be read, or did not arrive.
    #[error("not all of the source could be read and moved")]
    SourceIncomplete,
    /// A folder or file in the destination could not be looked at.
    #[error("not all of the destination could be read")]
    DestinationUnread,
    /// There are more than was permitted.
    #[error("there are more than was permitted")]
    TooMany,
}

/// A transfer ended early. What was done is done; the next run goes on from there.
#[derive(Debug, thiserror::Error)]
#[error("the transfer was stopped: {cause}")]
pub struct TransferStopped {
    /// What was done until then.
    pub summary: Box<Summary>,
    /// Why.
    pub cause: StopCause,
}

/// Why a transfer cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StopCause {
    /// A bucket could not be listed to the end; nothing is concluded from what did come.
    #[error("the listing failed: {0}")]
    Listing(Fault),
    /// The root of the tree could not be read.
    #[error("the folder cannot be read: {0}")]
    Walk(Fault),
    /// A fault that all other items would meet too.
    #[error("{0}")]
    Fault(Fault),
    /// As many requests as were permitted have been made.
    #[error("the permitted number of requests is used up")]
    Requests,
    /// The manifest or the journal cannot be used.
    #[error("the record of the last run cannot be used: {0}")]
    Manifest(Fault),
}

impl ItemTally {
    pub(crate) fn add(&mut self, size: ByteSize) {
        self.items += 1;
        self.bytes += size.0;
    }
}

impl Summary {
    pub(crate) fn count(&mut self, item: &Item<'_>) {
        let tally = match (item.mark, &item.reason) {
            (Mark::Failed, _) => &mut self.failed,
            (_, Reason::Odd(_)) => {
                self.odd += 1;
                return;
            }
            (Mark::Skipped, reason) => {
                if reason.is_assumed() {
                    self.assumed.add(item.size);
                }
                &mut self.skipped
            }
            (Mark::New, _) => &mut self.new,
            (Mark::Replaced, _) => &mut self.replaced,
            (Mark::Deleted, _) => &mut self.deleted,
        };
        tally.add(item.size);
    }
}

impl Mark {
    /// The mark as it stands in a report.
    #[must_use]
    pub fn character(self) -> char {
        match self {
            Self::Skipped => '=',
            Self::New => '+',
            Self::Replaced => '*',
            Self::Deleted => '-',
            Self::Failed => '!',
        }
    }
}

impl Reason {
    /// Whether it will be so in every later run, until somebody changes the name or the thing.
    #[must_use]
    pub fn stays_so(&self) -> bool {
        match self {
            Self::Odd(oddity) => *oddity == Oddity::NotUtf8,
            Self::Failed(ItemFault::Source(fault) | ItemFault::Destination(fault)) => matches!(
                fault.kind,
                FaultKind::Archived | FaultKind::UnfitName | FaultKind::NotPlain
            ),
            Self::Failed(
                ItemFault::Unfit(_)
                | ItemFault::BelowFile
                | ItemFault::TooLong
                | ItemFault::TooLarge
                | ItemFault::ChangedHere
                | ItemFault::NewerHere,
            ) => true,
            Self::Failed(ItemFault::WrongTag(_) | ItemFault::WrongContent)
            | Self::Equal(_)
            | Self::Sent(_)
            | Self::NotInSource => false,
        }
    }

    /// Whether two sides are only taken for equal: their contents were never compared.
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        matches!(self, Self::Equal(reason) if reason.evidence() == Some(Evidence::Assumed))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(reason) => reason.fmt(f),
            Self::Sent(reason) => reason.fmt(f),
            Self::Odd(oddity) => oddity.fmt(f),
            Self::NotInSource => f.write_str("not in the source"),
            Self::Failed(fault) => fault.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_later_run_can_move_is_told_apart() {
        let fault = |kind| Reason::Failed(ItemFault::Source(Fault::new(kind, "")));
        for (reason, stays) in [
            (Reason::Failed(ItemFault::TooLong), true),
            (Reason::Failed(ItemFault::Unfit(UnfitName::DotSegment)), true),
            (Reason::Odd(Oddity::NotUtf8), true),
            (fault(FaultKind::Archived), true),
            (fault(FaultKind::UnfitName), true),
            (fault(FaultKind::Denied), false),
            (fault(FaultKind::Unreachable), false),
            (Reason::Failed(ItemFault::WrongContent), false),
            (Reason::Odd(Oddity::Link), false),
        ] {
            assert_eq!(reason.stays_so(), stays, "{reason}");
        }
    }
}
