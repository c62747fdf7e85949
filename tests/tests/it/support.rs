//! What all tests stand on: a folder of their own, the program, a pretend host, a service.

mod host;
mod modal;
mod program;
mod schemas;
mod service;
mod shelf;
mod shown;
mod terminal;
mod tree;

pub(crate) use host::{Host, UNITS, make_unusual, use_set};
pub(crate) use modal::FakeModal;
pub(crate) use program::{Call, Ran};
pub(crate) use schemas::{fits_its_schema, schema};
pub(crate) use service::{KEY, KeyPair, OTHER_KEY, SECOND_KEY, Service};
pub(crate) use shelf::Shelf;
pub(crate) use shown::shown;
pub(crate) use terminal::Terminal;
pub(crate) use tree::Tree;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Waits until `ready` holds, at most twenty seconds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !ready() {
        assert!(Instant::now() < end, "not within twenty seconds: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Copies a folder with modes, owners and links.
#[track_caller]
pub(crate) fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success(), "copy {} to {}", from.display(), to.display());
}

/// All Rust files in these folders.
pub(crate) fn rust_files(folders: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let (mut files, mut left) = (Vec::new(), folders.into_iter().collect::<Vec<_>>());
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

/// A folder in memory where there is one: flushing to a disk would take most of a test's time, and
/// what a killed process leaves behind does not depend on it.
#[track_caller]
pub(crate) fn folder_in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}
