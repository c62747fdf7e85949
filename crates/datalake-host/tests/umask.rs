//! Modes do not depend on the mask of the process, which is one for all its threads: this file
//! holds one test.

use std::fs::{self, Permissions, set_permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use datalake_core::host::{Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::{Files, NewFile, NoCheckpoints, StateFolder};
use datalake_host::{HostFiles, StateDir};
use rustix::process::{getegid, geteuid, umask};

#[test]
fn modes_are_exact_under_any_mask() {
    for mask in [0o000, 0o077, 0o027] {
        umask(rustix::fs::Mode::from_raw_mode(mask));
        let bed = tempfile::tempdir().expect("a temporary folder can be made");
        // A folder that everybody may write to is not used for state.
        set_permissions(bed.path(), Permissions::from_mode(0o755)).expect("it is ours");
        check_host(bed.path());
        check_state(bed.path());
    }
}

#[track_caller]
fn check_host(bed: &Path) {
    let files = HostFiles::open(bed, Arc::new(NoCheckpoints)).expect("the folder is there");
    let owner = Owner { uid: geteuid().as_raw(), gid: getegid().as_raw() };
    for mode in [Mode::PRIVATE_FOLDER, Mode::PUBLIC_FOLDER] {
        let path = "/folder".parse().expect("a path");
        files.create_folder(&path, mode, owner).expect("it is made");
        assert_eq!(mode_of(&bed.join("folder")), Some(mode.bits()));
        files.remove_folder(&path).expect("it is empty");
    }
    write(&files, Mode::PUBLIC, owner);
    assert_eq!(mode_of(&bed.join("file")), Some(0o644));
    write(&files, Mode::PRIVATE, owner);
    check_never_wider(bed, || write(&files, Mode::PRIVATE, owner));
}

/// Watches the file and its temporary while `write` replaces it again and again.
#[track_caller]
fn check_never_wider(bed: &Path, write: impl Fn()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                for name in ["file", ".file.datalake-tmp"] {
                    let mode = mode_of(&bed.join(name)).unwrap_or_default();
                    assert_eq!(mode & !0o600, 0, "{name} has mode {mode:o}");
                }
                looks += 1;
            }
            looks
        });
        (0..100).for_each(|_| write());
        done.store(true, Ordering::Relaxed);
        assert!(watcher.join().expect("no mode was wider") > 0);
    });
}

#[track_caller]
fn check_state(bed: &Path) {
    let path = bed.join("state");
    let state = StateDir::open(&path, Arc::new(NoCheckpoints)).expect("it need not be there");
    state.write("receipts/a", b"{}").expect("it is written");
    state.append("journal", b"{}").expect("it is appended");
    let lock = state.lock("test").expect("it is free");
    for (name, mode) in [
        ("", 0o700),
        ("receipts", 0o700),
        ("receipts/a", 0o600),
        ("journal", 0o600),
        ("lock", 0o600),
    ] {
        assert_eq!(mode_of(&path.join(name)), Some(mode), "{name}");
    }
    drop(lock);
}

fn write(files: &HostFiles, mode: Mode, owner: Owner) {
    let content = FilledBody::new(b"secret".to_vec());
    let path = "/file".parse().expect("a path");
    files.write(&path, &NewFile { content: &content, mode, owner }).expect("it is written");
}

fn mode_of(path: &Path) -> Option<u32> {
    fs::symlink_metadata(path).ok().map(|there| there.mode() & 0o7777)
}
