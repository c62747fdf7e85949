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

#[test]
fn a_service_without_public_access_blocks_is_told_and_is_no_finding() {
    use datalake_core::doctor::{CheckOutcome, FindingId, Look, diagnose};
    let mut seen = crate::sound::place();
    let bucket = crate::sound::bucket("acme-tables");
    let not_offered = Look::NotHere("the service offers none: NotImplemented".to_owned());
    seen.public_access.buckets = Look::Saw(vec![(bucket, not_offered)]);

    let found = diagnose(&seen);

    let outcome = found.of(FindingId::StorePublicAccess);
    assert!(format!("{outcome:?}").contains("NotImplemented"), "{outcome:?}");
    assert!(matches!(outcome, CheckOutcome::Skipped(_)), "{outcome:?}");
}

#[test]
fn a_bucket_in_which_only_its_own_project_stores_needs_no_public_access_block() {
    use datalake_core::doctor::{CheckOutcome, FindingId, Look, diagnose};
    use datalake_core::s3::PublicAccessBlock;
    let mut seen = crate::sound::place();
    let bucket = crate::sound::bucket("acme-tables");
    seen.public_access.buckets = Look::Saw(vec![(bucket, Look::Saw(PublicAccessBlock::default()))]);
    seen.public_access.has_roles = false;

    let found = diagnose(&seen);

    let outcome = found.of(FindingId::StorePublicAccess);
    assert!(
        matches!(outcome, CheckOutcome::Sound(told) if told.contains("`acme-tables`")),
        "{outcome:?}"
    );
}
