//! Tables moved: whole, again, while somebody writes, and cut off at every call.

use std::collections::BTreeSet;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::Versioning;

use super::bed::{Bed, Meanwhile, tables};
use crate::{ErrorKind, Quiet};

/// Fails unless readers see no table, or a whole one of some version: commits without a gap, or a
/// checkpoint, and each with its file.
fn must_be_readable(contents: &[(String, String)]) {
    let names: BTreeSet<_> = contents.iter().map(|(name, _)| name.as_str()).collect();
    let commits: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_prefix("_delta_log/")?.strip_suffix(".json")?.parse().ok())
        .collect();
    assert!(commits.iter().copied().eq(0..commits.len() as u64), "a gap: {commits:?}");
    for version in commits {
        let file = format!("day={}/one-{version}.parquet", version % 3);
        assert!(names.contains(file.as_str()), "{file} is named and not there");
    }
    if names.contains("_delta_log/_last_checkpoint") {
        assert!(names.contains("_delta_log/00000000000000000003.checkpoint.parquet"));
    }
}

#[tokio::test]
async fn a_table_is_moved_with_its_history_and_what_lies_beside_it_stays() {
    let bed = Bed::with_sales(12).await;
    bed.put("raw/x", "no table");
    bed.put("v.lance/_versions/2.manifest", "m");
    bed.put("v.lance/data/1.lance", "d");

    let end = bed.move_all().await.unwrap();
    let again = bed.move_all().await.unwrap();

    let [from, to] = bed.both("sales/").await;
    assert_eq!(to, from);
    let [from, to] = bed.both("v.lance/").await;
    assert_eq!(to, from);
    assert_eq!(bed.contents(&tables(), "raw/").await, []);
    let told: Vec<_> = end
        .moved
        .iter()
        .map(|table| (table.format, table.version, table.commits, table.log_files_brought))
        .collect();
    assert_eq!(told, [("Delta", Some(11), 12, 14), ("Lance", Some(2), 1, 1)]);
    assert!(again.moved.iter().all(|table| table.log_files_brought == 0), "{again:?}");
}

#[tokio::test]
async fn a_dry_run_brings_nothing() {
    let bed = Bed::with_sales(3).await;

    let end = bed.move_tables("sales/", &Quiet, true).await.unwrap();

    assert_eq!(end.moved[0].destination, "s3://acme-tables/");
    assert_eq!(bed.contents(&tables(), "").await, []);
}

#[tokio::test]
async fn a_commit_that_comes_meanwhile_is_brought_too() {
    let bed = Bed::with_sales(5).await;
    let mut runs = 0;
    let meanwhile = Meanwhile::new(|| {
        runs += 1;
        if runs == 1 {
            bed.commit("sales/", 5, "one");
        }
    });

    let end = bed.move_tables("", &meanwhile, false).await.unwrap();

    let [from, to] = bed.both("sales/").await;
    assert_eq!(to, from);
    assert_eq!((end.moved[0].version, end.moved[0].rounds), (Some(5), 2));
}

#[tokio::test]
async fn a_table_that_is_written_all_the_time_is_not_moved_and_whole_versions_are_there() {
    let bed = Bed::with_sales(5).await;
    let mut next = 5;
    let meanwhile = Meanwhile::new(|| {
        bed.commit("sales/", next, "one");
        next += 1;
    });

    let error = bed.move_tables("", &meanwhile, false).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::TryAgain, "{error:?}");
    must_be_readable(&bed.contents(&tables(), "sales/").await);
    let end = bed.move_all().await.unwrap();
    assert_eq!((end.moved[0].version, end.moved[0].rounds), (Some(9), 1));
}

#[tokio::test]
async fn a_commit_that_is_overwritten_meanwhile_is_the_one_that_readers_see() {
    let bed = Bed::with_sales(5).await;
    bed.move_all().await.unwrap();
    bed.commit("sales/", 4, "other");

    let end = bed.move_all().await.unwrap();

    let [from, to] = bed.both("sales/").await;
    assert_eq!(to, from);
    assert_eq!((end.moved[0].lost_commits, end.moved[0].log_files_brought), (1, 1));
}

#[tokio::test]
async fn another_table_at_the_destination_is_left_alone() {
    for (version, content) in [(1, "other"), (7, "newer")] {
        let bed = Bed::with_sales(5).await;
        let key = format!("sales/_delta_log/{version:020}.json");
        bed.put_into(&tables(), &key, content);

        let error = bed.move_all().await.unwrap_err();

        assert_eq!(error.kind, ErrorKind::Mismatch, "{error:?}");
        let there = bed.contents(&tables(), "sales/_delta_log/").await;
        let name = format!("{version:020}.json");
        assert!(there.contains(&(name, content.to_owned())), "{there:?}");
    }
}

/// A move of `sales/` is refused, and what lies in the bucket of tables stays as it is.
async fn must_be_refused(bed: &Bed, why: &str) {
    let before = bed.contents(&tables(), "").await;

    let error = bed.move_all().await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Mismatch, "{error:?}");
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(bed.contents(&tables(), "").await, before);
}

