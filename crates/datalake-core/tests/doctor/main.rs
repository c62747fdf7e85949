//! Every finding has a situation that makes it red, and one in which its check is green.

#[cfg(test)]
mod modal;
#[cfg(test)]
mod red;
#[cfg(test)]
mod sound;
#[cfg(test)]
mod traps;

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::advice::Advice;
use datalake_core::doctor::{
    CheckOutcome, DiagnosisVerdict, Examination, FindingId, Group, Severity, Skipped, diagnose,
};

#[test]
fn a_sound_place_is_green_in_every_check() {
    let diagnosis = diagnose(&sound::place());

    for (id, outcome) in diagnosis.outcomes() {
        assert!(matches!(outcome, CheckOutcome::Sound(_)), "{id}: {outcome:?}");
    }
    assert_eq!(diagnosis.verdict(None), DiagnosisVerdict::Sound);
}

#[test]
fn every_finding_has_a_situation_that_makes_it_red() {
    let cases = red::cases();
    for id in FindingId::ALL {
        assert!(cases.iter().any(|(red, _)| *red == id), "nothing makes {id} red");
    }
    let mut worst: BTreeMap<FindingId, Severity> = BTreeMap::new();
    for (id, change) in cases {
        let mut seen = sound::place();
        change(&mut seen);
        let diagnosis = diagnose(&seen);

        let CheckOutcome::Finding(finding) = diagnosis.of(id) else {
            panic!("{id}: {:?}", diagnosis.of(id));
        };
        assert_eq!(finding.id, id);
        assert!(finding.evidence.iter().all(|line| !line.is_empty()), "{id}: {finding:?}");
        assert!(!finding.evidence.is_empty(), "{id}: {finding:?}");
        assert_ne!(finding.cure, Advice::from(""), "{id}: {finding:?}");
        let held = worst.entry(id).or_insert(finding.severity);
        *held = finding.severity.max(*held);
    }
    let told: BTreeMap<_, _> = FindingId::ALL.map(|id| (id, id.severity())).into();
    let differing: Vec<_> = worst.iter().filter(|(id, worst)| told[id] != **worst).collect();
    assert!(differing.is_empty(), "at its worst: {differing:?}");
}

#[test]
fn what_nobody_has_looked_at_is_never_sound() {
    let diagnosis = diagnose(&Examination::nothing("2026-11-22T18:00:00Z".parse().unwrap()));

    for (id, outcome) in diagnosis.outcomes() {
        let is_open = matches!(outcome, CheckOutcome::Unknown(_) | CheckOutcome::Skipped(_));
        assert!(is_open, "{id}: {outcome:?}");
    }
    assert_eq!(diagnosis.verdict(None), DiagnosisVerdict::Unknown);
}

#[test]
fn each_thing_that_is_not_known_leaves_its_checks_open() {
    let mut open = BTreeSet::new();
    for (what, forget) in sound::forgotten() {
        let mut seen = sound::place();
        forget(&mut seen);
        let diagnosis = diagnose(&seen);

        let unknown = diagnosis.outcomes().filter(|(_, it)| matches!(it, CheckOutcome::Unknown(_)));
        let unknown: Vec<_> = unknown.map(|(id, _)| id).collect();
        assert!(!unknown.is_empty(), "{what} is not known, and no check says so");
        let findings =
            diagnosis.outcomes().filter(|(_, it)| matches!(it, CheckOutcome::Finding(_)));
        assert_eq!(findings.count(), 0, "{what} is not known, and something is found");
        let is_open =
            |it: &CheckOutcome| matches!(it, CheckOutcome::Unknown(_) | CheckOutcome::Skipped(_));
        open.extend(diagnosis.outcomes().filter(|(_, it)| is_open(it)).map(|(id, _)| id));
    }
    for id in FindingId::ALL {
        assert!(open.contains(&id), "{id} is sound, whatever is not known");
    }
}

#[test]
fn a_check_that_depends_on_a_broken_one_is_skipped_and_says_so() {
    let mut seen = sound::place();
    red::of(FindingId::KeySecret)(&mut seen);

    let diagnosis = diagnose(&seen);

    let after = CheckOutcome::Skipped(Skipped::After(FindingId::KeySecret));
    for id in [FindingId::StoreBucket, FindingId::StoreProbe, FindingId::MoneyOldVersions] {
        assert_eq!(diagnosis.of(id), &after, "{id}");
    }
    assert_eq!(diagnosis.verdict(Some(Group::Store)), DiagnosisVerdict::Findings);
    assert_eq!(diagnosis.verdict(Some(Group::Host)), DiagnosisVerdict::Sound);
    assert!(matches!(diagnosis.of(FindingId::HostUser), CheckOutcome::Sound(_)));
}

#[test]
fn a_warning_stops_nothing() {
    let mut seen = sound::place();
    seen.network.greeting = seen.network.greeting.map(|mut greeting| {
        greeting.clock_ahead = Some(120);
        greeting
    });

    let diagnosis = diagnose(&seen);

    let CheckOutcome::Finding(clock) = diagnosis.of(FindingId::NetworkClock) else { panic!() };
    assert_eq!(clock.severity, Severity::Warning);
    assert!(matches!(diagnosis.of(FindingId::KeySecret), CheckOutcome::Sound(_)));
}
