//! What an examination brings, and what stands between it and "sound".

use crate::advice::{Advice, AdvisedCommand};
use crate::fault::{Fault, FaultKind};
use crate::plan::Found;

use super::finding::{Finding, Severity};
use super::{Examination, FindingId};

/// What an examination has brought of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look<T> {
    /// This was seen.
    Saw(T),
    /// There is nothing of the kind to look at here, for this reason.
    NotHere(String),
    /// Nobody knows.
    Unknown(Fault),
}

/// What a check has found instead of all being well.
#[derive(Debug)]
pub(super) enum Not {
    Sound(Box<UnnamedFinding>),
    Here(String),
    Known(Fault),
    /// Not all of it: a sentence for each thing that nobody has looked at.
    LookedAt(Vec<String>),
    After(FindingId),
}

/// A finding before it has its id.
#[derive(Debug)]
pub(super) struct UnnamedFinding {
    severity: Severity,
    evidence: Vec<String>,
    cure: Advice,
}

/// What was seen if all is well, and what else it is if not.
pub(super) type Judged = Result<String, Not>;

impl<T> Look<T> {
    /// Nobody has looked.
    pub(super) fn nobody() -> Self {
        Self::Unknown(Fault::new(FaultKind::Unreadable, "it was not checked"))
    }

    /// What was seen, for a check that ends here if there is nothing.
    pub(super) fn seen(&self) -> Result<&T, Not> {
        match self {
            Self::Saw(value) => Ok(value),
            Self::NotHere(reason) => Err(Not::Here(reason.clone())),
            Self::Unknown(fault) => Err(Not::Known(fault.clone())),
        }
    }

    /// The same of what the spec names: it may be the spec that keeps it from being looked at.
    pub(super) fn asked(&self, seen: &Examination) -> Result<&T, Not> {
        match (self, &seen.spec.troubles) {
            (Self::NotHere(_), Look::Saw(troubles)) if !troubles.is_empty() => {
                Err(Not::After(FindingId::SpecValues))
            }
            _ => self.seen(),
        }
    }

    /// The same of a trial, in which a refusal of the service is a trouble of its own.
    pub(super) fn tried(&self, cure: impl Into<Advice>) -> Result<&T, Not> {
        match self {
            Self::Unknown(fault) if is_refusal(fault.kind) => Err(wrong([fault.to_string()], cure)),
            other => other.seen(),
        }
    }

    /// The same of a step on the way to the service: that nothing answers is what is wrong there.
    pub(super) fn reached(&self, what: &str, cure: impl Into<Advice>) -> Result<&T, Not> {
        match self {
            Self::Unknown(fault) if fault.kind == FaultKind::Unreachable => {
                Err(wrong([format!("{what}: {}", fault.detail)], cure))
            }
            other => other.tried(cure),
        }
    }

    /// The same with what was seen changed by `change`.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Look<U> {
        match self {
            Self::Saw(value) => Look::Saw(change(value)),
            Self::NotHere(reason) => Look::NotHere(reason),
            Self::Unknown(fault) => Look::Unknown(fault),
        }
    }
}

/// An answer; every fault leaves it unknown, also "absent".
impl<T> From<Result<T, Fault>> for Look<T> {
    fn from(answer: Result<T, Fault>) -> Self {
        match answer {
            Ok(value) => Self::Saw(value),
            Err(fault) => Self::Unknown(fault),
        }
    }
}

/// What is there, or that it surely is not.
impl<T> From<Found<T>> for Look<Option<T>> {
    fn from(found: Found<T>) -> Self {
        match found {
            Found::Present(value) => Self::Saw(Some(value)),
            Found::Absent => Self::Saw(None),
            Found::Unknown(fault) => Self::Unknown(fault),
        }
    }
}

impl UnnamedFinding {
    pub(super) fn finding(self, id: FindingId) -> Finding {
        let Self { severity, evidence, cure } = self;
        Finding { id, severity, evidence, cure }
    }
}

/// What a provision does about it, which `{}` stands for.
pub(super) fn name_provision(words: &str) -> Advice {
    Advice::naming(words, [AdvisedCommand::Provision])
}

/// Something does not work, or will not.
pub(super) fn wrong(
    evidence: impl IntoIterator<Item = impl Into<String>>,
    cure: impl Into<Advice>,
) -> Not {
    not_sound(Severity::Wrong, evidence, cure)
}

/// Something works, and can do harm.
pub(super) fn warning(
    evidence: impl IntoIterator<Item = impl Into<String>>,
    cure: impl Into<Advice>,
) -> Not {
    not_sound(Severity::Warning, evidence, cure)
}

fn not_sound(
    severity: Severity,
    evidence: impl IntoIterator<Item = impl Into<String>>,
    cure: impl Into<Advice>,
) -> Not {
    let evidence = evidence.into_iter().map(Into::into).collect();
    Not::Sound(Box::new(UnnamedFinding { severity, evidence, cure: cure.into() }))
}

/// Whether a service has understood and said no: everything else leaves a trial open.
fn is_refusal(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Denied
            | FaultKind::Absent
            | FaultKind::Damaged
            | FaultKind::Unsupported
            | FaultKind::Refused
            | FaultKind::Disturbed
            | FaultKind::WrongRegion
            | FaultKind::WrongSecret
            | FaultKind::UnknownAccessKey
    )
}
