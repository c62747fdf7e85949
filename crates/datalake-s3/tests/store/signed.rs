//! Signed addresses, used by somebody who has no key.

use std::time::Duration;

use datalake_core::fault::FaultKind;
use datalake_core::time::Timestamp;
use datalake_engine::*;
use datalake_sim::SimKey;
use reqwest::{Client, Method};

use crate::common::bucket;
use crate::simulator::{credentials, simulator, store};

fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_unix(since.as_secs().try_into().unwrap()).unwrap()
}

fn minutes(count: u64) -> Expiry {
    Duration::from_mins(count).try_into().unwrap()
}

async fn open(method: Method, url: &SignedUrl, body: &'static str) -> (u16, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.request(method, url.expose()).body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn an_address_permits_one_kind_of_request_for_a_while() {
    let (_dir, sim) = simulator(|_| ()).await;
    let store = store(&sim, &credentials(&SimKey::sandbox()));
    store.create_bucket(&bucket()).await.unwrap();
    let key: AnyKey = "a b/\u{e9}+%2F?x=1".try_into().unwrap();
    let sign = |call: SignedCall<'_>| store.presign(&call, minutes(15), now()).unwrap();

    let put = sign(SignedCall::Put(&bucket(), &key));
    let get = sign(SignedCall::Get(&bucket(), &key, None));
    let list = sign(SignedCall::List(&bucket(), "a b/"));
    let delete = sign(SignedCall::Delete(&bucket(), &key));

    assert_eq!(open(Method::PUT, &put, "content").await.0, 200);
    assert_eq!(open(Method::GET, &get, "").await, (200, "content".to_owned()));
    assert_eq!(open(Method::GET, &put, "").await.0, 403, "another method is not permitted");
    let (status, listing) = open(Method::GET, &list, "").await;
    assert!(status == 200 && listing.contains("<KeyCount>1</KeyCount>"), "{listing}");
    assert_eq!(open(Method::DELETE, &delete, "").await.0, 204);
    assert_eq!(open(Method::GET, &get, "").await.0, 404);
    sim.set_clock_offset(16 * 60);
    assert_eq!(open(Method::GET, &get, "").await.0, 403, "the quarter of an hour is over");
}

#[tokio::test]
async fn an_old_version_has_an_address_too() {
    let (_dir, sim) = simulator(|_| ()).await;
    let store = store(&sim, &credentials(&SimKey::sandbox()));
    store.create_bucket(&bucket()).await.unwrap();
    store.set_versioning(&bucket(), datalake_core::s3::Versioning::Enabled).await.unwrap();
    let old = store.put_object(&bucket(), &crate::common::key("k"), b"old".to_vec()).await.unwrap();
    store.put_object(&bucket(), &crate::common::key("k"), b"new".to_vec()).await.unwrap();
    let key = "k".try_into().unwrap();

    let call = SignedCall::Get(&bucket(), &key, old.version.as_ref());
    let url = store.presign(&call, Expiry::LONGEST, now()).unwrap();

    assert_eq!(open(Method::GET, &url, "").await, (200, "old".to_owned()));
    assert!(url.expose().contains("X-Amz-Expires=604800&"), "{}", url.expose());
}

#[test]
fn an_address_that_would_lead_elsewhere_is_not_signed() {
    let store = crate::common::store_at("http://127.0.0.1:1");
    for text in ["a/../b", "..", "./a", "a/."] {
        let key = text.try_into().unwrap();

        let fault = store.presign(&SignedCall::Get(&bucket(), &key, None), minutes(1), now());

        assert_eq!(fault.unwrap_err().kind, FaultKind::Refused, "{text}");
    }
}
