//! What is waited for is told.

use crate::support::Shelf;

const LINE: &str = "waiting for ";

#[test]
fn a_bucket_that_takes_its_time_to_show_up_is_told_to_be_waited_for() {
    let shelf = Shelf::without_bucket();
    shelf.service.set_faults("404 on HEAD times 5");

    let slow = shelf.run("bucket create", 0);
    let quick = shelf.run("bucket create acme-other", 0);

    let line = "waiting for bucket `acme-dagster-assets` to be known to all of `http";
    assert_eq!(slow.stderr.matches(line).count(), 1, "{}", slow.stderr);
    assert!(!quick.stderr.contains(LINE), "{}", quick.stderr);
}

#[test]
fn doctor_tells_what_it_waits_for() {
    let shelf = Shelf::empty();
    shelf.service.set_faults("delay 3s times 1");

    let slow = shelf.call("doctor --only network").run();
    let quick = shelf.call("doctor --only network").run();

    assert_eq!(slow.stderr.matches(LINE).count(), 1, "{}", slow.stderr);
    assert!(!quick.stderr.contains(LINE), "{}", quick.stderr);
}
