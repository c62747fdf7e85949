//! What people read.

use super::provisioned;
use crate::support::Host;

#[test]
fn findings_stand_under_their_group_with_the_cure_below_and_the_next_command_last() {
    let host = Host::usual();
    let ran = host.bare("doctor --only key --region fsn1 --bucket acme").run().exits(3);

    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.first(), Some(&"key"));
    assert_eq!(lines.get(1), Some(&"  ✗ wrong    key-source: there is no key pair"));
    assert!(lines[2].starts_with("             cure: export AWS_ACCESS_KEY_ID"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("  – skipped  key-shape: it depends on key-source"),
        "{}",
        ran.stdout
    );
    assert_eq!(lines.last().unwrap().split(" --").last(), Some("explain key-source"));
    assert!(!ran.stdout.contains('\u{1b}'), "no colour without a terminal");
}

#[test]
fn no_secret_is_told() {
    let shelf = provisioned();
    let ran = shelf.run("doctor", 0);
    assert!(!ran.all().contains(crate::support::KEY.secret));
}
