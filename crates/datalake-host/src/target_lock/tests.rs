use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::PathBuf;

use rustix::fs::mknodat;
use tempfile::TempDir;

use super::*;

/// Two folders as those of a machine.
struct Bed {
    dir: TempDir,
    owner: u32,
}

impl Bed {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        for name in ["one", "two"] {
            let folder = dir.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
        }
        Self { dir, owner: geteuid().as_raw() }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn place(&self, target: &str) -> PathBuf {
        self.folder("two").join(format!("datalake-{}-{target}.lock", self.owner))
    }

    fn lock(&self, target: &str) -> Result<Box<dyn Lock>, LockFault> {
        let folders = [self.folder("one"), self.folder("two"), self.folder("absent")];
        let folders: Vec<_> = folders.iter().map(PathBuf::as_path).collect();
        lock_in_all(&folders, &Claim::new(self.owner, target, "run\u{1b} 1"))
    }

    fn left(&self) -> usize {
        let in_one = |name| fs::read_dir(self.folder(name)).unwrap().count();
        in_one("one") + in_one("two")
    }
}

#[test]
fn a_target_is_locked_once_and_its_holder_is_named() {
    let bed = Bed::new();
    let held = bed.lock("a").unwrap();

    let Err(LockFault::Held(holder)) = bed.lock("a") else { panic!("it is locked twice") };
    assert_eq!(holder, "run\\u{1b} 1");
    assert!(bed.lock("b").is_ok());
    assert_eq!(fs::metadata(bed.place("a")).unwrap().mode() & 0o7777, 0o600);

    drop(held);
    assert_eq!(bed.left(), 0);
    assert!(bed.lock("a").is_ok());
}

#[test]
fn one_folder_alone_keeps_others_out_as_well() {
    let bed = Bed::new();
    let _held = bed.lock("a").unwrap();
    fs::remove_file(bed.folder("one").join(bed.place("a").file_name().unwrap())).unwrap();

    assert!(matches!(bed.lock("a"), Err(LockFault::Held(_))));
}

#[test]
fn what_a_killed_run_left_keeps_nobody_out() {
    let bed = Bed::new();
    fs::write(bed.place("a"), "process 1, which is no more").unwrap();
    fs::set_permissions(bed.place("a"), Permissions::from_mode(0o600)).unwrap();

    assert!(bed.lock("a").is_ok());
    assert_eq!(bed.left(), 0);
}

#[test]
fn a_file_that_its_holder_removes_is_no_lock_of_the_next() {
    let bed = Bed::new();
    let held = bed.lock("a").unwrap();
    let file = File::options().read(true).write(true).open(bed.place("a")).unwrap();
    drop(held);
    let folder = open_common_folder(&bed.folder("two")).unwrap();
    let name = bed.place("a").file_name().unwrap().to_str().unwrap().to_owned();

    lock_file(&file).unwrap();

    assert!(!HeldFile { file, folder, name }.is_found());
}

/// Root clears the place, a user is told of it. Nothing is followed or waited for.
#[track_caller]
fn check_squatted(bed: &Bed) {
    let taken = bed.lock("a");
    if geteuid().is_root() {
        assert!(taken.is_ok());
        drop(taken);
        assert!(!bed.place("a").exists());
        return;
    }
    let Err(LockFault::Unusable(fault)) = taken else { panic!("it is taken") };
    assert_eq!(fault.kind, FaultKind::Denied);
}

#[test]
fn a_link_at_the_place_is_not_followed() {
    let bed = Bed::new();
    let target = bed.dir.path().join("target");
    fs::write(&target, "precious").unwrap();
    symlink(&target, bed.place("a")).unwrap();

    check_squatted(&bed);

    assert_eq!(fs::read_to_string(target).unwrap(), "precious");
}

#[test]
fn a_pipe_at_the_place_is_not_waited_for() {
    let bed = Bed::new();
    mknodat(rustix::fs::CWD, bed.place("a"), FileType::Fifo, PRIVATE, 0).unwrap();

    check_squatted(&bed);
}

#[test]
fn a_file_with_another_name_is_not_written_to() {
    let bed = Bed::new();
    let target = bed.dir.path().join("target");
    fs::write(&target, "precious").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o600)).unwrap();
    fs::hard_link(&target, bed.place("a")).unwrap();

    check_squatted(&bed);

    assert_eq!(fs::read_to_string(target).unwrap(), "precious");
}

#[test]
fn a_folder_at_the_place_keeps_root_from_nothing() {
    let bed = Bed::new();
    fs::create_dir(bed.place("a")).unwrap();
    fs::write(bed.place("a").join("file"), "x").unwrap();

    check_squatted(&bed);
}

#[test]
fn another_user_cannot_hold_the_lock() {
    if !geteuid().is_root() {
        return;
    }
    let bed = Bed { owner: 64_999, ..Bed::new() };
    let held = bed.lock("a").unwrap();
    let about = fs::metadata(bed.place("a")).unwrap();
    assert_eq!((about.uid(), about.mode() & 0o7777), (64_999, 0o600));
    assert!(matches!(bed.lock("a"), Err(LockFault::Held(_))));
    drop(held);

    // A third user was there before, and holds it.
    fs::write(bed.place("a"), "").unwrap();
    fs::set_permissions(bed.place("a"), Permissions::from_mode(0o600)).unwrap();
    chown(bed.place("a"), Some(64_998), None).unwrap();
    let foreign = File::open(bed.place("a")).unwrap();
    foreign.try_lock().unwrap();

    let held = bed.lock("a").unwrap();
    assert_eq!(fs::metadata(bed.place("a")).unwrap().uid(), 64_999);
    drop(held);
    assert_eq!(bed.left(), 0);
}

#[test]
fn a_folder_in_which_others_could_remove_the_file_is_not_used() {
    let bed = Bed::new();
    for name in ["one", "two"] {
        fs::set_permissions(bed.folder(name), Permissions::from_mode(0o777)).unwrap();
    }

    let Err(LockFault::Unusable(fault)) = bed.lock("a") else { panic!("it is taken") };

    assert_eq!(fault.kind, FaultKind::Denied);
    assert_eq!(bed.left(), 0);
}
