//! `-`: standard input and standard output.

use std::fs;
use std::io::Write as _;
use std::process::Output;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Bed, Ended, LAKE, PART, noise};
use crate::support::{Ran, eventually};

/// The key that tests use.
const DEST: &str = "s3://acme-dagster-assets/raw/a";

/// `datalake WORDS…` with this on standard input, which has to end so; what it says at the end.
#[track_caller]
fn fed(bed: &Bed, (words, content): (&str, &[u8]), code: i32) -> Ended {
    let output = bed.call(words).arg("--json").run_with_input(content);
    Ended(Ran::from(output).exits(code))
}

/// The bytes that `cp DEST -` prints.
#[track_caller]
fn printed(bed: &Bed) -> Vec<u8> {
    let Output { status, stdout, stderr } = bed.call(&format!("cp {DEST} -")).run_with_input(b"");
    assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
    stdout
}

#[track_caller]
fn stat(bed: &Bed) -> Value {
    bed.call(&format!("stat {DEST} --json")).run().exits(0).json("stat")
}

#[test]
fn what_is_piped_in_comes_out_the_same() {
    let bed = Bed::new();
    for (at, length) in [0, 5, PART, PART + 1, 20_000_000].into_iter().enumerate() {
        let content = noise(length, at as u64);
        let words = [format!("put - {DEST} --part-size 5M"), format!("cp --part-size 5M - {DEST}")];

        for words in &words {
            let up = fed(&bed, (words, &content), 0).last("transfer");

            let is_new = at == 0 && words.starts_with("put");
            assert_eq!(up["new"]["items"], u64::from(is_new), "{up}");
            assert_eq!(up["replaced"]["items"], u64::from(!is_new), "{up}");
            assert_eq!(
                (&up["bytes_moved"], &up["source"]),
                (&length.into(), &"standard input".into())
            );
            assert_eq!(stat(&bed)["size"], length);
            assert!(printed(&bed) == content, "{length} bytes");
        }
        let is_large = length > PART;
        assert_eq!(stat(&bed)["metadata"]["datalake-part"].is_string(), is_large, "{length}");
    }
    assert_eq!(bed.shelf.upload_count(), 0);
}

#[test]
fn a_whole_key_is_named_and_the_pipe_stands_alone() {
    let bed = Bed::new();
    bed.file("b", b"x");
    for (words, said) in [
        (format!("put - {LAKE}/"), "has no name"),
        ("put - s3://acme-dagster-assets".to_owned(), "has no name"),
        (format!("put -r - {DEST}"), "--recursive takes a folder"),
        (format!("put - data/b {DEST}"), "no other source beside it"),
        (format!("put - - {DEST}"), "no other source beside it"),
        (format!("mv - {DEST}"), "`mv` deletes its source"),
        (format!("mv {DEST} -"), "`mv` deletes its source"),
        (format!("sync - {LAKE}"), "two folders are meant"),
        (format!("sync {LAKE} -"), "two folders are meant"),
        ("cp data/b -".to_owned(), "what is printed on standard output is objects"),
        ("cp - -".to_owned(), "what is printed on standard output is objects"),
        (format!("cp -n {DEST} -"), "printed as `cat` prints it"),
        (format!("cp {DEST} - --json"), "no --json"),
    ] {
        let output = bed.call(&words).run_with_input(b"x");
        let ran = Ran::from(output).exits(2);
        assert!(ran.stderr.contains(said), "{words}: {}", ran.stderr);
        assert!(bed.keys().is_empty(), "{words}");
    }
}

#[test]
fn a_file_named_like_the_pipe_is_a_file() {
    let bed = Bed::new();
    fs::write(bed.path("-"), "a file").unwrap();

    fed(&bed, (&format!("put ./- {DEST}"), b"a pipe"), 0);
    assert_eq!(printed(&bed), b"a file");
    fed(&bed, (&format!("cp {DEST} ./-"), b""), 0);

    assert_eq!(fs::read(bed.path("-")).unwrap(), b"a file");
}

#[test]
fn a_dry_run_stores_nothing() {
    let bed = Bed::new();

    let plan = fed(&bed, (&format!("put -n - {DEST}"), b"x"), 3);

    assert_eq!(plan.counts(), [1, 0, 0, 0, 0]);
    assert!(bed.keys().is_empty());
}

#[test]
fn wrong_bytes_on_the_way_out_are_told() {
    let bed = Bed::new();
    fed(&bed, (&format!("put - {DEST}"), b"right"), 0);
    bed.service().set_faults("wrong-byte on GET");

    let ran = bed.call(&format!("cp {DEST} -")).run().exits(4);

    assert!(ran.stderr.contains("does not match its tag"), "{}", ran.stderr);
}

#[test]
fn a_part_stored_with_a_wrong_byte_is_sent_again_or_told() {
    let bed = Bed::new();
    let (words, content) = (format!("put --part-size 5M - {DEST}"), noise(4 * PART, 1));
    bed.service().set_faults("wrong-byte on PUT part 3 times 2");

    fed(&bed, (&words, &content), 0);
    assert!(printed(&bed) == content);
    bed.service().set_faults("wrong-byte on PUT");
    let large = fed(&bed, (&words, &content), 4);
    let small = fed(&bed, (&words, b"small"), 4);

    for ended in [large, small] {
        let said = "another content than was sent";
        assert!(ended.0.stderr.contains(said), "{}", ended.0.stderr);
    }
    assert_eq!(bed.shelf.upload_count(), 0);
}

#[test]
fn an_input_that_cannot_be_read_stores_nothing() {
    let bed = Bed::new();
    let words = format!("put - {DEST}");

    let ran = bed.call(&words).through_script("exec \"$@\" < /").run().exits(74);

    assert!(ran.stderr.contains("standard input cannot be read"), "{}", ran.stderr);
    assert!(bed.keys().is_empty());
    assert_eq!(bed.shelf.upload_count(), 0);
}

#[test]
fn a_part_that_the_service_refuses_ends_the_upload() {
    let bed = Bed::new();
    bed.service().set_faults("403 on PUT part 3");

    let content = noise(4 * PART, 1);
    let ended = fed(&bed, (&format!("put --part-size 5M - {DEST}"), &content), 77);

    assert!(ended.0.stderr.contains("raw/a"), "{}", ended.0.stderr);
    assert!(bed.keys().is_empty());
    assert_eq!(bed.shelf.upload_count(), 0);
}

#[test]
fn a_bucket_that_is_not_there_is_told_as_such() {
    let bed = Bed::new();

    let ended = fed(&bed, ("put - s3://nobody-has-this/x", b"x"), 66);

    assert!(ended.0.stderr.contains("bucket `nobody-has-this`"), "{}", ended.0.stderr);
}

#[test]
fn who_stops_it_finds_no_upload_left() {
    for signal in [Signal::TERM, Signal::INT] {
        let bed = Bed::new();
        let mut child = bed.call(&format!("put --part-size 5M - {DEST}")).start_piped();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&noise(2 * PART + 7, 1)).unwrap();
        // The pipe stays open: more may come.
        eventually("an upload has begun", || bed.shelf.upload_count() == 1);

        kill_process(Pid::from_child(&child), signal).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap()).exits(130);

        drop(input);
        assert!(ran.stderr.contains("the upload was given up"), "{}", ran.stderr);
        assert_eq!(bed.shelf.upload_count(), 0);
        assert!(bed.keys().is_empty());
    }
}
