//! What a bucket makes of puts that ask for nothing to be there.

use std::fmt;

/// What a bucket makes of puts that ask for nothing to be there, `If-None-Match: *`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionalPuts {
    /// Of several writers of one new key one got through, in every round.
    Held {
        /// So many rounds.
        rounds: u32,
    },
    /// One writer after the other is refused, and concurrent ones got through.
    Raced {
        /// So many got through at most in one round.
        winners: u32,
        /// So many wrote in each round.
        writers: u32,
    },
    /// The condition is not looked at.
    Ignored,
    /// The service has no such puts, and says so.
    Unsupported,
}

impl ConditionalPuts {
    /// Whether writers of a table can rely on it.
    #[must_use]
    pub fn holds(self) -> bool {
        matches!(self, Self::Held { .. })
    }
}

impl fmt::Display for ConditionalPuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { rounds } => {
                write!(f, "one of several concurrent writers gets through, in {rounds} of {rounds} rounds")
            }
            Self::Raced { winners, writers } => write!(
                f,
                "{winners} of {writers} concurrent writers of one key were all told that theirs is \
                 stored"
            ),
            Self::Ignored => f.write_str("the condition is not looked at"),
            Self::Unsupported => f.write_str("the service has no conditional puts"),
        }
    }
}
