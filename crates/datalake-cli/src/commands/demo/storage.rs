//! A Dagster's local storage, and what a host looks like.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where a usual host keeps it.
const HOME: &str = "var/lib/dagster/dagster_home";

/// The number 42 as Python's pickle, protocol 4.
const PICKLE: &[u8] = b"\x80\x04K*.";

/// Pickles of assets with and without partitions, one of them large, and what is not to be moved.
pub(super) fn fill_storage(host: &Path) -> io::Result<()> {
    let home = host.join(HOME);
    let storage = home.join("storage");
    fs::create_dir_all(storage.join("daily"))?;
    fs::create_dir_all(home.join("history"))?;
    fs::write(home.join("history/runs.db"), "a database stays where it is\n")?;
    fs::write(storage.join("users"), PICKLE)?;
    for day in 1..=28 {
        for hour in 0..10 {
            fs::write(storage.join(format!("daily/2026-10-{day:02}-{hour:02}:00")), PICKLE)?;
        }
    }
    fs::write(storage.join("model"), large_pickle())
}

/// A pickle of 24 MiB of bytes that do not compress: BINBYTES with a length of four bytes.
fn large_pickle() -> Vec<u8> {
    const LENGTH: u32 = 24 << 20;
    let mut pickle = b"\x80\x04B".to_vec();
    pickle.extend(LENGTH.to_le_bytes());
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..LENGTH / 8 {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        pickle.extend(word.to_le_bytes());
    }
    pickle.push(b'.');
    pickle
}

/// One entry of a tree: its place, mode, owner and content.
pub(super) type Entry = (PathBuf, u32, u32, Vec<u8>);

/// All folders and files below `root`, in order.
pub(super) fn tree(root: &Path) -> io::Result<Vec<Entry>> {
    let (mut entries, mut left) = (Vec::new(), vec![root.to_owned()]);
    while let Some(path) = left.pop() {
        let facts = fs::symlink_metadata(&path)?;
        let mut content = Vec::new();
        if facts.is_dir() {
            for entry in fs::read_dir(&path)? {
                left.push(entry?.path());
            }
        } else {
            content = fs::read(&path)?;
        }
        entries.push((path, facts.mode(), facts.uid(), content));
    }
    entries.sort();
    Ok(entries)
}
