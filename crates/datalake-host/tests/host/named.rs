//! Files that the operator names are read to an end and replaced as a whole.

use std::fs::{self, File, Permissions};
use std::io::{Write as _, pipe};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
use datalake_host::{Existing, NewNamedFile, open_named_file, read_named_file, write_named_file};

use crate::bed::{at_once, make_pipe};

fn bed() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn read(path: impl Into<PathBuf>) -> Result<Vec<u8>, Fault> {
    let path = path.into();
    at_once(move || read_named_file(&path, 1000))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_read_through_links() {
    let bed = bed();
    fs::write(bed.path().join("file"), "text").unwrap();
    symlink("file", bed.path().join("link")).unwrap();

    assert_eq!(read(bed.path().join("link")).unwrap(), b"text");
    assert_eq!(read(bed.path().join("none")).unwrap_err().kind, FaultKind::Absent);
    assert_eq!(read("/dev/null").unwrap(), b"");
}

#[test]
fn what_could_block_or_never_end_is_refused() {
    let bed = bed();
    make_pipe(&bed.path().join("pipe"));
    File::create(bed.path().join("sparse")).unwrap().set_len(10 << 30).unwrap();

    for name in ["pipe", ""] {
        let path = bed.path().join(name);
        assert_eq!(read(path.clone()).unwrap_err().kind, FaultKind::NotPlain, "{name}");
        let opened = at_once(move || open_named_file(&path).map(drop));
        assert_eq!(opened.unwrap_err().kind, FaultKind::NotPlain, "{name}");
    }
    assert_eq!(read("/dev/zero").unwrap_err().kind, FaultKind::NotPlain);
    assert_eq!(read(bed.path().join("sparse")).unwrap_err().kind, FaultKind::TooLarge);
}

#[test]
fn a_pipe_that_the_caller_has_opened_is_read() {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"text").unwrap();
    drop(writer);

    assert_eq!(read(format!("/dev/fd/{}", reader.as_raw_fd())).unwrap(), b"text");
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let bed = bed();
    let path = bed.path().join("report");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();

    let mut new = NewNamedFile::create(&path, Existing::IsReplaced).unwrap();
    new.write_all(b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    new.finish().unwrap();
    drop(NewNamedFile::create(&path, Existing::IsReplaced).unwrap());

    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(bed.path()), ["report"]);
}

#[test]
fn nothing_is_written_through_a_link_or_into_a_pipe() {
    let bed = bed();
    let theirs = bed.path().join("theirs");
    fs::write(&theirs, "theirs").unwrap();
    symlink(&theirs, bed.path().join("link")).unwrap();
    symlink("nowhere", bed.path().join("dangling")).unwrap();
    make_pipe(&bed.path().join("pipe"));

    for name in ["link", "dangling", "pipe"] {
        let path = bed.path().join(name);
        let fault = at_once(move || write_named_file(&path, b"x", Existing::IsReplaced));
        assert_eq!(fault.unwrap_err().kind, FaultKind::NotPlain, "{name}");
    }
    let fault = write_named_file(&bed.path().join("link"), b"x", Existing::IsReplaced).unwrap_err();
    assert!(fault.detail.contains(&format!("is a link to `{}`", theirs.display())), "{fault}");
    assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
    assert_eq!(names(bed.path()), ["dangling", "link", "pipe", "theirs"]);
}

#[test]
fn a_file_that_is_there_may_stay() {
    let bed = bed();
    let path = bed.path().join("datalake.yaml");

    write_named_file(&path, b"first", Existing::Stays).unwrap();
    let fault = write_named_file(&path, b"second", Existing::Stays).unwrap_err();

    assert_eq!(fault.kind, FaultKind::Disturbed);
    assert_eq!(fs::read(&path).unwrap(), b"first");
}

#[test]
fn what_the_caller_has_opened_is_written_to() {
    let (mut reader, writer) = pipe().unwrap();
    let path = PathBuf::from(format!("/dev/fd/{}", writer.as_raw_fd()));

    write_named_file(&path, b"text", Existing::IsReplaced).unwrap();
    write_named_file(Path::new("/dev/null"), b"text", Existing::IsReplaced).unwrap();
    drop(writer);

    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    assert_eq!(text, "text");
}
