//! Folders are made, seen and removed.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use datalake_core::fault::FaultKind;
use datalake_core::host::{Folder, Mode, Owner};
use datalake_engine::{Files, SeenEntry};

use crate::bed::{Bed, at, is_root, me};

#[test]
fn a_folder_has_its_mode_and_owner_at_once() {
    let bed = Bed::new();
    let owner = if is_root() { Owner { uid: 900, gid: 901 } } else { me() };

    bed.files.create_folder(&at("/units"), Mode::PUBLIC_FOLDER, owner).unwrap();

    let there = fs::metadata(bed.real("/units")).unwrap();
    assert_eq!((there.uid(), there.gid()), (owner.uid, owner.gid));
    assert_eq!(bed.mode("/units"), 0o755);
    assert_eq!(bed.names("/"), ["units"]);
}

#[test]
fn a_folder_is_seen_with_its_names() {
    let bed = Bed::new();
    bed.files.create_folder(&at("/units"), Mode::PRIVATE_FOLDER, me()).unwrap();
    bed.write("/units/b", "").unwrap();
    symlink("b", bed.real("/units/a")).unwrap();

    let seen = bed.files.look(&at("/units")).unwrap();

    let names = ["a".to_owned(), "b".to_owned()].into();
    let expected = Folder { mode: Mode::PRIVATE_FOLDER, owner: me(), names };
    assert!(matches!(seen, SeenEntry::Folder(folder) if folder == expected));
    assert!(matches!(bed.files.look(&at("/")), Ok(SeenEntry::Folder(_))));
}

#[test]
fn what_is_there_already_is_not_taken_for_a_new_folder() {
    let bed = Bed::new();
    fs::create_dir(bed.real("/folder")).unwrap();
    fs::write(bed.real("/file"), "").unwrap();
    symlink("nowhere", bed.real("/link")).unwrap();

    for path in ["/folder", "/file", "/link"] {
        let made = bed.files.create_folder(&at(path), Mode::PUBLIC_FOLDER, me());
        assert_eq!(made.unwrap_err().kind, FaultKind::Disturbed, "{path}");
    }
    assert_eq!(bed.names("/"), ["file", "folder", "link"]);
}

#[test]
fn an_owner_that_cannot_be_given_leaves_no_folder() {
    if is_root() {
        return;
    }
    let bed = Bed::new();

    let made = bed.files.create_folder(&at("/x"), Mode::PUBLIC_FOLDER, Owner { uid: 0, gid: 0 });

    assert_eq!(made.unwrap_err().kind, FaultKind::Denied);
    assert!(bed.names("/").is_empty());
}

#[test]
fn a_half_made_folder_is_swept() {
    let bed = Bed::new();
    fs::create_dir(bed.real("/.x.datalake-tmp")).unwrap();

    bed.files.sweep(&at("/x")).unwrap();

    assert!(bed.names("/").is_empty());
}

#[test]
fn only_an_empty_folder_is_removed() {
    let bed = Bed::new();
    fs::create_dir(bed.real("/x")).unwrap();
    bed.write("/x/file", "").unwrap();

    let refused = bed.files.remove_folder(&at("/x")).unwrap_err();
    bed.files.remove_file(&at("/x/file")).unwrap();
    bed.files.remove_folder(&at("/x")).unwrap();

    assert_eq!(refused.kind, FaultKind::Disturbed);
    assert!(bed.names("/").is_empty());
}

#[test]
fn a_file_is_not_removed_as_a_folder_nor_a_folder_as_a_file() {
    let bed = Bed::new();
    fs::create_dir(bed.real("/folder")).unwrap();
    bed.write("/file", "").unwrap();

    let folder = bed.files.remove_file(&at("/folder")).unwrap_err();
    let file = bed.files.remove_folder(&at("/file")).unwrap_err();

    assert_eq!((folder.kind, file.kind), (FaultKind::NotPlain, FaultKind::NotPlain));
    assert_eq!(folder.detail, "`/folder` is a folder");
    assert_eq!(file.detail, "`/file` is a plain file");
}
