//! What becomes of one file.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::transfer::{SendReason, SkipReason};

/// How a file stands between its host and the bucket, and so what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationVerdict {
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

/// Why a file stands as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationReason {
    /// Nothing is to be done.
    Equal(SkipReason),
    /// It is to be moved.
    Sent(SendReason),
    /// It cannot be moved, in words.
    Refused(String),
    /// It is no plain file, in words.
    NotPlain(String),
}

impl MigrationVerdict {
    /// Of a name about which nothing is to be done.
    #[must_use]
    pub fn of_skip(reason: SkipReason) -> Self {
        match reason {
            SkipReason::NewerThere => Self::NewerThere,
            SkipReason::Unchanged
            | SkipReason::LooksEqual
            | SkipReason::StillAssumed
            | SkipReason::SameTag
            | SkipReason::SameSize
            | SkipReason::SameContent => Self::Moved,
        }
    }

    /// Of a name that is to be moved.
    #[must_use]
    pub fn of_send(reason: SendReason) -> Self {
        match reason {
            SendReason::New | SendReason::Renamed => Self::Left,
            SendReason::Size
            | SendReason::SourceChanged
            | SendReason::DestinationChanged
            | SendReason::Content
            | SendReason::Unsettled => Self::Changed,
        }
    }

    /// Its character in a report of lines.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Moved => '=',
            Self::Left => '+',
            Self::Changed => '*',
            Self::NewerThere => '>',
            Self::Failed | Self::NoFile => '!',
        }
    }

    /// Whether a run would move the file.
    #[must_use]
    pub fn is_to_move(self) -> bool {
        matches!(self, Self::Left | Self::Changed)
    }

    /// Whether nothing but the asset's code can make again what the file should hold.
    #[must_use]
    pub fn must_materialize(self) -> bool {
        matches!(self, Self::Failed | Self::NoFile)
    }

    /// What a report says of it; `None` where only the reason tells.
    #[must_use]
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Moved => Some("moved"),
            Self::Left => Some("not moved yet"),
            Self::Changed => Some("changed since it was moved"),
            Self::NewerThere => Some("the bucket has a newer one: it stays there"),
            Self::Failed | Self::NoFile => None,
        }
    }
}

impl MigrationReason {
    /// How a file stands for this reason.
    #[must_use]
    pub fn verdict(&self) -> MigrationVerdict {
        match self {
            Self::Equal(reason) => MigrationVerdict::of_skip(*reason),
            Self::Sent(reason) => MigrationVerdict::of_send(*reason),
            Self::Refused(_) => MigrationVerdict::Failed,
            Self::NotPlain(_) => MigrationVerdict::NoFile,
        }
    }
}

impl fmt::Display for MigrationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(reason) => reason.fmt(f),
            Self::Sent(reason) => reason.fmt(f),
            Self::Refused(words) | Self::NotPlain(words) => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reason: &MigrationReason, verdict: MigrationVerdict, mark: char, words: &str) {
        assert_eq!((reason.verdict(), verdict.mark()), (verdict, mark), "{reason:?}");
        assert_eq!(reason.to_string(), words);
    }

    #[test]
    fn what_the_bucket_has_is_moved_unless_it_is_newer() {
        let equal = MigrationReason::Equal;
        for reason in [SkipReason::Unchanged, SkipReason::StillAssumed, SkipReason::SameContent] {
            check(&equal(reason), MigrationVerdict::Moved, '=', &reason.to_string());
        }
        let newer = equal(SkipReason::NewerThere);
        check(&newer, MigrationVerdict::NewerThere, '>', "the destination is newer");
    }

    #[test]
    fn what_is_to_be_moved_is_new_or_has_changed() {
        let sent = MigrationReason::Sent;
        check(&sent(SendReason::New), MigrationVerdict::Left, '+', "new");
        check(&sent(SendReason::Size), MigrationVerdict::Changed, '*', "another size");
        assert_eq!(sent(SendReason::Renamed).verdict(), MigrationVerdict::Left);
        assert_eq!(sent(SendReason::Unsettled).verdict(), MigrationVerdict::Changed);
    }

    #[test]
    fn what_cannot_be_moved_has_to_be_made_again() {
        let refused = MigrationReason::Refused("half a pickle".to_owned());
        let link = MigrationReason::NotPlain("a symbolic link".to_owned());

        check(&refused, MigrationVerdict::Failed, '!', "half a pickle");
        check(&link, MigrationVerdict::NoFile, '!', "a symbolic link");
        let all = [MigrationVerdict::Failed, MigrationVerdict::NoFile];
        assert!(all.iter().all(|verdict| verdict.must_materialize() && verdict.words().is_none()));
        assert!(!MigrationVerdict::Left.must_materialize());
    }

    #[test]
    fn only_what_is_left_or_has_changed_is_moved_by_a_run() {
        use MigrationVerdict::{Changed, Failed, Left, Moved, NewerThere, NoFile};

        let to_move = [Moved, Left, Changed, NewerThere, Failed, NoFile]
            .map(|verdict| (verdict.is_to_move(), verdict.words().is_some()));

        let (told, untold) = ((false, true), (false, false));
        assert_eq!(to_move, [told, (true, true), (true, true), told, untold, untold]);
    }
}
