//! Deleting in the destination, and everything that speaks against it.

use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use super::Bed;

#[track_caller]
fn bed() -> Bed {
    let bed = Bed::new();
    bed.some_files(4);
    bed.up("", 0);
    bed.shelf.put("raw/surplus/1", 1);
    bed.shelf.put("raw/surplus/2", 1);
    bed
}

#[track_caller]
fn keeps_all(bed: &Bed, words: &str, code: i32, why: &str) {
    let before = bed.keys();
    let ran = bed.up(words, code).0;
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
    assert_eq!(bed.keys(), before);
}

#[test]
fn it_is_off_unless_asked_for() {
    let bed = bed();

    let up = bed.up("", 0);

    assert_eq!(up.last("transfer")["surplus"]["items"], 2);
    assert_eq!(bed.keys().len(), 6);
}

#[test]
fn it_deletes_what_the_source_has_not_in_both_directions() {
    let bed = bed();
    bed.down("", 0);

    assert_eq!(bed.up("--delete --max-delete 2", 0).counts(), [0, 0, 2, 4, 0]);
    assert_eq!(bed.keys().len(), 4);
    assert_eq!(bed.down("--delete --max-delete 2", 0).counts(), [0, 0, 2, 4, 0]);
    bed.must_be_back();
}

#[test]
fn it_needs_a_bound_and_keeps_it() {
    let bed = bed();

    let ran = bed.call("sync --delete data s3://acme-dagster-assets/raw").run().exits(2);
    assert!(ran.stderr.contains("--max-delete"), "{}", ran.stderr);
    keeps_all(&bed, "--delete --max-delete 1", 5, "more than was permitted");
}

#[test]
fn not_for_an_empty_source() {
    let bed = bed();
    fs::remove_dir_all(bed.data()).unwrap();
    fs::create_dir(bed.data()).unwrap();

    keeps_all(&bed, "--delete --max-delete 99", 5, "the source is empty");
    fs::remove_dir(bed.data()).unwrap();
    keeps_all(&bed, "--delete --max-delete 99", 66, "there is no folder `data`");
}

#[test]
fn not_when_something_could_not_be_read() {
    let bed = bed();
    let name = std::ffi::OsString::from_vec(b"\xff".to_vec());
    fs::write(bed.data().join(name), b"x").unwrap();

    keeps_all(&bed, "--delete --max-delete 99", 5, "not all of the source could be read");
}

#[test]
fn not_when_the_listing_is_denied() {
    let bed = bed();
    bed.service().set_faults("403 on GET");

    let ran = bed.up("--delete --max-delete 99", 77).0;

    bed.service().set_faults("");
    assert!(ran.stderr.contains("the listing failed"), "{}", ran.stderr);
    assert_eq!(bed.keys().len(), 6);
    bed.service().set_faults("403 on GET");
    bed.down("--delete --max-delete 99", 77);
}

#[test]
fn not_when_the_listing_is_cut() {
    let bed = bed();
    bed.down("", 0);
    let before = super::files(&bed.path("back"));
    bed.service().set_faults("cut-body@300 on GET");

    let ran = bed.down("--delete --max-delete 99", 69).0;

    assert!(ran.stderr.contains("the listing failed"), "{}", ran.stderr);
    assert_eq!(super::files(&bed.path("back")), before);
}

#[test]
fn not_when_the_listing_goes_in_circles() {
    let bed = Bed::new();
    (0..1001).for_each(|at| bed.file(&format!("flat/{at}"), b"x"));
    bed.up("", 0);
    super::write(&bed.path("back/theirs"), b"x");
    bed.service().set_faults("loop-token");

    let down = bed.down("--delete --max-delete 9999", 69).0;
    let up = bed.up("--delete --max-delete 9999", 69).0;
    let printed = ["ls -r raw/", "du raw/", "rm -r --yes raw/"].map(|words| bed.run(words, 69).0);

    bed.service().set_faults("");
    for ran in [&down, &up] {
        assert!(ran.stderr.contains("the listing failed"), "{}", ran.stderr);
    }
    for ran in printed.iter().chain([&down, &up]) {
        assert!(ran.stderr.contains("goes on where it began"), "{}", ran.stderr);
    }
    assert!(bed.path("back/theirs").exists());
    assert_eq!(bed.keys().len(), 1001);
}
