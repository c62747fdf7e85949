//! Single files and objects, under their own names and others.

use std::fs;

use super::{Bed, LAKE, files, write};

#[test]
fn files_are_put_into_a_folder_or_under_a_name() {
    let bed = Bed::new();
    for name in ["a.csv", "b.csv"] {
        write(&bed.path(name), name.as_bytes());
    }

    bed.run("put a.csv b.csv in", 0);
    bed.run("put a.csv in/c.csv", 0);
    bed.run("put a.csv s3://acme-dagster-assets", 0);
    bed.run("put --recursive data/.. all", 0);

    assert_eq!(bed.keys(), ["a.csv", "all/a.csv", "all/b.csv", "in/a.csv", "in/b.csv", "in/c.csv"]);
}

#[test]
fn a_few_keys_are_asked_for_and_the_bucket_is_not_listed() {
    let bed = Bed::new();
    write(&bed.path("a.csv"), b"content");
    bed.run("put a.csv in/", 0);
    bed.run("get in/a.csv back", 0);

    let lists =
        bed.service().requests().into_iter().filter(|seen| seen.query.contains("list-type"));

    assert_eq!(lists.count(), 0);
    assert_eq!(files(&bed.path("back")).len(), 1);
}

#[test]
fn objects_are_got_by_key_by_pattern_and_by_folder() {
    let bed = Bed::new();
    for key in ["x/a.csv", "x/b.csv", "x/deep/c.csv", "x/d.txt", "y/a.csv"] {
        bed.shelf.put_content(key, key.as_bytes());
    }
    let names = |folder: &str| {
        let files = files(&bed.path(folder));
        files.into_keys().map(|name| name.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    bed.run("get x/a.csv x/d.txt one", 0);
    bed.run("get x/*.csv two", 0);
    bed.run("get x/**.csv three", 0);
    bed.run("get x/ four", 0);
    bed.run("cp s3://acme-dagster-assets/y/a.csv other.csv", 0);

    assert_eq!(names("one"), ["a.csv", "d.txt"]);
    assert_eq!(names("two"), ["a.csv", "b.csv"]);
    assert_eq!(names("three"), ["a.csv", "b.csv", "deep/c.csv"]);
    assert_eq!(names("four"), ["a.csv", "b.csv", "d.txt", "deep/c.csv"]);
    assert_eq!(fs::read(bed.path("other.csv")).unwrap(), b"y/a.csv");
}

#[test]
fn objects_are_copied_under_other_names_inside_the_service() {
    let bed = Bed::new();
    bed.shelf.put_content("x/1", b"one");
    bed.shelf.put_content("x/2", b"two");

    bed.run("cp s3://acme-dagster-assets/x/1 s3://acme-dagster-assets/x/2", 0);
    bed.run("cp s3://acme-dagster-assets/x/1 s3://acme-dagster-assets/y/", 0);
    let same = bed.run("cp s3://acme-dagster-assets/x/1 s3://acme-dagster-assets/x/1", 2);

    assert_eq!(bed.keys(), ["x/1", "x/2", "y/1"]);
    bed.run("get x/2 back", 0);
    assert_eq!(fs::read(bed.path("back/2")).unwrap(), b"one");
    assert!(same.0.stderr.contains("the same object"), "{}", same.0.stderr);
}

#[test]
fn what_is_not_there_is_told_and_the_rest_goes_on() {
    let bed = Bed::new();
    bed.shelf.put_content("x/1", b"one");

    let got = bed.run("get x/1 x/nothing back", 5);

    assert_eq!(got.counts(), [1, 0, 0, 0, 1]);
    assert_eq!(got.items("!")[0].0, "x/nothing");
    let gone = bed.run("get x/nothing back", 66);
    assert!(gone.0.stderr.contains("x/nothing`: it does not exist"), "{}", gone.0.stderr);
    bed.run("cp s3://acme-dagster-assets/x/nothing copy", 66);
    write(&bed.path("here"), b"x");
    let put = bed.run("put here not-here in/", 5);
    assert_eq!(put.counts(), [1, 0, 0, 0, 1]);
    assert_eq!(put.items("!"), [("not-here".into(), "there is no file `not-here`".into())]);
}

#[test]
fn sources_that_make_no_sense_are_refused() {
    let bed = Bed::new();
    write(&bed.path("a.csv"), b"x");
    write(&bed.path("other/a.csv"), b"x");

    for (words, why) in [
        ("put data in/", "is a folder"),
        ("put a.csv other/a.csv in/", "the same name"),
        ("cp a.csv data", "neither side is in a bucket"),
        ("sync data other", "neither side is in a bucket"),
        ("sync s3://acme-dagster-assets/a s3://acme-dagster-assets/a/b", "is inside the other"),
        ("mv --size-only a.csv s3://acme-dagster-assets/", "sizes for contents"),
        ("sync --connections 257 data s3://acme-dagster-assets/a", "more than the spec allows"),
        ("put a.csv s3://acme-dagster-assets/a/../b", "`.` or `..`"),
        ("put a.csv s3://acme-dagster-assets/./", "`.` or `..`"),
        ("sync data s3://acme-dagster-assets/..", "`.` or `..`"),
        ("sync --exclude [ data s3://acme-dagster-assets/a", "is not a valid pattern"),
    ] {
        let ran = bed.run(words, 2).0;
        assert!(ran.stderr.contains(why), "{words}: {}", ran.stderr);
    }
    assert!(bed.keys().is_empty());
}

#[test]
fn an_archived_object_is_told_with_its_cure_by_every_command() {
    let bed = Bed::new();
    bed.file("a", b"one");
    bed.up("", 0);
    bed.service().set_faults("archived");

    for (words, code) in [
        ("cat raw/a", 78),
        ("get raw/a back", 5),
        ("cp s3://acme-dagster-assets/raw/a back/", 5),
        ("cp s3://acme-dagster-assets/raw/a -", 78),
        ("mv s3://acme-dagster-assets/raw/a back/", 5),
        (&format!("sync {LAKE} back"), 5),
        (&format!("verify --deep data {LAKE}"), 5),
        (&format!("scrub --subset 100% data {LAKE}"), 5),
    ] {
        let stderr = bed.call(words).run().exits(code).stderr;
        assert!(stderr.contains("restore it with a tool of its service"), "{words}: {stderr}");
        assert!(!stderr.contains("does not help"), "{words}: {stderr}");
    }
    assert_eq!(bed.keys(), ["a"]);
}
