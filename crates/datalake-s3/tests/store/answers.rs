//! What becomes of broken, odd and hostile answers.

use std::time::Duration;

use crate::common::{bucket, key, store_at};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::Lifecycle;
use datalake_engine::ObjectStore as _;
use datalake_s3::S3Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) async fn answering(answer: ResponseTemplate) -> (MockServer, S3Store) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let store = store_at(&server.uri());
    (server, store)
}

/// A store whose service writes these bytes to each connection and hangs up.
pub(crate) async fn writing(bytes: &'static [u8]) -> S3Store {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = store_at(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 8192]).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    store
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(body)
}

#[track_caller]
pub(crate) fn is<T: std::fmt::Debug>(answer: Result<T, Fault>, kind: FaultKind, detail: &str) {
    let fault = answer.unwrap_err();
    assert_eq!(fault.kind, kind, "{fault}");
    assert!(fault.detail.contains(detail), "{fault}");
    assert!(!fault.detail.contains("canary-secret") && !fault.detail.contains("Signature="));
}

#[tokio::test]
async fn a_put_without_a_tag_is_no_success() {
    for tag in ["", "\"\"", "a\u{e9}"] {
        let (_server, store) = answering(ok("").insert_header("etag", tag)).await;

        let answer = store.put_object(&bucket(), &key("k"), vec![1]).await;

        is(answer, FaultKind::Unreadable, "no usable ETag");
    }
}

#[tokio::test]
async fn an_error_in_a_success_is_an_error() {
    let body =
        "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message></Message></Error>";
    let (_server, store) = answering(ok(body).insert_header("etag", "\"e\"")).await;

    is(store.put_object(&bucket(), &key("k"), vec![1]).await, FaultKind::Unavailable, "Internal");
    is(store.delete_object(&bucket(), &key("k"), None).await, FaultKind::Unavailable, "Internal");
    is(store.versioning(&bucket()).await, FaultKind::Unavailable, "Internal");
    is(store.create_bucket(&bucket()).await, FaultKind::Unavailable, "Internal");
    is(store.reach().await, FaultKind::Unavailable, "Internal");
    let read = store.get_object(&bucket(), &key("k")).await;
    assert_eq!(read.unwrap(), body.as_bytes(), "an object may look like anything");
}

#[tokio::test]
async fn garbage_is_never_an_empty_answer() {
    for body in ["", "\u{0}\u{1}", "{}", "<html></html>", "<LifecycleConfiguration><Rule>"] {
        let (_server, store) = answering(ok(body)).await;

        is(store.buckets().await, FaultKind::Unreadable, "");
        is(store.reach().await, FaultKind::Unreadable, "");
        is(store.versioning(&bucket()).await, FaultKind::Unreadable, "");
        is(store.lifecycle(&bucket()).await, FaultKind::Unreadable, "");
    }
}

#[tokio::test]
async fn an_unknown_part_of_a_rule_is_named() {
    let rule = "<Rule><ID>r</ID><Status>Enabled</Status><Filter><And/></Filter></Rule>";
    let body = format!("<LifecycleConfiguration>{rule}</LifecycleConfiguration>");
    let (_server, store) = answering(ok(body)).await;

    is(store.lifecycle(&bucket()).await, FaultKind::Unreadable, "`Filter/And`");
}

#[tokio::test]
async fn no_configuration_means_no_rules() {
    let body = "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>";
    let (_server, store) = answering(ResponseTemplate::new(404).set_body_string(body)).await;

    assert_eq!(store.lifecycle(&bucket()).await, Ok(Lifecycle::default()));
    assert_eq!(store.set_lifecycle(&bucket(), &Lifecycle::default()).await, Ok(()));
    is(store.versioning(&bucket()).await, FaultKind::Absent, "NoSuchLifecycle");
}

#[tokio::test]
async fn throttling_in_html_says_how_long() {
    let page = "<html><head><title>429 Too Many Requests</title></head></html>";
    let answer = ResponseTemplate::new(429).set_body_string(page).insert_header("retry-after", "3");
    let (_server, store) = answering(answer).await;

    let fault = store.head_bucket(&bucket()).await.unwrap_err();

    assert_eq!(fault.kind, FaultKind::Throttled);
    assert_eq!(fault.wait, Some(Duration::from_secs(3)));
}

