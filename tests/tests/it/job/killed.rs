//! Runs that are killed, and runs at one time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use datalake_sim::RequestSeen;

use super::{hash_hex, read_receipts};
use crate::support::Shelf;

const OBJECTS: usize = 4_500;

fn make_large_shelf() -> Shelf {
    let shelf = Shelf::empty();
    for number in 0..OBJECTS {
        shelf.put_content(&format!("raw/{number:06}"), number.to_string().as_bytes());
    }
    shelf.run("job plan hashes --do checksum raw/", 0);
    shelf
}

#[track_caller]
fn check_outcomes(shelf: &Shelf) {
    let outcomes = read_receipts(shelf, "hashes");
    assert_eq!(outcomes.len(), OBJECTS);
    for (number, (key, outcome)) in outcomes.iter().enumerate() {
        assert_eq!(outcome["done"], hash_hex(number.to_string().as_bytes()), "{key}");
    }
}

/// What has come since so many requests.
fn take_new(shelf: &Shelf, before: &mut u64) -> Vec<RequestSeen> {
    let (all, now) = (shelf.service.requests(), shelf.service.counts().requests);
    let new = usize::try_from(now - *before).unwrap();
    assert!(new <= all.len(), "more came than is remembered: {new}");
    *before = now;
    all[all.len() - new..].to_vec()
}

/// The shard that a key of `raw/` is in.
fn find_shard(path: &str) -> Option<usize> {
    let number: usize = path.rsplit_once("/raw/")?.1.parse().ok()?;
    Some(number / 1_000)
}

/// The shard whose receipt it is.
fn find_receipt(request: &RequestSeen) -> Option<usize> {
    let name = request.path.rsplit_once("/receipts/")?.1.strip_suffix(".json")?;
    (request.method == "PUT" && request.status == Some(200)).then(|| name.parse().ok())?
}

#[test]
fn a_job_whose_runs_are_killed_is_done_by_one_more_and_reads_no_finished_shard_again() {
    let shelf = make_large_shelf();
    shelf.service.set_faults("delay 10ms on GET");
    let (mut before, mut requests) = (shelf.service.counts().requests, Vec::new());

    for number in 0..20_u64 {
        let mut child = shelf.call("job run hashes").start();
        std::thread::park_timeout(Duration::from_millis(60 + number * 97 % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        requests.extend(take_new(&shelf, &mut before));
    }
    shelf.service.set_faults("");
    shelf.run("job run hashes", 0);
    requests.extend(take_new(&shelf, &mut before));

    check_outcomes(&shelf);
    let mut finished = BTreeMap::new();
    for (place, request) in requests.iter().enumerate() {
        if let Some(shard) = find_receipt(request) {
            finished.entry(shard).or_insert(place);
        }
    }
    assert_eq!(finished.len(), OBJECTS.div_ceil(1_000));
    let reads = requests.iter().enumerate().filter(|(_, one)| one.method == "GET");
    let late: BTreeSet<_> = reads
        .filter(|(place, one)| find_shard(&one.path).is_some_and(|shard| finished[&shard] < *place))
        .map(|(_, one)| one.path.clone())
        .collect();
    assert!(late.is_empty(), "read again: {late:?}");
}

#[test]
fn two_runs_at_one_time_come_to_the_same() {
    let shelf = make_large_shelf();

    let runs = [(); 2].map(|()| shelf.call("job run hashes --json").start());
    let ended = runs.map(|run| run.wait_with_output().unwrap());

    for output in &ended {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    check_outcomes(&shelf);
    shelf.run("job status hashes", 0);
}
