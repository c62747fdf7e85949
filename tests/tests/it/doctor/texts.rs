//! What people read.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::provisioned;
use crate::support::Host;

#[test]
fn findings_have_the_cure_below_and_groups_a_count() {
    let host = Host::usual();
    let ran = host.bare("doctor --only key --region fsn1 --bucket acme").run().exits(3);

    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.first(), Some(&"key           1 wrong, 9 skipped"));
    assert_eq!(lines.get(1), Some(&"  ✗ wrong    key-source: there is no key pair"));
    assert!(lines[2].starts_with("             cure: export AWS_ACCESS_KEY_ID"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("key-shape"), "{}", ran.stdout);
    assert_eq!(lines.last().unwrap().split(" --").last(), Some("explain key-source"));
    assert!(!ran.stdout.contains('\u{1b}'), "no colour without a terminal");
}

#[test]
fn every_check_is_shown_where_every_detail_is_wanted() {
    let host = Host::usual();
    let ran = host.bare("doctor -v --only key --region fsn1 --bucket acme").run().exits(3);

    let line = "  – skipped  key-shape: it depends on key-source";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
}

#[test]
fn a_bare_machine_is_told_the_one_thing_to_do_first() {
    let host = Host::usual();
    let ran = host.bare("doctor").run().exits(3);

    assert!(!ran.stdout.contains('✗'), "{}", ran.stdout);
    let end = "No spec says which bucket to use. Set that first; -v shows every check.\nNext: ";
    let next = ran.stdout.split_once(end).map(|(_, next)| next);
    assert!(next.is_some_and(|next| next.ends_with(" init\n")), "{}", ran.stdout);
}

#[test]
fn a_fix_names_what_its_plan_cures_as_well() {
    let shelf = provisioned();
    fs::set_permissions(shelf.host.env_file(), fs::Permissions::from_mode(0o644)).unwrap();
    let drop_in = "dagster-daemon.container.d/50-datalake-s3.conf";
    fs::remove_file(shelf.host.units().join(drop_in)).unwrap();

    let ran = shelf.run("doctor --fix host-env-file-mode --dry-run", 3);

    let line = ran.stderr.lines().find(|line| line.starts_with("The same plan also cures "));
    assert!(line.is_some_and(|line| line.contains("host-handover")), "{}", ran.all());
}

#[test]
fn no_secret_is_told() {
    let shelf = provisioned();
    let ran = shelf.run("doctor", 0);
    assert!(!ran.all().contains(crate::support::KEY.secret));
}
