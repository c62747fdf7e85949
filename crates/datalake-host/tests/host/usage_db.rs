//! The history of usage: what is written is there, all of it or nothing, whatever happens.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use datalake_core::fault::FaultKind;
use datalake_core::price::Span;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::usage::{Tally, Usage};
use datalake_engine::{
    AssetUse, EgressBy, EgressNote, NoCheckpoints, UsageLog, UsagePlace, UsageSample,
};
use datalake_host::{StateDir, UsageDb};
use rusqlite::Connection;
use tempfile::TempDir;

/// The variable that has a test of this program write samples until it is killed.
const WRITER: &str = "DATALAKE_TEST_WRITER";

const FILE: &str = "state/usage.sqlite";

const ASSETS: u64 = 40;

fn state(folder: &Path) -> StateDir {
    StateDir::open(&folder.join("state"), Arc::new(NoCheckpoints)).unwrap()
}

fn open(folder: &Path) -> UsageDb {
    UsageDb::open(&state(folder)).unwrap()
}

fn place(bucket: &str) -> UsagePlace {
    UsagePlace {
        endpoint: "https://fsn1.your-objectstorage.com".parse().unwrap(),
        bucket: bucket.parse().unwrap(),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn all_time() -> Span {
    Span { from: at(0), until: at(1 << 36) }
}

/// A sample every number of which follows from its time.
fn sample(seconds: i64) -> UsageSample {
    let number = u64::try_from(seconds).unwrap();
    let tally = |times: u64| Tally { count: number * times, bytes: number, billed: times };
    let usage =
        Usage { current: tally(1), noncurrent: tally(2), markers: tally(3), uploads: tally(4) };
    let asset = |which: u64| AssetUse {
        asset: format!("raw/\u{fc} '; DROP TABLE sample; -- {which:03}"),
        total: Tally { billed: ASSETS - which, ..tally(5) },
    };
    UsageSample { at: at(seconds), usage, assets: (0..ASSETS).map(asset).collect() }
}

#[test]
fn what_was_recorded_is_read_back_by_bucket_and_time() {
    let folder = TempDir::new().unwrap();
    let (mine, other) = (place("mine"), place("other"));
    let note = |seconds, by, note: &str| EgressNote {
        at: at(seconds),
        size: ByteSize(7),
        by,
        note: note.to_owned(),
    };
    let entered = note(5, EgressBy::Operator, "Modal's \"reads\"");
    let moved = note(4, EgressBy::Datalake, "get");
    let mut log = open(folder.path());
    for seconds in [30, 10, 20] {
        log.record(&mine, &sample(seconds)).unwrap();
    }
    log.record(&other, &sample(15)).unwrap();
    log.record_egress(&mine, &entered).unwrap();
    log.record_egress(&mine, &moved).unwrap();
    drop(log);

    let log = UsageDb::open_existing(&state(folder.path())).unwrap().unwrap();

    let bare = |seconds| UsageSample { assets: Vec::new(), ..sample(seconds) };
    let from_10_to_29 = Span { from: at(10), until: at(30) };
    assert_eq!(log.samples(&mine, from_10_to_29).unwrap(), [bare(10), bare(20)]);
    assert_eq!(log.assets(&mine, at(20)).unwrap(), sample(20).assets);
    assert_eq!(log.assets(&mine, at(15)).unwrap(), []);
    assert_eq!(log.samples(&other, all_time()).unwrap(), [bare(15)]);
    assert_eq!(log.egress(&mine, all_time()).unwrap(), [moved, entered]);
    assert_eq!(log.egress(&other, all_time()).unwrap(), []);
}

#[test]
fn one_note_of_several_is_removed() {
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    let note = |size| EgressNote {
        at: at(5),
        size: ByteSize(size),
        by: EgressBy::Operator,
        note: String::new(),
    };
    for size in [7, 7, 8] {
        log.record_egress(&place("mine"), &note(size)).unwrap();
    }

    assert!(log.remove_egress(&place("mine"), &note(7)).unwrap());
    assert!(!log.remove_egress(&place("mine"), &note(9)).unwrap());
    assert!(!log.remove_egress(&place("other"), &note(7)).unwrap());

    assert_eq!(log.egress(&place("mine"), all_time()).unwrap(), [note(7), note(8)]);
}

#[test]
fn a_second_sample_of_a_second_takes_the_place_of_the_first() {
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    let emptier = UsageSample { assets: Vec::new(), ..sample(10) };

    log.record(&place("mine"), &sample(10)).unwrap();
    log.record(&place("mine"), &emptier).unwrap();

    assert_eq!(log.samples(&place("mine"), all_time()).unwrap(), std::slice::from_ref(&emptier));
    assert_eq!(log.assets(&place("mine"), at(10)).unwrap(), []);
}

#[test]
fn nobody_else_can_read_it_and_a_link_is_not_followed() {
    let folder = TempDir::new().unwrap();
    assert!(UsageDb::open_existing(&state(folder.path())).unwrap().is_none());
    drop(open(folder.path()));
    let file = folder.path().join(FILE);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    fs::rename(&file, folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &file).unwrap();

    let fault = UsageDb::open(&state(folder.path())).err().unwrap();
    assert_eq!(fault.kind, FaultKind::NotPlain, "{fault}");
}

#[test]
fn damage_is_told_and_nothing_is_written() {
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    for seconds in 1..200 {
        log.record(&place("mine"), &sample(seconds)).unwrap();
    }
    drop(log);
    let file = folder.path().join(FILE);
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 2000].fill(0xa5);
    let other = b"SQLite format 2, or a letter to somebody".repeat(50);

    for content in [&damaged[..], &whole[..whole.len() / 3], &other[..]] {
        fs::write(&file, content).unwrap();
        let fault = UsageDb::open(&state(folder.path())).err().unwrap();
        assert_eq!(fault.kind, FaultKind::Unreadable, "{fault}");
        assert!(fault.detail.contains("usage.sqlite"), "{fault}");
        assert!(fs::read(&file).unwrap() == content, "it was written to");
    }
}

#[test]
fn a_writer_that_finds_another_one_at_work_is_told_after_a_while() {
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let fault = log.record(&place("mine"), &sample(1)).unwrap_err();
    other.execute_batch("ROLLBACK").unwrap();

    assert_eq!(fault.kind, FaultKind::Throttled, "{fault}");
    log.record(&place("mine"), &sample(1)).unwrap();
}

/// Not a test of its own: what the next one starts and kills.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(WRITER) else { return };
    let mut log = open(Path::new(&folder));
    let known = log.samples(&place("mine"), all_time()).unwrap().len();
    for seconds in i64::try_from(known).unwrap() + 1.. {
        log.record(&place("mine"), &sample(seconds)).unwrap();
        println!("\nrecorded {seconds}");
    }
}

