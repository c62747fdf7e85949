//! Runs that are killed or stopped at any point.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Bed, Dice, LAKE, PART, configured, files, noise};
use crate::support::eventually;

/// Waits for an end, or for so long.
fn ends_within(child: &mut Child, time: Duration) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    false
}

fn large_and_small(bed: &Bed) -> u64 {
    let number = configured("DATALAKE_TEST_FILES", 200);
    bed.some_files(usize::try_from(number).unwrap());
    let large = number.div_ceil(170);
    for at in 0..large {
        bed.file(&format!("large/{at}"), &noise(3 * PART + 7, at));
    }
    number + large
}

/// What can be under way at once, and is lost with a kill: the engine keeps no more in memory.
const UNDER_WAY: u64 = 64 << 20;

/// Starts a command and kills it when the service has had so many more requests; says whether it
/// was killed.
fn killed(bed: &Bed, words: &str, dice: &mut Dice) -> bool {
    let (point, pause) = (dice.below(60), Duration::from_millis(dice.below(20)));
    let mut child = bed.call(words).start();
    let point = bed.service().counts().requests + point;
    while bed.service().counts().requests < point {
        if ends_within(&mut child, Duration::from_millis(1)) {
            return false;
        }
    }
    if ends_within(&mut child, pause) {
        return false;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

/// Kills runs of a command until so many were killed or one has ended by itself.
fn killed_again_and_again(bed: &Bed, words: &str, (most, dice): (u64, &mut Dice)) -> u64 {
    (0..most).take_while(|_| killed(bed, words, dice)).count().try_into().unwrap()
}

#[test]
fn a_killed_run_up_goes_on_and_leaves_nothing_behind() {
    let wanted = configured("DATALAKE_TEST_KILLS", 12);
    let mut dice = Dice::new(configured("DATALAKE_TEST_SEED", 0));
    let mut kills = 0;

    while kills < wanted {
        let bed = Bed::new();
        let (all, total) = (large_and_small(&bed), bed.bytes());
        let words = format!("sync --part-size 5M data {LAKE}");
        let round = killed_again_and_again(&bed, &words, (wanted - kills, &mut dice));
        let last = bed.up("--part-size 5M", 0);
        let sent = bed.service().counts().received;

        assert_eq!(last.counts()[4], 0);
        assert_eq!(bed.keys().len() as u64, all);
        assert_eq!(bed.shelf.upload_count(), 0);
        println!("{round} kills: {sent} bytes sent of {total}");
        assert!(sent <= total + round * UNDER_WAY, "{round} kills: {sent} bytes of {total}");
        bed.down("", 0);
        bed.must_be_back();
        let proof = bed.run(&format!("verify --deep data {LAKE}"), 0).last("verification");
        assert_eq!(proof["right"]["items"], all);
        kills += round;
    }
}

#[test]
fn a_killed_run_down_goes_on_and_leaves_nothing_behind() {
    let wanted = configured("DATALAKE_TEST_KILLS", 12);
    let mut dice = Dice::new(configured("DATALAKE_TEST_SEED", 0));
    let bed = Bed::new();
    let all = large_and_small(&bed);
    bed.up("--part-size 5M", 0);
    let mut kills = 0;

    while kills < wanted {
        let words = format!("sync {LAKE} back");
        let round = killed_again_and_again(&bed, &words, (wanted - kills, &mut dice));
        bed.down("", 0);

        println!("{round} kills");
        assert_eq!(files(&bed.path("back")).len() as u64, all, "no temporary file is left");
        bed.must_be_back();
        fs::remove_dir_all(bed.path("back")).unwrap();
        kills += round;
    }
}

/// Of a service outside nothing is counted: the points are points in time.
#[test]
fn a_run_that_is_killed_at_any_time_goes_on() {
    let bed = Bed::new();
    bed.some_files(40);
    for at in 0..2 {
        bed.file(&format!("large/{at}"), &noise(3 * PART + 7, at));
    }

    for number in 0..8 {
        let call = bed.call(&format!("sync --part-size 5M --bwlimit 20M data {LAKE}"));
        let mut child = call.start();
        // Spread over the run by the golden ratio, the same every time.
        if !ends_within(&mut child, Duration::from_millis(20 + number * 618 % 900)) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    bed.up("--part-size 5M", 0);

    assert_eq!(bed.shelf.upload_count(), 0);
    bed.down("", 0);
    bed.must_be_back();
}

#[test]
fn ctrl_c_stops_cleanly_and_the_same_command_goes_on() {
    for signal in [Signal::INT, Signal::TERM] {
        let bed = Bed::new();
        bed.file("large", &noise(4 * PART, 1));
        let call = bed.call(&format!("sync --part-size 5M --bwlimit 2M data {LAKE}"));
        let child = call.start();
        eventually("an upload has begun", || bed.shelf.upload_count() == 1);

        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();

        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(stderr.contains("the same command continues from here"), "{stderr}");
        assert!(
            stderr.contains("the parts of an unfinished upload stay in the bucket"),
            "{stderr}"
        );
        assert!(stderr.contains("bucket uploads abort acme-dagster-assets`"), "{stderr}");
        let listed = bed.shelf.run("bucket uploads list acme-dagster-assets", 0);
        assert!(listed.stdout.contains("raw/large"), "{}", listed.stdout);
        assert_eq!(bed.up("--part-size 5M", 0).counts(), [1, 0, 0, 0, 0]);
        assert_eq!(bed.shelf.upload_count(), 0);
    }
}

#[test]
fn two_runs_on_one_pair_are_told_apart() {
    let bed = Bed::new();
    bed.file("large", &noise(4 * PART, 1));
    bed.shelf.put("raw/there", 1);
    let call = bed.call(&format!("sync --part-size 5M --bwlimit 2M data {LAKE}"));
    let mut child = call.start();
    eventually("an upload has begun", || bed.shelf.upload_count() == 1);

    bed.up("", 7);
    bed.down("--exclude large", 0);

    child.kill().unwrap();
    child.wait().unwrap();
}
