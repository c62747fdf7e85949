//! Credentials come from private files and descriptors only.

use std::fs::{self, File};
use std::io::{Write, pipe};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use datalake_core::fault::FaultKind;
use datalake_core::host::Mode;
use datalake_host::{SecretFileFault, read_secret_descriptor, read_secret_file};
use rustix::fs::{AtFlags, CWD, Gid, Uid, chownat};

use crate::bed::{Bed, at_once, is_root};

fn write(path: &Path, mode: u32) {
    fs::write(path, "KEY=1\n").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn check_unreadable(fault: Option<SecretFileFault>, kind: FaultKind) {
    let Some(SecretFileFault::Unreadable(fault)) = fault else {
        panic!("{fault:?}");
    };
    assert_eq!(fault.kind, kind);
}

#[test]
fn a_private_file_is_read() {
    let bed = tempfile::tempdir().unwrap();
    let path = bed.path().join("keys");

    for mode in [0o600, 0o400] {
        write(&path, mode);
        assert_eq!(read_secret_file(&path).unwrap().expose(), b"KEY=1\n");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_wider_file_is_refused() {
    let bed = tempfile::tempdir().unwrap();
    let path = bed.path().join("keys");

    for mode in [0o644, 0o640, 0o620, 0o601, 0o700] {
        write(&path, mode);
        let fault = read_secret_file(&path).err();
        assert_eq!(fault, Some(SecretFileFault::TooWide(Mode::new(mode))));
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !is_root() {
        return;
    }
    let bed = tempfile::tempdir().unwrap();
    let path = bed.path().join("keys");
    write(&path, 0o600);
    let (uid, gid) = (Uid::from_raw(12345), Gid::from_raw(0));
    chownat(CWD, &path, Some(uid), Some(gid), AtFlags::empty()).unwrap();

    let fault = read_secret_file(&path).err();
    assert!(matches!(fault, Some(SecretFileFault::Distrusted(_))), "{fault:?}");
}

#[test]
fn only_a_plain_file_is_read() {
    let bed = Bed::new();
    write(&bed.real("/keys"), 0o600);
    symlink("keys", bed.real("/link")).unwrap();
    bed.make_pipe("/pipe");
    fs::create_dir(bed.real("/folder")).unwrap();

    let cases = [("/link", "a symbolic link"), ("/pipe", "a named pipe"), ("/folder", "a folder")];
    for (path, kind) in cases {
        let path = bed.real(path);
        let fault = at_once(move || read_secret_file(&path).err());
        assert_eq!(fault, Some(SecretFileFault::NotPlain(kind)));
    }
    check_unreadable(read_secret_file(&bed.real("/none")).err(), FaultKind::Absent);
}

#[test]
fn a_large_file_is_refused() {
    let bed = tempfile::tempdir().unwrap();
    let path = bed.path().join("keys");
    write(&path, 0o600);
    fs::write(&path, vec![b'x'; (64 << 10) + 1]).unwrap();

    check_unreadable(read_secret_file(&path).err(), FaultKind::TooLarge);
}

#[test]
fn a_pipe_that_the_caller_has_opened_is_read_to_its_end() {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"KEY=1\n").unwrap();
    drop(writer);

    let read = read_secret_descriptor(reader.as_raw_fd());

    assert_eq!(read.unwrap().expose(), b"KEY=1\n");
}

#[test]
fn an_opened_file_has_to_be_private_unless_it_has_no_name() {
    let bed = tempfile::tempdir().unwrap();
    let path = bed.path().join("keys");
    write(&path, 0o644);
    let file = File::open(&path).unwrap();

    let named = read_secret_descriptor(file.as_raw_fd());
    fs::remove_file(&path).unwrap();
    let nameless = read_secret_descriptor(file.as_raw_fd());

    assert_eq!(named.err(), Some(SecretFileFault::TooWide(Mode::PUBLIC)));
    assert_eq!(nameless.unwrap().expose(), b"KEY=1\n");
}

#[test]
fn a_descriptor_has_to_be_open_and_free() {
    for number in [-1, 0, 2] {
        let fault = read_secret_descriptor(number).err();
        assert_eq!(fault, Some(SecretFileFault::ReservedDescriptor(number)));
    }
    check_unreadable(read_secret_descriptor(999_999).err(), FaultKind::Absent);
}
