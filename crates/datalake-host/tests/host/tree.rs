//! A folder tree of this machine as transfers see it.

use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, FileStamp, FileTime, TreePath};
use datalake_engine::transfer::{
    Digests, Hashes, Hashing, Landing, LocalTree as _, Oddity, TreeEntry,
};
use datalake_host::{HostTree, Links};
use tempfile::TempDir;

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn path(text: &str) -> TreePath {
    text.try_into().unwrap()
}

fn facts(root: &Path, name: &str) -> FileFacts {
    let stat = fs::metadata(root.join(name)).unwrap();
    let nanos = u32::try_from(stat.mtime_nsec()).unwrap();
    let modified = FileTime::new(stat.mtime(), nanos).unwrap();
    let changed = FileTime::new(stat.ctime(), stat.ctime_nsec().try_into().unwrap()).unwrap();
    let stamp = FileStamp { changed, inode: stat.ino() };
    FileFacts { size: ByteSize(stat.size()), modified, stamp }
}

fn landing(replaces: Option<FileFacts>) -> Landing {
    Landing { modified: FileTime::new(1_763_812_800, 123_456_789).unwrap(), replaces }
}

async fn walked(tree: &HostTree) -> Vec<(String, Option<Oddity>)> {
    let mut walk = tree.walk();
    let mut names = Vec::new();
    while let Some(entries) = walk.next().await.unwrap() {
        names.extend(entries.into_iter().map(|entry| match entry {
            TreeEntry::File(path, _) => (path.as_str().to_owned(), None),
            TreeEntry::Odd(name, oddity) => (name, Some(oddity)),
        }));
    }
    names
}

fn plain(names: &[(String, Option<Oddity>)]) -> Vec<&str> {
    names.iter().filter(|(_, odd)| odd.is_none()).map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_walk_has_the_order_of_listings() {
    let root = TempDir::new().unwrap();
    let names =
        ["a/b", "a/b.c", "a!", "a.b", "a0", "\u{e9}", "Z", "a/b-/x", "b/c/d", "b/c0", "x\ny"];
    for name in names {
        write(root.path(), name, "x");
    }
    for number in 0..2500 {
        write(root.path(), &format!("many/{number}"), "");
    }

    let tree = HostTree::open(root.path(), Links::Skip).unwrap();
    let walked = walked(&tree).await;

    let mut sorted: Vec<String> = names.iter().map(ToString::to_string).collect();
    sorted.extend((0..2500).map(|number| format!("many/{number}")));
    sorted.sort();
    assert_eq!(plain(&walked), sorted);
}

#[tokio::test]
async fn what_is_no_plain_file_is_told_and_does_not_end_the_walk() {
    let root = TempDir::new().unwrap();
    write(root.path(), "a", "x");
    write(root.path(), "d!", "x");
    write(root.path(), "z", "x");
    fs::create_dir(root.path().join("empty")).unwrap();
    fs::create_dir(root.path().join("folder")).unwrap();
    symlink("folder", root.path().join("d")).unwrap();
    symlink("nowhere", root.path().join("dangling")).unwrap();
    fs::write(root.path().join(OsStr::from_bytes(b"not\xff")), "x").unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status();
    assert!(made.unwrap().success());
    write(root.path(), ".datalake-0000000000000000-1.part", "x");

    let tree = HostTree::open(root.path(), Links::Skip).unwrap();
    let walked = walked(&tree).await;

    let expected = [
        (".datalake-0000000000000000-1.part", Some(Oddity::Leftover)),
        ("a", None),
        ("d", Some(Oddity::Link)),
        ("d!", None),
        ("dangling", Some(Oddity::Link)),
        ("empty/", Some(Oddity::EmptyFolder)),
        ("folder/", Some(Oddity::EmptyFolder)),
        ("not\u{fffd}", Some(Oddity::NotUtf8)),
        ("pipe", Some(Oddity::Special("a named pipe"))),
        ("z", None),
    ];
    let expected = expected.map(|(name, odd)| (name.to_owned(), odd));
    assert_eq!(walked, expected);
    tree.sweep(".datalake-0000000000000000-1.part").await.unwrap();
    tree.sweep("z").await.unwrap();
    assert_eq!(plain(&self::walked(&tree).await), ["a", "d!", "z"]);
}

#[tokio::test]
async fn links_are_followed_only_when_asked_and_never_in_a_circle() {
    let (root, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(elsewhere.path(), "x/y", "x");
    write(root.path(), "a/b", "x");
    symlink(elsewhere.path().join("x"), root.path().join("out")).unwrap();
    symlink("..", root.path().join("a/up")).unwrap();
    symlink("nowhere", root.path().join("dangling")).unwrap();
    symlink("circle", root.path().join("circle")).unwrap();

    let tree = HostTree::open(root.path(), Links::Follow).unwrap();
    let walked = walked(&tree).await;
    let (linked, seen) = (path("out/y"), facts(root.path(), "out/y"));
    let read = tree.read_whole(&linked, &seen, Hashing::Both).await;
    let careful = HostTree::open(root.path(), Links::Skip).unwrap();
    let refused = careful.read_whole(&linked, &seen, Hashing::Both).await;

    assert_eq!(plain(&walked), ["a/b", "out/y"]);
    assert!(walked.contains(&("a/up/".to_owned(), Some(Oddity::UpwardLink))), "{walked:?}");
    assert!(walked.contains(&("circle".to_owned(), Some(Oddity::CircularLink))), "{walked:?}");
    assert!(walked.contains(&("dangling".to_owned(), Some(Oddity::DanglingLink))));
    assert_eq!(read.unwrap().payload.size(), ByteSize(1));
    assert_eq!(refused.unwrap_err().kind, FaultKind::NotPlain);
}

#[tokio::test]
async fn a_file_is_read_with_its_hashes() {
    let root = TempDir::new().unwrap();
    write(root.path(), "a", "abc");
    let tree = HostTree::open(root.path(), Links::Skip).unwrap();
    let facts = facts(root.path(), "a");

    let whole = tree.read_whole(&path("a"), &facts, Hashing::Both).await.unwrap();
    let open = tree.open(&path("a"), &facts).await.unwrap();
    let part = open.read(1..3, Hashing::Sha256).await.unwrap();
    let hashes = open.hash(0..3, Hashes::begin(Hashing::Md5)).await.unwrap();

    assert!(whole.payload.hash().hex().starts_with("ba7816bf8f01cfea"));
    assert_eq!(hashes.digests().md5, whole.md5);
    assert_eq!(part.payload.chunks().concat(), b"bc");
    assert!(!whole.settled, "it was written a moment ago");
}

fn part_of<'c>(content: &'c [u8], range: &Range<u64>) -> &'c [u8] {
    &content[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]
}

