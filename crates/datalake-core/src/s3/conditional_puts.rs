//! What a bucket makes of conditional writes, by which tables commit.

use std::fmt;

/// What comes of several writers that store one new key at the same time, each only if nothing is
/// there (`If-None-Match: *`).
///
/// What nobody could find out is a [`Fault`](crate::fault::Fault), and none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionalPuts {
    /// One writer of each key was told that it has stored it, and all others that they have not.
    Held,
    /// So many writers of one key, at worst, were told that they have stored it.
    Raced(u32),
    /// The condition is not looked at, not even by one writer after the other.
    Ignored,
    /// The service refuses the condition as one that it does not offer.
    Unsupported,
}

impl ConditionalPuts {
    /// Whether tables that commit so lose nothing.
    #[must_use]
    pub fn keep_commits(self) -> bool {
        self == Self::Held
    }
}

impl fmt::Display for ConditionalPuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("one of several writers of a key stores it"),
            Self::Raced(winners) => {
                write!(f, "{winners} writers of one key all got a success")
            }
            Self::Ignored => f.write_str("conditional writes overwrite what is there"),
            Self::Unsupported => f.write_str("the service has no conditional writes"),
        }
    }
}
