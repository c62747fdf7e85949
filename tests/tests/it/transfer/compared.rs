//! What counts as equal, what is compared, and what is said of it.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use datalake_sim::{Config, Quirk};

use super::{Bed, LAKE, PART, files, make_old, noise, write};
use crate::support::{Service, Shelf};

impl Bed {
    /// A bed whose service stores what was not signed.
    fn careless() -> Self {
        let service = Service::with(|config| {
            let quirks = config.quirks.clone().with(Quirk::TakesWrongHashes);
            let quirks = datalake_sim::Quirks { bucket_delay: Duration::ZERO, ..quirks };
            Config { quirks, ..config }
        });
        let bed = Self { shelf: Shelf::of(service) };
        fs::create_dir(bed.data()).unwrap();
        bed
    }

    /// Gives a file below `data` a time so many seconds from now.
    #[track_caller]
    fn date(&self, name: &str, seconds: i64) {
        date(&self.data().join(name), seconds);
    }

    /// How many requests with this word in their query were answered with this status.
    fn answered(&self, word: &str, status: u16) -> usize {
        let requests = self.service().requests();
        let is = |seen: &&datalake_sim::RequestSeen| {
            seen.query.contains(word) && seen.status == Some(status)
        };
        requests.iter().filter(is).count()
    }
}

#[track_caller]
pub(super) fn date(path: &Path, seconds: i64) {
    let file = File::options().write(true).open(path).unwrap();
    let (now, by) = (SystemTime::now(), Duration::from_secs(seconds.unsigned_abs()));
    file.set_modified(if seconds < 0 { now - by } else { now + by }).unwrap();
}

#[test]
fn without_state_a_file_of_equal_size_is_sent_or_never_certified() {
    let bed = Bed::new();
    bed.file("x", b"aaaa");
    bed.date("x", -7200);
    bed.up("", 0);
    // What a backup of another machine restored: older, of the same size, and another content.
    bed.file("x", b"bbbb");
    bed.date("x", -9999);

    bed.run(&format!("verify data {LAKE} --state other"), 4);
    bed.run(&format!("scrub --subset 100% data {LAKE} --state other"), 4);
    assert_eq!(bed.up("--state other", 0).counts(), [0, 1, 0, 0, 0]);
    bed.run(&format!("verify --deep data {LAKE} --state other"), 0);
    bed.run(&format!("sync {LAKE} back"), 0);
    assert_eq!(fs::read(bed.path("back/x")).unwrap(), b"bbbb");
    // To the first state it is neither what it sent nor what it is told to be.
    bed.run(&format!("verify --bucket-only data {LAKE}"), 4);
    bed.run(&format!("verify data {LAKE}"), 0);
}

#[test]
fn verify_tells_never_sent_changed_here_and_changed_there_apart() {
    let bed = Bed::new();
    bed.some_files(6);
    bed.up("", 0);
    bed.run(&format!("verify data {LAKE}"), 0);

    bed.file("never", b"sent");
    let unsent = bed.run(&format!("verify data {LAKE}"), 3);
    bed.run(&format!("verify --bucket-only data {LAKE}"), 0);
    bed.run(&format!("verify --exclude never data {LAKE}"), 0);
    fs::remove_file(bed.data().join("never")).unwrap();
    // Of the same size and time: a tool that keeps times has written it.
    let path = bed.data().join("1/1.bin");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let mut other = fs::read(&path).unwrap();
    other[0] ^= 1;
    fs::write(&path, other).unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
    let edited = bed.run(&format!("verify data {LAKE}"), 3);
    bed.run(&format!("verify --deep data {LAKE}"), 3);
    bed.run(&format!("verify --bucket-only --deep data {LAKE}"), 0);
    let sent = bed.up("", 0);
    bed.shelf.put("raw/2/2.bin", 74);
    let changed = bed.run(&format!("verify data {LAKE}"), 4);

    assert_eq!(unsent.items("!"), [("never".to_owned(), "never sent".to_owned())]);
    assert_eq!(edited.last("verification")["edited"]["items"], 1);
    assert_eq!(sent.counts(), [0, 1, 0, 5, 0]);
    assert_eq!(changed.last("verification")["changed"]["items"], 1);
}

