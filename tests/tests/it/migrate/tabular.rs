//! Frames and tables of other I/O managers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::killed::configured;
use super::{Lake, last};
use crate::support::{Call, Ran};

/// Where the tables of these tests are: below a prefix of the bucket, which keeps no versions.
const PREFIX: &str = "frames";
const LOG: &str = "ledger.delta/_delta_log";

/// `datalake migrate WORDS… --tables` with a place for tables.
fn call(lake: &Lake, words: &str) -> Call {
    lake.call(&format!("{words} --tables")).env("DATALAKE_TABLES__PREFIX", PREFIX)
}

#[track_caller]
fn run(lake: &Lake, words: &str, code: i32) -> Ran {
    call(lake, words).run().exits(code)
}

/// What is a Parquet file to all that looks at its ends.
fn frame(text: &str) -> Vec<u8> {
    let footer = b"footer";
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [b"PAR1", text.as_bytes(), footer, &length, b"PAR1"].concat()
}

fn is_whole_frame(content: &[u8]) -> bool {
    content.starts_with(b"PAR1") && content.ends_with(b"footer\x06\0\0\0PAR1")
}

fn commit(version: u64) -> String {
    format!("{LOG}/{version:020}.json")
}

fn action(version: u64) -> String {
    format!("{{\"add\":{{\"path\":\"part-{version}.parquet\",\"size\":9}}}}\n")
}

/// Appends a version as delta-rs does: the file, then the commit, each beside its place first.
fn append(storage: &Path, version: u64) {
    let table = storage.join("ledger.delta");
    fs::create_dir_all(table.join("_delta_log")).unwrap();
    let part = table.join(format!("part-{version}.parquet"));
    let staged = part.with_extension("parquet#1");
    fs::write(&staged, frame(&format!("rows of {version}"))).unwrap();
    fs::rename(&staged, &part).unwrap();
    let path = storage.join(commit(version));
    let staged = path.with_extension("json#1");
    fs::write(&staged, action(version)).unwrap();
    fs::hard_link(&staged, &path).unwrap();
    fs::remove_file(&staged).unwrap();
}

/// Writes a frame as pandas does: into the file itself, in two pieces.
fn rewrite(storage: &Path, number: u64) {
    use std::io::Write as _;
    let path = storage.join(format!("sales/{}.parquet", number % 7));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let content = frame(&format!("sales {number} {}", "x".repeat(2000)));
    let (half, rest) = content.split_at(content.len() / 2);
    let mut file = fs::File::create(path).unwrap();
    file.write_all(half).unwrap();
    thread::park_timeout(Duration::from_millis(1));
    file.write_all(rest).unwrap();
}

fn write_on(storage: &Path, stop: &AtomicBool) -> u64 {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        append(storage, number);
        rewrite(storage, number);
        number += 1;
        thread::park_timeout(Duration::from_millis(40));
    }
    number
}

/// The versions of the table in the bucket; each is the one that was written here, none is missing
/// before another, and all that they name is there and whole.
#[track_caller]
fn require_versions_that_were(objects: &BTreeMap<String, Vec<u8>>) -> u64 {
    let commits: Vec<_> = objects.keys().filter(|name| name.starts_with(LOG)).collect();
    for (version, name) in commits.iter().enumerate() {
        let version = version as u64;
        assert_eq!(**name, commit(version), "{commits:?}");
        assert_eq!(objects[*name], action(version).as_bytes(), "{name}");
        let part = &objects[&format!("ledger.delta/part-{version}.parquet")];
        assert_eq!(*part, frame(&format!("rows of {version}")), "{name}");
    }
    commits.len() as u64
}

