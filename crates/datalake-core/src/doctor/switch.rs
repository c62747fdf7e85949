//! Whether Dagster was seen to read from the bucket what was moved there.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, warning, wrong};
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::time::Timestamp;

/// What is known of the switch to the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchEvidence {
    /// The last check of it, where files of this host were moved.
    pub standing: Look<SwitchStanding>,
}

/// How the switch stands by the last check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchStanding {
    /// Files were moved, and nobody has checked.
    Unproved,
    /// It was checked for another place than the spec's: in words, which.
    OfAnotherPlace(String),
    /// It was checked.
    Checked {
        /// When.
        time: Timestamp,
        /// How many files Dagster reads from the bucket.
        green: u64,
        /// Files that it does not read from there, and why.
        red: Vec<String>,
        /// Files and containers of which nobody can tell.
        unknown: Vec<String>,
    },
}

pub(super) const CHECKS: &[FindingCheck] =
    &[FindingCheck { id: FindingId::PythonSwitch, after: &[], judge: judge_switch }];

impl Default for SwitchEvidence {
    fn default() -> Self {
        Self { standing: Look::nobody() }
    }
}

fn judge_switch(seen: &Examination) -> Judged {
    let check = |words: &str| Advice::naming(words, [AdvisedCommand::CheckMigration]);
    match seen.switch.standing.seen()? {
        SwitchStanding::Unproved => Err(warning(
            ["files were moved, but whether Dagster reads them from the bucket was never checked"],
            check("{} asks where user code runs"),
        )),
        SwitchStanding::OfAnotherPlace(place) => Err(warning(
            [format!("the last check was of {place}, which is not the place of the spec")],
            check("check again: {}"),
        )),
        SwitchStanding::Checked { time, green, red, unknown } => {
            if !red.is_empty() {
                return Err(wrong(red.clone(), check("change the code, and check again: {}")));
            }
            if !unknown.is_empty() {
                return Err(warning(unknown.clone(), check("see why, and check again: {}")));
            }
            Ok(format!("Dagster reads all {green} of them from the bucket, checked {time}"))
        }
    }
}
