//! Moves: a source goes when its copy is confirmed, and not before.

use std::fs;

use super::{Bed, LAKE, files, noise};

#[test]
fn a_folder_is_moved_up_and_down_and_across() {
    let bed = Bed::new();
    bed.some_files(12);
    let before = files(&bed.data());
    bed.run("bucket create acme-copy", 0);

    let up = bed.run("mv --recursive data s3://acme-dagster-assets/raw", 0);
    assert_eq!(up.last("transfer")["sources_removed"], 12);
    assert!(files(&bed.data()).is_empty());
    let across = bed.run("mv -r s3://acme-dagster-assets/raw s3://acme-copy/raw", 0);
    assert_eq!(across.last("transfer")["sources_removed"], 12);
    assert!(bed.keys().is_empty());
    let down = bed.run("mv -r s3://acme-copy/raw back", 0);
    assert_eq!(down.last("transfer")["sources_removed"], 12);

    assert_eq!(files(&bed.path("back")), before);
    assert_eq!(bed.run("ls -r s3://acme-copy", 0).last("ls-end")["objects"], 0);
}

#[test]
fn what_the_store_lost_stays_and_is_told() {
    let bed = Bed::new();
    bed.some_files(12);
    let before = files(&bed.data());
    bed.service().set_faults("lose on PUT after 3 times 2");

    let up = bed.run("mv --recursive data s3://acme-dagster-assets/raw", 5);

    bed.service().set_faults("");
    assert_eq!(up.last("transfer")["sources_removed"], 10);
    let kept = files(&bed.data());
    assert_eq!(kept.len(), 2);
    assert_eq!(bed.keys().len(), 10);
    let told: Vec<_> = up.items("!").into_iter().map(|(name, _)| name).collect();
    let kept: Vec<_> = kept.keys().map(|name| name.to_str().unwrap().to_owned()).collect();
    assert_eq!(told, kept);
    bed.run("mv --recursive data s3://acme-dagster-assets/raw", 0);
    assert!(files(&bed.data()).is_empty());
    bed.down("", 0);
    assert_eq!(files(&bed.path("back")), before);
}

#[test]
fn what_only_looks_equal_is_compared_by_content_before_it_goes() {
    let bed = Bed::new();
    bed.file("a", b"one");
    // Of the same size and newer.
    bed.shelf.put_content("raw/a", b"two");

    let up = bed.run("mv --recursive data s3://acme-dagster-assets/raw", 0);

    assert_eq!(up.counts(), [0, 1, 0, 0, 0]);
    bed.run("get raw/a back", 0);
    assert_eq!(fs::read(bed.path("back/a")).unwrap(), b"one");
}

#[test]
fn what_is_there_already_with_the_same_tag_counts_as_moved() {
    let bed = Bed::new();
    bed.shelf.put_content("x/a", b"same");
    bed.shelf.put_content("raw/a", b"same");

    let across = bed.run("mv -r s3://acme-dagster-assets/x s3://acme-dagster-assets/raw", 0);

    assert_eq!(across.counts(), [0, 0, 0, 1, 0]);
    assert_eq!(bed.keys(), ["a"]);
}

#[test]
fn a_dry_run_removes_nothing_and_a_failed_run_neither() {
    let bed = Bed::new();
    bed.file("a", &noise(100, 1));

    bed.run("mv --dry-run --recursive data s3://acme-dagster-assets/raw", 3);
    bed.run("mv --recursive data s3://nobody-has-this/raw", 66);
    bed.service().set_faults("403 on PUT");
    bed.run("mv --recursive data s3://acme-dagster-assets/raw", 5);

    assert_eq!(files(&bed.data()).len(), 1);
}

#[test]
fn requests_that_look_again_and_delete_are_counted() {
    let bed = Bed::new();
    bed.some_files(12);
    let counted = |words: &str, looks: u64| {
        let before = bed.service().counts().requests;
        let end = bed.run(words, 0).last("transfer");
        let made = bed.service().counts().requests - before;
        assert_eq!(end["requests"].as_u64().unwrap() + looks, made, "{words}");
    };

    counted(&format!("sync data {LAKE}"), 0);
    fs::remove_file(bed.data().join("1/1.bin")).unwrap();
    counted(&format!("sync --delete --max-delete 1 data {LAKE}"), 0);
    // One look tells whether there is anything at the source.
    counted(&format!("mv --recursive {LAKE} back"), 1);
    counted(&format!("mv --recursive back {LAKE}"), 0);
    assert_eq!(bed.keys().len(), 11);
}
