//! What a verification has found.

use datalake_core::fault::Fault;
use datalake_core::size::ByteSize;

use crate::transfer::ItemTally;

/// What a verification has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Equal, and known to be: by what a run has compared or moved, or compared now.
    pub right: ItemTally,
    /// Equal by size and time; the contents were never compared.
    pub assumed: ItemTally,
    /// In the source, and never sent.
    pub unsent: ItemTally,
    /// The source was changed since it was sent; the destination has what was sent.
    pub edited: ItemTally,
    /// Brought, and not there.
    pub missing: ItemTally,
    /// There with another size or tag than was brought, or another content than the source.
    pub changed: ItemTally,
    /// There with the size and tag that were brought, and with another content.
    pub damaged: ItemTally,
    /// It could not be read on one of the sides.
    pub unreadable: ItemTally,
    /// There, and not brought by any run.
    pub foreign: u64,
    /// How many names runs have left something of.
    pub known: u64,
    /// Requests, with repetitions.
    pub requests: u64,
}

/// What was found out about one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyFinding {
    /// Equal, and known to be.
    Right,
    /// Equal by size and time alone.
    Assumed,
    /// The destination never had it.
    Unsent,
    /// The source was changed since it was sent.
    Edited,
    /// The destination has it no more.
    Missing,
    /// The destination has something else.
    Changed,
    /// The content of the object is not what it should be, and its size and tag are.
    Damaged,
    /// It could not be read.
    Unreadable(Fault),
}

impl Findings {
    /// How many names were looked at; none is no proof of anything.
    #[must_use]
    pub fn looked_at(&self) -> u64 {
        let all = [
            self.right,
            self.assumed,
            self.unsent,
            self.edited,
            self.missing,
            self.changed,
            self.damaged,
            self.unreadable,
        ];
        all.iter().map(|tally| tally.items).sum()
    }

    /// Whether at least one name was looked at and all were right.
    #[must_use]
    pub fn proved(&self) -> bool {
        self.right.items > 0 && self.looked_at() == self.right.items
    }

    pub(super) fn count(&mut self, size: ByteSize, finding: &VerifyFinding) {
        let tally = match finding {
            VerifyFinding::Right => &mut self.right,
            VerifyFinding::Assumed => &mut self.assumed,
            VerifyFinding::Unsent => &mut self.unsent,
            VerifyFinding::Edited => &mut self.edited,
            VerifyFinding::Missing => &mut self.missing,
            VerifyFinding::Changed => &mut self.changed,
            VerifyFinding::Damaged => &mut self.damaged,
            VerifyFinding::Unreadable(_) => &mut self.unreadable,
        };
        tally.add(size);
    }
}
