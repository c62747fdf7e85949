//! Runs that are killed or stopped at any point.

use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Bed, LAKE, PART, configured, files, noise};
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

fn large_and_small(bed: &Bed) -> usize {
    bed.some_files(200);
    for number in 0..3 {
        bed.file(&format!("large/{number}"), &noise(3 * PART + 7, number));
    }
    203
}

#[test]
fn a_killed_run_up_goes_on_and_leaves_nothing_behind() {
    let bed = Bed::new();
    let all = large_and_small(&bed);
    let mut kills = 0;
    let wanted = configured("DATALAKE_TEST_KILLS", 12);

    for number in 0..wanted {
        let call = bed.call(&format!("sync --part-size 5M --bwlimit 20M data {LAKE}"));
        let mut child = call.start();
        // Spread over the run by the golden ratio, the same every time.
        let share = Duration::from_millis(20 + number * 618 % 700);
        if ends_within(&mut child, share) {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    let last = bed.up("--part-size 5M", 0);

    assert!(kills > 0);
    assert_eq!(last.counts()[4], 0);
    assert_eq!(bed.keys().len(), all);
    assert_eq!(bed.shelf.upload_count(), 0);
    bed.down("", 0);
    bed.must_be_back();
    assert_eq!(
        bed.run(&format!("verify --deep data {LAKE}"), 0).last("verification")["right"]["items"],
        all as u64
    );
}

#[test]
fn a_killed_run_down_goes_on_and_leaves_nothing_behind() {
    let bed = Bed::new();
    let all = large_and_small(&bed);
    bed.up("--part-size 5M", 0);

    for number in 0..configured("DATALAKE_TEST_KILLS", 12) {
        let mut child = bed.call(&format!("sync --bwlimit 20M {LAKE} back")).start();
        if ends_within(&mut child, Duration::from_millis(20 + number * 618 % 700)) {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    bed.down("", 0);

    assert_eq!(files(&bed.path("back")).len(), all, "no temporary file is left");
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
        assert!(stderr.contains("the same command goes on from here"), "{stderr}");
        assert_eq!(bed.up("--part-size 5M", 0).counts(), [1, 0, 0, 0, 0]);
        assert_eq!(bed.shelf.upload_count(), 0);
    }
}

#[test]
fn two_runs_on_one_pair_are_told_apart() {
    let bed = Bed::new();
    bed.file("large", &noise(4 * PART, 1));
    let call = bed.call(&format!("sync --part-size 5M --bwlimit 2M data {LAKE}"));
    let mut child = call.start();
    eventually("an upload has begun", || bed.shelf.upload_count() == 1);

    bed.up("", 7);
    bed.down("--exclude large", 0);

    child.kill().unwrap();
    child.wait().unwrap();
}
