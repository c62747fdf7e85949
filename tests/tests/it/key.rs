//! `key`: the pair checked, its age, and its change without downtime.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_engine::ObjectStore as _;

use crate::support::{Call, KEY, KeyPair, OTHER_KEY, SECOND_KEY, Service, Shelf};

/// It denies the present key what no client needs.
const GUARD: &str = r#"{"Statement": [{"Sid": "guard", "Effect": "Deny",
    "Principal": {"AWS": ["arn:aws:iam:::user/p11:TESTKEY0000000000001"]}, "Action": ["s3:PutBucketAcl"],
    "Resource": ["arn:aws:s3:::acme-dagster-assets"]}]}"#;

/// A host that was provisioned with [`KEY`], and files with all pairs.
fn make_provisioned() -> Shelf {
    let shelf = Shelf::of(Service::quick());
    shelf.run("provision --yes", 0);
    for (name, key) in [("same.env", KEY), ("new.env", SECOND_KEY), ("other.env", OTHER_KEY)] {
        let lines = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key.id, key.secret);
        shelf.host.private_file(name, &lines);
    }
    shelf
}

fn with_key(shelf: &Shelf, key: KeyPair, words: &str) -> Call {
    shelf.call(words).env("AWS_ACCESS_KEY_ID", key.id).env("AWS_SECRET_ACCESS_KEY", key.secret)
}

fn policy_of(shelf: &Shelf, key: KeyPair) -> String {
    let (endpoint, region) = (shelf.service.endpoint(), shelf.service.region().to_owned());
    let keys = datalake_core::secret::Credentials::pair(
        key.id.parse().unwrap(),
        key.secret.parse().unwrap(),
    );
    let store =
        datalake_s3::S3Store::new(&endpoint.parse().unwrap(), &region.parse().unwrap(), &keys);
    let (store, (_, bucket)) = (store.unwrap(), shelf.store());
    let text = shelf.service.block_on(store.policy(bucket)).unwrap();
    text.map(|text| text.to_string()).unwrap_or_default()
}

fn store_guard(shelf: &Shelf) {
    let (store, bucket) = shelf.store();
    let policy = NewPolicy { text: PolicyText::new(GUARD), binds_owner: false };
    shelf.service.block_on(store.set_policy(bucket, Some(&policy))).unwrap();
}

fn list_generations(shelf: &Shelf) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(shelf.host.state().join("rotation")) else { return Vec::new() };
    let paths = folder.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "env")).collect()
}

fn env_file(shelf: &Shelf) -> String {
    fs::read_to_string(shelf.host.env_file()).unwrap()
}

#[test]
fn a_pair_counts_from_the_run_that_stored_it_first() {
    let shelf = Shelf::of(Service::quick());
    let told = shelf.run("key age", 0).stdout;
    assert!(told.contains("has not stored a key pair here"), "{told}");

    shelf.run("provision --yes", 0);
    let told = shelf.run("key age", 0).stdout;
    assert!(told.starts_with(&format!("{}: in use for 0 days, since ", KEY.id)), "{told}");

    shelf.run("provision --yes --prefix other", 0);
    make_receipts_old(&shelf);

    let old = shelf.run("key age --json", 3).json("key-age");
    assert_eq!((&old["key"], &old["is_old"]), (&KEY.id.into(), &true.into()), "{old}");
    let told = shelf.run("key age", 3).stdout;
    assert!(told.contains("It is older than 90 days"), "{told}");
    let finding = shelf.call("doctor --only key").run().stdout;
    assert!(finding.contains("warning  key-age: the key pair has been in use for"), "{finding}");
}

/// Dates all runs a hundred days back. A receipt without a checksum is one of an older release.
fn make_receipts_old(shelf: &Shelf) {
    for entry in fs::read_dir(shelf.host.state().join("receipts")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let mut receipt: serde_json::Value = serde_json::from_str(&text).unwrap();
        receipt.as_object_mut().unwrap().remove("checksum");
        receipt["started"] = "2026-01-01T00:00:00Z".into();
        fs::write(&path, receipt.to_string()).unwrap();
    }
}

#[test]
fn a_new_pair_is_another_one_of_the_same_project() {
    let shelf = make_provisioned();

    let told = shelf.run("key check", 0).stdout;
    assert!(told.starts_with("Present key: TESTKEY0000000000001 of p11, may use acme-"), "{told}");
    let told = shelf.run("key check --new-key-file new.env", 0).stdout;
    assert!(told.contains("The new key can take the place of the present one."), "{told}");

    let same = shelf.run("key check --new-key-file same.env", 3).stdout;
    assert!(same.contains("wrong: the new key pair has the id of the present one"), "{same}");
    let other = shelf.run("key check --new-key-file other.env --json", 3).json("key-check");
    let troubles = other["troubles"].to_string();
    assert!(troubles.contains("one of project p22, and the present one of p11"), "{troubles}");
    let stored = with_key(&shelf, SECOND_KEY, "key check").run().exits(3).stdout;
    assert!(stored.contains("the containers are given key `TESTKEY0000000000001`"), "{stored}");
    let all = shelf.call("key check --new-key-file new.env").run().all();
    assert!(!all.contains(KEY.secret) && !all.contains(SECOND_KEY.secret), "{all}");
}

