//! Nothing is never a success: sources that are not there, or are something else.

use std::fs;

use super::{Bed, LAKE, write};

/// A bucket with `raw/a` and `raw/sub/b`, a folder `data` with a file, and an empty one.
#[track_caller]
fn bed() -> Bed {
    let bed = Bed::new();
    bed.shelf.put_content("raw/a", b"one");
    bed.shelf.put_content("raw/sub/b", b"two");
    bed.file("a", b"one");
    fs::create_dir(bed.path("empty")).unwrap();
    bed
}

/// Fails unless a command ends so, tells why, and makes no folder `out`.
#[track_caller]
fn check(bed: &Bed, words: &str, code: i32, why: &str) {
    let ran = bed.run(words, code).0;
    assert!(ran.stderr.contains(why), "{words}: {}", ran.stderr);
    assert!(!bed.path("out").exists(), "{words} has made a folder");
}

#[test]
fn a_folder_of_a_bucket_that_is_not_there() {
    let bed = bed();
    for words in ["sync s3://acme-dagster-assets/typo out", "get typo/ out", "get -r typo out"] {
        check(&bed, words, 66, "there is no folder `s3://acme-dagster-assets/typo/`");
    }
    for command in ["cp -r", "mv -r", "sync", "sync -n", "sync --delete --max-delete 9"] {
        check(&bed, &format!("{command} s3://acme-dagster-assets/typo out"), 66, "no folder");
        let across = "s3://acme-dagster-assets/typo s3://acme-dagster-assets/other";
        check(&bed, &format!("{command} {across}"), 66, "no folder");
    }
    check(&bed, "get typo/ typo2/ out", 66, "typo2/");
    check(&bed, "sync s3://nobody-has-this out", 66, "bucket `nobody-has-this`");
}

#[test]
fn an_object_where_a_folder_is_meant_and_the_reverse() {
    let bed = bed();

    check(&bed, "sync s3://acme-dagster-assets/raw/a out", 66, "is an object, not a folder");
    check(&bed, "get raw/a/ out", 66, "cp s3://acme-dagster-assets/raw/a DEST");
    let not_an_object = "is a folder, not an object";
    for words in ["get raw out", "cp s3://acme-dagster-assets/raw out", "stat raw/", "rm --yes raw"]
    {
        check(&bed, words, 66, not_an_object);
    }
    let cat = bed.call("cat raw").run().exits(66);
    assert!(cat.stderr.contains(not_an_object), "{}", cat.stderr);
}

#[test]
fn a_wildcard_where_none_is_accepted() {
    let bed = bed();
    for words in [
        "sync s3://acme-dagster-assets/raw/* out",
        "get -r raw/* out",
        "cp -r s3://acme-dagster-assets/r?w out",
        "stat raw/*",
        "du raw/*",
        "tree [r]aw",
        "presign get raw/*",
        "cost report raw/*",
        "verify data s3://acme-dagster-assets/ra*",
        "verify data/a s3://acme-dagster-assets/raw/?",
        "verify s3://acme-dagster-assets/ra*/ data",
        "verify --bucket-only data s3://acme-dagster-assets/ra*",
        "scrub --subset 100% data s3://acme-dagster-assets/ra*",
    ] {
        check(&bed, words, 2, "has a wildcard, and none is accepted here");
    }
    assert!(bed.call("cat raw/*").run().exits(2).stderr.contains("wildcard"));
    check(&bed, "get raw/*.csv out", 66, "no key below");
    check(&bed, "get --no-glob raw/* out", 66, "it does not exist");
}

#[test]
fn a_folder_whose_name_looks_like_a_wildcard_is_one() {
    let bed = bed();
    bed.shelf.put_content("odd[1]/*/x", b"x");

    let got = bed.run("sync s3://acme-dagster-assets/odd[1]/* out", 0);

    assert_eq!(got.counts(), [1, 0, 0, 0, 0]);
}

#[test]
fn a_file_or_folder_of_this_machine_that_is_not_there() {
    let bed = bed();
    std::os::unix::fs::symlink("nowhere", bed.path("dangling")).unwrap();

    check(&bed, "put typo raw/", 66, "there is no file `typo`");
    check(&bed, "put typo1 typo2 raw/", 66, "there is no file `typo2`");
    check(&bed, "put data/a/below raw/", 66, "there is no file `data/a/below`");
    check(&bed, "put dangling raw/", 66, "`dangling` is a link that leads nowhere");
    check(&bed, "put -r typo raw/", 66, "there is no folder `typo`");
    for command in ["sync", "cp", "mv", "cp -r", "mv -r"] {
        check(&bed, &format!("{command} typo {LAKE}/typo"), 66, "`typo`");
    }
}

#[test]
fn a_file_where_a_folder_is_meant() {
    let bed = bed();
    let hint = format!("put data/a {LAKE}/x`");

    check(&bed, &format!("sync data/a {LAKE}/x"), 66, &hint);
    check(&bed, &format!("put -r data/a {LAKE}/x"), 66, "leave out --recursive");
    for words in [format!("sync {LAKE} data/a"), format!("sync {LAKE} data/a/sub")] {
        check(&bed, &words, 2, "`data/a` is a file, and a folder is needed there");
    }
    check(&bed, "get raw/a data/a", 2, "a folder is needed there");
    assert_eq!(fs::read(bed.data().join("a")).unwrap(), b"one");
}

