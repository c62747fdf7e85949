//! Files are replaced in one go, with their mode and owner.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use datalake_core::fault::FaultKind;
use datalake_core::host::{Mode, Owner};
use datalake_engine::{Checkpoint, Files, SeenEntry};

use crate::bed::{Bed, at, is_root, me};

#[test]
fn what_is_written_is_seen() {
    let bed = Bed::new();

    bed.write_as("/unit.container", "[Container]\n", (Mode::PUBLIC, me())).unwrap();

    let SeenEntry::File { content, mode, owner } = bed.files.look(&at("/unit.container")).unwrap()
    else {
        panic!("a file was written");
    };
    assert_eq!(content.expose(), b"[Container]\n");
    assert_eq!((mode, owner), (Mode::PUBLIC, me()));
    assert_eq!(bed.names("/"), ["unit.container"]);
}

#[test]
fn a_replaced_file_takes_the_new_mode() {
    let bed = Bed::new();
    fs::write(bed.real("/x"), "old and longer").unwrap();
    fs::set_permissions(bed.real("/x"), fs::Permissions::from_mode(0o4755)).unwrap();

    bed.write("/x", "new").unwrap();

    assert_eq!(fs::read_to_string(bed.real("/x")).unwrap(), "new");
    assert_eq!(bed.mode("/x"), 0o600);
}

#[test]
fn another_owner_is_given_or_refused_with_nothing_left() {
    let bed = Bed::new();
    let other = Owner { uid: 12345, gid: 54321 };

    let written = bed.write_as("/x", "text", (Mode::PRIVATE, other));

    if is_root() {
        written.unwrap();
        let there = fs::metadata(bed.real("/x")).unwrap();
        assert_eq!((there.uid(), there.gid(), there.mode() & 0o7777), (12345, 54321, 0o600));
    } else {
        assert_eq!(written.unwrap_err().kind, FaultKind::Denied);
        assert!(bed.names("/").is_empty());
    }
}

#[test]
fn a_reader_sees_the_old_or_the_new_content() {
    let bed = Bed::new();
    let contents = ["a".repeat(100_000), "b".repeat(70_000)];
    bed.write("/x", &contents[0]).unwrap();
    let path = bed.real("/x");
    let done = AtomicBool::new(false);

    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let seen = fs::read_to_string(&path).unwrap();
                assert!(contents.contains(&seen), "{} bytes", seen.len());
            }
        });
        for round in 0..200 {
            bed.write("/x", &contents[round % 2]).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_kill_before_the_rename_leaves_the_old_file_and_a_temporary_to_sweep() {
    let bed = Bed::acting_at(Checkpoint::TemporaryWritten, |_| panic!("killed"));
    fs::write(bed.real("/x.container"), "old").unwrap();

    let killed = catch_unwind(AssertUnwindSafe(|| bed.write("/x.container", "new")));

    assert!(killed.is_err());
    assert_eq!(fs::read_to_string(bed.real("/x.container")).unwrap(), "old");
    assert_eq!(bed.names("/"), [".x.container.datalake-tmp", "x.container"]);
    assert_eq!(bed.mode("/.x.container.datalake-tmp"), 0o600);
    bed.files.sweep(&at("/x.container")).unwrap();
    assert_eq!(bed.names("/"), ["x.container"]);
}

#[test]
fn a_kill_after_the_rename_leaves_the_new_file_alone() {
    let bed = Bed::acting_at(Checkpoint::FileRenamed, |_| panic!("killed"));
    fs::write(bed.real("/x"), "old").unwrap();

    let killed = catch_unwind(AssertUnwindSafe(|| bed.write("/x", "new")));

    assert!(killed.is_err());
    assert_eq!(fs::read_to_string(bed.real("/x")).unwrap(), "new");
    assert_eq!(bed.names("/"), ["x"]);
}

#[test]
fn after_a_fault_no_temporary_is_left() {
    let bed = Bed::acting_at(Checkpoint::TemporaryWritten, |folder| {
        fs::create_dir(folder.join("x")).unwrap();
    });

    let fault = bed.write("/x", "new").unwrap_err();

    assert_eq!(fault.kind, FaultKind::NotPlain);
    assert_eq!(bed.names("/"), ["x"]);
}

#[test]
fn a_left_over_temporary_does_not_stop_the_next_write() {
    let bed = Bed::new();
    fs::write(bed.real("/.x.datalake-tmp"), "half").unwrap();

    bed.write("/x", "whole").unwrap();

    assert_eq!(fs::read_to_string(bed.real("/x")).unwrap(), "whole");
    assert_eq!(bed.names("/"), ["x"]);
}

#[test]
fn removing_and_sweeping_what_is_absent_changes_nothing() {
    let bed = Bed::new();

    for path in ["/x", "/no/folder/x"] {
        bed.files.remove_file(&at(path)).unwrap();
        bed.files.remove_folder(&at(path)).unwrap();
        bed.files.sweep(&at(path)).unwrap();
        assert_eq!(bed.kind_of_look(path), FaultKind::Absent);
    }
}

#[test]
fn a_file_is_removed() {
    let bed = Bed::new();
    bed.write("/x", "text").unwrap();

    bed.files.remove_file(&at("/x")).unwrap();

    assert!(bed.names("/").is_empty());
}

#[test]
fn without_its_folder_a_file_cannot_be_written() {
    let bed = Bed::new();

    assert_eq!(bed.write("/no/x", "text").unwrap_err().kind, FaultKind::Absent);
}

#[test]
fn a_file_larger_than_the_limit_is_not_read() {
    let bed = Bed::new();
    fs::write(bed.real("/fits"), vec![b'x'; 1 << 20]).unwrap();
    fs::write(bed.real("/large"), vec![b'x'; (1 << 20) + 1]).unwrap();

    assert!(bed.files.look(&at("/fits")).is_ok());
    assert_eq!(bed.kind_of_look("/large"), FaultKind::TooLarge);
}

#[test]
fn a_file_that_may_not_be_read_is_not_absent() {
    if is_root() {
        return;
    }
    let bed = Bed::new();
    fs::write(bed.real("/x"), "text").unwrap();
    fs::set_permissions(bed.real("/x"), fs::Permissions::from_mode(0o000)).unwrap();

    assert_eq!(bed.kind_of_look("/x"), FaultKind::Denied);
}
