//! Objects and services that are not as they were.

use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_engine::ObjectStore as _;

use super::{hash_hex, list_odd_keys, make_content, make_odd_shelf, read_receipts};
use crate::support::Shelf;

#[test]
fn what_was_changed_or_deleted_is_told_and_never_done() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);
    shelf.put("raw/a", 3);
    shelf.delete("raw/ü");

    let run = shelf.run("job run hashes --json", 5).json("job-run");
    let rows = shelf.run("job report hashes --json", 5).rows();

    assert_eq!((&run["progress"]["changed"], &run["progress"]["failed"]), (&2.into(), &0.into()));
    let keys: Vec<_> = rows[..2].iter().map(|row| row["data"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["raw/a", "raw/ü"]);
    let text = shelf.run("job report hashes", 5).stdout;
    assert!(text.contains("raw/a: changed since the plan, or gone"), "{text}");
    // They stay so; a rerun reads nothing.
    shelf.run("job run hashes", 5);
}

#[test]
fn what_is_denied_fails_with_its_cause_and_a_rerun_does_that_alone() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-dagster-assets/raw/a*"}]}"#;
    set_policy(&shelf, Some(policy));

    let first = shelf.run("job run hashes --json", 5).json("job-run");
    let report = shelf.run("job report hashes", 5).stdout;
    set_policy(&shelf, None);
    let before = shelf.service.requests().len();
    let second = shelf.run("job run hashes --json", 0).json("job-run");

    let denied = list_odd_keys().iter().filter(|key| key.starts_with("raw/a")).count();
    assert_eq!(first["progress"]["failed"], denied);
    assert!(report.contains("raw/a: "), "{report}");
    assert_eq!(second["progress"]["done"], list_odd_keys().len());
    let requests = shelf.service.requests();
    let reads = requests[before..].iter().filter(|one| one.method == "GET");
    assert_eq!(reads.filter(|one| one.path.contains("/raw/")).count(), denied);
}

#[test]
fn a_service_that_fails_now_and_then_changes_no_outcome() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);
    shelf.run("job plan copies --do copy raw/ out/", 0);
    shelf.service.set_faults("seed 7, 503 5%, cut-body@900 10% on GET");

    shelf.run("job run hashes", 0);
    shelf.run("job run copies", 0);
    shelf.service.set_faults("");

    let (hashes, copies) = (read_receipts(&shelf, "hashes"), read_receipts(&shelf, "copies"));
    for (number, key) in list_odd_keys().iter().enumerate() {
        let hash = hash_hex(&make_content(number));
        assert_eq!(
            (&hashes[key]["done"], &copies[key]["done"]),
            (&hash.clone().into(), &hash.into())
        );
    }
}

#[test]
fn a_service_that_is_gone_is_said_to_be_and_no_receipt_is_written() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);
    shelf.service.set_faults("503 on GET after 3");

    let ran = shelf.call("job run hashes").run();
    shelf.service.set_faults("");

    assert!(matches!(ran.status.code(), Some(69 | 75)), "{}", ran.all());
    assert!(ran.stderr.contains("503"), "{}", ran.all());
    assert!(read_receipts(&shelf, "hashes").is_empty());
    shelf.run("job run hashes", 0);
}

#[track_caller]
fn set_policy(shelf: &Shelf, policy: Option<&str>) {
    let (store, bucket) = shelf.store();
    let policy = policy.map(|text| NewPolicy { text: PolicyText::new(text), binds_owner: false });
    shelf.service.block_on(store.set_policy(bucket, policy.as_ref())).unwrap();
    // It acts a minute later.
    shelf.service.advance(1);
}