#[test]
fn a_change_goes_from_policy_to_host_to_refusal_and_ends_once_the_old_key_is_deleted() {
    let shelf = make_provisioned();
    store_guard(&shelf);
    shelf.run("key finish --yes", 66);

    let halted = shelf.run("key rotate --new-key-file new.env --yes", 3).stdout;
    assert!(halted.contains("key rotate --restarted; or back"), "{halted}");
    shelf.run("ls", 0);
    let other = shelf.run("key rotate --new-key-file other.env --restarted --yes", 2).stderr;
    assert!(other.contains("the given pair is"), "{other}");
    let told = shelf.run("key rotate --restarted --yes", 0);

    assert!(
        told.stdout.contains("delete `TESTKEY0000000000001` in the Console"),
        "{}",
        told.stdout
    );
    assert!(!told.all().contains(SECOND_KEY.secret) && !told.all().contains(KEY.secret));
    assert!(env_file(&shelf).contains(SECOND_KEY.secret) && !env_file(&shelf).contains(KEY.id));
    let policy = policy_of(&shelf, SECOND_KEY);
    assert!(policy.contains("p11:TESTKEY0000000000003"), "{policy}");
    assert!(policy.contains("datalake-key-revoked"), "{policy}");
    shelf.run("ls", 77);
    with_key(&shelf, SECOND_KEY, "ls").run().exits(0);
    assert_eq!(list_generations(&shelf).len(), 2);
    for path in list_generations(&shelf) {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let record = fs::read_to_string(shelf.host.state().join("rotation/record.json")).unwrap();
    assert!(!record.contains(SECOND_KEY.secret) && !record.contains(KEY.secret), "{record}");
    let refused = shelf.run("provision --yes", 78).stderr;
    assert!(refused.contains("the change of key") && refused.contains("key abort`"), "{refused}");
    let report = shelf.run("key rotate --status --json", 3).json("key-rotation");
    assert_eq!(report["stage"], "revoked");

    let wrong = shelf.run("key finish --yes", 78).stderr;
    assert!(wrong.contains("the spec's key pair is `TESTKEY0000000000001`"), "{wrong}");
    with_key(&shelf, SECOND_KEY, "key finish --yes").run().exits(3);
    shelf.service.forget_key(KEY);
    let ended = with_key(&shelf, SECOND_KEY, "key finish --yes").run().exits(0).stdout;

    assert!(ended.contains("The key pair is `TESTKEY0000000000003` now"), "{ended}");
    assert!(list_generations(&shelf).is_empty());
    let policy = policy_of(&shelf, SECOND_KEY);
    assert!(policy.contains("TESTKEY0000000000003") && !policy.contains(KEY.id), "{policy}");
    with_key(&shelf, SECOND_KEY, "status").run().exits(0);
}

#[test]
fn an_abort_gives_files_and_policies_back() {
    let shelf = make_provisioned();
    store_guard(&shelf);
    let before = env_file(&shelf);
    shelf.run("key rotate --new-key-file new.env --yes", 3);
    shelf.run("key rotate --restarted --yes", 0);

    shelf.run("key abort --yes", 3);
    let told = shelf.run("key abort --restarted --yes", 0).stdout;

    assert!(told.contains("The key pair is `TESTKEY0000000000001`, as before"), "{told}");
    assert_eq!(env_file(&shelf), before);
    let policy = policy_of(&shelf, KEY);
    assert!(policy.contains(KEY.id) && !policy.contains(SECOND_KEY.id), "{policy}");
    assert!(!policy.contains("datalake-key-revoked") && list_generations(&shelf).is_empty());
    shelf.run("status", 0);
}

#[test]
fn a_change_that_was_killed_goes_on_or_back() {
    for (at, way) in [
        ("run-begun:1", "rotate"),
        ("action-done:1", "abort"),
        ("temporary-written:1", "rotate"),
        ("file-renamed:1", "abort"),
        ("outcome-recorded:2", "rotate"),
        ("receipt-written:1", "abort"),
    ] {
        let shelf = make_provisioned();
        store_guard(&shelf);
        let before = env_file(&shelf);
        let killed = shelf
            .call("key rotate --new-key-file new.env --yes")
            .env("DATALAKE_TEST_KILL", at)
            .run();
        assert!(killed.was_killed(), "{at}: {}", killed.all());

        let new = if way == "rotate" { " --new-key-file new.env" } else { "" };
        let again = shelf.call(&format!("key {way} --yes{new}")).run();

        // Killed before anything was kept there is nothing to go back from.
        match (way, again.status.code()) {
            ("rotate", Some(3)) => assert!(env_file(&shelf).contains(SECOND_KEY.id), "{at}"),
            ("abort", Some(0 | 3 | 66)) => assert_eq!(env_file(&shelf), before, "{at}"),
            (_, code) => panic!("{at}, {way}: {code:?}: {}", again.all()),
        }
    }
}
