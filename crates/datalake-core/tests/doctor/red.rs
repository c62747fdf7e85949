//! What makes each finding red.

mod host;
mod service;

use datalake_core::doctor::FindingId;

use crate::modal::cases as modal;
use crate::sound::{Change, unknown};

/// The first situation that makes `id` red.
pub(crate) fn of(id: FindingId) -> Change {
    cases().into_iter().find(|(red, _)| *red == id).unwrap().1
}

pub(crate) fn cases() -> Vec<(FindingId, Change)> {
    [service::cases(), host::cases(), modal()].concat()
}

#[test]
fn a_service_that_is_not_there_is_no_fault_of_the_key() {
    use datalake_core::doctor::{CheckOutcome, diagnose};
    let mut seen = crate::sound::place();
    seen.key.service = unknown();

    let diagnosis = diagnose(&seen);

    assert!(matches!(diagnosis.of(FindingId::KeyUnknown), CheckOutcome::Unknown(_)));
    assert!(matches!(diagnosis.of(FindingId::KeySecret), CheckOutcome::Skipped(_)));
}
