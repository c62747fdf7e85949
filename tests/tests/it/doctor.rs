//! `doctor`: each broken thing is found, with its cure, and a sound place is green.

mod cures;
mod files;
mod host;
mod key;
mod modal;
mod network;
mod spec;
mod store;
mod texts;

use serde_json::Value;

use crate::support::{Call, Ran, Shelf};

/// A place that was provisioned a moment ago.
fn provisioned() -> Shelf {
    let shelf = Shelf::without_bucket();
    shelf.run("provision --yes", 0);
    shelf
}

/// The group that a finding belongs to.
fn group_of(id: &str) -> &str {
    let groups = ["dagster-yaml"];
    groups
        .into_iter()
        .find(|group| id.starts_with(group))
        .unwrap_or_else(|| id.split('-').next().unwrap())
}

/// What `doctor` says of one check.
#[track_caller]
fn said(ran: &Ran, id: &str) -> Value {
    let report = ran.json("doctor");
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id);
    check.unwrap_or_else(|| panic!("nothing of {id}: {report}")).clone()
}

/// Looks at the group of `id`, and expects this outcome of it; tells what was seen and the cure.
#[track_caller]
fn check(call: impl Fn(&str) -> Call, id: &str, outcome: &str) -> String {
    let ran = call(&format!("doctor --json --only {}", group_of(id))).run();
    let check = said(&ran, id);
    assert_eq!(check["outcome"], outcome, "{id}: {check}\n{}", ran.stdout);
    let is_finding = ["wrong", "warning"].contains(&outcome);
    assert_eq!(check["cure"].is_string(), is_finding, "{check}");
    if is_finding {
        assert_eq!(ran.status.code(), Some(3), "{}", ran.all());
    }
    format!("{} {}", check["seen"], check["cure"])
}

#[track_caller]
fn red(shelf: &Shelf, id: &str) -> String {
    check(|words| shelf.call(words), id, "wrong")
}

#[track_caller]
fn yellow(shelf: &Shelf, id: &str) -> String {
    check(|words| shelf.call(words), id, "warning")
}

#[track_caller]
fn green(shelf: &Shelf, id: &str) -> String {
    check(|words| shelf.call(words), id, "sound")
}

#[test]
fn a_sound_place_is_green() {
    let shelf = provisioned();

    let begun = std::time::Instant::now();
    let ran = shelf.run("doctor", 0);
    let took = begun.elapsed();

    println!("a sound place in {took:?}");
    assert!(!ran.stdout.contains('✗') && !ran.stdout.contains("  ? "), "{}", ran.stdout);
    assert!(ran.stdout.lines().last().unwrap().starts_with("Next: datalake"), "{}", ran.stdout);
    let again = shelf.run("doctor --json", 0).json("doctor");
    assert_eq!(again["is_sound"], true);
    assert!(shelf.versions().is_empty(), "the probes are gone: {:?}", shelf.versions());
    assert_eq!(shelf.upload_count(), 0);
}

#[test]
fn a_sound_sandbox_is_green() {
    let dir = crate::support::folder_in_memory();
    Call::new(dir.path(), "--sandbox provision --yes").run().exits(0);

    let begun = std::time::Instant::now();
    let ran = Call::new(dir.path(), "--sandbox doctor").run().exits(0);

    println!("a sound sandbox in {:?}", begun.elapsed());
    assert!(ran.stdout.contains(", 0 warnings, 0 wrong, "), "{}", ran.stdout);
}
