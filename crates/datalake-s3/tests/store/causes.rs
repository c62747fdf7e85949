//! Why a request was refused whose answer has no body.

use datalake_core::fault::FaultKind;
use datalake_core::secret::Credentials;
use datalake_engine::{AnyKey, ObjectSource, ObjectStore as _, Objects as _};
use datalake_sim::{Running, SimKey};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::answers::is;
use crate::common::{bucket, key, store_at};
use crate::simulator::{credentials, simulator, store};

fn pair(id: &str, secret: &str) -> Credentials {
    Credentials::pair(id.parse().unwrap(), secret.parse().unwrap())
}

fn source() -> ObjectSource {
    ObjectSource::current(&bucket(), &AnyKey::try_from("k").unwrap())
}

/// Checks what all calls that are a `HEAD` tell, and that each of them asks at most twice.
async fn check(sim: &Running, keys: &Credentials, kind: FaultKind, code: &str) {
    let (store, before) = (store(sim, keys), sim.requests().len());

    is(store.head(&source()).await, kind, code);
    is(store.head_bucket(&bucket()).await, kind, code);
    is(store.head_object(&bucket(), &key("k")).await, kind, code);

    assert_eq!(sim.requests().len() - before, 6, "a HEAD and a GET for each");
}

#[tokio::test]
async fn a_bare_refusal_is_asked_for_its_cause() {
    let (_dir, sim) = simulator(|_| ()).await;
    let owner = credentials(&SimKey::sandbox());
    store(&sim, &owner).create_bucket(&bucket()).await.unwrap();
    store(&sim, &owner).put_object(&bucket(), &key("k"), vec![1]).await.unwrap();
    let (id, secret) = (SimKey::sandbox().access_key_id, SimKey::sandbox().secret_access_key);

    let wrong = "wrong".repeat(8);
    check(&sim, &pair(&id, &wrong), FaultKind::WrongSecret, "SignatureDoesNotMatch").await;
    let nobody = pair("NOBODYHASTHISKEYID00", &secret);
    check(&sim, &nobody, FaultKind::UnknownAccessKey, "InvalidAccessKeyId").await;
    let other = pair("OTHER000000000000002", "otherOtherOtherOtherOtherOtherOther00002");
    check(&sim, &other, FaultKind::Denied, "AccessDenied").await;
    sim.set_clock_offset(20 * 60);
    check(&sim, &owner, FaultKind::ClockSkew, "RequestTimeTooSkewed").await;
}

/// A service that answers so to `HEAD` and so to `GET`.
async fn answering(head: u16, get: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let head = ResponseTemplate::new(head).insert_header("x-amz-request-id", "tx1");
    Mock::given(method("HEAD")).respond_with(head).mount(&server).await;
    Mock::given(method("GET")).respond_with(get).mount(&server).await;
    server
}

#[tokio::test]
async fn what_is_permitted_or_unclear_leaves_the_first_answer() {
    for get in [
        ResponseTemplate::new(206).set_body_bytes("x"),
        ResponseTemplate::new(416),
        ResponseTemplate::new(403),
        ResponseTemplate::new(500),
    ] {
        let server = answering(403, get).await;

        is(store_at(&server.uri()).head(&source()).await, FaultKind::Denied, "status 403");
    }
}

#[tokio::test]
async fn what_another_server_does_not_have_is_not_absent() {
    let page = ResponseTemplate::new(404).set_body_string("<html><h1>Not Found</h1></html>");
    let server = MockServer::start().await;
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    Mock::given(method("GET")).respond_with(page).mount(&server).await;
    let store = store_at(&server.uri());

    is(store.head(&source()).await, FaultKind::Unreadable, "status 404");
    is(store.head_bucket(&bucket()).await, FaultKind::Unreadable, "status 404");
    is(store.head_object(&bucket(), &key("k")).await, FaultKind::Unreadable, "status 404");
}

#[tokio::test]
async fn an_answer_that_tells_its_cause_is_not_asked_again() {
    for (status, kind) in [(404, FaultKind::Absent), (412, FaultKind::Disturbed)] {
        let server = answering(status, ResponseTemplate::new(403)).await;

        is(store_at(&server.uri()).head(&source()).await, kind, "");

        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_archived_object_is_told_as_such() {
    let body = "<Error><Code>InvalidObjectState</Code><Message>archived</Message></Error>";
    let server = answering(200, ResponseTemplate::new(403).set_body_bytes(body)).await;

    let answer = store_at(&server.uri()).get(&source(), None).await;

    is(answer.map(drop), FaultKind::Archived, "InvalidObjectState");
}

#[tokio::test]
async fn a_condition_on_a_read_is_quoted_for_services_that_take_no_other() {
    let server = answering(404, ResponseTemplate::new(404)).await;
    let source = source().if_match("abc".parse().unwrap());

    is(store_at(&server.uri()).head(&source).await, FaultKind::Absent, "");

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["if-match"], "\"abc\"");
}
