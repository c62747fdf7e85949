//! Commits that got lost, told and forgotten.

use datalake_core::s3::Versioning;

use super::bed::Bed;
use crate::tables::{LostFileState, RecoveryReport, forget_commits, recover_commits};

async fn recover(bed: &Bed) -> RecoveryReport {
    let service = &bed.service;
    let folder = bed.folder("");
    recover_commits(&service.store, &service.clock, &folder, &mut |_| ()).await.unwrap()
}

#[tokio::test]
async fn what_a_lost_commit_added_is_told_file_by_file() {
    let bed = Bed::with_sales(3).await;
    bed.commit("sales/", 2, "two");
    bed.service.delete("sales/day=2/one-2.parquet").await;
    bed.commit("sales/", 1, "two");

    let report = recover(&bed).await;

    assert_eq!(report.tables, 1);
    let told: Vec<_> = report
        .lost
        .iter()
        .map(|lost| (lost.version, lost.rows, lost.files[0].address.as_str(), lost.files[0].state))
        .collect();
    assert_eq!(
        told,
        [
            (1, Some(5), "s3://acme-lake/sales/day=1/one-1.parquet", LostFileState::There),
            (2, Some(5), "s3://acme-lake/sales/day=2/one-2.parquet", LostFileState::Absent),
        ]
    );
    assert_eq!(report.lost[0].files[0].partition["day"].as_deref(), Some("1"));
    let text = report.to_string();
    assert!(text.contains("version 1: WRITE of 2025-11-30T10:53:20Z, 5 rows, 9 B"), "{text}");
    assert!(text.contains("\n2 commits lost in 1 log\n"), "{text}");
}

#[tokio::test]
async fn commits_that_cannot_be_read_are_told_too() {
    let bed = Bed::new().await;
    for content in ["one", "two"] {
        bed.put("v.lance/_versions/2.manifest", content);
        bed.put("t/_delta_log/00000000000000000000.json", content);
    }

    let report = recover(&bed).await;

    let reasons: Vec<_> = report.lost.iter().filter_map(|lost| lost.unread.as_deref()).collect();
    assert_eq!(
        reasons,
        ["line 1 is not an action of a Delta table", "a manifest of Lance is not read here"]
    );
}

#[tokio::test]
async fn commits_that_are_forgotten_are_gone_and_the_others_stay() {
    let bed = Bed::with_sales(3).await;
    bed.commit("sales/", 2, "two");
    let before = bed.contents(&bed.service.bucket, "").await;

    let number = forget_commits(&bed.service.store, &recover(&bed).await).await;

    assert_eq!(number.unwrap(), 1);
    assert_eq!(recover(&bed).await.lost, []);
    assert_eq!(bed.contents(&bed.service.bucket, "").await, before);
}

#[tokio::test]
async fn a_lost_commit_that_was_sent_twice_is_forgotten_as_a_whole() {
    let bed = Bed::with_sales(3).await;
    bed.commit("sales/", 2, "one");
    bed.commit("sales/", 2, "two");

    let told = recover(&bed).await;
    let number = forget_commits(&bed.service.store, &told).await;

    assert_eq!((told.lost.len(), number.unwrap()), (1, 1));
    assert_eq!(recover(&bed).await.lost, []);
}

#[tokio::test]
async fn a_bucket_without_versions_has_lost_nothing_that_could_be_found() {
    let bed = Bed::with_sales(3).await;
    bed.switch_versioning(&bed.service.bucket, Versioning::Suspended).await;
    let bucket = super::bed::tables();
    bed.put_into(&bucket, "t/_delta_log/00000000000000000000.json", "{}");
    bed.put_into(&bucket, "t/_delta_log/00000000000000000000.json", "{\"txn\":{}}");
    let folder = crate::tables::TablesFolder { bucket, prefix: String::new() };

    let report =
        recover_commits(&bed.service.store, &bed.service.clock, &folder, &mut |_| ()).await;

    assert_eq!(report.unwrap().lost, []);
}