#[test]
fn a_source_that_is_gone_is_66_and_its_bucket_can_still_be_verified() {
    let bed = Bed::new();
    bed.some_files(3);
    bed.run(&format!("mv --recursive data {LAKE}"), 0);
    bed.run(&format!("verify data {LAKE}"), 0);
    bed.run(&format!("verify --deep data {LAKE}"), 0);
    bed.run(&format!("verify --bucket-only --deep data {LAKE}"), 0);
}

#[test]
fn a_download_can_be_verified_too() {
    let bed = Bed::new();
    bed.some_files(4);
    bed.file("large", &noise(2 * PART + 3, 7));
    bed.up("--part-size 5M", 0);
    bed.run(&format!("verify {LAKE} back"), 66);
    bed.down("", 0);

    bed.run(&format!("verify {LAKE} back"), 0);
    bed.run(&format!("verify --deep {LAKE} back"), 0);
    let large = bed.path("back/large");
    let mut other = fs::read(&large).unwrap();
    other[PART + 9] ^= 1;
    write(&large, &other);

    bed.run(&format!("verify {LAKE} back"), 4);
    bed.run(&format!("verify --bucket-only {LAKE} back"), 2);
}

#[test]
fn what_was_touched_is_not_sent_and_what_is_dated_ahead_is_like_any_other() {
    let bed = Bed::new();
    bed.file("ahead", &noise(300_000, 1));
    bed.file("touched", b"x");
    bed.date("ahead", 2 * 86_400);
    bed.up("", 0);

    let second = bed.up("", 0);
    bed.date("touched", -5);
    let third = bed.up("", 0);
    let fourth = bed.up("", 0);

    assert_eq!(second.last("transfer")["requests"], 1, "one listing and nothing else");
    assert_eq!((third.counts(), fourth.counts()), ([0, 0, 0, 2, 0], [0, 0, 0, 2, 0]));
    assert_eq!(third.last("transfer")["bytes_moved"], 0);
    assert_eq!(fourth.last("transfer")["requests"], 1);
}

#[test]
fn a_folder_that_was_renamed_is_copied_inside_the_service() {
    let bed = Bed::new();
    bed.file("old/small", b"small");
    bed.file("old/one", &noise(300_000, 1));
    bed.file("old/parts", &noise(2 * PART + 3, 2));
    bed.up("--part-size 5M", 0);

    fs::rename(bed.data().join("old"), bed.data().join("new")).unwrap();
    let up = bed.up("--part-size 5M --delete --max-delete 9", 0);

    assert_eq!(up.last("transfer")["bytes_moved"], 5);
    assert_eq!(bed.keys(), ["new/one", "new/parts", "new/small"]);
    bed.run(&format!("verify --deep data {LAKE}"), 0);
    bed.down("", 0);
    bed.must_be_back();
}

#[test]
fn a_service_is_asked_with_the_first_part_of_a_real_upload_and_never_again() {
    let bed = Bed::new();
    bed.file("one", &noise(PART + 3, 1));
    bed.up("--part-size 5M", 0);
    bed.file("two", &noise(PART + 3, 2));
    bed.up("--part-size 5M", 0);

    assert_eq!(bed.answered("partNumber", 400), 1);
    assert_eq!(bed.keys(), ["one", "two"]);
    assert_eq!(bed.shelf.upload_count(), 0);
    bed.run(&format!("verify --deep data {LAKE}"), 0);

    let bed = Bed::careless();
    bed.file("one", &noise(PART + 3, 1));
    bed.up("--part-size 5M", 0);
    bed.file("two", &noise(PART + 3, 2));
    bed.up("--part-size 5M", 0);

    // The part that was sent with a wrong hash, and the four that were meant.
    assert_eq!(bed.answered("partNumber", 200), 5);
    bed.run(&format!("verify --deep data {LAKE}"), 0);
    bed.down("", 0);
    bed.must_be_back();
}

