use datalake_sim::{Quirk, SimKey};

use crate::lake::{Lake, refused};

#[tokio::test]
async fn an_unknown_key_and_a_wrong_secret_are_told_apart() {
    let lake = Lake::hetzner().await;
    let unknown = SimKey { access_key_id: "NOBODY".to_owned(), ..SimKey::sandbox() };
    let wrong = SimKey { secret_access_key: "wrong".to_owned(), ..SimKey::sandbox() };

    let unknown = lake.get("/lake").key(unknown).go().await;
    let wrong = lake.get("/lake").key(wrong).go().await;

    assert_eq!(unknown.refusal(), refused(403, "InvalidAccessKeyId"));
    assert_eq!(wrong.refusal(), refused(403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_clock_that_is_twenty_minutes_off_is_refused_either_way() {
    let lake = Lake::hetzner().await;
    lake.advance_days(1);
    for (minutes, status) in [(20, 403), (-20, 403), (10, 200), (-10, 200)] {
        lake.sim.set_clock_offset(minutes * 60);

        let answer = lake.get("/lake").go().await;

        assert_eq!(answer.status, status, "{minutes}");
        if status == 403 {
            assert_eq!(answer.element("Code"), "RequestTimeTooSkewed");
        }
    }
}

#[tokio::test]
async fn a_wrong_region_matters_only_to_the_strict() {
    let lenient = Lake::hetzner().await;
    let strict =
        Lake::with(|config| config.quirks = config.quirks.clone().with(Quirk::StrictRegion)).await;

    let refusal = strict.get("/lake").region("us-east-1").go().await;

    assert_eq!(lenient.get("/lake").region("us-east-1").go().await.status, 200);
    assert_eq!(refusal.refusal(), refused(400, "AuthorizationHeaderMalformed"));
    assert_eq!(refusal.element("Region"), "fsn1");
}

#[tokio::test]
async fn a_presigned_address_ends_with_its_time() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("hello").go().await;
    let url = crate::clients::bucket(&lake).presign_get("key", 600, None).await.unwrap();
    let read = || async { lake.http.get(&url).send().await.unwrap() };

    let fresh = read().await;
    lake.sim.set_clock_offset(601);
    let stale = read().await;

    assert_eq!(fresh.text().await.unwrap(), "hello");
    assert_eq!(stale.status().as_u16(), 403);
}

#[tokio::test]
async fn a_header_that_is_not_signed_is_refused() {
    let lake = Lake::hetzner().await;
    let url = crate::clients::bucket(&lake).presign_put("key", 600, None, None).await.unwrap();
    let put = || lake.http.put(&url).body("x");

    let bare = put().send().await.unwrap();
    let extra = put().header("x-amz-meta-a", "b").send().await.unwrap();

    assert_eq!((bare.status().as_u16(), extra.status().as_u16()), (200, 403));
}