#[test]
fn what_is_there_and_empty_is_fine() {
    let bed = bed();
    bed.shelf.put("marked/", 0);
    bed.run("bucket create acme-copy", 0);

    bed.run(&format!("sync empty {LAKE}/empty"), 0);
    bed.run("sync s3://acme-copy from-empty-bucket", 0);
    bed.run("sync s3://acme-dagster-assets/marked from-marker", 0);

    assert!(bed.path("from-empty-bucket").exists() && bed.path("from-marker").exists());
}

#[test]
fn of_several_sources_those_that_are_there_are_brought() {
    let bed = bed();
    write(&bed.path("b"), b"x");

    let got = bed.run("get typo/ raw/ out", 5);
    let put = bed.run("put typo b in/", 5);

    assert_eq!((got.counts(), put.counts()), ([2, 0, 0, 0, 1], [1, 0, 0, 0, 1]));
    assert_eq!(put.items("!")[0].1, "there is no file `typo`");
}

#[test]
fn a_bucket_that_is_not_there_is_told_for_single_files_too() {
    let bed = bed();

    check(&bed, "put data/a s3://nobody-has-this/x", 66, "bucket `nobody-has-this`");
    check(&bed, &format!("cp {LAKE}/a s3://nobody-has-this/x"), 66, "bucket `nobody-has-this`");
    check(&bed, "get s3://nobody-has-this/x out", 66, "bucket `nobody-has-this`");
}

#[test]
fn what_was_never_brought_is_not_verified() {
    let bed = bed();

    check(&bed, &format!("scrub --subset 100% data {LAKE}"), 66, "no run has brought anything");
    check(&bed, &format!("scrub data {LAKE}"), 66, "no run has brought anything");
    check(&bed, &format!("verify data {LAKE}"), 66, "no run has brought anything");
    bed.run(&format!("sync data {LAKE}"), 0);
    bed.run(&format!("scrub --subset 1% --round 1 data {LAKE}"), 0);
}

#[test]
fn names_that_no_run_can_move_are_not_tried_again() {
    let bed = bed();
    bed.shelf.put("raw/dir/../x", 1);

    let down = bed.down("", 5).0;

    assert!(down.stderr.contains("running it again does not help"), "{}", down.stderr);
}

#[test]
fn a_wrong_key_is_told_as_such_by_every_command() {
    let bed = bed();
    let wrong = |words: &str, exit: i32| {
        let call = bed.call(words).env("AWS_SECRET_ACCESS_KEY", "wrong".repeat(8));
        let ran = call.run().exits(exit);
        assert!(ran.stderr.contains("the secret access key does not fit"), "{}", ran.stderr);
    };
    for words in ["get raw/a out", "stat raw/a", "rm --yes raw/a", "presign get raw/a"] {
        wrong(words, 77);
    }
    wrong("put data/a in/", 77);
    wrong("bucket show", 77);
    wrong(&format!("sync data {LAKE}"), 77);
    assert!(!bed.path("out").exists());
}

#[test]
fn an_empty_text_is_no_source() {
    let bed = bed();
    for command in ["get", "get -r", "cp -r", "sync"] {
        let call = bed.shelf.call(command).arg("").arg("out");
        let ran = call.run().exits(2);
        assert!(ran.stderr.contains("an empty text names nothing"), "{command}: {}", ran.stderr);
        assert!(!bed.path("out").exists());
    }
}

#[test]
fn a_service_that_refuses_each_connection_is_told_to_be_waited_for() {
    let bed = bed();
    let call = bed.call("ls").env("DATALAKE_ENDPOINT", "http://127.0.0.1:1");
    let ran = call.run();
    assert!(
        ran.stderr.contains("waiting for an answer from `http://127.0.0.1:1`"),
        "{}",
        ran.stderr
    );
    ran.exits(69);
}

#[test]
fn hints_of_a_refusal_fit_the_command() {
    let bed = bed();
    bed.up("", 0);
    let stderr = |words: &str, code: i32| bed.call(words).run().exits(code).stderr;
    let verify = format!("verify data {LAKE}");
    let scrub = format!("scrub --subset 100% data {LAKE}");

    for fault in ["403 on GET", "501 on GET"] {
        bed.service().set_faults(fault);
        let code = if fault.starts_with("403") { 77 } else { 78 };
        for words in [&*verify, &*scrub, &format!("get {LAKE}/ out"), "ls raw/"] {
            let said = stderr(words, code);
            assert!(!said.contains("deleted") && !said.contains("protect"), "{words}: {said}");
        }
        let moved = stderr(&format!("mv -r {LAKE} out"), code);
        let deleted = stderr(&format!("sync --delete --max-delete 1 data {LAKE}"), code);
        assert!(!moved.contains("protect") && !deleted.contains("protect"), "{moved}{deleted}");
    }
    bed.service().set_faults("403 on GET");
    let deleted = stderr(&format!("sync --delete --max-delete 1 data {LAKE}"), 77);
    assert!(deleted.contains("nothing was deleted"), "{deleted}");
}
