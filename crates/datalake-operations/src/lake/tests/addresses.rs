//! What addresses mean, and what lies there.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::S3Address;
use datalake_engine::{ObjectSource, Objects as _, VersionKind};

use super::named_commands;
use crate::lake::test_service::{TestService, key};
use crate::lake::{
    explain_object_fault, has_key_below, list_versions_of_key, refuse_absent_wildcard,
    refuse_wildcard, require_folder,
};
use crate::{AdvisedCommand, ErrorKind, OperationError};

fn address(text: &str) -> S3Address {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_address_without_a_bucket_means_the_one_of_the_spec() {
    let mut service = TestService::with_keys(&[]).await;

    let (bucket, pattern) = service.client().parse_pattern(&address("raw/*"), false).unwrap();
    assert_eq!((bucket.as_str(), pattern.has_wildcards()), ("acme-lake", true));
    let (bucket, found) = service.client().parse_key(&address("s3://other/a b")).unwrap();
    assert_eq!((bucket.as_str(), found.as_str()), ("other", "a b"));
    let (_, plain) = service.client().parse_pattern(&address("raw/[*"), true).unwrap();
    assert!(!plain.has_wildcards());

    service.spec.bucket = None;
    let error = service.client().choose_bucket(None).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(service.client().parse_key(&address("s3://other/x")).is_ok());
}

#[tokio::test]
async fn a_pattern_or_key_that_is_none_is_a_wrong_use() {
    let service = TestService::with_keys(&[]).await;
    let kind = |error: OperationError| error.kind;

    let pattern = service.client().parse_pattern(&address("a[b"), false);
    assert_eq!(pattern.map_err(kind).unwrap_err(), ErrorKind::Usage);
    let no_key = service.client().parse_key(&address("s3://acme-lake/"));
    assert_eq!(no_key.map_err(kind).unwrap_err(), ErrorKind::Usage);
}

#[tokio::test]
async fn a_folder_that_is_none_says_what_lies_there_instead() {
    let service = TestService::with_keys(&["raw/a.csv", "one"]).await;
    let (lake, bucket) = (service.client().retrying(), &service.bucket);
    let place = |text: &str| format!("s3://acme-lake/{text}");

    assert_eq!(require_folder(&lake, bucket, "raw/").await, Ok(()));
    assert_eq!(require_folder(&lake, bucket, "").await, Ok(()));
    let table = [
        ("one/", ErrorKind::Absent, Some(AdvisedCommand::CopyFrom(place("one")))),
        ("none/", ErrorKind::Absent, Some(AdvisedCommand::ListKeys(place("")))),
        ("r*/", ErrorKind::Usage, None),
    ];
    for (prefix, kind, command) in table {
        let error = require_folder(&lake, bucket, prefix).await.unwrap_err();
        assert_eq!(error.kind, kind, "{prefix}");
        assert_eq!(named_commands(&error), command.into_iter().collect::<Vec<_>>(), "{prefix}");
    }
    let other = "other-lake".parse().unwrap();
    let error = require_folder(&lake, &other, "raw/").await.unwrap_err();
    assert_eq!(error.messages.first().map(String::as_str), Some("the listing failed"));
}

#[tokio::test]
async fn an_empty_bucket_is_a_folder() {
    let service = TestService::with_keys(&[]).await;

    assert_eq!(require_folder(&service.store, &service.bucket, "").await, Ok(()));
    assert_eq!(has_key_below(&service.store, &service.bucket, "").await, Ok(false));
}

#[tokio::test]
async fn an_object_that_does_not_exist_may_be_a_folder_and_the_bucket_may_be_missing() {
    let service = TestService::with_keys(&["raw/a.csv"]).await;
    let lake = service.client().retrying();
    let explain = async |bucket: &str, text: &str| {
        let (bucket, key) = (bucket.parse().unwrap(), key(text));
        let fault = lake.head(&ObjectSource::current(&bucket, &key)).await.unwrap_err();
        explain_object_fault(&lake, &bucket, &key, &fault).await
    };

    let folder = explain("acme-lake", "raw").await;
    assert_eq!(folder.messages, ["`s3://acme-lake/raw/` is a folder, not an object"]);
    let gone = explain("acme-lake", "gone").await;
    assert!(gone.messages[0].starts_with("object `s3://acme-lake/gone`"), "{gone}");
    let no_bucket = explain("other-lake", "gone").await;
    assert!(no_bucket.messages[0].starts_with("bucket `other-lake`"), "{no_bucket}");
    assert!([folder, gone, no_bucket].iter().all(|error| error.kind == ErrorKind::Absent));
}

#[test]
fn a_wildcard_is_refused_where_the_key_does_not_exist_and_never_else() {
    let absent = Fault::new(FaultKind::Absent, "");
    let denied = Fault::new(FaultKind::Denied, "");

    assert!(refuse_absent_wildcard(&key("a*"), &absent).is_err());
    assert!(refuse_absent_wildcard(&key("a*"), &denied).is_ok());
    assert!(refuse_absent_wildcard(&key("a"), &absent).is_ok());
    assert!(refuse_wildcard("a[").is_ok(), "no pattern, and so no wildcard");
}

#[tokio::test]
async fn versions_of_a_key_are_not_those_of_keys_that_begin_like_it() {
    let service = TestService::with_keys(&[]).await.keeping_versions().await;
    for text in ["a", "a", "a.csv", "a/b"] {
        service.put(text, "x").await;
    }
    service.delete("a").await;

    let versions = list_versions_of_key(&service.store, &service.bucket, &key("a")).await.unwrap();

    assert_eq!(versions.len(), 3);
    assert_eq!(versions[0].kind, VersionKind::Marker, "the newest first");
}
