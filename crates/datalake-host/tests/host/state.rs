//! The program's own folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::{LockFault, NoCheckpoints, StateFolder};
use datalake_host::StateDir;
use rustix::fs::{CWD, Gid, Uid, chownat};
use tempfile::TempDir;

use crate::bed::is_root;

fn open(path: &Path) -> Result<StateDir, Fault> {
    StateDir::open(path, Arc::new(NoCheckpoints))
}

/// A folder for a state folder that is not there yet.
fn bed() -> (TempDir, StateDir) {
    let bed = tempfile::tempdir().unwrap();
    let state = open(&bed.path().join("share/datalake")).unwrap();
    (bed, state)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn reading_makes_no_folder() {
    let (bed, state) = bed();

    assert_eq!(state.read("journal").unwrap_err().kind, FaultKind::Absent);
    assert!(state.names("receipts").unwrap().is_empty());
    assert!(state.names("").unwrap().is_empty());
    state.remove("journal").unwrap();

    assert_eq!(fs::read_dir(bed.path()).unwrap().count(), 0);
}

#[test]
fn writing_makes_private_folders_and_files() {
    let (bed, state) = bed();

    state.write("receipts/old/R-1.json", b"{}").unwrap();
    state.write("receipts/old/R-1.json", b"{1}").unwrap();

    let folder = bed.path().join("share/datalake");
    assert_eq!(state.read("receipts/old/R-1.json").unwrap(), b"{1}");
    for part in ["", "receipts", "receipts/old"] {
        assert_eq!(mode(&folder.join(part)), 0o700, "{part}");
    }
    assert_eq!(mode(&bed.path().join("share")), 0o700);
    assert_eq!(mode(&folder.join("receipts/old/R-1.json")), 0o600);
}

#[test]
fn appending_adds_to_the_end() {
    let (bed, state) = bed();

    state.append("journal", b"one\n").unwrap();
    state.append("journal", b"two\n").unwrap();

    assert_eq!(state.read("journal").unwrap(), b"one\ntwo\n");
    assert_eq!(mode(&bed.path().join("share/datalake/journal")), 0o600);
}

#[test]
fn names_are_those_of_files_in_order() {
    let (bed, state) = bed();
    for name in ["receipts/b", "receipts/a", "receipts/deeper/c"] {
        state.write(name, b"").unwrap();
    }
    let folder = bed.path().join("share/datalake/receipts");
    fs::write(folder.join(".d.datalake-tmp"), "").unwrap();
    symlink("a", folder.join("link")).unwrap();

    assert_eq!(state.names("receipts").unwrap(), ["a", "b"]);
    assert!(state.names("nothing").unwrap().is_empty());
}

#[test]
fn a_name_leads_nowhere_else() {
    let (_bed, state) = bed();

    for name in ["../x", "a/../../x", "/etc/passwd", "a//b", "a/", ".", "x\n"] {
        assert!(state.write(name, b"").is_err(), "{name:?}");
        assert!(state.append(name, b"").is_err(), "{name:?}");
        assert!(state.read(name).is_err(), "{name:?}");
        assert!(state.remove(name).is_err(), "{name:?}");
    }
}

#[test]
fn a_link_in_the_folder_is_not_followed() {
    let (bed, state) = bed();
    state.write("x", b"").unwrap();
    let folder = bed.path().join("share/datalake");
    fs::write(bed.path().join("theirs"), "theirs").unwrap();
    symlink("../../theirs", folder.join("journal")).unwrap();

    let fault = state.append("journal", b"ours").unwrap_err();

    assert_eq!(fault.kind, FaultKind::NotPlain);
    let detail = format!("`{}/journal` is a symbolic link to `../../theirs`", folder.display());
    assert_eq!(fault.detail, detail);
    assert_eq!(state.read("journal").unwrap_err().kind, FaultKind::NotPlain);
    assert_eq!(fs::read_to_string(bed.path().join("theirs")).unwrap(), "theirs");
}

#[test]
fn a_removed_file_is_absent() {
    let (_bed, state) = bed();
    state.write("x", b"").unwrap();

    state.remove("x").unwrap();
    state.remove("x").unwrap();

    assert_eq!(state.read("x").unwrap_err().kind, FaultKind::Absent);
}

#[test]
fn a_second_run_learns_who_holds_the_lock() {
    let (bed, state) = bed();
    let second = open(&bed.path().join("share/datalake")).unwrap();

    let lock = state.lock("provision, process 7\u{1b}[31m").unwrap();
    let refused = second.lock("rollback").err().unwrap();
    drop(lock);
    let taken = second.lock("rollback");

    assert!(matches!(&refused, LockFault::Held(_)), "{refused}");
    let text = r"another run is at work here: provision, process 7\u{1b}[31m";
    assert_eq!(refused.to_string(), text);
    assert!(taken.is_ok());
    assert_eq!(state.read("lock").unwrap(), b"rollback");
}

#[test]
fn the_lock_of_a_dead_run_is_no_obstacle() {
    let (_bed, state) = bed();
    state.write("lock", b"provision, process 1, of long ago, with a long text").unwrap();

    let taken = state.lock("status");

    assert!(taken.is_ok());
    assert_eq!(state.read("lock").unwrap(), b"status");
}

#[test]
fn whoever_takes_the_lock_removes_what_killed_writes_have_left() {
    let (bed, state) = bed();
    state.write("copies/a", b"").unwrap();
    let copies = bed.path().join("share/datalake/copies");
    fs::write(copies.join(".b.datalake-tmp"), "half").unwrap();
    fs::write(copies.join("../.journal.datalake-tmp"), "half").unwrap();

    let held = state.lock("provision").unwrap();

    assert!(!copies.join(".b.datalake-tmp").exists());
    assert!(!copies.join("../.journal.datalake-tmp").exists());
    assert!(copies.join("a").exists());
    drop(held);
}

#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    for mode in [0o702, 0o777, 0o1777] {
        let bed = tempfile::tempdir().unwrap();
        fs::set_permissions(bed.path(), fs::Permissions::from_mode(mode)).unwrap();

        let fault = open(bed.path()).err().unwrap();

        assert_eq!(fault.kind, FaultKind::Denied);
        assert!(fault.detail.contains("everybody may write to it"), "{}", fault.detail);
    }
}

#[test]
fn a_folder_of_another_user_is_refused() {
    let bed = tempfile::tempdir().unwrap();
    let path = if is_root() {
        let (uid, gid) = (Uid::from_raw(12345), Gid::from_raw(12345));
        chownat(CWD, bed.path(), Some(uid), Some(gid), rustix::fs::AtFlags::empty()).unwrap();
        bed.path()
    } else {
        Path::new("/")
    };

    let fault = open(path).err().unwrap();

    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(fault.detail.contains("belongs to user"), "{}", fault.detail);
}

#[test]
fn nothing_is_made_below_a_folder_that_others_may_write_to() {
    let bed = tempfile::tempdir().unwrap();
    fs::set_permissions(bed.path(), fs::Permissions::from_mode(0o777)).unwrap();

    let state = open(&bed.path().join("share/datalake")).unwrap();
    let fault = state.write("x", b"").unwrap_err();

    assert_eq!(fault.kind, FaultKind::Denied);
    assert_eq!(fs::read_dir(bed.path()).unwrap().count(), 0);
}

#[test]
fn a_file_in_place_of_the_folder_is_not_absent() {
    let bed = tempfile::tempdir().unwrap();
    fs::write(bed.path().join("state"), "").unwrap();

    assert_eq!(open(&bed.path().join("state")).err().unwrap().kind, FaultKind::NotPlain);
}
