//! `--fix` and `--explain`.

use std::fs;

use datalake_core::doctor::FindingId;

use super::{green, provisioned, red, yellow};
use crate::support::{Call, Host};

#[test]
fn a_cure_goes_the_road_of_provision_and_can_be_undone() {
    let shelf = provisioned();
    let folder = shelf.host.config().join("environment.d");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("s3.conf"), "AWS_ACCESS_KEY_ID=a\nOTHER=1\n").unwrap();
    red(&shelf, "host-environment-d");

    let ran = shelf.run("doctor --fix host-environment-d --dry-run", 3);
    assert!(ran.stdout.contains("-AWS_ACCESS_KEY_ID="), "{}", ran.all());
    red(&shelf, "host-environment-d");
    shelf.run("doctor --fix host-environment-d --no-input", 2);

    let ran = shelf.run("doctor --fix host-environment-d --yes", 0);

    assert!(ran.stdout.contains("Undo: datalake"), "{}", ran.stdout);
    green(&shelf, "host-environment-d");
    assert_eq!(fs::read_to_string(folder.join("s3.conf")).unwrap(), "OTHER=1\n");
    shelf.run("rollback --yes", 0);
    red(&shelf, "host-environment-d");
}

#[test]
fn unfinished_uploads_are_given_up() {
    let shelf = provisioned();
    shelf.begin("assets/half", &[5 << 20]);
    shelf.run("doctor --fix money-unfinished-uploads", 0);
    assert_eq!(shelf.upload_count(), 1, "one that is young stays");
}

#[test]
fn what_only_a_person_can_do_is_told() {
    let shelf = provisioned();
    shelf.run("bucket create acme-payroll", 0);
    yellow(&shelf, "key-reach");

    let ran = shelf.run("doctor --fix key-reach", 3);

    assert!(
        ran.stdout.starts_with("A person has to do this: keep Dagster's bucket"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.ends_with("--explain key-reach\n"), "{}", ran.stdout);
}

#[test]
fn what_is_sound_needs_no_cure_and_what_was_skipped_names_its_root() {
    let shelf = provisioned();
    let ran = shelf.run("doctor --fix store-bucket", 0);
    assert!(ran.stdout.starts_with("Nothing to cure: store-bucket is sound"), "{}", ran.stdout);

    let no_key = shelf.host.without_key(&shelf.service, "doctor --fix store-lifecycle");
    let ran = no_key.run().exits(78);
    assert!(ran.stderr.contains("doctor --fix key-source"), "{}", ran.stderr);
}

#[test]
fn every_finding_is_explained_without_a_network_or_a_spec() {
    let host = Host::usual();
    for id in [FindingId::NetworkDns, FindingId::HostDashedEnvFile, FindingId::MoneyPerGb] {
        let ran = Call::new(&host.work(), &format!("doctor --explain {id}")).run().exits(0);
        assert!(ran.stdout.starts_with(&format!("# {}", id.title())), "{}", ran.stdout);
        assert!(ran.stdout.contains("Why it matters."), "{}", ran.stdout);
    }
    let page = Call::new(&host.work(), "doctor --explain key-reach --json").run().exits(0);
    assert_eq!(page.json("doctor-page")["group"], "key");
}

#[test]
fn an_id_or_group_that_nobody_knows_is_a_mistake_of_usage() {
    let host = Host::usual();
    for words in ["doctor --explain nothing", "doctor --only cables", "doctor --yes"] {
        host.bare(words).run().exits(2);
    }
}
