//! Writes with a condition, in the three ways and the three kinds of buckets.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use datalake_sim::ConditionalWrites::{self, Ignored, Obeyed, Racing};
use datalake_sim::Quirks;
use futures::future::join_all;

use crate::lake::{Answer, Lake, refused};

/// The bare and the quoted tag of `hello`, and one of nothing here.
const BARE: &str = "5d41402abc4b2a76b9719d911017c592";
const QUOTED: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
const OTHER: &str = "\"00000000000000000000000000000000\"";

/// Racing writers of these tests all begin within this time.
const WINDOW: Duration = Duration::from_secs(1);

async fn lake(way: ConditionalWrites) -> Lake {
    Lake::with(|config| {
        config.quirks = config.quirks.clone().with_conditional_writes(way);
        config.quirks.race_window = WINDOW;
    })
    .await
}

async fn put_new(lake: &Lake, path: &str, body: &str) -> Answer {
    lake.put(path).header("if-none-match", "*").body(body).go().await
}

/// How many of eight writers of one new key at the same time are told that they won.
async fn count_winners(lake: &Lake) -> usize {
    let bodies: Vec<_> = (0..8).map(|writer| format!("writer {writer}")).collect();
    let answers = join_all(bodies.iter().map(|body| put_new(lake, "/lake/commit", body))).await;
    let losers: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(losers.iter().all(|lost| lost.refusal() == refused(412, "PreconditionFailed")));
    let tags: BTreeSet<_> = answers.iter().filter_map(|answer| answer.header("etag")).collect();
    let kept = lake.get("/lake/commit").go().await;
    assert!(tags.contains(kept.header("etag").unwrap()), "a winner's content is there");
    answers.len() - losers.len()
}

#[tokio::test]
async fn of_eight_writers_one_wins_where_no_versions_are_kept() {
    for way in ConditionalWrites::ALL {
        let never = lake(way).await;
        let suspended = lake(way).await;
        suspended.versioning("Enabled").await;
        suspended.versioning("Suspended").await;

        assert_eq!((count_winners(&never).await, count_winners(&suspended).await), (1, 1), "{way}");
    }
}

#[tokio::test]
async fn of_eight_writers_many_win_where_versions_are_kept() {
    for (way, winners) in [(Ignored, 8), (Racing, 8), (Obeyed, 1)] {
        let lake = lake(way).await;
        lake.versioning("Enabled").await;

        assert_eq!(count_winners(&lake).await, winners, "{way}");
        let versions = lake.get("/lake?versions&prefix=commit").go().await;
        assert_eq!(
            versions.elements("VersionId").len(),
            winners,
            "each has left its version: {way}"
        );
    }
}

#[tokio::test]
async fn racing_writers_obey_one_after_the_other() {
    let lake = Lake::with(|config| {
        config.quirks = config.quirks.clone().with_conditional_writes(Racing);
    })
    .await;
    lake.versioning("Enabled").await;

    let begun = Instant::now();
    let first = put_new(&lake, "/lake/key", "hello").await;
    let took = begun.elapsed();
    let second = put_new(&lake, "/lake/key", "hello").await;
    let same = lake.put("/lake/key").header("if-match", QUOTED).body("new").go().await;
    let late = lake.put("/lake/key").header("if-match", QUOTED).body("newer").go().await;

    assert!(took >= Quirks::plain().race_window, "{took:?}");
    assert_eq!((first.status, second.status), (200, 412));
    assert_eq!((same.status, late.status), (200, 412));
}

