//! Whoever owns a folder of the host cannot lead the program out of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use datalake_core::fault::FaultKind;
use datalake_core::host::Mode;
use datalake_engine::{Files, NoCheckpoints, SeenEntry};
use datalake_host::HostFiles;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::bed::{Bed, at, at_once, me};

const SWAPS: usize = 2_000;

#[track_caller]
fn check_refused(bed: Bed, path: &'static str, detail: &str) {
    let (looked, written, removed) = at_once(move || {
        let looked = bed.files.look(&at(path)).err();
        let removed = bed.files.remove_file(&at(path)).err();
        (looked, bed.write(path, "new").err(), removed)
    });

    for fault in [looked, written, removed].map(|fault| fault.expect("it is refused")) {
        assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::NotPlain, detail));
    }
}

#[test]
fn a_link_at_the_target_is_refused() {
    let bed = Bed::new();
    fs::write(bed.real("/other"), "theirs").unwrap();
    symlink("other", bed.real("/x")).unwrap();
    let other = bed.real("/other");
    let kept = tempfile::tempdir().unwrap();
    fs::hard_link(other, kept.path().join("other")).unwrap();

    check_refused(bed, "/x", "`/x` is a symbolic link to `other`");

    assert_eq!(fs::read_to_string(kept.path().join("other")).unwrap(), "theirs");
}

#[test]
fn a_link_on_the_way_is_refused_and_named() {
    let bed = Bed::new();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(bed.real("/home")).unwrap();
    symlink(outside.path(), bed.real("/home/.config")).unwrap();
    fs::create_dir(outside.path().join("datalake")).unwrap();

    let detail = format!("`/home/.config` is a symbolic link to `{}`", outside.path().display());
    check_refused(bed, "/home/.config/datalake/s3.env", &detail);

    assert_eq!(fs::read_dir(outside.path().join("datalake")).unwrap().count(), 0);
}

#[test]
fn a_link_that_stays_inside_is_refused_below_the_home() {
    let bed = Bed::new();
    fs::create_dir_all(bed.real("/home/real")).unwrap();
    symlink("real", bed.real("/home/link")).unwrap();
    bed.files.close_below(&at("/home"));

    check_refused(bed, "/home/link/x", "`/home/link` is a symbolic link to `real`");
}

#[test]
fn a_link_of_the_hosts_own_root_above_the_home_is_followed() {
    let bed = Bed::new();
    fs::create_dir_all(bed.real("/var/home/d")).unwrap();
    symlink("var/home", bed.real("/home")).unwrap();
    bed.files.close_below(&at("/home/d"));

    let absent = bed.files.look(&at("/home/d/no/such/file"));
    bed.write("/home/d/x", "new").unwrap();

    assert_eq!(absent.err().map(|fault| fault.kind), Some(FaultKind::Absent));
    assert_eq!(fs::read_to_string(bed.real("/var/home/d/x")).unwrap(), "new");
    symlink("x", bed.real("/var/home/d/y")).unwrap();
    check_refused(bed, "/home/d/y", "`/home/d/y` is a symbolic link to `x`");
}

#[test]
fn a_link_in_a_folder_that_others_can_write_is_nobodys_word() {
    let bed = Bed::new();
    fs::create_dir_all(bed.real("/shared/real")).unwrap();
    fs::set_permissions(bed.real("/shared"), fs::Permissions::from_mode(0o777)).unwrap();
    symlink("real", bed.real("/shared/link")).unwrap();

    check_refused(bed, "/shared/link/x", "`/shared/link` is a symbolic link to `real`");
}

#[test]
fn a_file_where_a_folder_should_be_is_named() {
    let bed = Bed::new();
    fs::write(bed.real("/file"), "").unwrap();

    check_refused(bed, "/file/x", "`/file` is a plain file");
}

#[test]
fn a_pipe_is_refused_without_waiting() {
    let bed = Bed::new();
    bed.make_pipe("/x");

    check_refused(bed, "/x", "`/x` is a named pipe");
}

#[test]
fn a_socket_is_refused() {
    let bed = Bed::new();
    let _listener = UnixListener::bind(bed.real("/x")).unwrap();

    check_refused(bed, "/x", "`/x` is a socket");
}

#[test]
fn a_device_is_refused() {
    let files = HostFiles::open(Path::new("/"), Arc::new(NoCheckpoints)).unwrap();

    let fault = files.look(&at("/dev/null")).err().unwrap();

    assert_eq!(
        (fault.kind, fault.detail.as_str()),
        (FaultKind::NotPlain, "`/dev/null` is a device")
    );
}

