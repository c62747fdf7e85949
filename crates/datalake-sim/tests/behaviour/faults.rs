use std::time::Instant;

use crate::lake::{Lake, refused};

async fn faulty(plan: &str) -> Lake {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("0123456789").go().await;
    lake.sim.set_faults(plan.parse().unwrap());
    lake
}

#[tokio::test]
async fn a_status_is_answered_and_nothing_is_done() {
    let lake = faulty("503 on PUT").await;

    let put = lake.put("/lake/new").body("x").go().await;

    assert_eq!(put.refusal(), refused(503, "SlowDown"));
    assert_eq!(lake.head("/lake/new").go().await.status, 404);
}

#[tokio::test]
async fn a_lost_write_looks_like_a_good_one() {
    let lake = faulty("lose").await;

    let put = lake.put("/lake/key").body("hello").go().await;

    assert_eq!(put.header("etag"), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(lake.get("/lake/key").go().await.text(), "0123456789");
}

#[tokio::test]
async fn a_flipped_bit_is_seen_only_by_reading() {
    let lake = faulty("flip-bit").await;

    let put = lake.put("/lake/key").body("hello").go().await;
    let got = lake.get("/lake/key").go().await;

    assert_eq!(put.header("etag"), got.header("etag"));
    assert_eq!(got.text(), "hemlo");
}

#[tokio::test]
async fn a_wrong_etag_comes_with_one_part() {
    let lake = faulty("wrong-etag part 2").await;
    let upload = lake.post("/lake/big?uploads").go().await.element("UploadId");
    let part = |number: u32| lake.put(&format!("/lake/big?partNumber={number}&uploadId={upload}"));

    let one = part(1).body("hello").go().await;
    let two = part(2).body("hello").go().await;

    assert_eq!(one.header("etag"), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(two.header("etag"), Some("\"0d41402abc4b2a76b9719d911017c592\""));
}

#[tokio::test]
async fn a_cut_body_ends_early_in_both_directions() {
    let lake = faulty("cut-body@4").await;

    let got = lake.http.get(lake.sim.endpoint() + "/").send().await;
    let download = lake.get("/lake/key").try_go().await;
    let upload = lake.put("/lake/new").body("0123456789").try_go().await;
    lake.sim.set_faults("".parse().unwrap());

    assert!(got.is_ok());
    assert!(download.is_err() && upload.is_err());
    assert_eq!(lake.head("/lake/new").go().await.status, 404);
}

#[tokio::test]
async fn a_reset_before_does_nothing_and_a_reset_after_leaves_the_object() {
    let lake = faulty("reset times 1").await;

    let before = lake.put("/lake/a").body("x").try_go().await;
    lake.sim.set_faults("reset-after times 1".parse().unwrap());
    let after = lake.put("/lake/b").body("x").try_go().await;

    assert!(before.is_err() && after.is_err());
    assert_eq!(lake.head("/lake/a").go().await.status, 404);
    assert_eq!(lake.head("/lake/b").go().await.status, 200);
}

#[tokio::test]
async fn a_timeout_never_answers_and_the_write_has_landed() {
    let lake = faulty("timeout times 1").await;

    let put = lake.put("/lake/new").body("x").go();
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), put).await;

    assert!(waited.is_err());
    assert_eq!(lake.head("/lake/new").go().await.status, 200);
    let silent = lake.sim.requests().into_iter().find(|request| request.path == "/lake/new");
    assert_eq!(silent.unwrap().status, None);
}

#[tokio::test]
async fn a_delay_comes_first() {
    let lake = faulty("delay 100ms").await;
    let begin = Instant::now();

    lake.head("/lake/key").go().await;

    assert!(begin.elapsed().as_millis() >= 100);
}

#[tokio::test]
async fn the_journal_knows_every_request() {
    let lake = Lake::hetzner().await;
    lake.get("/lake?list-type=2").header("x-amz-request-payer", "requester").go().await;

    let request = lake.sim.requests().pop().unwrap();

    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/lake"));
    assert_eq!((request.query.as_str(), request.status), ("list-type=2", Some(200)));
    assert!(request.headers.contains(&"x-amz-request-payer".to_owned()));
}

#[tokio::test]
async fn what_came_is_counted_even_where_it_broke_off() {
    let lake = faulty("503 on GET").await;
    let before = lake.sim.counts();

    lake.put("/lake/a").body("0123456789").go().await;
    lake.get("/lake/a").go().await;
    lake.sim.set_faults("cut-body@4 on PUT".parse().unwrap());
    assert!(lake.put("/lake/b").body("0123456789").try_go().await.is_err());
    let after = lake.sim.counts();

    assert_eq!((after.requests - before.requests, after.struck - before.struck), (3, 2));
    let received = after.received - before.received;
    assert!((14..=20).contains(&received), "{received}");
}

#[tokio::test]
async fn a_looping_token_leads_back_to_its_own_page() {
    let lake = faulty("loop-token").await;
    for key in ["a", "b"] {
        lake.put(&format!("/lake/{key}")).body("x").go().await;
    }

    let first = lake.get("/lake?list-type=2&max-keys=1").go().await;
    let token = first.element("NextContinuationToken");
    let path = format!("/lake?list-type=2&max-keys=1&continuation-token={token}");
    let (second, third) = (lake.get(&path).go().await, lake.get(&path).go().await);

    assert_eq!(second.element("NextContinuationToken"), token);
    assert_eq!(second.elements("Key"), third.elements("Key"));
    assert_ne!(second.elements("Key"), first.elements("Key"));
}
