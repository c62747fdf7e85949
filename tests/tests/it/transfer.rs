//! `datalake put|get|cp|mv|sync|verify|scrub`.

mod absent;
mod carried;
mod compared;
mod deletion;
mod elsewhere;
mod faults;
mod files;
mod flags;
mod killed;
mod moving;
mod names;
mod piped;
mod proof;
mod seeds;
mod spared;
mod there_and_back;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{Call, Ran, Service, Shelf};

/// The place in the bucket that tests use.
const LAKE: &str = "s3://acme-dagster-assets/raw";
/// The smallest part of an upload.
const PART: usize = 5 << 20;

/// A bucket, and a folder with `data` to send and room for more.
struct Bed {
    shelf: Shelf,
}

impl Bed {
    fn new() -> Self {
        let bed = Self { shelf: Shelf::empty() };
        fs::create_dir(bed.data()).unwrap();
        bed
    }

    fn service(&self) -> &Service {
        &self.shelf.service
    }

    fn path(&self, name: &str) -> PathBuf {
        self.shelf.host.work().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file below `data`, an hour old.
    #[track_caller]
    fn file(&self, name: &str, content: &[u8]) {
        write(&self.data().join(name), content);
    }

    /// Files of odd sizes in several folders.
    #[track_caller]
    fn some_files(&self, number: usize) {
        for at in 0..number {
            self.file(&format!("{}/{at}.bin", at % 7), &noise(at * 37 % 4096, at as u64));
        }
    }

    fn call(&self, words: &str) -> Call {
        self.shelf.call(words)
    }

    /// `datalake WORDS…`, which has to end so; what it says at the end.
    #[track_caller]
    fn run(&self, words: &str, code: i32) -> Ended {
        Ended(self.call(words).arg("--json").run().exits(code))
    }

    #[track_caller]
    fn up(&self, words: &str, code: i32) -> Ended {
        self.run(&format!("sync data {LAKE} {words}"), code)
    }

    #[track_caller]
    fn down(&self, words: &str, code: i32) -> Ended {
        self.run(&format!("sync {LAKE} back {words}"), code)
    }

    /// Bytes of all files below `data`.
    #[track_caller]
    fn bytes(&self) -> u64 {
        files(&self.data()).values().map(|(content, _)| content.len).sum()
    }

    /// The keys below the place that tests use, without it.
    #[track_caller]
    fn keys(&self) -> Vec<String> {
        let keys = self.shelf.keys().into_iter();
        keys.map(|key| key.strip_prefix("raw/").unwrap_or(&key).to_owned()).collect()
    }

    /// Fails unless `data` and `back` hold the same, with the same times.
    #[track_caller]
    fn must_be_back(&self) {
        let (data, back) = (files(&self.data()), files(&self.path("back")));
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&back), names(&data));
        let differ: Vec<_> = data.iter().filter(|(name, file)| back[*name] != **file).collect();
        assert!(differ.is_empty(), "{:?}", differ.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
}

/// A run that has ended.
struct Ended(Ran);

impl Ended {
    /// The last row of this kind.
    #[track_caller]
    fn last(&self, kind: &str) -> Value {
        let mut rows = self.0.rows();
        rows.retain(|row| row["kind"] == kind);
        rows.pop().unwrap_or_else(|| panic!("{}", self.0.all()))["data"].clone()
    }

    /// Counts of new, replaced, deleted, equal and failed.
    #[track_caller]
    fn counts(&self) -> [u64; 5] {
        let end = self.last("transfer");
        let names = ["new", "replaced", "deleted", "equal", "failed"];
        names.map(|name| end[name]["items"].as_u64().unwrap())
    }

    /// Names with this mark and why.
    #[track_caller]
    fn items(&self, mark: &str) -> Vec<(String, String)> {
        let mut rows = self.0.rows();
        rows.retain(|row| row["kind"] == "transfer-item" && row["data"]["mark"] == mark);
        let text = |row: &Value, key: &str| row["data"][key].as_str().unwrap().to_owned();
        let mut items: Vec<_> =
            rows.iter().map(|row| (text(row, "name"), text(row, "reason"))).collect();
        items.sort();
        items
    }
}

/// The files below a folder with content and time.
type Files = BTreeMap<PathBuf, (Content, (i64, i64))>;

/// A content that may be too large for memory.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    len: u64,
    sha256: [u8; 32],
}

impl Content {
    #[track_caller]
    fn of(path: &Path) -> Self {
        let mut hash = Sha256::new();
        let len = std::io::copy(&mut File::open(path).unwrap(), &mut hash).unwrap();
        Self { len, sha256: hash.finalize().into() }
    }
}

#[track_caller]
fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let about = fs::symlink_metadata(&path).unwrap();
            if about.is_dir() {
                left.push(path);
            } else if about.is_file() {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                let times = (about.mtime(), about.mtime_nsec());
                files.insert(name, (Content::of(&path), times));
            }
        }
    }
    files
}

/// Writes a file and the folders above it, an hour old to the nanosecond.
#[track_caller]
fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    make_old(path);
}

#[track_caller]
fn make_old(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    file.set_modified(hour_ago + Duration::from_nanos(123)).unwrap();
}

/// Bytes that nothing can guess or compress, the same for the same seed.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length.div_ceil(8)).flat_map(|_| next()).take(length).collect()
}

/// A number that a longer test run may set; what it was is told where a test fails.
pub(crate) fn configured(name: &str, usual: u64) -> u64 {
    let number = std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap());
    println!("{name}={number}");
    number
}

/// Numbers that nothing can guess, the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let bytes = noise(8, self.0);
        self.0 = u64::from_le_bytes(bytes.try_into().unwrap());
        (self.0 >> 8) % end
    }
}
