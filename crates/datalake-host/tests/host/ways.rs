//! Ways to a service user's folders, and what becomes of files in them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, lchown, symlink};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use datalake_core::fault::{FaultKind, WayFault};
use datalake_core::host::{HostPath, Owner};
use datalake_core::transfer::FileTime;
use datalake_engine::transfer::{
    Landing, LocalTree as _, Oddity, PeekLength, PeekTree as _, TreeEntry,
};
use datalake_engine::{Files as _, ListedLinks, NoCheckpoints, Owners};
use datalake_host::{HostFiles, HostTree};
use rustix::process::geteuid;

use crate::bed::{Bed, at, me};

/// Nobody's number on a host.
const USER: u32 = 64_999;

fn service_user() -> Owner {
    Owner { uid: USER, gid: USER }
}

/// What becomes of the way to `path` on a host whose service user lives in `/home`.
fn resolve(bed: &Bed, path: &str, listed: &[&str], owners: Owner) -> Result<HostPath, WayFault> {
    let listed: Vec<_> = listed.iter().map(|path| at(path)).collect();
    let (closed, owners) = ([at("/home")], Owners::only(owners));
    let ways = ListedLinks { closed: &closed, listed: &listed, owners: &owners };
    bed.files.resolve(&at(path), &ways)
}

#[track_caller]
fn check_link(found: Result<HostPath, WayFault>, link: &str, target: &str) {
    let expected = WayFault::Link { link: link.to_owned(), target: target.to_owned() };
    assert_eq!(found.err(), Some(expected));
}

#[test]
fn a_folder_that_is_a_link_is_refused_with_its_target() {
    let bed = Bed::new();
    fs::create_dir_all(bed.real("/home/real/storage")).unwrap();
    symlink("/home/real", bed.real("/home/link")).unwrap();

    check_link(resolve(&bed, "/home/link", &[], me()), "/home/link", "/home/real");
    check_link(resolve(&bed, "/home/link/storage", &[], me()), "/home/link", "/home/real");
}

#[test]
fn a_listed_link_leads_to_what_belongs_to_the_service_user() {
    let bed = Bed::new();
    fs::create_dir_all(bed.real("/mnt/big/storage")).unwrap();
    fs::create_dir(bed.real("/home")).unwrap();
    symlink("../mnt/big", bed.real("/home/link")).unwrap();

    let found = resolve(&bed, "/home/link/storage", &["/home/link"], me());

    assert_eq!(found, Ok(at("/mnt/big/storage")));
}

#[test]
fn a_listed_link_of_the_users_leads_to_nobody_elses_folder() {
    if !geteuid().is_root() {
        return;
    }
    let bed = Bed::new();
    fs::create_dir_all(bed.real("/roots/own")).unwrap();
    fs::create_dir(bed.real("/home")).unwrap();
    symlink("/roots", bed.real("/home/link")).unwrap();

    // Root has made it, and means it.
    let found = resolve(&bed, "/home/link", &["/home/link"], service_user());
    assert_eq!(found, Ok(at("/roots")));

    lchown(bed.real("/home/link"), Some(USER), Some(USER)).unwrap();
    let found = resolve(&bed, "/home/link", &["/home/link"], service_user());
    assert!(matches!(found, Err(WayFault::Foreign { owner: 0, .. })), "{found:?}");
}

#[test]
fn a_way_ends_at_a_circle_of_links_and_never_above_the_root() {
    let bed = Bed::new();
    symlink("b", bed.real("/a")).unwrap();
    symlink("a", bed.real("/b")).unwrap();
    fs::create_dir(bed.real("/etc")).unwrap();
    symlink("../../../../etc", bed.real("/up")).unwrap();

    assert!(matches!(resolve(&bed, "/a/x", &[], me()), Err(WayFault::Link { .. })));
    fs::create_dir(bed.real("/etc/x")).unwrap();
    assert_eq!(resolve(&bed, "/up/x", &[], me()), Ok(at("/etc/x")));
}

/// A tree that another user owns, with root's folder in it.
fn tree_of_another(root: &Path) -> HostTree {
    fs::create_dir(root.join("theirs")).unwrap();
    fs::create_dir(root.join("roots")).unwrap();
    for path in [root.to_owned(), root.join("theirs")] {
        chown(path, Some(USER), Some(USER)).unwrap();
    }
    let folder = HostFiles::open_named(root, Arc::new(NoCheckpoints)).unwrap();
    HostTree::guarded(&folder, Owners::only(service_user())).unwrap()
}

#[tokio::test]
async fn what_root_makes_belongs_to_the_owner_of_its_folder() {
    if !geteuid().is_root() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let tree = tree_of_another(root.path());
    let landing = Landing { modified: FileTime::new(1, 0).unwrap(), replaces: None };
    let content = || vec![Bytes::from_static(b"x")];

    for name in ["file", "theirs/new/file"] {
        tree.write_whole(&name.try_into().unwrap(), content(), &landing).await.unwrap();
        assert_eq!(fs::metadata(root.path().join(name)).unwrap().uid(), USER, "{name}");
    }
    let refused = tree.write_whole(&"roots/file".try_into().unwrap(), content(), &landing).await;

    assert_eq!(refused.unwrap_err().kind, FaultKind::Denied);
    assert_eq!(fs::read_dir(root.path().join("roots")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_of_somebody_else_that_was_linked_in_is_named_and_not_read() {
    if !geteuid().is_root() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let tree = tree_of_another(root.path());
    fs::write(root.path().join("roots/secret"), "secret").unwrap();
    fs::hard_link(root.path().join("roots/secret"), root.path().join("theirs/key")).unwrap();

    let mut walk = tree.walk();
    let entries = walk.next().await.unwrap().unwrap();
    let peeked =
        tree.peek_files(&["theirs/key".try_into().unwrap()], PeekLength { head: 8, tail: 8 }).await;

    let odd = entries.iter().any(|entry| {
        matches!(entry, TreeEntry::Odd(name, Oddity::Unreadable(fault))
            if name == "theirs/key" && fault.detail == "a hard link to a file of user 0")
    });
    assert!(odd, "{entries:?}");
    assert_eq!(peeked[0].as_ref().unwrap_err().kind, FaultKind::Denied);
}
