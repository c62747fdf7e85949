//! What a verification has found.

use datalake_core::{ByteSize, Fault};

use crate::transfer::Tally;

/// What a verification has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// As it should be.
    pub right: Tally,
    /// Not there.
    pub missing: Tally,
    /// There with another size or tag.
    pub changed: Tally,
    /// There, and with another content than its tag says or was sent.
    pub damaged: Tally,
    /// There, and could not be read.
    pub unreadable: Tally,
    /// There, and nothing tells what its content should be.
    pub unproved: Tally,
    /// There, and not brought by any run.
    pub foreign: u64,
}

/// What was found out about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Right,
    /// It is not there.
    Missing,
    /// Size or tag are others than the last run left.
    Changed,
    /// Its content is not what it should be.
    Damaged,
    /// Its content could not be read.
    Unreadable(Fault),
    /// It was read, and nothing tells what its content should be.
    Unproved,
}

impl Findings {
    /// How many objects were looked at; none is no proof of anything.
    #[must_use]
    pub fn looked_at(&self) -> u64 {
        let all =
            [self.right, self.missing, self.changed, self.damaged, self.unreadable, self.unproved];
        all.iter().map(|tally| tally.items).sum()
    }

    /// Whether at least one object was looked at and all were right.
    #[must_use]
    pub fn proved(&self) -> bool {
        self.right.items > 0 && self.looked_at() == self.right.items
    }

    pub(super) fn count(&mut self, size: ByteSize, finding: &Finding) {
        match finding {
            Finding::Right => self.right.add(size),
            Finding::Missing => self.missing.add(size),
            Finding::Changed => self.changed.add(size),
            Finding::Damaged => self.damaged.add(size),
            Finding::Unreadable(_) => self.unreadable.add(size),
            Finding::Unproved => self.unproved.add(size),
        }
    }
}