#[tokio::test]
async fn endless_answers_are_cut_off() {
    let long = vec![b' '; 2 << 20];
    let (_server, store) = answering(ok(long.clone())).await;
    is(store.buckets().await, FaultKind::Unreadable, "longer than 1048576 bytes");

    let (_server, store) = answering(ok(vec![0; (16 << 20) + 1])).await;
    is(store.get_object(&bucket(), &key("k")).await, FaultKind::Unreadable, "longer than");

    let (_server, store) = answering(ResponseTemplate::new(500).set_body_bytes(long)).await;
    is(store.buckets().await, FaultKind::Unavailable, "status 500");
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let (elsewhere, _) = answering(ok("")).await;
    for status in [301, 302, 307, 308] {
        let to = format!("{}/assets/k?X-Amz-Signature=s", elsewhere.uri());
        let (_server, store) =
            answering(ResponseTemplate::new(status).insert_header("location", to)).await;

        let fault = store.get_object(&bucket(), &key("k")).await.unwrap_err();

        assert!(fault.detail.contains("a redirect to `127.0.0.1:"), "{fault}");
        assert!(!fault.detail.contains("X-Amz"), "{fault}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn bodyless_answers_to_head_are_told_apart() {
    for (status, kind) in [(403, FaultKind::Denied), (404, FaultKind::Absent)] {
        let (_server, store) = answering(ResponseTemplate::new(status)).await;

        is(store.head_bucket(&bucket()).await, kind, "status");
        is(store.head_object(&bucket(), &key("k")).await, kind, "status");
    }
}

#[tokio::test]
async fn deleting_what_is_not_there_succeeds_only_where_the_bucket_is() {
    for (code, expected) in
        [("NoSuchKey", None), ("NoSuchVersion", None), ("NoSuchBucket", Some(FaultKind::Absent))]
    {
        let body = format!("<Error><Code>{code}</Code></Error>");
        let (_server, store) = answering(ResponseTemplate::new(404).set_body_string(body)).await;

        let answer = store.delete_object(&bucket(), &key("k"), None).await;

        assert_eq!(answer.err().map(|fault| fault.kind), expected, "{code}");
    }
}

#[tokio::test]
async fn a_key_that_may_not_list_has_reached_the_service() {
    let denied = "<Error><Code>AccessDenied</Code><Message></Message></Error>";
    let (_server, store) = answering(ResponseTemplate::new(403).set_body_string(denied)).await;

    let service = store.reach().await.unwrap();

    assert_eq!(service.owner, None);
    assert!(service.clock_ahead.abs() < 60);
    is(store.buckets().await, FaultKind::Denied, "AccessDenied");
}

#[tokio::test]
async fn a_clock_far_off_is_no_denial() {
    let denied = ResponseTemplate::new(403)
        .set_body_string("<Error><Code>AccessDenied</Code></Error>")
        .insert_header("date", "Sun, 22 Nov 2020 18:00:00 GMT");
    let (_server, store) = answering(denied).await;

    is(store.reach().await, FaultKind::ClockSkew, "s ahead of the service's");
}

#[tokio::test]
async fn an_answer_to_nobody_proves_nothing() {
    let body = "<ListAllMyBucketsResult><Owner><ID>anonymous</ID></Owner></ListAllMyBucketsResult>";
    let (_server, store) = answering(ok(body)).await;

    is(store.reach().await, FaultKind::Unreadable, "without looking at the signature");
    is(store.buckets().await, FaultKind::Unreadable, "without looking at the signature");
}

#[tokio::test]
async fn a_page_of_another_server_is_not_an_absent_service() {
    let page = ResponseTemplate::new(404).set_body_string("<html>not found</html>");
    let (_server, store) = answering(page).await;
    is(store.reach().await, FaultKind::Unreadable, "status 404");

    let (_server, store) = answering(ResponseTemplate::new(404)).await;
    is(store.reach().await, FaultKind::Unreadable, "status 404");
}

#[tokio::test]
async fn a_cut_answer_is_no_answer() {
    let cut = writing(b"HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 9\r\n\r\n1234").await;
    is(cut.get_object(&bucket(), &key("k")).await, FaultKind::Unreachable, "broke off");

    let unframed = writing(b"HTTP/1.1 200 OK\r\nETag: \"e\"\r\n\r\n1234").await;
    is(unframed.get_object(&bucket(), &key("k")).await, FaultKind::Unreadable, "complete");

    let silent = writing(b"").await;
    is(silent.get_object(&bucket(), &key("k")).await, FaultKind::Unreachable, "broke off");

    let other = writing(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    is(other.get_object(&bucket(), &key("k")).await, FaultKind::Unreachable, "");
}

#[tokio::test]
async fn the_cause_of_no_connection_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = store_at(&format!("http://{address}"));
    is(refused.reach().await, FaultKind::Unreachable, "connection refused");

    let plain = MockServer::start().await;
    let mixed = store_at(&plain.uri().replace("http://", "https://"));
    is(mixed.reach().await, FaultKind::Unreachable, "plain http");
}
