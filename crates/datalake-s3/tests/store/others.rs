//! What services other than Ceph answer, as they were seen to: moto, and `rclone serve s3` 1.75.2.

use bytes::Bytes;
use datalake_core::fault::FaultKind;
use datalake_core::s3::Versioning;
use datalake_engine::{
    AnyKey, BucketSettings as _, ByteRange, ListAsk, ObjectSource, ObjectStore as _, Objects as _,
    Uploads as _,
};
use futures::TryStreamExt as _;
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::answers::{answering, is, ok};
use crate::common::{bucket, store_at};

const LISTING: &str = "<ListBucketResult><Name>assets</Name></ListBucketResult>";

fn any_key() -> AnyKey {
    "k".try_into().unwrap()
}

fn object(status: u16, content: &[u8]) -> ResponseTemplate {
    let date = "Sun, 22 Nov 2026 18:00:00 GMT";
    let answer = ResponseTemplate::new(status).set_body_bytes(content);
    answer.insert_header("etag", "\"e\"").insert_header("last-modified", date)
}

#[tokio::test]
async fn a_read_of_a_known_object_quotes_its_tag() {
    let server = MockServer::start().await;
    let quoted = Mock::given(method("GET")).and(header("if-match", "\"e\""));
    quoted.respond_with(object(200, b"abc")).mount(&server).await;
    let store = store_at(&server.uri());

    let source = ObjectSource::current(&bucket(), &any_key());
    let known = source.clone().if_match("e".parse().unwrap());
    assert_eq!(store.get(&known, None).await.unwrap().range, 0..3);
    // A weak tag matches nothing: it is no condition.
    let weak = source.if_match("W/\"e\"".parse().unwrap());
    is(store.get(&weak, None).await, FaultKind::Absent, "");
}

#[tokio::test]
async fn another_object_than_was_asked_for_is_not_taken_where_conditions_are_passed_over() {
    let (_server, store) = answering(object(200, b"abc")).await;

    let other = ObjectSource::current(&bucket(), &any_key()).if_match("f".parse().unwrap());
    is(store.get(&other, None).await, FaultKind::Disturbed, "another tag");
}

#[tokio::test]
async fn of_a_whole_object_for_a_range_the_range_is_taken() {
    let (_server, store) = answering(object(200, b"0123456789")).await;
    let source = ObjectSource::current(&bucket(), &any_key());
    for (asked, came) in [(0..4, "0123"), (3..7, "3456"), (8..30, "89"), (0..10, "0123456789")] {
        let range = ByteRange::try_from(asked.clone()).unwrap();
        let download = store.get(&source, Some(range)).await.unwrap();
        assert_eq!(download.range, asked.start..asked.end.min(10));
        let chunks: Vec<Bytes> = download.content.try_collect().await.unwrap();
        assert_eq!(chunks.concat(), came.as_bytes());
    }
    let part = object(200, b"3456").insert_header("content-range", "bytes 3-6/10");
    let (_server, other) = answering(part).await;
    let download = other.get(&source, ByteRange::try_from(3..7).ok()).await.unwrap();
    let chunks: Vec<Bytes> = download.content.try_collect().await.unwrap();
    assert_eq!((download.range, chunks.concat()), (3..7, b"3456".to_vec()));

    let behind = ByteRange::try_from(10..12).unwrap();
    is(store.get(&source, Some(behind)).await, FaultKind::Unreadable, "status 200");
}

#[tokio::test]
async fn a_setting_that_is_answered_with_a_listing_is_not_offered() {
    let (_server, store) = answering(ok(LISTING)).await;

    is(store.lifecycle(&bucket()).await, FaultKind::Unsupported, "listing");
    is(store.cors(&bucket()).await, FaultKind::Unsupported, "listing");
    is(store.lock(&bucket()).await, FaultKind::Unsupported, "listing");
    is(store.policy(&bucket()).await, FaultKind::Unsupported, "listing");
    is(store.versioning(&bucket()).await, FaultKind::Unsupported, "listing");
}

#[tokio::test]
async fn a_listing_may_leave_out_whether_it_goes_on() {
    let (_server, store) = answering(ok(LISTING)).await;

    let page = store.list(&bucket(), &ListAsk::below(""), None).await.unwrap();
    assert!(page.objects.is_empty() && page.next.is_none());
}

#[tokio::test]
async fn no_unfinished_upload_may_be_told_as_an_error() {
    let body = "<Error><Code>NoSuchUpload</Code></Error>";
    let (_server, store) = answering(ResponseTemplate::new(404).set_body_string(body)).await;

    let page = store.list_uploads(&bucket(), &ListAsk::below(""), None).await.unwrap();
    assert!(page.uploads.is_empty() && page.next.is_none());
}

#[tokio::test]
async fn versioning_comes_under_another_name() {
    let body =
        "<GetBucketVersioningResponse><Status>Enabled</Status></GetBucketVersioningResponse>";
    let (_server, store) = answering(ok(body)).await;

    assert_eq!(store.versioning(&bucket()).await, Ok(Versioning::Enabled));
}
