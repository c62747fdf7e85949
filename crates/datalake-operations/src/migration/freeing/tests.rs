use datalake_core::size::ByteSize;
use datalake_dagster::StoredKind;

use super::*;

fn same_files() -> SameFiles {
    let same = SameFiles::default();
    hold_mutex(&same.same).insert("same".to_owned());
    hold_mutex(&same.others).insert("changed".to_owned(), "another size".to_owned());
    same
}

#[track_caller]
fn check(part: PartKind, name: &str, expected: &FileFate) {
    let left_out = LeftBehind::default();
    left_out.add_late(StoredKind::Unknown, "late", ByteSize(1));

    assert_eq!(same_files().judge(part, name, &left_out), *expected);
}

#[test]
fn a_pickle_that_the_bucket_has_may_go() {
    check(PartKind::Assets, "same", &FileFate::MayGo);
    check(PartKind::OpOutputs, "same", &FileFate::MayGo);
}

#[test]
fn logs_never_go() {
    let why = "a log: only pickles are removed";
    check(PartKind::Logs, "same", &FileFate::Stays(why.to_owned()));
}

#[test]
fn what_the_bucket_has_not_stays_and_why() {
    let stays = |why: &str| FileFate::Stays(format!("the bucket does not have the same: {why}"));
    check(PartKind::Assets, "changed", &stays("another size"));
    check(PartKind::Assets, "new", &stays("nothing is known of it"));
}

#[test]
fn files_of_other_kinds_are_told_with_their_kind() {
    check(PartKind::Assets, "late", &FileFate::OfAnotherKind);
}
