//! Ways in which other tools were seen to go wrong.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use datalake_engine::{Attributes, NewObject, Objects as _, Payload, Precondition};

use super::{Bed, LAKE, PART, files, noise, write};
use crate::support::eventually;

#[test]
fn an_object_that_is_replaced_while_it_is_fetched_leaves_no_mixture() {
    let bed = Bed::new();
    // More parts than are fetched at once.
    let (old, new) = (noise(8 * PART, 1), noise(8 * PART, 2));
    write(&bed.path("back/large"), b"before");
    let before = File::options().write(true).open(bed.path("back/large")).unwrap();
    before.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    bed.file("large", &old);
    bed.up("--part-size 5M", 0);
    bed.file("large", &new);
    let reads = || {
        let requests = bed.service().requests();
        requests
            .iter()
            .filter(|seen| seen.method == "GET" && seen.path.ends_with("raw/large"))
            .count()
    };

    let words = format!("get --part-size 5M --bwlimit 1M {LAKE}/large back");
    let child = bed.call(&words).start();
    eventually("a part is being fetched", || reads() > 0);
    bed.up("--part-size 5M", 0);
    let output = child.wait_with_output().unwrap();

    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert_eq!(fs::read(bed.path("back/large")).unwrap(), b"before");
    assert_eq!(files(&bed.path("back")).len(), 1);
    bed.run(&format!("get {LAKE}/large back"), 0);
    assert_eq!(fs::read(bed.path("back/large")).unwrap(), new);
}

#[test]
fn a_content_that_is_stored_compressed_comes_as_it_is_stored() {
    let bed = Bed::new();
    // Whoever believes the header and decompresses gets another content, or none.
    let content = noise(3000, 1);
    let attributes = Attributes {
        content_encoding: Some("gzip".to_owned()),
        content_type: Some("text/plain".to_owned()),
        ..Attributes::NONE
    };
    let (store, bucket) = bed.shelf.store();
    let object = NewObject {
        bucket,
        key: &"raw/log.gz".try_into().unwrap(),
        payload: &Payload::of(content.clone()),
        attributes: &attributes,
        when: &Precondition::None,
    };
    bed.service().block_on(store.put(&object)).unwrap();

    bed.down("", 0);
    bed.run(&format!("verify --deep {LAKE} back"), 0);

    assert_eq!(fs::read(bed.path("back/log.gz")).unwrap(), content);
    assert_eq!(bed.down("", 0).counts(), [0, 0, 0, 1, 0]);
}

#[test]
fn a_clock_that_is_put_forward_in_spring_moves_nothing() {
    let bed = Bed::new();
    let day = Duration::from_hours(24);
    for (name, days) in [("january", 15), ("july", 196), ("within", 88)] {
        bed.file(name, name.as_bytes());
        let file = File::options().write(true).open(bed.data().join(name)).unwrap();
        // 2025, in and out of summer time, and in the hour that is left out.
        let new_year = SystemTime::UNIX_EPOCH + 20_089 * day;
        file.set_modified(new_year + days * day + Duration::from_mins(90)).unwrap();
    }
    let dublin = "IST-1GMT0,M10.5.0,M3.5.0/1";
    let new_york = "EST5EDT,M3.2.0,M11.1.0";
    let run = |words: &str, zone: &str| {
        super::Ended(bed.call(words).arg("--json").env("TZ", zone).run().exits(0))
    };

    run(&format!("sync data {LAKE}"), dublin);
    let again = run(&format!("sync data {LAKE}"), new_york);
    let without_state = run(&format!("sync data {LAKE} --state other"), new_york);
    run(&format!("sync {LAKE} back"), new_york);
    let back_again = run(&format!("sync {LAKE} back"), dublin);

    for ended in [again, without_state, back_again] {
        assert_eq!(ended.counts(), [0, 0, 0, 3, 0]);
    }
    bed.must_be_back();
}

#[test]
fn an_object_that_stands_for_a_folder_stops_none_of_its_files() {
    let bed = Bed::new();
    bed.shelf.put("raw/empty/", 0);
    bed.shelf.put("raw/folder/", 0);
    bed.shelf.put_content("raw/folder/x", b"x");
    bed.shelf.put_content("raw/full/", b"content that no folder can have");
    bed.shelf.put_content("raw/full/x", b"x");

    let down = bed.down("", 5);

    assert_eq!(down.counts(), [2, 0, 0, 0, 1]);
    let told: Vec<_> = down.items("!").into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, ["empty/", "folder/", "full/"]);
    let back: Vec<_> = files(&bed.path("back")).into_keys().collect();
    assert_eq!(back, ["folder/x", "full/x"].map(std::path::PathBuf::from));
    assert_eq!(bed.keys().len(), 5);
}
