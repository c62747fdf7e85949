use datalake_sim::Quirk;

use crate::lake::{Answer, Lake, refused};

#[tokio::test]
async fn an_object_comes_back_with_what_was_said_about_it() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/a/b%20c%2B%C3%A4.txt")
        .header("content-type", "text/plain")
        .header("cache-control", "no-cache")
        .header("x-amz-meta-colour", "blue")
        .body("hello")
        .go()
        .await;

    let answer = lake.get("/lake/a/b%20c%2B%C3%A4.txt").go().await;

    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("x-amz-meta-colour"), Some("blue"));
    assert_eq!(answer.header("etag"), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(answer.header("content-length"), Some("5"));
}

#[tokio::test]
async fn large_bodies_come_back_the_same() {
    let lake = Lake::hetzner().await;
    for size in [0, 1, 65_536, 65_537, 262_144, 262_145, 3_000_001] {
        let body: Vec<u8> = (0..size).map(|at: u32| at.wrapping_mul(31).to_le_bytes()[1]).collect();

        let put = lake.put("/lake/big").body(body.clone()).go().await;
        let got = lake.get("/lake/big").go().await;

        assert_eq!(put.status, 200);
        assert!(got.body == body, "{size}");
    }
}

#[tokio::test]
async fn a_range_is_a_part_of_the_object() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("0123456789").go().await;
    let range = |range: &'static str| lake.get("/lake/key").header("range", range).go();

    let (middle, end, open) =
        (range("bytes=2-4").await, range("bytes=-3").await, range("bytes=8-").await);
    let beyond = range("bytes=10-").await;

    assert_eq!((middle.status, middle.text().as_str()), (206, "234"));
    assert_eq!(middle.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!((end.text().as_str(), open.text().as_str()), ("789", "89"));
    assert_eq!(beyond.refusal(), refused(416, "InvalidRange"));
}

#[tokio::test]
async fn a_body_that_is_not_what_was_signed_is_not_stored() {
    let lake = Lake::hetzner().await;
    let wrong = "0".repeat(64);

    let object = lake.put("/lake/key").body("x").hash(&wrong).go().await;
    let document = lake.put("/lake?policy").body("{}").hash(&wrong).go().await;
    let md5 = lake.put("/lake/key").header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==").body("x");

    assert_eq!(object.refusal(), refused(400, "XAmzContentSHA256Mismatch"));
    assert_eq!(document.refusal(), refused(400, "XAmzContentSHA256Mismatch"));
    assert_eq!(md5.go().await.refusal(), refused(400, "BadDigest"));
    assert_eq!(lake.head("/lake/key").go().await.status, 404);
}

#[tokio::test]
async fn a_second_put_with_if_none_match_fails() {
    let lake = Lake::hetzner().await;
    let put = || lake.put("/lake/key").header("if-none-match", "*").body("x").go();

    let (first, second) = (put().await, put().await);

    assert_eq!(first.status, 200);
    assert_eq!(second.refusal(), refused(412, "PreconditionFailed"));
}

#[tokio::test]
async fn if_match_takes_a_bare_etag_and_no_quoted_one() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("hello").go().await;
    let put =
        |etag: &'static str| lake.put("/lake/key").header("if-match", etag).body("hello").go();

    let bare = put("5d41402abc4b2a76b9719d911017c592").await;
    let quoted = put("\"5d41402abc4b2a76b9719d911017c592\"").await;
    let other = put("00000000000000000000000000000000").await;

    assert_eq!((bare.status, quoted.status, other.status), (200, 412, 412));
}

#[tokio::test]
async fn reads_have_conditions_too() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("hello").go().await;
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"";

    let unchanged = lake.get("/lake/key").header("if-none-match", etag).go().await;
    let changed = lake.get("/lake/key").header("if-match", "\"0\"").go().await;

    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    assert_eq!(changed.status, 412);
}

#[tokio::test]
async fn a_wrong_checksum_is_ignored_at_hetzner_and_found_elsewhere() {
    let (hetzner, plain) = (Lake::hetzner().await, Lake::plain().await);
    let wrong = "AAAAAA==";

    let ignored = hetzner.put("/lake/key").header("x-amz-checksum-crc32", wrong).body("x");
    let found = plain.put("/lake/key").header("x-amz-checksum-crc32", wrong).body("x");

    assert_eq!(ignored.go().await.status, 200);
    assert_eq!(found.go().await.refusal(), refused(400, "BadDigest"));
}

#[tokio::test]
async fn a_copy_has_the_same_bytes_and_outlives_the_original() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/from").header("x-amz-meta-a", "b").body("hello").go().await;

    let copy = lake.put("/lake/to").header("x-amz-copy-source", "/lake/from").go().await;
    lake.delete("/lake/from").go().await;
    let answer = lake.get("/lake/to").go().await;

    assert!(copy.text().contains("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.header("x-amz-meta-a"), Some("b"));
}

#[tokio::test]
async fn a_thousand_and_one_keys_are_refused_without_a_word() {
    let lake = Lake::hetzner().await;
    let keys: Vec<_> = (0..1001).map(|n| format!("<Object><Key>{n}</Key></Object>")).collect();
    let delete = |keys: &str| format!("<Delete>{keys}</Delete>");
    lake.put("/lake/7").body("x").go().await;

    let too_many = lake.post("/lake?delete").body(delete(&keys.concat())).go().await;
    let one = lake.post("/lake?delete").body(delete("<Object><Key>7</Key></Object>")).go().await;

    assert_eq!((too_many.status, too_many.body.len()), (400, 0));
    assert_eq!(one.elements("Key"), ["7"]);
    assert_eq!(lake.head("/lake/7").go().await.status, 404);
}

#[tokio::test]
async fn encryption_by_the_service_is_not_implemented() {
    let lake = Lake::hetzner().await;

    let put = lake.put("/lake/key").header("x-amz-server-side-encryption", "AES256").body("x");

    assert_eq!(put.go().await.refusal(), refused(501, "NotImplemented"));
}

#[tokio::test]
async fn a_body_with_a_trailer_is_refused_at_hetzner() {
    let quirky = Lake::hetzner().await;
    let modern = Lake::with(|config| {
        config.quirks = config.quirks.clone().without(Quirk::RefusesTrailers);
    })
    .await;

    assert_eq!(
        put_with_trailer(&quirky).await.refusal(),
        refused(400, "XAmzContentSHA256Mismatch")
    );
    assert_eq!(put_with_trailer(&modern).await.status, 200);
    assert_eq!(modern.get("/lake/key").go().await.text(), "x");
}

async fn put_with_trailer(lake: &Lake) -> Answer {
    lake.put("/lake/key")
        .header("x-amz-decoded-content-length", "1")
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .header("content-encoding", "aws-chunked")
        .hash("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .body("1\r\nx\r\n0\r\nx-amz-checksum-crc32:jNxB0w==\r\n\r\n")
        .go()
        .await
}
