//! The judgement: every check once, those that depend on others after them.

use super::finding::{CheckOutcome, Diagnosis, Severity, Skipped};
use super::look::{Judged, Not};
use super::{Examination, FindingId};
use super::{containers, dagster_yaml, host, key, lake, locations, modal, money, network, python};
use super::{public_access, settings, spec, store, switch, tables, trials};

/// How one id is judged.
pub(super) struct FindingCheck {
    pub(super) id: FindingId,
    /// As long as one of these is wrong or unknown, this one says nothing.
    pub(super) after: &'static [FindingId],
    pub(super) judge: fn(&Examination) -> Judged,
}

const CHECKS: [&[FindingCheck]; 17] = [
    spec::CHECKS,
    network::CHECKS,
    locations::CHECKS,
    key::CHECKS,
    store::CHECKS,
    public_access::CHECKS,
    trials::CHECKS,
    tables::CHECKS,
    host::CHECKS,
    settings::CHECKS,
    containers::CHECKS,
    lake::CHECKS,
    dagster_yaml::CHECKS,
    python::CHECKS,
    switch::CHECKS,
    modal::CHECKS,
    money::CHECKS,
];

/// Judges what was seen.
#[must_use]
pub fn diagnose(seen: &Examination) -> Diagnosis {
    let mut diagnosis = Diagnosis { outcomes: Vec::new() };
    for id in FindingId::ALL {
        let outcome = match CHECKS.iter().copied().flatten().find(|check| check.id == id) {
            Some(check) => judge_check(check, seen, &diagnosis),
            None => CheckOutcome::Unknown("there is no check for it".to_owned()),
        };
        diagnosis.outcomes.push((id, outcome));
    }
    diagnosis
}

fn judge_check(check: &FindingCheck, seen: &Examination, earlier: &Diagnosis) -> CheckOutcome {
    if let Some(root) = check.after.iter().find_map(|id| stopped_by(*id, earlier)) {
        return CheckOutcome::Skipped(Skipped::After(root));
    }
    match (check.judge)(seen) {
        Ok(sound) => CheckOutcome::Sound(sound),
        Err(Not::Sound(trouble)) => CheckOutcome::Finding(trouble.finding(check.id)),
        Err(Not::After(root)) => CheckOutcome::Skipped(Skipped::After(root)),
        Err(Not::Here(reason)) => CheckOutcome::Skipped(Skipped::NotHere(reason)),
        Err(Not::Known(fault)) => CheckOutcome::Unknown(fault.to_string()),
        Err(Not::LookedAt(unread)) => CheckOutcome::Unknown(unread.join("; ")),
    }
}

/// The check that makes those after `id` say nothing, if there is one.
fn stopped_by(id: FindingId, earlier: &Diagnosis) -> Option<FindingId> {
    match earlier.of(id) {
        CheckOutcome::Finding(finding) => (finding.severity == Severity::Wrong).then_some(id),
        CheckOutcome::Unknown(_) => Some(id),
        CheckOutcome::Skipped(Skipped::After(root)) => Some(*root),
        CheckOutcome::Sound(_) | CheckOutcome::Skipped(Skipped::NotHere(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_one_check_and_depends_on_earlier_ones() {
        let place = |id| FindingId::ALL.iter().position(|held| *held == id).unwrap();
        for id in FindingId::ALL {
            let mut checks = CHECKS.iter().copied().flatten().filter(|check| check.id == id);
            let check = checks.next().unwrap_or_else(|| panic!("{id} has no check"));
            assert!(checks.next().is_none(), "{id} has two checks");
            for after in check.after {
                assert!(place(*after) < place(id), "{id} comes before {after}");
            }
        }
    }
}
