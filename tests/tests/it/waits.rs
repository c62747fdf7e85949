//! What is waited for is told.

use crate::support::{SECOND_KEY, Service, Shelf};

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

#[test]
fn a_change_of_the_key_pair_tells_what_it_waits_for() {
    let shelf = Shelf::of(Service::quick());
    shelf.run("provision --yes", 0);
    let pair = format!(
        "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n",
        SECOND_KEY.id, SECOND_KEY.secret
    );
    shelf.host.private_file("new.env", &pair);
    let quick = shelf.run("key rotate --new-key-file new.env --yes", 3);
    shelf.service.set_faults("delay 3s times 1");

    let slow = shelf.run("key rotate --status", 3);

    let line = "waiting for the service's answers about both key pairs";
    assert_eq!(slow.stderr.matches(line).count(), 1, "{}", slow.stderr);
    assert!(!quick.stderr.contains(line), "{}", quick.stderr);
}