#[tokio::test]
async fn a_condition_on_a_tag_fails_where_versions_are_kept_and_conditions_are_not() {
    for (way, bare) in [(Ignored, 412), (Racing, 200), (Obeyed, 200)] {
        let lake = lake(way).await;
        lake.versioning("Enabled").await;
        lake.put("/lake/key").body("hello").go().await;
        let put = |etag: &'static str| lake.put("/lake/key").header("if-match", etag).body("hello");

        assert_eq!(put(BARE).go().await.status, bare, "{way}");
        assert_eq!(put(QUOTED).go().await.status, bare, "{way}");
        assert_eq!(put("*").go().await.status, bare, "{way}");
        assert_eq!(put(OTHER).go().await.status, 412, "{way}");
        assert_eq!(lake.get("/lake/key").header("if-match", QUOTED).go().await.status, 200);
    }
}

#[tokio::test]
async fn tags_are_taken_quoted_or_bare_as_measured() {
    for (way, quoted_put) in [(Ignored, 412), (Racing, 200), (Obeyed, 200)] {
        let lake = lake(way).await;
        lake.put("/lake/key").body("hello").go().await;
        let put = |etag: &'static str| lake.put("/lake/key").header("if-match", etag).body("hello");
        let get = |etag: &'static str| lake.get("/lake/key").header("if-match", etag).go();
        let head = |etag: &'static str| lake.head("/lake/key").header("if-match", etag).go();

        assert_eq!(put(BARE).go().await.status, 200, "{way}");
        assert_eq!(put(QUOTED).go().await.status, quoted_put, "{way}");
        assert_eq!(put(OTHER).go().await.status, 412, "{way}");
        for (etag, expected) in [(BARE, 200), (QUOTED, 200), (OTHER, 412)] {
            assert_eq!((get(etag).await.status, head(etag).await.status), (expected, expected));
        }
        assert_eq!(head(QUOTED).await.header("etag"), Some(QUOTED));
        assert_eq!(lake.get("/lake").go().await.elements("ETag"), [QUOTED]);
    }
}

#[tokio::test]
async fn the_end_of_an_upload_has_no_condition_with_those_who_ignore() {
    for (way, expected) in [(Ignored, 200), (Racing, 412), (Obeyed, 412)] {
        let lake = lake(way).await;
        for versioning in [None, Some("Enabled")] {
            if let Some(status) = versioning {
                lake.versioning(status).await;
            }
            lake.put("/lake/key").body("hello").go().await;
            let id = lake.post("/lake/key?uploads").go().await.element("UploadId");
            let part = format!("/lake/key?partNumber=1&uploadId={id}");
            let etag = lake.put(&part).body("x").go().await.header("etag").unwrap().to_owned();
            let parts = format!(
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>\
                 </Part></CompleteMultipartUpload>"
            );

            let path = format!("/lake/key?uploadId={id}");
            let completed = lake.post(&path).header("if-none-match", "*").body(parts).go().await;

            assert_eq!(completed.status, expected, "{way} {versioning:?}");
        }
    }
}

#[tokio::test]
async fn a_null_marker_is_in_the_way_until_it_is_deleted_itself() {
    for (way, blocked) in [(Ignored, 412), (Racing, 412), (Obeyed, 200)] {
        let lake = lake(way).await;
        lake.versioning("Enabled").await;
        lake.versioning("Suspended").await;
        assert_eq!(put_new(&lake, "/lake/log/0.json", "first").await.status, 200);
        let deletion = lake.delete("/lake/log/0.json").go().await;

        let again = put_new(&lake, "/lake/log/0.json", "second").await;
        lake.delete("/lake/log/0.json?versionId=null").go().await;
        let at_last = put_new(&lake, "/lake/log/0.json", "third").await;

        assert_eq!(deletion.header("x-amz-version-id"), Some("null"));
        assert_eq!((again.status, at_last.status), (blocked, 200), "{way}");
    }
}

#[tokio::test]
async fn plain_s3_has_one_winner_and_no_traps() {
    let lake = Lake::plain().await;
    lake.versioning("Enabled").await;

    assert_eq!(count_winners(&lake).await, 1);
    lake.delete("/lake/commit").go().await;
    assert_eq!(put_new(&lake, "/lake/commit", "again").await.status, 200);
}
