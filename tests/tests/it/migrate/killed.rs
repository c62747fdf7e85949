//! Migrations that are killed while Dagster goes on writing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Lake, pickle};

/// A number that a longer test run may set.
pub(super) fn configured(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// Writes as Dagster's local I/O manager does: into the file itself, in two pieces, new pickles and
/// old ones anew, until it is told to end.
fn write_on(storage: &Path, stop: &AtomicBool) -> u64 {
    use std::io::Write as _;
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let name = if number % 3 == 0 { number / 9 } else { number };
        let path = storage.join(format!("written/{}/{name}", name % 5));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let content = pickle(&format!("written {number}"));
        let (half, rest) = content.split_at(content.len() / 2);
        let mut file = fs::File::create(path).unwrap();
        file.write_all(half).unwrap();
        thread::yield_now();
        file.write_all(rest).unwrap();
        number += 1;
        thread::park_timeout(Duration::from_millis(2));
    }
    number
}

#[test]
fn a_killed_migration_with_a_writer_ends_equal_and_leaves_no_half_pickle() {
    let lake = Lake::with_assets();
    for number in 0..300 {
        lake.pickle(&format!("many/{}/{number}", number % 7), &format!("number {number}"));
    }
    let stop = AtomicBool::new(false);
    let (storage, mut kills) = (lake.storage(), 0);

    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| write_on(&storage, &stop));
        for number in 0..configured("DATALAKE_TEST_KILLS", 12) {
            let mut child = lake.call("run --yes --while-running --bwlimit 40K").start();
            // Spread over the run by the golden ratio, the same every time.
            let end = Instant::now() + Duration::from_millis(15 + number * 618 % 500);
            while Instant::now() < end && child.try_wait().unwrap().is_none() {
                thread::park_timeout(Duration::from_millis(1));
            }
            kills += u64::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    // What is in the bucket now came from runs that were killed.
    for (name, content) in lake.objects("assets/") {
        assert_eq!(content.last(), Some(&b'.'), "{name}");
        let whole = usize::from(content[12]) + 15;
        assert_eq!(content.len(), whole, "{name}");
    }
    lake.migrate(0);

    assert!(kills > 0 && written > 0);
    assert_eq!(lake.objects("assets/"), pickles(&lake.storage()));
    assert_eq!(lake.shelf.upload_count(), 0);
    lake.run("verify --deep", 0);
}

/// All files below a folder.
fn pickles(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}