#[test]
fn a_folder_at_the_target_is_refused() {
    let bed = Bed::new();
    fs::create_dir(bed.real("/x")).unwrap();

    let fault = bed.write("/x", "new").unwrap_err();

    assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::NotPlain, "`/x` is a folder"));
    assert_eq!(bed.names("/"), ["x"]);
}

#[test]
fn the_root_itself_is_no_file() {
    let bed = Bed::new();

    let folder = bed.files.create_folder(&at("/"), Mode::PUBLIC_FOLDER, me());

    for refused in [bed.write("/", "new"), bed.files.remove_folder(&at("/")), folder] {
        assert_eq!(refused.unwrap_err().kind, FaultKind::NotPlain);
    }
}

#[test]
fn a_second_name_of_a_file_elsewhere_is_not_read() {
    let bed = Bed::new();
    fs::write(bed.real("/theirs"), "text").unwrap();
    fs::hard_link(bed.real("/theirs"), bed.real("/x")).unwrap();

    assert_eq!(bed.kind_of_look("/x"), FaultKind::NotPlain);
}

#[test]
fn a_link_in_place_of_the_temporary_is_neither_followed_nor_removed() {
    let bed = Bed::new();
    fs::write(bed.real("/theirs"), "theirs").unwrap();
    symlink("theirs", bed.real("/.x.datalake-tmp")).unwrap();

    let fault = bed.write("/x", "new").unwrap_err();

    assert_eq!(fault.kind, FaultKind::NotPlain);
    assert!(fault.detail.starts_with("`/.x.datalake-tmp` is a symbolic link"), "{}", fault.detail);
    assert_eq!(fs::read_to_string(bed.real("/theirs")).unwrap(), "theirs");
    assert_eq!(bed.names("/"), [".x.datalake-tmp", "theirs"]);
}

#[test]
fn the_way_to_the_root_may_be_a_link() {
    let bed = Bed::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    symlink(bed.real("/"), &link).unwrap();
    bed.write("/x", "text").unwrap();

    let files = HostFiles::open(&link, Arc::new(NoCheckpoints)).unwrap();

    assert!(files.look(&at("/x")).is_ok());
}

#[test]
fn a_swap_of_folder_and_link_leads_nothing_outside() {
    let bed = Bed::new();
    let outside = tempfile::tempdir().unwrap();
    let theirs = outside.path().join("sub/x");
    fs::create_dir(outside.path().join("sub")).unwrap();
    fs::write(&theirs, "theirs").unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(bed.real("/home/now/sub")).unwrap();
    symlink(outside.path(), bed.real("/home/then")).unwrap();
    let mut written = 0;

    while_swapping((&bed.real("/home/now"), &bed.real("/home/then")), || {
        written += usize::from(bed.write("/home/now/sub/x", "ours").is_ok());
        if let Ok(SeenEntry::File { content, .. }) = bed.files.look(&at("/home/now/sub/x")) {
            assert_eq!(content.expose(), b"ours");
        }
        let _ = bed.files.remove_file(&at("/home/now/sub/x"));
        let _ = bed.files.sweep(&at("/home/now/sub/x"));
        for folder in ["/home/now/y", "/home/now/sub/y"] {
            let _ = bed.files.create_folder(&at(folder), Mode::PUBLIC_FOLDER, me());
            let _ = bed.files.remove_folder(&at(folder));
        }
    });

    assert!(written > 0, "some writes meet the folder");
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs");
    assert_eq!(fs::metadata(&theirs).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(outside.path().join("sub")).unwrap().count(), 1);
}

#[test]
fn a_swap_of_file_and_pipe_keeps_nobody_waiting() {
    let bed = Bed::new();
    bed.write("/x", "text").unwrap();
    bed.make_pipe("/pipe");

    at_once(move || {
        while_swapping((&bed.real("/x"), &bed.real("/pipe")), || {
            if let Err(fault) = bed.files.look(&at("/x")) {
                assert_eq!(fault.kind, FaultKind::NotPlain);
            }
        });
    });
}

/// Asks again and again while another thread exchanges what two paths lead to.
fn while_swapping((one, other): (&Path, &Path), mut ask: impl FnMut()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..SWAPS {
                renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
                thread::yield_now();
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            ask();
        }
    });
}
