//! Objects counted and deleted.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{KeyPattern, Versioning};
use datalake_engine::{Cleared, Extent};

use super::list_keys;
use crate::lake::test_service::{TestService, key};
use crate::lake::{DeletionEnd, DeletionReach, DeletionTarget, Finality, undeleted_error};
use crate::{ErrorKind, OperationError};

fn target(text: &str, reach: DeletionReach) -> Result<DeletionTarget, OperationError> {
    let pattern = KeyPattern::new(text).unwrap();
    DeletionTarget::choose("acme-lake".parse().unwrap(), pattern, reach)
}

const ONE: DeletionReach = DeletionReach { recursive: false, versions: false };
const ALL: DeletionReach = DeletionReach { recursive: true, versions: false };
const ALL_VERSIONS: DeletionReach = DeletionReach { recursive: true, versions: true };

#[test]
fn a_folder_is_deleted_only_where_it_is_named_whole() {
    for text in ["raw/", "raw/*", ""] {
        assert!(target(text, ALL).is_ok(), "{text}");
    }
    for (text, reach) in [("raw", ALL), ("", ONE)] {
        assert_eq!(target(text, reach).unwrap_err().kind, ErrorKind::Usage, "{text}");
    }
    assert!(target("", ALL).unwrap().is_whole_bucket());
    assert!(target("**", ONE).unwrap().is_whole_bucket());
    assert!(!target("raw/", ALL).unwrap().is_whole_bucket());
    assert_eq!(target("raw/*.csv", ONE).unwrap().describe(), "s3://acme-lake/raw/… (by pattern)");
}

#[tokio::test]
async fn what_is_counted_is_what_is_deleted() {
    let table: [(&str, DeletionReach, &[&str]); 4] = [
        ("raw/a.csv", ONE, &["raw/b.txt", "raw2/c.csv"]),
        ("raw/*.csv", ONE, &["raw/b.txt", "raw2/c.csv"]),
        ("raw/", ALL, &["raw2/c.csv"]),
        ("", ALL, &[]),
    ];
    for (text, reach, left) in table {
        let service = TestService::with_keys(&["raw/a.csv", "raw/b.txt", "raw2/c.csv"]).await;
        let lake = service.client().retrying();
        let target = target(text, reach).unwrap();

        let found = target.count(&lake, &mut |_| ()).await.unwrap();
        let DeletionEnd { cleared, error } = target.delete(&lake, &found, &mut |_| ()).await;
        assert_eq!(error, None, "{text}");

        let kept: Vec<_> = list_keys(&service).await;
        assert_eq!(kept, left, "{text}");
        assert_eq!(cleared.gone.count, 3 - left.len() as u64, "{text}");
        assert_eq!(cleared.gone.bytes, found.current.bytes, "{text}");
    }
}

#[tokio::test]
async fn with_all_versions_nothing_stays_and_without_them_a_marker_comes() {
    for (reach, left) in [(ALL, 5), (ALL_VERSIONS, 0)] {
        let service = TestService::with_keys(&[]).await.keeping_versions().await;
        for text in ["a", "a", "b"] {
            service.put(text, "x").await;
        }
        let target = target("", reach).unwrap();
        let found = target.count(&service.store, &mut |_| ()).await.unwrap();
        target.delete(&service.store, &found, &mut |_| ()).await;

        assert_eq!(service.store.version_count(), left, "{reach:?}");
    }
}

#[tokio::test]
async fn one_key_with_all_its_versions_goes_alone() {
    let service = TestService::with_keys(&[]).await.keeping_versions().await;
    for text in ["a", "a", "a.csv"] {
        service.put(text, "xy").await;
    }
    let target = target("a", DeletionReach { recursive: false, versions: true }).unwrap();
    let found = target.count(&service.store, &mut |_| ()).await.unwrap();
    let DeletionEnd { cleared, .. } = target.delete(&service.store, &found, &mut |_| ()).await;

    assert_eq!(target.extent(), Extent::AllVersions);
    assert_eq!((cleared.gone.count, cleared.gone.bytes), (2, 4));
    assert_eq!(service.store.version_count(), 1);
}

#[tokio::test]
async fn a_key_that_does_not_exist_is_not_counted_as_nothing() {
    let service = TestService::with_keys(&["raw/a.csv"]).await;

    let error = target("raw", ONE).unwrap().count(&service.store, &mut |_| ()).await.unwrap_err();

    assert_eq!(error.messages, ["`s3://acme-lake/raw/` is a folder, not an object"]);
}

#[tokio::test]
async fn whether_it_can_come_back_is_asked_of_the_bucket() {
    let service = TestService::with_keys(&["a"]).await;
    let finality = async |reach, service: &TestService| {
        target("", reach).unwrap().find_finality(&service.store).await
    };

    assert_eq!(finality(ALL, &service).await, Finality::Bucket(Versioning::Never));
    let service = service.keeping_versions().await;
    assert_eq!(finality(ALL, &service).await, Finality::Bucket(Versioning::Enabled));
    assert_eq!(finality(ALL_VERSIONS, &service).await, Finality::AllVersions);
}

#[test]
fn what_could_not_be_deleted_is_named_key_by_key() {
    let bucket = "acme-lake".parse().unwrap();
    let fault = || Fault::new(FaultKind::Denied, "locked");
    let failures = vec![(key("a\tb"), fault()), (key("c"), fault())];
    let cleared = Cleared { failed: 1_234, failures, ..Cleared::default() };

    let error = undeleted_error(&bucket, &cleared);

    assert_eq!(error.kind, ErrorKind::Partly);
    let message = &error.messages[0];
    assert!(message.starts_with("bucket `acme-lake`: 1,234 could not be deleted:\n  a\\tb: "));
    assert!(message.ends_with("\n  …"), "{message}");
    assert_eq!(undeleted_error(&bucket, &Cleared::default()).kind, ErrorKind::Bug);
}
