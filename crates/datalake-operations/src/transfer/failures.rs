//! What failed in a transfer, and what helps.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_engine::transfer::{ItemFault, Reason};

use crate::{ARCHIVED, Advice, AdvisedCommand, OperationError};

/// Failures that the same command meets again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransferFailures {
    /// Those that no later run can mend, files that were changed here among them.
    lasting: u64,
    /// Files here that were not replaced, for somebody has changed them.
    spared: u64,
    /// Objects that lie in an archive.
    archived: u64,
}

impl TransferFailures {
    /// Counts why an item failed.
    pub fn count_failure(&mut self, reason: &Reason) {
        let spares =
            |fault: &ItemFault| matches!(fault, ItemFault::ChangedHere | ItemFault::NewerHere);
        self.lasting += u64::from(reason.stays_so());
        self.spared += u64::from(matches!(reason, Reason::Failed(fault) if spares(fault)));
        if let Reason::Failed(ItemFault::Source(fault) | ItemFault::Destination(fault)) = reason {
            self.count_archived(fault);
        }
    }

    /// Counts a fault, if it is about an object in an archive.
    pub fn count_archived(&mut self, fault: &Fault) {
        self.archived += u64::from(fault.kind == FaultKind::Archived);
    }

    /// Whether running it again would do nothing for so many failures, and nothing else is known
    /// that would.
    fn is_hopeless(self, failed: u64) -> bool {
        self.lasting == failed && self.archived == 0 && self.spared == 0
    }

    /// Adds what to do about so many failures.
    pub(super) fn advise_on_failures(self, error: OperationError, failed: u64) -> OperationError {
        let error = error.advise(if self.is_hopeless(failed) {
            "all others are done; running it again does not help: each line gives the reason"
        } else if self.lasting == failed {
            "all others are done"
        } else {
            "all others are done; the same command tries these again"
        });
        self.advise_on_archived(match self.spared {
            0 => error,
            _ => error.advise("--overwrite replaces what was changed here"),
        })
    }

    /// Adds what to do about objects in an archive, if there are any.
    #[must_use]
    pub fn advise_on_archived(self, error: OperationError) -> OperationError {
        if self.archived > 0 { error.advise(ARCHIVED) } else { error }
    }
}

/// What becomes of parts that were sent, where a run ends before its time.
#[must_use]
pub fn advise_on_open_uploads(number: usize, bucket: &BucketName) -> Vec<Advice> {
    let stay = match number {
        0 => return Vec::new(),
        1 => "the parts of an unfinished upload stay".to_owned(),
        number => format!("the parts of {number} unfinished uploads stay"),
    };
    let billed = format!("{stay} in the bucket, and are billed, until the same command has ended");
    let give_up = "to give up all that is unfinished: {}";
    vec![billed.into(), Advice::naming(give_up, [AdvisedCommand::AbortUploads(bucket.clone())])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn advice(reasons: &[Reason], failed: u64) -> Vec<Advice> {
        let mut failures = TransferFailures::default();
        for reason in reasons {
            failures.count_failure(reason);
        }
        let error = OperationError::new(ErrorKind::Partly, "some failed");
        failures.advise_on_failures(error, failed).advice
    }

    fn source(kind: FaultKind) -> Reason {
        Reason::Failed(ItemFault::Source(Fault::new(kind, "")))
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_was_changed_here_is_not() {
        let again = Advice::from("all others are done; the same command tries these again");
        let overwrite = Advice::from("--overwrite replaces what was changed here");
        let changed = Reason::Failed(ItemFault::ChangedHere);

        let passing = advice(&[source(FaultKind::Unreachable)], 1);
        assert_eq!(passing.first(), Some(&again));
        let done = Advice::from("all others are done");
        assert_eq!(advice(std::slice::from_ref(&changed), 1), [done, overwrite.clone()]);
        let both = advice(&[changed, source(FaultKind::Unreachable)], 2);
        assert_eq!(both, [again, overwrite]);
    }

    #[test]
    fn an_object_in_an_archive_says_how_it_is_restored() {
        let told = advice(&[source(FaultKind::Archived)], 1);

        assert_eq!(told.last(), Some(&ARCHIVED.into()));
    }

    #[test]
    fn open_uploads_are_told_of_only_where_there_are_some() {
        let bucket = "acme-lake".parse().unwrap();

        assert_eq!(advise_on_open_uploads(0, &bucket), []);
        for (number, words) in [(1, "of an unfinished upload"), (3, "of 3 unfinished uploads")] {
            let advice = advise_on_open_uploads(number, &bucket);
            let [Advice::Text(stay), Advice::Commands(_, commands)] = advice.as_slice() else {
                panic!("a text and a command");
            };
            assert!(stay.contains(words), "{stay}");
            assert_eq!(*commands, [AdvisedCommand::AbortUploads(bucket.clone())]);
        }
    }
}
