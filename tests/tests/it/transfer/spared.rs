//! Files here that somebody may need: no download replaces them.

use std::fs;

use super::compared::date;
use super::{Bed, LAKE, write};

#[test]
fn a_file_changed_here_is_not_overwritten_unless_asked() {
    let bed = Bed::new();
    bed.file("a", b"one");
    bed.up("", 0);
    bed.down("", 0);
    write(&bed.path("back/a"), b"mine");
    bed.file("a", b"new one");
    bed.up("", 0);

    let kept = bed.down("", 5);
    assert_eq!(fs::read(bed.path("back/a")).unwrap(), b"mine");
    bed.run(&format!("sync --dry-run {LAKE} back"), 5);
    bed.down("--overwrite", 0);

    assert!(kept.items("!")[0].1.contains("changed since the last run"), "{:?}", kept.items("!"));
    assert_eq!(fs::read(bed.path("back/a")).unwrap(), b"new one");
}

#[test]
fn a_file_changed_here_is_kept_whichever_command_brought_it() {
    let bed = Bed::new();
    bed.file("a", b"one");
    bed.file("sub/b", b"one");
    bed.up("", 0);
    bed.down("", 0);
    for name in ["a", "sub/b"] {
        write(&bed.path("back").join(name), b"mine");
        bed.file(name, b"new one");
    }
    bed.up("", 0);
    // Older than the object: only the record of another pair tells that somebody has changed it.
    for name in ["back/a", "back/sub/b"] {
        date(&bed.path(name), -9999);
    }

    for words in [
        &format!("get {LAKE}/a back"),
        &format!("cp {LAKE}/a back/a"),
        &format!("cp {LAKE}/sub/b back/sub/"),
        &format!("mv {LAKE}/a back/"),
        &format!("sync {LAKE}/sub back/sub"),
        "get raw/a back/",
        "get raw/* back/",
        "cp --recursive s3://acme-dagster-assets/raw/ back",
    ] {
        let ended = bed.run(words, 5);
        let why = &ended.items("!")[0].1;
        assert!(why.contains("changed since the last run"), "{words}: {why}");
        assert!(ended.0.all().contains("--overwrite"), "{}", ended.0.all());
    }
    for name in ["back/a", "back/sub/b"] {
        assert_eq!(fs::read(bed.path(name)).unwrap(), b"mine");
    }
    assert_eq!(bed.keys(), ["a", "sub/b"]);
    bed.run(&format!("get --overwrite {LAKE}/a back"), 0);
    assert_eq!(fs::read(bed.path("back/a")).unwrap(), b"new one");
    // What another command has brought is nobody's edit.
    bed.file("a", b"newest");
    bed.up("", 0);
    assert_eq!(bed.down("--overwrite", 0).counts(), [0, 2, 0, 0, 0]);
    bed.file("a", b"last");
    bed.up("", 0);
    bed.run(&format!("get {LAKE}/a back"), 0);
    bed.file("a", b"very last");
    bed.up("", 0);
    assert_eq!(bed.down("", 0).counts(), [0, 1, 0, 1, 0]);
}

#[test]
fn without_state_a_file_that_is_newer_than_the_object_is_kept() {
    let bed = Bed::new();
    bed.file("a", b"one");
    bed.file("older", b"one");
    bed.up("", 0);
    write(&bed.path("back/a"), b"mine");
    date(&bed.path("back/a"), -60);
    write(&bed.path("back/older"), b"mine");
    date(&bed.path("back/older"), -9999);

    for words in ["", "--dry-run"] {
        let kept = bed.down(&format!("{words} --state other{words}"), 5);
        assert_eq!(kept.counts(), [0, 1, 0, 0, 1]);
        assert!(kept.items("!")[0].1.contains("newer than the object"), "{:?}", kept.items("!"));
        write(&bed.path("back/older"), b"mine");
        date(&bed.path("back/older"), -9999);
    }
    bed.run(&format!("get {LAKE}/a back --state third"), 5);
    assert_eq!(fs::read(bed.path("back/a")).unwrap(), b"mine");
    bed.run(&format!("get --overwrite {LAKE}/a back --state third"), 0);
    assert_eq!(fs::read(bed.path("back/a")).unwrap(), b"one");
}