/// The hashes of each range, taken one after the other.
fn digests_of(content: &[u8], ranges: &[Range<u64>], hashing: Hashing) -> Vec<Digests> {
    let digest = |range: &Range<u64>| {
        let mut hashes = Hashes::begin(hashing);
        hashes.update(part_of(content, range));
        hashes.digests()
    };
    ranges.iter().map(digest).collect()
}

#[tokio::test]
async fn ranges_have_the_same_hashes_side_by_side() {
    let root = TempDir::new().unwrap();
    let content: Vec<u8> =
        (0..700_003_u32).flat_map(|at| at.wrapping_mul(7919).to_le_bytes()).collect();
    fs::write(root.path().join("a"), &content).unwrap();
    let tree = HostTree::open(root.path(), Links::Skip).unwrap();
    let open = tree.open(&path("a"), &facts(root.path(), "a")).await.unwrap();
    let written = tree.create(&path("b")).await.unwrap();
    written.write_at(0, vec![content.clone().into()], Hashes::NONE).await.unwrap();
    let length = content.len() as u64;

    for part in [length, length / 2, 1_000_000, 300_000, 90_001_u64] {
        let ranges: Vec<_> = (0..length)
            .step_by(usize::try_from(part).unwrap())
            .map(|start| start..length.min(start + part))
            .collect();
        for hashing in [Hashing::Sha256, Hashing::Md5, Hashing::Both] {
            let expected = digests_of(&content, &ranges, hashing);
            assert_eq!(open.hash_all(ranges.clone(), hashing).await.unwrap(), expected);
            assert_eq!(written.hash_all(ranges.clone(), hashing).await.unwrap(), expected);
        }
        for pair in ranges.windows(2) {
            let pair = [pair[0].clone(), pair[1].clone()];
            for hashing in [Hashing::Sha256, Hashing::Both] {
                let read = open.read_pair(pair.clone(), hashing).await.unwrap();
                let expected = digests_of(&content, &pair, hashing);
                for ((read, range), digests) in read.iter().zip(&pair).zip(expected) {
                    assert_eq!(read.payload.chunks().concat(), part_of(&content, range));
                    assert_eq!(Some(read.payload.hash().0), digests.sha256);
                    assert_eq!(read.md5, digests.md5);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_changes_is_found_out() {
    let root = TempDir::new().unwrap();
    for name in ["longer", "shorter", "gone", "before"] {
        write(root.path(), name, "abc");
    }
    let tree = HostTree::open(root.path(), Links::Skip).unwrap();
    let before = facts(root.path(), "before");
    let open = |name: &'static str| {
        let facts = facts(root.path(), name);
        let tree = &tree;
        async move { tree.open(&path(name), &facts).await.unwrap() }
    };
    let files = [open("longer").await, open("shorter").await, open("gone").await];

    write(root.path(), "longer", "abcd");
    write(root.path(), "shorter", "ab");
    fs::remove_file(root.path().join("gone")).unwrap();
    write(root.path(), "before", "other");

    for file in files {
        let fault = file.read(0..3, Hashing::Sha256).await.unwrap_err();
        let pair = file.read_pair([0..1, 1..3], Hashing::Sha256).await.unwrap_err();
        let all = file.hash_all(vec![0..1, 1..2, 2..3, 3..3], Hashing::Md5).await.unwrap_err();
        assert_eq!([fault.kind, pair.kind, all.kind], [FaultKind::Disturbed; 3]);
    }
    let late = tree.read_whole(&path("before"), &before, Hashing::Both).await.unwrap_err();
    assert_eq!(late.kind, FaultKind::Disturbed);
}

#[tokio::test]
async fn a_file_lands_with_its_time_and_leaves_nothing_beside_it() {
    let root = TempDir::new().unwrap();
    let tree = HostTree::open(root.path(), Links::Skip).unwrap();

    let content = vec![Bytes::from_static(b"ab"), Bytes::from_static(b"c")];
    let written = tree.write_whole(&path("a/b/c"), content, &landing(None)).await.unwrap();
    let large = tree.create(&path("a/b/d")).await.unwrap();
    large.write_at(3, vec![Bytes::from_static(b"def")], Hashes::NONE).await.unwrap();
    large.write_at(0, vec![Bytes::from_static(b"abc")], Hashes::NONE).await.unwrap();
    large.finish(&landing(None)).await.unwrap();
    drop(tree.create(&path("a/b/e")).await.unwrap());
    tree.flush().await.unwrap();

    assert_eq!(written, facts(root.path(), "a/b/c"));
    assert_eq!(written.modified, landing(None).modified);
    assert_eq!(fs::read(root.path().join("a/b/c")).unwrap(), b"abc");
    assert_eq!(fs::read(root.path().join("a/b/d")).unwrap(), b"abcdef");
    assert_eq!(fs::read_dir(root.path().join("a/b")).unwrap().count(), 2);
}

#[track_caller]
fn refused(outcome: Result<FileFacts, Fault>, kind: FaultKind) {
    assert_eq!(outcome.unwrap_err().kind, kind);
}

#[tokio::test]
async fn nothing_is_replaced_that_was_not_seen() {
    let (root, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(root.path(), "file", "old");
    fs::create_dir(root.path().join("folder")).unwrap();
    symlink(elsewhere.path().join("target"), root.path().join("link")).unwrap();
    symlink(elsewhere.path(), root.path().join("way")).unwrap();
    let tree = HostTree::open(root.path(), Links::Follow).unwrap();
    let long = "n".repeat(256);
    let put = async |name, replaces| {
        tree.write_whole(&path(name), vec![Bytes::from_static(b"new")], &landing(replaces)).await
    };

    refused(put("file", None).await, FaultKind::Disturbed);
    let other = FileFacts { size: ByteSize(9), ..facts(root.path(), "file") };
    refused(put("file", Some(other)).await, FaultKind::Disturbed);
    refused(put("folder", None).await, FaultKind::NotPlain);
    refused(put("link", None).await, FaultKind::NotPlain);
    refused(put("link", Some(other)).await, FaultKind::NotPlain);
    refused(put("way/x", None).await, FaultKind::NotPlain);
    refused(put("way/x/y", None).await, FaultKind::NotPlain);
    refused(put("file/x", None).await, FaultKind::NotPlain);
    refused(put(".datalake-x.part", None).await, FaultKind::UnfitName);
    refused(put(&long, None).await, FaultKind::UnfitName);
    let linked = put("way/x/y", None).await.unwrap_err();
    assert_eq!(linked.detail, "there is a symbolic link on the way");
    assert_eq!(fs::read(root.path().join("file")).unwrap(), b"old");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 4);

    put("file", Some(facts(root.path(), "file"))).await.unwrap();
    assert_eq!(fs::read(root.path().join("file")).unwrap(), b"new");
}

#[tokio::test]
async fn only_what_was_seen_is_removed() {
    let root = TempDir::new().unwrap();
    write(root.path(), "a/b", "old");
    let tree = HostTree::open(root.path(), Links::Skip).unwrap();
    let seen = facts(root.path(), "a/b");

    let other = FileFacts { size: ByteSize(9), ..seen };
    let disturbed = tree.remove(&path("a/b"), &other).await.unwrap_err();
    tree.remove(&path("a/b"), &seen).await.unwrap();
    tree.remove(&path("a/b"), &seen).await.unwrap();
    tree.remove(&path("x/y"), &seen).await.unwrap();

    assert_eq!(disturbed.kind, FaultKind::Disturbed);
    assert!(!root.path().join("a/b").exists());
}
