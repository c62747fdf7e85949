//! What is sent: method, address, headers and body of each call.

use crate::common::{bucket, key, store_at, store_in};
use datalake_core::s3::{Lifecycle, Region, Versioning};
use datalake_engine::{ObjectStore as _, VersionId};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A server that answers everything with 200, an `ETag` and an empty body.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).insert_header("etag", "\"e\"");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

fn line(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{} {}{query}", request.method, request.url.path())
}

#[track_caller]
fn is_signed(request: &Request) {
    let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    let authorization = header("authorization");
    let (_, signed) = authorization.split_once("SignedHeaders=").unwrap();
    let signed: Vec<_> = signed.split(',').next().unwrap().split(';').collect();
    let names = request.headers.keys().map(http::HeaderName::as_str);

    for name in names.filter(|name| name.starts_with("x-amz-") || *name == "content-md5") {
        assert!(signed.contains(&name), "{name} is not among {signed:?}");
    }
    assert!(signed.contains(&"host"));
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=KEYID/"), "{authorization}");
    assert_eq!(header("x-amz-content-sha256").len(), 64);
    assert!(!format!("{:?}", request.headers).contains("canary-secret"));
}

#[tokio::test]
async fn an_object_is_put_by_path_with_its_hashes() {
    let server = server().await;

    let stored = store_at(&server.uri())
        .put_object(&bucket(), &key("a b/\u{e9}+%2F"), b"content".to_vec())
        .await
        .unwrap();

    assert_eq!(stored.etag.as_str(), "e");
    assert_eq!(stored.version, None);
    let request = only_request(&server).await;
    assert_eq!(line(&request), "PUT /assets/a%20b/%C3%A9%2B%252F");
    assert_eq!(request.body, b"content");
    assert_eq!(request.headers["content-md5"], "mgNkuembtIDdJeHwKEyFVQ==");
    assert_eq!(request.headers["content-length"], "7");
    is_signed(&request);
}

#[tokio::test]
async fn buckets_and_objects_are_asked_about_by_path() {
    let server = server().await;
    let store = store_at(&server.uri());
    let version = VersionId("v/1+2".to_owned());

    let _ = store.buckets().await;
    let _ = store.head_bucket(&bucket()).await;
    let _ = store.versioning(&bucket()).await;
    let _ = store.lifecycle(&bucket()).await;
    let _ = store.set_lifecycle(&bucket(), &Lifecycle::default()).await;
    let _ = store.head_object(&bucket(), &key("k")).await;
    let _ = store.get_object(&bucket(), &key("k")).await;
    let _ = store.delete_object(&bucket(), &key("k"), None).await;
    let _ = store.delete_object(&bucket(), &key("k"), Some(&version)).await;

    let requests = server.received_requests().await.unwrap();
    let lines: Vec<_> = requests.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "GET /",
            "HEAD /assets/",
            "GET /assets/?versioning=",
            "GET /assets/?lifecycle=",
            "DELETE /assets/?lifecycle=",
            "HEAD /assets/k",
            "GET /assets/k",
            "DELETE /assets/k",
            "DELETE /assets/k?versionId=v%2F1%2B2",
        ]
    );
    requests.iter().for_each(is_signed);
}

#[tokio::test]
async fn settings_are_put_as_xml() {
    let server = server().await;
    let store = store_at(&server.uri());
    let rules = Lifecycle::protection("30d".parse().ok(), None);

    store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();
    store.set_lifecycle(&bucket(), &rules).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<_> =
        requests.iter().map(|request| String::from_utf8(request.body.clone()).unwrap()).collect();
    assert_eq!(line(&requests[0]), "PUT /assets/?versioning=");
    assert!(bodies[0].contains("<Status>Enabled</Status>"), "{}", bodies[0]);
    assert_eq!(line(&requests[1]), "PUT /assets/?lifecycle=");
    assert!(bodies[1].contains("<NoncurrentDays>30</NoncurrentDays>"), "{}", bodies[1]);
    requests.iter().for_each(is_signed);
}

#[tokio::test]
async fn there_is_no_way_to_ask_for_no_versioning() {
    let server = server().await;

    let answer = store_at(&server.uri()).set_versioning(&bucket(), Versioning::Never).await;

    assert!(answer.is_err());
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_new_bucket_names_a_location_at_hetzner_alone() {
    for (region, expected) in [
        (Region::Hel1, "<LocationConstraint>hel1</LocationConstraint>"),
        ("default".parse().unwrap(), ""),
        ("us-east-1".parse().unwrap(), ""),
    ] {
        let server = server().await;

        store_in(&server.uri(), &region).create_bucket(&bucket()).await.unwrap();

        let request = only_request(&server).await;
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert_eq!(line(&request), "PUT /assets");
        assert_eq!(body.contains("LocationConstraint"), !expected.is_empty(), "{body}");
        assert!(body.contains(expected), "{body}");
        assert_eq!(request.headers["x-amz-acl"], "private");
        is_signed(&request);
    }
}

#[tokio::test]
async fn nothing_is_sent_twice() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&server).await;

    let _ = store_at(&server.uri()).get_object(&bucket(), &key("k")).await;

    only_request(&server).await;
}
