//! What a diagnosis tells.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{FindingId, Group, Remedy};
use crate::advice::Advice;

/// Something that is wrong, and what cures it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub id: FindingId,
    /// How bad it is.
    pub severity: Severity,
    /// What is so, line by line; text from outside is as it came.
    pub evidence: Vec<String>,
    /// What to do.
    pub cure: Advice,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It works, and can do harm.
    Warning,
    /// It does not work, or will not.
    Wrong,
}

/// What a check has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// All is well; this was seen.
    Sound(String),
    /// Something is not.
    Finding(Finding),
    /// It was not made.
    Skipped(Skipped),
    /// It could not be made, for this reason.
    Unknown(String),
}

/// Why a check was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skipped {
    /// It says nothing as long as this earlier check is not sound.
    After(FindingId),
    /// There is nothing of the kind to look at here.
    NotHere(String),
}

/// What the checks come to, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosisVerdict {
    /// Nothing was found, and everything that there is to learn was learned.
    Sound,
    /// Nothing was found, and something could not be learned.
    Unknown,
    /// Something is not well.
    Findings,
}

/// The outcome of every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    pub(super) outcomes: Vec<(FindingId, CheckOutcome)>,
}

impl Diagnosis {
    /// The outcomes, group by group.
    pub fn outcomes(&self) -> impl Iterator<Item = (FindingId, &CheckOutcome)> {
        self.outcomes.iter().map(|(id, outcome)| (*id, outcome))
    }

    /// What the check of this id has come to.
    ///
    /// # Panics
    ///
    /// Never: a diagnosis has an outcome for every id.
    #[must_use]
    pub fn of(&self, id: FindingId) -> &CheckOutcome {
        let mut outcomes = self.outcomes.iter();
        let found = outcomes.find(|(held, _)| *held == id);
        &found.expect("a diagnosis has an outcome for every id").1
    }

    /// The outcomes of these ids, group by group.
    pub fn chosen<'a>(
        &'a self,
        is_chosen: impl Fn(FindingId) -> bool + 'a,
    ) -> impl Iterator<Item = (FindingId, &'a CheckOutcome)> {
        self.outcomes().filter(move |(id, _)| is_chosen(*id))
    }

    /// The other findings that the cure of this one cures as well.
    #[must_use]
    pub fn cured_with(&self, id: FindingId) -> Vec<FindingId> {
        let is_cured = |other: FindingId| other != id && other.remedy() == id.remedy();
        let found = self.outcomes().filter(|(other, outcome)| {
            matches!(outcome, CheckOutcome::Finding(_)) && is_cured(*other)
        });
        let found = found.map(|(other, _)| other);
        found.filter(|_| id.remedy() != Remedy::Person).collect()
    }

    /// The checks, others than these, because of which some of these were skipped.
    #[must_use]
    pub fn roots_of(&self, is_chosen: impl Fn(FindingId) -> bool) -> BTreeSet<FindingId> {
        let roots = self.chosen(&is_chosen).filter_map(|(_, outcome)| match outcome {
            CheckOutcome::Skipped(Skipped::After(root)) => Some(*root),
            _ => None,
        });
        roots.filter(|root| !is_chosen(*root)).collect()
    }

    /// What the checks of one group come to, or all of them. A check that was skipped because of
    /// another one is as good as that one.
    #[must_use]
    pub fn verdict(&self, group: Option<Group>) -> DiagnosisVerdict {
        self.verdict_of(|id| group.is_none_or(|group| id.group() == group))
    }

    /// The same of these ids.
    #[must_use]
    pub fn verdict_of(&self, is_chosen: impl Fn(FindingId) -> bool) -> DiagnosisVerdict {
        let verdicts = self.chosen(is_chosen).map(|(_, outcome)| self.weight(outcome));
        verdicts.max().unwrap_or(DiagnosisVerdict::Sound)
    }

    fn weight(&self, outcome: &CheckOutcome) -> DiagnosisVerdict {
        match outcome {
            CheckOutcome::Sound(_) | CheckOutcome::Skipped(Skipped::NotHere(_)) => {
                DiagnosisVerdict::Sound
            }
            CheckOutcome::Finding(_) => DiagnosisVerdict::Findings,
            CheckOutcome::Unknown(_) => DiagnosisVerdict::Unknown,
            CheckOutcome::Skipped(Skipped::After(root)) => match self.of(*root) {
                CheckOutcome::Unknown(_) => DiagnosisVerdict::Unknown,
                _ => DiagnosisVerdict::Findings,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make_diagnosis(found: &[FindingId]) -> Diagnosis {
        let outcome = |id: FindingId| {
            if !found.contains(&id) {
                return CheckOutcome::Sound(String::new());
            }
            let (severity, cure) = (Severity::Wrong, Advice::Text(String::new()));
            CheckOutcome::Finding(Finding { id, severity, evidence: Vec::new(), cure })
        };
        Diagnosis { outcomes: FindingId::ALL.map(|id| (id, outcome(id))).to_vec() }
    }

    #[test]
    fn a_cure_cures_what_was_found_and_goes_the_same_road() {
        let found = [FindingId::HostEnvFile, FindingId::HostHandover, FindingId::ContainersUp];
        let diagnosis = make_diagnosis(&found);

        assert_eq!(diagnosis.cured_with(FindingId::HostEnvFile), [FindingId::HostHandover]);
        assert_eq!(diagnosis.cured_with(FindingId::ContainersUp), []);
    }

    #[test]
    fn what_a_person_does_cures_nothing_else() {
        let diagnosis = make_diagnosis(&[FindingId::KeySource, FindingId::KeyShape]);

        assert_eq!(diagnosis.cured_with(FindingId::KeySource), []);
    }
}