#[test]
fn a_part_stored_with_a_wrong_byte_is_sent_again_with_and_without_state() {
    for flags in ["", "--check"] {
        let bed = Bed::new();
        bed.some_files(3);
        bed.file("large", &noise(4 * PART + 3, 7));
        bed.service()
            .set_faults("wrong-byte on PUT part 3 times 2, wrong-byte on PUT after 5 times 1");

        bed.up(&format!("--part-size 5M {flags}"), 0);
        bed.file("large", &noise(4 * PART + 3, 8));
        bed.service().set_faults("wrong-byte on PUT part 2 times 1");
        bed.up(&format!("--part-size 5M {flags}"), 0);

        bed.service().set_faults("");
        bed.down("", 0);
        bed.must_be_back();
        bed.run(&format!("verify --deep data {LAKE}"), 0);
    }
}

#[test]
fn what_is_always_stored_wrong_is_never_a_success() {
    let bed = Bed::new();
    bed.file("a", b"one");
    bed.file("large", &noise(PART + 3, 7));
    bed.service().set_faults("wrong-byte on PUT");

    let up = bed.up("--part-size 5M", 5);
    let moved = bed.run(&format!("mv --recursive --part-size 5M data {LAKE}"), 5);

    assert_eq!((up.counts()[4], moved.counts()[4]), (2, 2));
    assert_eq!(files(&bed.data()).len(), 2, "no source is gone");
    bed.service().set_faults("");
    bed.run(&format!("verify data {LAKE}"), 4);
    bed.up("--part-size 5M", 0);
    bed.run(&format!("verify --deep data {LAKE}"), 0);
}

#[test]
fn a_wrong_byte_on_the_way_down_is_fetched_again_or_told() {
    for state in ["", "--state other"] {
        let bed = Bed::new();
        bed.some_files(3);
        bed.file("0/0.bin", b"one");
        bed.file("large", &noise(2 * PART + 3, 7));
        bed.file("larger", &noise(5 * PART + 3, 8));
        bed.up("--part-size 5M", 0);

        bed.service().set_faults("wrong-byte on GET times 3");
        bed.down(state, 0);
        bed.must_be_back();
        fs::remove_dir_all(bed.path("back")).unwrap();
        bed.service().set_faults("wrong-byte on GET");
        let down = bed.down(state, 5);

        assert_eq!(down.counts(), [0, 0, 0, 0, 5]);
        assert!(files(&bed.path("back")).is_empty());
        let moved = bed.run(&format!("mv --recursive {LAKE} there {state}"), 5);
        assert_eq!(moved.counts()[4], 5);
        assert_eq!(bed.keys().len(), 5, "no source is gone");
        bed.run(&format!("verify --deep data {LAKE} {state}"), 4);
    }
}

#[test]
fn cat_compares_while_it_prints() {
    let bed = Bed::new();
    bed.file("small", b"one");
    let letters: Vec<u8> = noise(2 * PART + 3, 7).iter().map(|byte| b'a' + byte % 26).collect();
    bed.file("large", &letters);
    bed.up("--part-size 5M", 0);

    bed.shelf.run("cat raw/small raw/large", 0);
    bed.shelf.run("cat --range 0-1 raw/small", 0);
    bed.service().set_faults("wrong-byte on GET");

    for key in ["raw/small", "raw/large"] {
        let ran = bed.shelf.run(&format!("cat {key}"), 4);
        assert!(ran.stderr.contains("does not match its tag"), "{}", ran.stderr);
    }
}

#[test]
fn a_move_between_buckets_reads_what_tags_do_not_tell() {
    let bed = Bed::new();
    bed.run("bucket create acme-copy", 0);
    bed.file("small", b"one");
    bed.file("large", &noise(2 * PART + 3, 7));
    bed.up("--part-size 5M", 0);
    make_old(&bed.data().join("small"));

    let across = bed.run(&format!("mv --recursive {LAKE} s3://acme-copy/raw"), 0);

    assert_eq!(across.last("transfer")["sources_removed"], 2);
    bed.run("get s3://acme-copy/raw/ back", 0);
    assert_eq!(fs::read(bed.path("back/large")).unwrap(), noise(2 * PART + 3, 7));
    assert!(bed.keys().is_empty());
}
