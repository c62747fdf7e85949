//! What makes each finding of Modal's red.

use datalake_core::doctor::{
    CheckOutcome, EnvFileLook, FindingId, IdleProfiles, Look, ModalClientLook, ModalSecretLook,
    Severity, diagnose,
};
use datalake_core::fault::{Fault, FaultKind};

use crate::sound::{Change, age, client, file, place, unknown};

pub(crate) fn cases() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::ModalClient, |seen| {
            seen.modal.client = Look::Saw(Err("no program `modal`".to_owned()));
        }),
        (FindingId::ModalClientVersion, |seen| {
            seen.modal.client = Look::Saw(Ok(client("1.4.1", &["the environment"])));
        }),
        (FindingId::ModalClientVersion, |seen| {
            seen.modal.client = Look::Saw(Ok(client("0.73.5", &["the environment"])));
        }),
        (FindingId::ModalToken, |seen| seen.modal.client = Look::Saw(Ok(client("1.6.4", &[])))),
        (FindingId::ModalToken, |seen| {
            let names = vec!["acme".to_owned(), "other".to_owned()];
            let idle_profiles = Some(IdleProfiles { path: ".modal.toml".to_owned(), names });
            let client = ModalClientLook { idle_profiles, ..client("1.6.4", &[]) };
            seen.modal.client = Look::Saw(Ok(client));
        }),
        (FindingId::ModalTokenTwice, |seen| {
            let tokens = ["the environment", "profile `default` of .modal.toml"];
            seen.modal.client = Look::Saw(Ok(client("1.6.4", &tokens)));
        }),
        (FindingId::ModalConfigMode, |seen| {
            let wide = EnvFileLook { is_private: false, ..file(".modal.toml") };
            seen.modal.config = Look::Saw(wide);
        }),
        (FindingId::ModalAnswer, |seen| seen.modal.answer = answer(FaultKind::Unreachable)),
        (FindingId::ModalAnswer, |seen| seen.modal.answer = answer(FaultKind::WrongLogin)),
        (FindingId::ModalSecret, |seen| {
            seen.modal.secret = Look::Saw(ModalSecretLook::Earlier);
        }),
        (FindingId::ModalSecret, |seen| {
            seen.modal.secret = Look::Saw(ModalSecretLook::Foreign);
        }),
        (FindingId::ModalSecret, |seen| {
            seen.modal.secret = Look::Saw(ModalSecretLook::Incomplete);
        }),
        (FindingId::ModalSecret, |seen| seen.modal.secret = Look::Saw(ModalSecretLook::Absent)),
        (FindingId::ModalSecretAge, |seen| {
            seen.modal.secret = unknown();
            seen.modal.age = Look::Saw(age("2026-11-22T11:59:59Z"));
        }),
    ]
}

fn answer(kind: FaultKind) -> Look<()> {
    Look::Unknown(Fault::new(kind, "it said no"))
}

#[test]
fn a_token_in_two_places_is_a_warning_that_names_the_one_in_use() {
    let mut seen = place();
    let tokens = ["the environment", "profile `default`"];
    seen.modal.client = Look::Saw(Ok(client("1.6.4", &tokens)));

    let diagnosis = diagnose(&seen);

    let CheckOutcome::Finding(found) = diagnosis.of(FindingId::ModalTokenTwice) else { panic!() };
    assert_eq!(found.severity, Severity::Warning);
    assert!(found.evidence[0].starts_with("the token of the environment wins"), "{found:?}");
    assert_eq!(
        diagnosis.of(FindingId::ModalToken),
        &CheckOutcome::Sound("from the environment".into())
    );
    assert!(matches!(diagnosis.of(FindingId::ModalAnswer), CheckOutcome::Sound(_)));
}

#[test]
fn of_several_profiles_without_an_active_one_it_says_which_there_are_and_what_to_type() {
    let mut seen = place();
    let names = vec!["acme".to_owned(), "other".to_owned()];
    let idle_profiles = Some(IdleProfiles { path: ".modal.toml".to_owned(), names });
    seen.modal.client = Look::Saw(Ok(ModalClientLook { idle_profiles, ..client("1.6.4", &[]) }));

    let diagnosis = diagnose(&seen);

    let CheckOutcome::Finding(found) = diagnosis.of(FindingId::ModalToken) else { panic!() };
    let expected = "`.modal.toml` has the profiles acme, other, and none is the active one";
    assert_eq!(found.evidence, [expected]);
}

#[test]
fn a_secret_whose_content_is_right_may_be_of_any_age() {
    let mut seen = place();
    seen.modal.age = Look::Saw(age("2020-01-01T00:00:00Z"));

    assert!(matches!(diagnose(&seen).of(FindingId::ModalSecretAge), CheckOutcome::Sound(_)));
}

#[test]
fn what_modal_would_say_is_not_known_without_a_token() {
    let mut seen = place();
    seen.modal.client = Look::Saw(Ok(client("1.6.4", &[])));
    seen.modal.answer = unknown();

    let diagnosis = diagnose(&seen);

    for id in [FindingId::ModalAnswer, FindingId::ModalSecret, FindingId::ModalSecretAge] {
        assert!(matches!(diagnosis.of(id), CheckOutcome::Skipped(_)), "{id}");
    }
}
