//! The named places of a run at which it may be killed, each of them tested.

use std::fmt;
use std::str::FromStr;

/// A place in a run, just after what its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checkpoint {
    /// The journal with the plan is durable; no step is begun.
    RunBegun,
    /// An unfinished journal that this run takes over is removed.
    EarlierRunTaken,
    /// The journal says that a step begins.
    IntentRecorded,
    /// What a write will replace is kept as a copy.
    CopyKept,
    /// The new content lies in a temporary file beside the old one.
    TemporaryWritten,
    /// The new file has taken the old one's place, the folder not yet flushed.
    FileRenamed,
    /// systemd has read the unit files anew, no service is touched yet.
    UnitsReloaded,
    /// systemd has been asked to stop or restart services, and is at it.
    ServicesOrdered,
    /// The step's action has returned.
    ActionDone,
    /// The journal holds the step's outcome.
    OutcomeRecorded,
    /// The receipt is durable, the journal still there.
    ReceiptWritten,
    /// The journal is removed: the run is over.
    RunEnded,
}

/// The text is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a checkpoint")]
pub struct UnknownCheckpoint(String);

impl Checkpoint {
    /// All of them. A test kills a run at each one.
    pub const ALL: [Self; 12] = [
        Self::RunBegun,
        Self::EarlierRunTaken,
        Self::IntentRecorded,
        Self::CopyKept,
        Self::TemporaryWritten,
        Self::FileRenamed,
        Self::UnitsReloaded,
        Self::ServicesOrdered,
        Self::ActionDone,
        Self::OutcomeRecorded,
        Self::ReceiptWritten,
        Self::RunEnded,
    ];

    /// Its name, as tests give it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RunBegun => "run-begun",
            Self::EarlierRunTaken => "earlier-run-taken",
            Self::IntentRecorded => "intent-recorded",
            Self::CopyKept => "copy-kept",
            Self::TemporaryWritten => "temporary-written",
            Self::FileRenamed => "file-renamed",
            Self::UnitsReloaded => "units-reloaded",
            Self::ServicesOrdered => "services-ordered",
            Self::ActionDone => "action-done",
            Self::OutcomeRecorded => "outcome-recorded",
            Self::ReceiptWritten => "receipt-written",
            Self::RunEnded => "run-ended",
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Checkpoint {
    type Err = UnknownCheckpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|checkpoint| checkpoint.name() == text);
        found.ok_or_else(|| UnknownCheckpoint(text.to_owned()))
    }
}
