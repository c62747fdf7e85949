//! Patterns, dry runs, reports, limits.

use std::fs;
use std::path::Path;

use super::{Bed, LAKE, noise};
use crate::support::Tree;

#[test]
fn a_dry_run_tells_everything_and_changes_nothing() {
    let bed = Bed::new();
    bed.some_files(6);
    bed.up("", 0);
    bed.file("0/0.bin", b"changed");
    bed.file("new", b"new");
    fs::remove_file(bed.data().join("1/1.bin")).unwrap();
    let (keys, work) = (bed.keys(), all_but_locks(&bed));
    let writes = bed.service().writes().len();

    let plan = bed.up("--dry-run --delete --max-delete 5", 3);
    let text = bed.call(&format!("sync -n --delete --max-delete 5 data {LAKE}")).run().exits(3);
    let down = bed.run(&format!("sync -n {LAKE} nowhere/yet"), 3);

    assert_eq!(plan.counts(), [1, 1, 1, 4, 0]);
    assert_eq!(down.counts(), [6, 0, 0, 0, 0]);
    for line in ["* 0/0.bin\tanother size", "+ new\tnew", "- 1/1.bin\tnot in the source"] {
        assert!(text.stdout.lines().any(|told| told == line), "{line:?} in\n{}", text.stdout);
    }
    // Files that were made a moment before they were sent are hashed once more: each by itself.
    let known = count_of(&text.stdout, "unchanged since the last run");
    let hashed = count_of(&text.stdout, "same content");
    assert_eq!(known + hashed, 4, "{}", text.stdout);
    assert_eq!(bed.keys(), keys);
    assert_eq!(bed.service().writes().len(), writes);
    all_but_locks(&bed).must_be(&work, "a dry run");
    assert_eq!(bed.up("--dry-run --exclude 0/0.bin --exclude new", 0).counts(), [0, 0, 0, 4, 0]);
}

/// The number before `reason` in a plan's summary; 0 where it has no such line.
fn count_of(told: &str, reason: &str) -> usize {
    let number = |line: &str| line.strip_suffix(reason)?.trim().parse().ok();
    told.lines().find_map(number).unwrap_or(0)
}

/// Everything on the host; only who holds a lock is written by a dry run, too.
fn all_but_locks(bed: &Bed) -> Tree {
    let all = Tree::of(bed.shelf.host.dir());
    let is_lock = |path: &&Path| path.ends_with("lock");
    let locks: Vec<_> =
        all.iter().map(|(path, _)| path).filter(is_lock).map(Path::to_owned).collect();
    locks.iter().fold(all, |all, lock| all.without(lock))
}

#[test]
fn patterns_take_in_and_leave_out_on_both_sides() {
    let bed = Bed::new();
    for name in ["a.csv", "b.tmp", "cache/c.csv", "deep/cache/d.csv", "deep/e.csv"] {
        bed.file(name, name.as_bytes());
    }

    let up = bed.up("--include *.csv --exclude cache/", 0);
    bed.shelf.put("raw/cache/kept", 1);
    let second = bed.up("--include *.csv --exclude cache/ --delete --max-delete 9", 0);

    assert_eq!(up.counts(), [2, 0, 0, 0, 0]);
    assert_eq!(second.counts(), [0, 0, 0, 2, 0]);
    assert_eq!(bed.keys(), ["a.csv", "cache/kept", "deep/e.csv"]);
}

#[test]
fn a_report_has_one_line_for_each_name() {
    let bed = Bed::new();
    bed.file("equal", b"x");
    bed.file("changed", b"x");
    bed.shelf.put("raw/gone", 1);
    bed.up("", 0);
    bed.file("changed", b"longer");
    bed.file("new\nline\u{1b}[2J \\", b"x");
    std::os::unix::fs::symlink("equal", bed.data().join("link")).unwrap();

    bed.up("--report report.txt --delete --max-delete 3", 0);

    let report = fs::read_to_string(bed.path("report.txt")).unwrap();
    let mut lines: Vec<_> = report.lines().map(|line| line.split('\t').next().unwrap()).collect();
    lines.sort_unstable();
    let expected = ["! link", "* changed", "+ new\\nline\\u{1b}[2J \\\\", "- gone", "= equal"];
    assert_eq!(lines, expected);
}

#[test]
fn a_name_is_escaped_on_a_terminal() {
    let bed = Bed::new();
    bed.file("a\u{1b}]0;owned\u{7}b\nc", b"x");

    let told = bed.call(&format!("sync -n data {LAKE}")).run().exits(3);

    assert!(told.stdout.contains("+ a\\u{1b}]0;owned\\u{7}b\\nc\tnew\n"), "{}", told.stdout);
}

#[test]
fn one_line_is_all_that_is_said_without_a_terminal() {
    let bed = Bed::new();
    bed.some_files(3);

    let up = bed.call(&format!("sync data {LAKE}")).run().exits(0);

    assert_eq!(up.stdout.lines().count(), 1, "{}", up.stdout);
    assert!(up.stdout.starts_with("moved 3 files (111 B): 3 new, 0 replaced"), "{}", up.stdout);
    assert_eq!(up.stderr, "");
}

#[test]
fn by_size_alone_and_by_content() {
    let bed = Bed::new();
    bed.file("a", b"one");
    bed.up("", 0);
    bed.file("a", b"two");

    assert_eq!(bed.up("--size-only", 0).counts(), [0, 0, 0, 1, 0]);
    assert_eq!(bed.up("--checksum", 0).counts(), [0, 1, 0, 0, 0]);
    assert_eq!(bed.up("--checksum", 0).counts(), [0, 0, 0, 1, 0]);
}

#[test]
fn permitted_requests_are_kept_and_the_next_run_goes_on() {
    let bed = Bed::new();
    bed.some_files(30);

    let first = bed.up("--max-requests 11", 5);
    let second = bed.up("", 0);

    assert_eq!(first.counts(), [10, 0, 0, 0, 0], "one of them was the listing");
    assert!(first.0.stderr.contains("the permitted number of requests"), "{}", first.0.stderr);
    assert_eq!(second.counts()[0], 20);
}

#[test]
fn a_bandwidth_is_kept() {
    let bed = Bed::new();
    bed.file("a", &noise(200_000, 1));
    bed.file("b", &noise(200_000, 2));

    let up = bed.up("--bwlimit 00:00,400K", 0);

    let seconds = up.last("transfer")["seconds"].as_f64().unwrap();
    assert!(seconds > 0.4, "the second file waits for the first one's time: {seconds}");
}

#[test]
fn limits_come_from_the_spec() {
    let bed = Bed::new();
    bed.some_files(60);

    let call = bed.call(&format!("sync --json data {LAKE}"));
    let slow = call.env("DATALAKE_LIMITS__REQUESTS_PER_SECOND", "50").run().exits(0);
    let wrong = bed.call(&format!("sync data {LAKE}"));
    let wrong = wrong.env("DATALAKE_LIMITS__CONNECTIONS", "none").run().exits(78);

    let seconds = super::Ended(slow).last("transfer")["seconds"].as_f64().unwrap();
    assert!(seconds > 1.0, "{seconds}");
    assert!(wrong.stderr.contains("`limits.connections`"), "{}", wrong.stderr);
}
