//! The spec: whether it can be used.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, wrong};
use super::{Examination, FindingId};

/// What was seen of the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecEvidence {
    /// Values that are missing or wrong, each with what to do about it.
    pub troubles: Look<Vec<SpecTrouble>>,
}

/// A value of the spec that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecTrouble {
    /// The key, and what is wrong with its value.
    pub what: String,
    /// What to do.
    pub cure: String,
}

pub(super) const CHECKS: &[FindingCheck] =
    &[FindingCheck { id: FindingId::SpecValues, after: &[], judge: judge_values }];

impl Default for SpecEvidence {
    fn default() -> Self {
        Self { troubles: Look::nobody() }
    }
}

fn judge_values(seen: &Examination) -> Judged {
    let troubles = seen.spec.troubles.seen()?;
    let Some(first) = troubles.first() else { return Ok("every value can be used".to_owned()) };
    Err(wrong(troubles.iter().map(|trouble| trouble.what.clone()), first.cure.clone()))
}
