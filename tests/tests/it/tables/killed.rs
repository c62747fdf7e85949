//! Moves of a table that are killed at any point.

use std::process::Child;
use std::time::Duration;

use super::{DEST, Lake, SOURCE, TABLES};
use crate::transfer::{Dice, configured};

const COMMITS: u64 = 200;

/// Whether a run has ended within a moment.
fn has_ended(child: &mut Child) -> bool {
    std::thread::park_timeout(Duration::from_millis(1));
    child.try_wait().unwrap().is_some()
}

/// Starts a move and kills it when the service has had so many more requests; says whether it was
/// killed.
fn killed(lake: &Lake, after: u64) -> bool {
    let service = &lake.shelf.service;
    let end = service.counts().requests + after;
    let mut child = lake.shelf.call(&format!("tables move {SOURCE} {DEST}")).start();
    while service.counts().requests < end {
        if has_ended(&mut child) {
            return false;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

/// Fails unless readers see no table, or a whole one of some version; gives how many commits it has.
#[track_caller]
fn count_readable(lake: &Lake) -> u64 {
    let there = lake.contents(TABLES);
    let commits: Vec<u64> = there
        .keys()
        .filter_map(|key| {
            key.strip_prefix("sales/_delta_log/")?.strip_suffix(".json")?.parse().ok()
        })
        .collect();
    assert!(commits.iter().copied().eq(0..commits.len() as u64), "a gap: {commits:?}");
    for version in &commits {
        assert!(there.contains_key(&format!("sales/one-{version}.parquet")), "{version}");
    }
    commits.len() as u64
}

#[test]
fn a_move_that_is_killed_goes_on_and_readers_see_whole_versions() {
    let wanted = configured("DATALAKE_TEST_KILLS", 50);
    let mut dice = Dice::new(configured("DATALAKE_TEST_SEED", 0));
    let lake = Lake::with_sales(COMMITS);
    let (mut kills, mut seen) = (0, Vec::new());

    while kills < wanted {
        // Some points lie among the data, some in the log.
        if killed(&lake, 1 + dice.below(160)) {
            kills += 1;
            seen.push(count_readable(&lake));
            continue;
        }
        lake.must_be_moved();
        lake.shelf.run(&format!("rm --recursive --yes {DEST}"), 0);
    }
    lake.shelf.run(&format!("tables move {SOURCE} {DEST}"), 0);

    lake.must_be_moved();
    assert_eq!(count_readable(&lake), COMMITS);
    let between = seen.iter().filter(|count| (1..COMMITS).contains(count)).count();
    println!("{kills} kills, {between} of them in the log: {seen:?}");
    assert!(between > 0 || wanted < 10, "no kill was in the log: {seen:?}");
}
