//! A folder goes up and comes back.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, symlink};
use std::process::Command;

use super::{Bed, PART, configured, files, make_old, noise, write};

#[test]
fn a_tree_comes_back_equal_and_a_second_run_has_nothing_to_do() {
    let bed = Bed::new();
    bed.some_files(60);

    assert_eq!(bed.up("", 0).counts(), [60, 0, 0, 0, 0]);
    let again = bed.up("", 0);
    assert_eq!(again.counts(), [0, 0, 0, 60, 0]);
    assert_eq!(again.last("transfer")["requests"], 1, "one listing and nothing else");
    assert_eq!(bed.down("", 0).counts(), [60, 0, 0, 0, 0]);
    bed.must_be_back();
    assert_eq!(bed.down("", 0).counts(), [0, 0, 0, 60, 0]);
    assert_eq!(bed.run("sync back s3://acme-dagster-assets/raw", 0).counts(), [0, 0, 0, 60, 0]);
}

#[test]
fn what_was_changed_goes_again_and_nothing_else() {
    let bed = Bed::new();
    bed.some_files(20);
    bed.up("", 0);

    bed.file("0/0.bin", b"another content");
    let second = bed.up("", 0);
    bed.shelf.put("raw/1/1.bin", 37);
    let third = bed.up("", 0);

    assert_eq!(second.counts(), [0, 1, 0, 19, 0]);
    assert_eq!(third.items("*").len(), 1, "the object that someone else has replaced");
    assert_eq!(third.items("*")[0].0, "1/1.bin");
    bed.down("", 0);
    bed.must_be_back();
}

#[test]
fn sizes_around_a_part_are_right() {
    let bed = Bed::new();
    for (name, size) in [("0", 0), ("1", 1), ("less", PART - 1), ("part", PART), ("more", PART + 1)]
    {
        bed.file(name, &noise(size, size as u64));
    }
    let sparse = bed.data().join("sparse");
    let file = File::create(&sparse).unwrap();
    let length = configured("DATALAKE_TEST_SPARSE_MIB", 23) << 20;
    file.set_len(length).unwrap();
    file.write_all_at(b"in the middle", length / 2 - 7).unwrap();
    make_old(&sparse);

    assert_eq!(bed.up("--part-size 5M", 0).counts(), [6, 0, 0, 0, 0]);
    assert_eq!(bed.shelf.upload_count(), 0);
    assert_eq!(bed.run("verify --deep data s3://acme-dagster-assets/raw", 0).right(), 6);
    assert_eq!(bed.down("", 0).counts(), [6, 0, 0, 0, 0]);
    bed.must_be_back();
    assert_eq!(bed.up("--checksum", 0).counts(), [0, 0, 0, 6, 0]);
}

#[test]
fn between_buckets_nothing_passes_through_this_machine() {
    let bed = Bed::new();
    bed.some_files(10);
    bed.run("bucket create acme-copy", 0);
    bed.up("", 0);

    let copied = bed.run("sync s3://acme-dagster-assets/raw s3://acme-copy/x", 0);
    let again = bed.run("sync s3://acme-dagster-assets/raw s3://acme-copy/x", 0);
    bed.run("sync s3://acme-copy/x back", 0);

    assert_eq!(copied.counts(), [10, 0, 0, 0, 0]);
    assert_eq!(copied.last("transfer")["bytes_moved"], 0);
    assert_eq!(again.counts(), [0, 0, 0, 10, 0]);
    bed.must_be_back();
}

#[test]
fn what_is_no_file_is_told_and_stops_nothing() {
    let bed = Bed::new();
    bed.file("fine", b"x");
    fs::create_dir(bed.data().join("empty")).unwrap();
    symlink("fine", bed.data().join("link")).unwrap();
    symlink("nowhere", bed.data().join("dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(bed.data().join("pipe")).status().unwrap().success());

    let up = bed.up("", 0);
    let followed = bed.up("--links follow", 0);

    assert_eq!(up.counts(), [1, 0, 0, 0, 0]);
    let told: Vec<_> = up.items("!").into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, ["dangling", "empty/", "link", "pipe"]);
    assert_eq!(followed.items("+"), [("link".to_owned(), "new".to_owned())]);
}

#[test]
fn a_file_that_cannot_be_read_fails_the_run_and_the_rest_goes_on() {
    let bed = Bed::new();
    bed.some_files(5);
    write(&bed.path("target"), b"x");
    // A name that no key can have fails for root, too.
    fs::write(bed.data().join(std::ffi::OsString::from_vec(b"not\xffutf8".to_vec())), b"x")
        .unwrap();

    let up = bed.up("", 5);

    assert_eq!(up.counts(), [5, 0, 0, 0, 1]);
    assert_eq!(files(&bed.data()).len(), 6);
    let problem = up.last("error");
    assert_eq!(problem["exit_code"], 5);
}

use std::os::unix::ffi::OsStringExt as _;

use super::Ended;

impl Ended {
    #[track_caller]
    fn right(&self) -> u64 {
        self.last("verification")["right"]["items"].as_u64().unwrap()
    }
}
