//! Programs that a run has started, when the run is killed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{FakeModal, Shelf, eventually};

/// An interpreter that answers what it is asked, and starts a program of its own when it is to change
/// something; after an hour it would.
const SLOW: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
cd "${0%/*}/.." || exit 1
while IFS= read -r request; do
  case "$request" in
    *'"do":"about"'*) cat about; continue ;;
    *'"do":"names"'*) cat names; continue ;;
    *'"do":"look"'*) echo '{"error": {"kind": "NotFoundError", "text": "nothing"}}'; continue ;;
  esac
  sleep 3600 &
  echo "$$ $!" > begun.new
  mv begun.new begun
  wait
  touch late
done
"#;

/// Whether a process is there and not only waits for somebody to take note of its end.
fn is_at_work(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat"));
    status.is_ok_and(|status| {
        let state = status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        !matches!(state, Some('Z' | 'X'))
    })
}

#[test]
fn no_child_outlives_a_run_that_is_killed() {
    let (shelf, modal) = (Shelf::without_bucket(), FakeModal::new());
    let python = modal.path("bin/python3");
    fs::write(&python, SLOW).unwrap();
    fs::set_permissions(&python, Permissions::from_mode(0o755)).unwrap();
    let mut run = modal.named_in(shelf.call("provision --yes"), "hetzner-s3").start();
    eventually("Modal's client is at work", || modal.path("begun").exists());
    let begun = fs::read_to_string(modal.path("begun")).unwrap();
    let processes: Vec<_> = begun.split_whitespace().collect();
    assert!(processes.iter().all(|process| is_at_work(process)), "{begun}");

    run.kill().unwrap();
    run.wait().unwrap();

    eventually("the client and what it has started are gone", || {
        !processes.iter().any(|process| is_at_work(process))
    });
    assert!(!modal.path("late").exists());
}
