//! Uploads, copies and deletions whose answers are not what they seem, and the simulator's faults.

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::memory::MemoryClock;
use datalake_engine::*;
use datalake_sim::SimKey;

use crate::answers::{answering, is, ok};
use crate::common::bucket;
use crate::simulator::{credentials, simulator, store};

const SORRY: &str =
    "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message></Message></Error>";

fn upload() -> Upload {
    let key = "k".try_into().unwrap();
    Upload { bucket: bucket(), key, id: UploadId("u".to_owned()) }
}

fn part(number: u16) -> TakenPart {
    TakenPart { number: PartNumber::new(number).unwrap(), etag: "e".parse().unwrap() }
}

fn doomed(key: &str) -> DeleteTarget {
    DeleteTarget { key: key.try_into().unwrap(), version: None }
}

#[tokio::test]
async fn an_error_in_a_success_is_an_error() {
    let (_server, store) = answering(ok(SORRY).insert_header("etag", "\"e\"")).await;
    let (upload, bucket) = (upload(), bucket());
    let source = ObjectSource::current(&bucket, &upload.key);
    let unavailable = |answer: Result<(), Fault>| is(answer, FaultKind::Unavailable, "Internal");

    unavailable(store.complete_upload(&upload, &[part(1)]).await.map(drop));
    unavailable(store.copy(&source, (&bucket, &upload.key), None).await.map(drop));
    unavailable(store.copy_part(&upload, PartNumber::FIRST, (&source, None)).await.map(drop));
    unavailable(store.put_part(&upload, PartNumber::FIRST, &Payload::of("x")).await.map(drop));
    unavailable(store.begin_upload(&bucket, &upload.key, &Attributes::NONE).await.map(drop));
    unavailable(store.abort_upload(&upload).await);
    unavailable(store.delete(&bucket, &upload.key, None).await.map(drop));
    unavailable(store.delete_many(&bucket, &[doomed("k")]).await.map(drop));
    unavailable(store.delete_bucket(&bucket).await);
    unavailable(store.cors(&bucket).await.map(drop));
    unavailable(store.lock(&bucket).await.map(drop));
    unavailable(store.policy(&bucket).await.map(drop));
    unavailable(store.location(&bucket).await.map(drop));
}

#[tokio::test]
async fn garbage_is_never_a_success() {
    for body in ["", "{}", "<html></html>", "<CompleteMultipartUploadResult/>"] {
        let (_server, store) = answering(ok(body)).await;
        let (upload, bucket) = (upload(), bucket());

        is(store.complete_upload(&upload, &[part(1)]).await, FaultKind::Unreadable, "");
        is(store.list_parts(&upload, None).await, FaultKind::Unreadable, "");
        is(store.delete_many(&bucket, &[doomed("k")]).await, FaultKind::Unreadable, "");
        is(store.cors(&bucket).await, FaultKind::Unreadable, "");
        is(store.lock(&bucket).await, FaultKind::Unreadable, "");
        is(store.location(&bucket).await, FaultKind::Unreadable, "");
        is(
            store.begin_upload(&bucket, &upload.key, &Attributes::NONE).await,
            FaultKind::Unreadable,
            "",
        );
    }
}

#[tokio::test]
async fn parts_out_of_order_are_not_even_sent() {
    let (server, store) = answering(ok("")).await;

    for parts in [&[][..], &[part(2), part(1)], &[part(1), part(1)]] {
        is(store.complete_upload(&upload(), parts).await, FaultKind::Refused, "order");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_object_that_the_service_is_silent_about_does_not_count_as_deleted() {
    let body = "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key>\
        <Code>AccessDenied</Code></Error></DeleteResult>";
    let (_server, store) = answering(ok(body)).await;

    let outcomes = store.delete_many(&bucket(), &["a", "b", "c"].map(doomed)).await.unwrap();

    let kinds: Vec<_> = outcomes.into_iter().map(|one| one.err().map(|fault| fault.kind)).collect();
    assert_eq!(kinds, [None, Some(FaultKind::Denied), Some(FaultKind::Unreadable)]);
}

#[tokio::test]
async fn the_suite_holds_through_bad_days_when_calls_are_repeated() {
    let (_dir, sim) =
        simulator(|config| config.faults = "seed 11, 5% 503, 5% 500, 3% 429".parse().unwrap())
            .await;
    let (store, clock) = (store(&sim, &credentials(&SimKey::sandbox())), MemoryClock::new(0));

    let checked = check_lake(&RetryingStore::new(&store, &clock, 500), &bucket()).await;

    assert_eq!(checked, Ok(()));
    assert!(!clock.slept().is_zero(), "there were faults");
}
