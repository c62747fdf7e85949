//! What lies behind a service user's links is read, and is never taken for what lies here.

use std::fs;
use std::os::unix::fs::symlink;

use datalake_core::fault::FaultKind;
use datalake_engine::{Files, SeenEntry};

use crate::bed::{Bed, at, me};

/// A host on which links in `/home/units` are read.
fn host() -> Bed {
    let bed = Bed::new();
    fs::create_dir(bed.real("/home")).unwrap();
    bed.files.close_below(&at("/home"));
    bed.files.read_links_as(me(), vec![at("/home/units")]);
    bed
}

#[track_caller]
fn check_not_in_place(bed: &Bed, path: &str) {
    let fault = bed.files.look_in_place(&at(path)).err().unwrap();
    assert_eq!(fault.kind, FaultKind::NotPlain, "{path}");
    assert!(fault.detail.contains("/home/units` is a symbolic link to"), "{}", fault.detail);
}

#[test]
fn what_a_link_leads_to_is_read_and_does_not_lie_here() {
    let bed = host();
    fs::create_dir(bed.real("/home/repo")).unwrap();
    fs::write(bed.real("/home/repo/a"), "text").unwrap();
    symlink("repo", bed.real("/home/units")).unwrap();

    let Ok(SeenEntry::File { content, .. }) = bed.files.look(&at("/home/units/a")) else {
        panic!("it is not read");
    };

    assert_eq!(content.expose(), b"text");
    assert_eq!(bed.kind_of_look("/home/units/b"), FaultKind::Absent);
    for path in ["/home/units", "/home/units/a", "/home/units/b"] {
        check_not_in_place(&bed, path);
    }
}

#[test]
fn behind_a_link_that_leads_nowhere_nothing_is_absent() {
    let bed = host();
    symlink("no/such/folder", bed.real("/home/units")).unwrap();

    for path in ["/home/units", "/home/units/a", "/home/units/a/b"] {
        let fault = bed.files.look(&at(path)).err().unwrap();
        let told = "`/home/units` is a symbolic link to `no/such/folder`, which does not exist";
        assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::NotPlain, told), "{path}");
        check_not_in_place(&bed, path);
    }
}