#[test]
fn a_killed_move_with_a_writer_has_only_versions_that_were_and_whole_frames() {
    let lake = Lake::with_assets();
    for number in 0..40 {
        lake.file(&format!("many/{number}.parquet"), &frame(&format!("number {number}")));
    }
    let stop = AtomicBool::new(false);
    let (storage, mut kills) = (lake.storage(), 0);
    let require_right = || {
        let objects = lake.objects("frames/");
        for (name, content) in objects.iter().filter(|(name, _)| name.ends_with(".parquet")) {
            assert!(is_whole_frame(content), "{name}");
        }
        require_versions_that_were(&objects)
    };

    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| write_on(&storage, &stop));
        for number in 0..configured("DATALAKE_TEST_KILLS", 12) {
            let mut child = call(&lake, "run --yes --while-running --bwlimit 60K").start();
            let end = Instant::now() + Duration::from_millis(25 + number * 618 % 900);
            while Instant::now() < end && child.try_wait().unwrap().is_none() {
                thread::park_timeout(Duration::from_millis(1));
            }
            kills += u64::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
            if number % 10 == 9 {
                require_right();
            }
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    require_right();
    let ran = run(&lake, "run --yes --while-running --json", 0);

    assert!(kills > 0 && written > 0);
    let logs = last(&ran, "migration")["parts"][3].clone();
    assert_eq!(logs["tables"][0]["version"], written - 1, "{logs}");
    assert_eq!(require_right(), written);
    let objects = lake.objects("frames/");
    for number in 0..7.min(written) {
        let name = format!("sales/{number}.parquet");
        assert_eq!(objects[&name], fs::read(storage.join(&name)).unwrap(), "{name}");
    }
    assert_eq!(lake.shelf.upload_count(), 0);
    run(&lake, "verify --deep", 0);
    run(&lake, "status", 0);
}

#[test]
fn frames_and_tables_are_planned_moved_told_and_never_removed() {
    let lake = Lake::with_assets();
    lake.file("sales.parquet", &frame("sales"));
    lake.file("half.parquet", b"PAR1 begun");
    lake.file("codes.csv", b"a,b\n1,2\n");
    lake.file("lake.duckdb", b"\x01\x02\x03\x04\x05\x06\x07\x08DUCK\x40\0\0\0");
    append(&lake.storage(), 0);
    append(&lake.storage(), 1);
    let code = lake.shelf.host.work().join("code");
    let source = "io = PolarsParquetIOManager(base_dir=\"/data\")\n";
    super::write(&code.join("io.py"), source.as_bytes());

    let plan = run(&lake, "plan --code code", 5);
    let moved = run(&lake, "run --yes --while-running", 5);
    fs::remove_file(lake.storage().join("half.parquet")).unwrap();
    let status = run(&lake, "status", 0);
    let report = run(&lake, "report --webserver http://127.0.0.1:9", 0);
    run(&lake, "verify", 0);
    lake.prove();
    let freed = run(&lake, "free --deep --confirm acme-dagster-assets", 5);

    let told = [
        "+io = PolarsParquetIOManager(base_dir=\"s3://acme-dagster-assets/frames\")",
        "EXPORT DATABASE",
        "s3://acme-dagster-assets/frames/",
    ];
    for words in told {
        assert!(plan.stdout.contains(words), "{words}: {}", plan.stdout);
    }
    assert!(
        moved.stdout.contains("Delta table ledger.delta: version 1 is in the bucket"),
        "{}",
        moved.all()
    );
    assert!(moved.all().contains("half a Parquet file"), "{}", moved.all());
    assert!(status.stdout.contains("lake.duckdb"), "{}", status.stdout);
    assert!(report.stdout.contains("frames: 2 of 2 files moved"), "{}", report.stdout);
    let names: Vec<_> = lake.objects("frames/").into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
    for name in ["sales.parquet", "codes.csv", "lake.duckdb", "ledger.delta/part-0.parquet"] {
        assert!(lake.storage().join(name).exists(), "{name}: {}", freed.all());
    }
}

#[test]
fn without_a_place_for_tables_the_words_to_add_are_told() {
    let lake = Lake::with_assets();

    let ran = lake.run("run --tables --yes --while-running", 78);

    assert!(ran.stderr.contains("add `tables:` to it, with `bucket: NAME`"), "{}", ran.stderr);
    assert!(lake.objects("assets/").is_empty());
}

#[test]
fn the_kinds_are_listed_with_what_may_become_of_them() {
    let lake = Lake::new();

    let kinds = lake.shelf.run("migrate kinds --json", 0).json("migration-kinds");

    let rows = kinds.as_array().unwrap();
    let free = |kind: &str| rows.iter().find(|row| row["kind"] == kind).unwrap()["free"].clone();
    assert_eq!(free("asset"), "may go, after a look at the store");
    for kind in ["parquet", "delta-table", "duckdb", "sqlite", "dagster-database", "unknown"] {
        assert_eq!(free(kind), "stays", "{kind}");
    }
}
