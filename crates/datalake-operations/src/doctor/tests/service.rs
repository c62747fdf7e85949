//! The spec, the service and Modal.

use datalake_core::doctor::{HeadAnswer, ModalSecretLook};

use super::*;

#[tokio::test]
async fn a_spec_without_a_host_is_told_and_the_rest_examined() {
    let place = Place::folder();

    let seen = place
        .examine_as(None, |spec| ReadSpec { host: Err("`host.user` is wrong".to_owned()), ..spec })
        .await;

    assert_not_here(&seen.host.account, "the spec names no host");
    assert_not_here(&seen.modal.client, "`host.user` is wrong");
    assert!(matches!(seen.key.service, Look::Saw(_)), "{:?}", seen.key);
}

#[tokio::test]
async fn a_spec_without_a_service_leaves_key_and_bucket_unasked() {
    let place = Place::folder();

    let seen = place
        .examine_as(None, |spec| ReadSpec { store: Err("no region".to_owned()), ..spec })
        .await;

    assert_not_here(&seen.key.source, "the spec names no service: no region");
    assert_not_here(&seen.store.heads, "the spec names no service: no region");
    assert_not_here(&seen.trials.probe, "the spec names no service");
    assert_not_here(&seen.money.usage, "the spec names no service");
    assert!(matches!(seen.money.prices, Look::Saw(_)), "prices need no service");
}

#[tokio::test]
async fn a_pair_with_a_flaw_is_not_sent() {
    let mut place = Place::folder();
    let error = OperationError::new(ErrorKind::Config, "a blank in it");
    place.pair = Err(NoKeyPair::Flaw(error));

    let seen = place.examine(Some(Group::Key)).await;

    assert_eq!(seen.key.flaw, Look::Saw(Some("a blank in it".to_owned())));
    assert!(matches!(seen.key.service, Look::Unknown(_)));
}

#[tokio::test]
async fn a_pair_that_cannot_be_read_is_told_with_its_advice() {
    for (advice, cure) in [
        (Some("chmod 600 f"), "chmod 600 f"),
        (None, "name a file of mode 0600 that holds the pair"),
    ] {
        let mut place = Place::folder();
        let error = OperationError::new(ErrorKind::Config, "its mode is 0644");
        let error = advice.into_iter().fold(error, OperationError::advise);
        place.pair = Err(NoKeyPair::Unread(error));

        let seen = place.examine(Some(Group::Key)).await;

        let Look::Saw(Err(unread)) = &seen.key.source else { panic!("{:?}", seen.key.source) };
        assert_eq!(
            (unread.what.as_str(), unread.cure.as_deref()),
            ("its mode is 0644", Some(cure))
        );
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_by_every_head() {
    let seen = Place::folder().examine(Some(Group::Store)).await;

    let heads = vec![HeadAnswer::Absent; 5];
    assert_eq!(seen.store.heads, Look::Saw(heads));
    assert!(!seen.key.has_used_bucket);
}

#[tokio::test]
async fn without_a_bucket_nothing_of_it_is_asked() {
    let mut place = Place::folder();
    place.document.bucket = None;

    let seen = place.examine(Some(Group::Store)).await;

    assert_not_here(&seen.store.heads, "the spec names no bucket");
    assert!(matches!(seen.key.buckets, Look::Saw(_)));
}

#[tokio::test]
async fn locations_are_asked_for_the_network_alone() {
    let seen = Place::folder().examine(Some(Group::Key)).await;
    assert_not_here(&seen.network.locations, "not asked for");

    let place = Place::folder();
    let seen = place.examine(Some(Group::Network)).await;
    let Look::Saw(trials) = &seen.network.locations else { panic!("{:?}", seen.network) };
    assert!(trials.len() == 1 && trials[0].is_own && trials[0].usual.is_none(), "{trials:?}");

    let seen = place.examine(Some(Group::Network)).await;
    let Look::Saw(trials) = &seen.network.locations else { panic!("{:?}", seen.network) };
    assert_eq!(trials[0].usual.map(|usual| usual.examinations), Some(1));
}

#[tokio::test]
async fn a_secret_that_modal_does_not_have_is_absent() {
    let seen = Place::folder().examine(Some(Group::Modal)).await;

    assert_eq!(seen.modal.answer, Look::Saw(()));
    assert_eq!(seen.modal.secret, Look::Saw(ModalSecretLook::Absent));
    assert_not_here(&seen.modal.age, "it does not exist");
}

#[tokio::test]
async fn without_a_login_modal_is_not_asked() {
    let mut place = Place::folder();
    place.modal.is_without_login = true;

    let seen = place.examine(Some(Group::Modal)).await;

    let Look::Saw(Ok(client)) = &seen.modal.client else { panic!("{:?}", seen.modal) };
    assert_eq!(client.tokens, [""; 0]);
    assert!(matches!(seen.modal.answer, Look::Unknown(_)));
}

#[tokio::test]
async fn modal_is_asked_where_the_spec_names_it() {
    let mut place = Place::folder();
    place.document.modal = serde_json::from_value(json!({})).unwrap();

    let seen = place.examine(Some(Group::Modal)).await;

    assert_not_here(&seen.modal.client, "the spec asks for nothing of Modal");
    assert_not_here(&seen.modal.config, "there is no");
}

#[tokio::test]
async fn what_is_wrong_in_the_spec_is_told_and_nothing_is_planned() {
    let mut place = Place::folder();
    place.document.bucket = Some("Not A Bucket".to_owned());

    let seen = place.examine(None).await;

    let Look::Saw(troubles) = &seen.spec.troubles else { panic!("{:?}", seen.spec) };
    assert!(troubles[0].what.contains("bucket"), "{troubles:?}");
    assert_not_here(&seen.settings.pending, "it takes a service");
}