#[test]
fn a_kill_at_any_time_leaves_whole_samples_and_none_that_was_told_is_lost() {
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    let mut told = 0;
    for round in 0..60_u64 {
        let mut writer = start_writer(folder.path());
        told = told.max(kill_after(&mut writer, round % 4, Duration::from_micros(round * 37)));

        let log = open(folder.path());
        let samples = log.samples(&place("mine"), all_time()).unwrap();
        for (seconds, found) in (1..).zip(&samples) {
            let UsageSample { at, usage, assets } = sample(seconds);
            assert_eq!((found.at, found.usage), (at, usage), "round {round}");
            assert_eq!(log.assets(&place("mine"), at).unwrap(), assets, "round {round}");
        }
        assert!(samples.len() >= told, "round {round}: {told} were told, {}", samples.len());
    }
    assert!(told > 30, "the writers wrote {told} samples only");
}

fn start_writer(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["usage_db::writes_until_it_is_killed", "--exact", "--nocapture"])
        .env(WRITER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a writer a moment after it has told so many samples; how many there are by then.
fn kill_after(writer: &mut Child, samples: u64, moment: Duration) -> usize {
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut told = 0;
    let numbers = lines.map_while(Result::ok);
    let mut left = samples + 1;
    for number in numbers.filter_map(|line| line.strip_prefix("recorded ")?.parse().ok()) {
        told = number;
        left -= 1;
        if left == 0 {
            std::thread::park_timeout(moment);
            writer.kill().unwrap();
            left = u64::MAX;
        }
    }
    writer.wait().unwrap();
    told
}