#[tokio::test]
async fn nothing_of_another_table_at_the_destination_is_replaced() {
    let log = "sales/_delta_log/";
    let bed = Bed::with_sales(5).await;
    bed.put_into(&tables(), &format!("{log}{:020}.json", 0), "another table's");
    bed.put_into(&tables(), &format!("{log}{:020}.checkpoint.parquet", 3), "another table's");
    bed.put_into(&tables(), &format!("{log}_last_checkpoint"), "{\"version\":2}");
    must_be_refused(&bed, "another table or another writer").await;

    let bed = Bed::with_sales(5).await;
    bed.put_into(&tables(), &format!("{log}_last_checkpoint"), "{\"version\":2}");
    must_be_refused(&bed, "_last_checkpoint").await;
}

#[tokio::test]
async fn nothing_that_is_no_table_is_replaced() {
    let bed = Bed::with_sales(2).await;
    bed.put("sales/README.md", "the source's");
    bed.put_into(&tables(), "sales/README.md", "somebody's own");
    must_be_refused(&bed, "README.md").await;

    let bed = Bed::with_sales(2).await;
    bed.put_into(&tables(), "sales/metadata/1.metadata.json", "{}");
    must_be_refused(&bed, "metadata").await;
}

#[tokio::test]
async fn an_object_whose_tag_tells_nothing_is_read_before_it_counts_as_the_tables() {
    let bed = Bed::with_sales(2).await;
    bed.put("sales/large", "rows of ours");
    bed.put_in_parts(&tables(), "sales/large", "somebody's..").await;
    must_be_refused(&bed, "sales/large").await;

    bed.put_in_parts(&tables(), "sales/large", "rows of ours").await;
    assert_eq!(bed.move_all().await.unwrap().moved.len(), 1);
}

#[tokio::test]
async fn no_table_is_brought_into_another_one() {
    let bed = Bed::with_sales(2).await;
    bed.put_into(&tables(), "_delta_log/00000000000000000000.json", "of all");
    must_be_refused(&bed, "is inside the Delta table").await;
}

#[tokio::test]
async fn a_table_that_holds_another_one_stays() {
    let bed = Bed::with_sales(2).await;
    bed.commit("sales/of/north/", 0, "one");

    let end = bed.move_all().await.unwrap();

    let moved: Vec<_> = end.moved.iter().map(|table| table.source.as_str()).collect();
    assert_eq!(moved.len(), 1, "{end:?}");
    assert!(moved[0].ends_with("/sales/of/north/"), "{end:?}");
    assert!(end.left[0].reason.contains("its folder contains another table"), "{end:?}");
    assert_eq!(bed.contents(&tables(), "sales/_delta_log/").await, []);
}

#[tokio::test]
async fn what_cannot_be_moved_is_told() {
    let bed = Bed::new().await;
    let nothing = bed.move_all().await.unwrap_err();
    bed.put("db/t/metadata/00001-a.metadata.json", "{}");

    let end = bed.move_all().await.unwrap();

    assert_eq!(nothing.kind, ErrorKind::Absent);
    assert!(end.moved.is_empty() && end.left[0].reason.contains("rewrite_table_path"), "{end:?}");
    assert_eq!(bed.contents(&tables(), "").await, []);
}

#[tokio::test]
async fn a_destination_where_commits_do_not_hold_is_refused() {
    let (on, off) = (Versioning::Enabled, Versioning::Suspended);
    let bed = Bed::with_sales(2).await;
    bed.switch_versioning(&tables(), on).await;
    let keeps = bed.move_all().await.unwrap_err();
    bed.put_into(&tables(), "sales/old", "x");
    let old = datalake_engine::AnyKey::try_from("sales/old").unwrap();
    datalake_engine::Objects::delete(&bed.service.store, &tables(), &old, None).await.unwrap();
    bed.switch_versioning(&tables(), off).await;
    let has_markers = bed.move_all().await.unwrap_err();

    for error in [keeps, has_markers] {
        assert_eq!(error.kind, ErrorKind::Config, "{error:?}");
    }
    assert_eq!(bed.contents(&tables(), "").await, []);
}

#[tokio::test]
async fn a_move_that_is_cut_off_at_any_call_leaves_whole_versions_and_goes_on() {
    let mut calls = 0;
    for number in 1.. {
        let bed = Bed::with_sales(6).await;
        let cut = Fault::new(FaultKind::Refused, "cut off");
        if number % 2 == 0 {
            bed.service.store.fail_call(number, cut);
        } else {
            bed.service.store.lose_answer(number, cut);
        }

        let first = bed.move_all().await;

        if bed.service.store.is_failure_ahead() {
            assert!(first.is_ok(), "{first:?}");
            break;
        }
        calls += 1;
        must_be_readable(&bed.contents(&tables(), "sales/").await);
        bed.move_all().await.unwrap();
        let [from, to] = bed.both("sales/").await;
        assert_eq!(to, from, "call {number}");
    }
    assert!(calls > 40, "{calls}");
}
