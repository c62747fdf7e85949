//! Policies stored, proved, and put back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{BucketName, PublicAccessBlock};
use datalake_engine::ObjectStore as _;
use datalake_sim::Config;

use crate::support::{KEY, KeyPair, OTHER_KEY, SECOND_KEY, Service, Shelf};

const ROLES: &str = "\
access:
  modal: { project: p22, key: TESTKEY0000000000002, as: modal-worker }
  guard: { project: p11, key: TESTKEY0000000000003, read: [raw], list: [raw] }
";

const GUARD: &str = "\
access:
  guard: { project: p11, key: TESTKEY0000000000003, read: [raw], list: [raw] }
";

/// A statement of somebody else, in letters of its own.
const OTHERS: &str = r#"{ "Statement": [ {"Sid": "web", "Effect": "Allow", "Principal": "*",
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-dagster-assets/web/*"} ] }"#;

/// One that gives the worker everything.
const GENEROUS: &str = r#"{"Statement": {"Sid": "all", "Effect": "Allow", "Action": "s3:*",
    "Principal": {"AWS": "arn:aws:iam:::user/p22:TESTKEY0000000000002"},
    "Resource": ["arn:aws:s3:::acme-dagster-assets", "arn:aws:s3:::acme-dagster-assets/*"]}}"#;

pub(super) fn name_bucket() -> BucketName {
    "acme-dagster-assets".parse().unwrap()
}

/// A service, and a spec with these roles.
fn shelf_with(roles: &str, change: impl FnOnce(Config) -> Config) -> Shelf {
    let service = Service::with(|config| {
        let mut config = change(config);
        config.quirks.bucket_delay = std::time::Duration::ZERO;
        config
    });
    let shelf = Shelf::of(service);
    fs::write(shelf.host.work().join("datalake.yaml"), roles).unwrap();
    write_key(&shelf, "modal.env", OTHER_KEY);
    write_key(&shelf, "guard.env", SECOND_KEY);
    shelf
}

fn write_key(shelf: &Shelf, name: &str, key: KeyPair) {
    let path = shelf.host.work().join(name);
    let text = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key.id, key.secret);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn policy_of(shelf: &Shelf) -> Option<String> {
    let (store, bucket) = shelf.store();
    let text = shelf.service.block_on(store.policy(bucket)).unwrap();
    text.map(|text| text.to_string())
}

fn store_policy(shelf: &Shelf, text: &str) {
    let (store, bucket) = shelf.store();
    let policy = NewPolicy { text: PolicyText::new(text), binds_owner: false };
    shelf.service.block_on(store.set_policy(bucket, Some(&policy))).unwrap();
}

fn public_access_of(shelf: &Shelf) -> PublicAccessBlock {
    let (store, bucket) = shelf.store();
    shelf.service.block_on(store.public_access(bucket)).unwrap()
}

#[test]
fn policies_are_stored_and_proved_and_a_rollback_restores_every_byte() {
    let shelf = shelf_with(ROLES, |config| config);
    store_policy(&shelf, OTHERS);
    let shown = shelf.call("access show").run().stdout;
    assert!(shown.contains("warning  public-acls: whoever may store"), "{shown}");

    let ran = shelf.run("access apply --yes --key-file modal.env --key-file guard.env", 0);

    let told = ran.stdout;
    assert!(told.contains("set policy      acme-dagster-assets of "), "{told}");
    assert!(told.contains("block public    acme-dagster-assets\n"), "{told}");
    assert!(told.contains("proved     modal"), "{told}");
    assert!(told.contains("proved     guard"), "{told}");
    let stored = policy_of(&shelf).unwrap();
    assert!(stored.contains(r#""Sid":"web""#) && stored.contains("datalake-modal-put"), "{stored}");
    assert!(public_access_of(&shelf).ignore_public_acls);
    let shown = shelf.call("access show").run().stdout;
    assert!(!shown.contains("public-acls"), "{shown}");
    let sent = shelf.service.requests();
    let put = sent.iter().rfind(|seen| seen.method == "PUT" && seen.query.contains("policy"));
    let header = "x-amz-confirm-remove-self-bucket-access".to_owned();
    assert!(put.is_some_and(|put| put.headers.contains(&header)), "{put:?}");
    let left = shelf.keys();
    assert!(left.is_empty(), "{left:?}");
    shelf.run("access plan", 0);
    let again = shelf.run("access apply --yes", 0).stdout;
    assert!(again.contains("Nothing to do"), "{again}");

    shelf.run("rollback --yes", 0);

    assert_eq!(policy_of(&shelf).as_deref(), Some(OTHERS));
    assert!(public_access_of(&shelf).is_off());
}

#[test]
fn a_policy_that_does_not_hold_is_put_back_at_once() {
    let shelf = shelf_with(ROLES, |config| config);
    store_policy(&shelf, GENEROUS);

    let ran = shelf.run("access apply --yes --key-file modal.env", 4);

    assert!(ran.stderr.contains("a policy does not hold"), "{}", ran.stderr);
    assert!(ran.stderr.contains("ListObjects of the whole bucket: allowed, and should be refused"));
    assert!(ran.stderr.contains("the policies are as before this run"), "{}", ran.stderr);
    assert_eq!(policy_of(&shelf).as_deref(), Some(GENEROUS));
    assert!(public_access_of(&shelf).is_off());
}

#[test]
fn without_a_key_the_policies_are_stored_and_said_to_be_unproved() {
    let shelf = shelf_with(ROLES, |config| config);

    let ran = shelf.run("access apply --yes", 5);

    assert!(ran.stdout.contains("not tried  modal"), "{}", ran.stdout);
    assert!(ran.stdout.contains("access prove --key-file"), "{}", ran.stdout);
    let told = shelf.run("access prove --key-file modal.env", 5).stdout;
    assert!(told.contains("proved     modal") && told.contains("not tried  guard"), "{told}");
    shelf.run("access reset --yes", 0);
    assert_eq!(policy_of(&shelf), None);
}

#[test]
fn a_key_that_can_remove_the_policy_is_found_and_the_policy_is_back() {
    let shelf = shelf_with(GUARD, |config| config);
    let plan = shelf.run("access plan --json", 3).json("access-plan");
    let document: serde_json::Value =
        serde_json::from_str(plan["buckets"][0]["document"].as_str().unwrap()).unwrap();
    // Somebody has taken one line out.
    let document = document.to_string().replace("\"s3:DeleteBucket*\",", "");
    store_policy(&shelf, &document);

    let told = shelf.run("access prove --key-file guard.env", 4).stdout;

    assert!(told.contains("FAILED     guard"), "{told}");
    assert!(told.contains("DeleteBucketPolicy: allowed, and should be refused"), "{told}");
    assert_eq!(policy_of(&shelf).as_deref(), Some(document.as_str()));
    let told = shelf.run("access apply --again --yes --key-file guard.env", 0).stdout;
    assert!(told.contains("binding the bucket's own project"), "{told}");
    assert!(told.contains("proved     guard"), "{told}");
}

#[test]
fn a_key_that_can_store_a_policy_is_found_before_it_is_let_remove_one() {
    let shelf = shelf_with(GUARD, |config| config);
    let plan = shelf.run("access plan --json", 3).json("access-plan");
    let document: serde_json::Value =
        serde_json::from_str(plan["buckets"][0]["document"].as_str().unwrap()).unwrap();
    let document = document.to_string();
    let loose = document.replace("\"s3:DeleteBucket*\",", "").replace("\"s3:PutBucket*\",", "");
    assert_ne!(loose, document);
    store_policy(&shelf, &loose);

    let told = shelf.run("access prove --key-file guard.env", 4).stdout;

    assert!(told.contains("PutBucketPolicy: allowed, and should be refused"), "{told}");
    assert_eq!(policy_of(&shelf).as_deref(), Some(loose.as_str()));
    let sent = shelf.service.requests();
    let removed = sent.iter().find(|seen| seen.method == "DELETE" && seen.query.contains("policy"));
    assert!(removed.is_none(), "{removed:?}");
}

#[test]
fn a_role_is_written_into_the_spec_and_nothing_else_changes() {
    let shelf = shelf_with("# ours\nregion: fsn1 # here\n", |config| config);

    let told = shelf.run("access grant AKNEW --project p22 --as observer", 0).stdout;

    assert!(told.contains("observer: { project: p22, key: AKNEW, as: observer }"), "{told}");
    let path = shelf.host.work().join("datalake.yaml");
    let expected = "# ours\nregion: fsn1 # here\n\naccess:\n  observer: { project: p22, key: AKNEW, as: observer }\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    let again = shelf.run("access grant AKNEW2 --project p22 --as observer", 2).stderr;
    assert!(again.contains("role `observer` already exists"), "{again}");
    shelf.run("access grant AKCI --project p22 --name ci read raw list raw", 0);
    let planned = shelf.run("access plan", 3).stdout;
    assert!(planned.contains("p22:AKNEW") && planned.contains("p22:AKCI"), "{planned}");
}

#[test]
fn a_role_is_added_to_a_spec_that_names_a_file_of_credentials() {
    let shelf = shelf_with("credentials: { file: own.env } # ours\n", |config| config);

    shelf.run("access grant AKNEW --project p22 --as observer", 0);

    let written = fs::read_to_string(shelf.host.work().join("datalake.yaml")).unwrap();
    assert!(written.starts_with("credentials: { file: own.env } # ours\n"), "{written}");
    assert!(written.contains("observer: { project: p22, key: AKNEW, as: observer }"), "{written}");
}

#[test]
fn the_project_of_a_role_is_what_the_service_says_of_a_key_that_is_at_hand() {
    let shelf = shelf_with("region: fsn1\n", |config| config);
    let id = OTHER_KEY.id;

    let told =
        shelf.run(&format!("access grant {id} --key-file modal.env --as observer"), 0).stdout;

    assert!(told.contains(&format!("{{ project: p22, key: {id}, as: observer }}")), "{told}");
    assert!(!told.contains(OTHER_KEY.secret), "{told}");
    let grant = |words: &str, exit| shelf.run(&format!("access grant {words} --as migrator"), exit);
    let other = grant("AKNEW --key-file modal.env", 2).stderr;
    assert!(other.contains(&format!("holds key {id}, and the role is for AKNEW")), "{other}");
    let wrong = grant(&format!("{id} --key-file modal.env --project p23"), 78).stderr;
    assert!(wrong.contains("is of project p22, not of p23"), "{wrong}");
    let nobody = grant("AKNEW", 2).stderr;
    assert!(nobody.contains("--project"), "{nobody}");
}

#[test]
fn what_would_shut_the_own_key_out_is_refused_before_anything_is_sent() {
    let deny = |principal: &str| {
        format!(
            r#"{{"Statement": {{"Effect": "Deny", {principal}, "Action": "s3:*",
                "Resource": ["arn:aws:s3:::acme-dagster-assets", "arn:aws:s3:::acme-dagster-assets/*"]}}}}"#
        )
    };
    // None of them ever acts.
    let late = |mut config: Config| {
        config.quirks.policy_delay = std::time::Duration::from_hours(24);
        config
    };
    let shelf = shelf_with(ROLES, late);
    for principal in [
        r#""Principal": "*""#.to_owned(),
        r#""Principal": {"AWS": "arn:aws:iam:::user/p11"}"#.to_owned(),
        r#""Principal": {"AWS": "arn:aws:iam:::user/p11:*"}"#.to_owned(),
        format!(r#""Principal": {{"AWS": "arn:aws:iam:::user/p11:{}"}}"#, KEY.id),
        r#""NotPrincipal": {"AWS": "arn:aws:iam:::user/p12:TESTKEY0000000000001"}"#.to_owned(),
    ] {
        store_policy(&shelf, &deny(&principal));
        let before = shelf.service.writes().len();

        let ran = shelf.call("access apply --yes").run();

        let ran = ran.exits(78);
        assert!(ran.stderr.contains("would shut out the key"), "{principal}: {}", ran.stderr);
        assert_eq!(shelf.service.writes().len(), before, "{principal}");
    }
}

#[test]
fn a_key_of_another_project_than_the_spec_says_is_refused() {
    let roles =
        "access: { modal: { project: p23, key: TESTKEY0000000000002, as: modal-worker } }\n";
    let shelf = shelf_with(roles, |config| config);

    let ran = shelf.run("access apply --yes --key-file modal.env", 78);

    assert!(ran.stderr.contains("is of project p22, and role `modal` says p23"), "{}", ran.stderr);
    assert_eq!(policy_of(&shelf), None);
    write_key(&shelf, "stranger.env", KEY);
    let ran = shelf.run("access prove --key-file stranger.env", 2);
    assert!(ran.stderr.contains("has no role below `access:`"), "{}", ran.stderr);
    fs::set_permissions(shelf.host.work().join("modal.env"), fs::Permissions::from_mode(0o644))
        .unwrap();
    let ran = shelf.run("access prove --key-file modal.env", 78);
    assert!(ran.stderr.contains("chmod 600"), "{}", ran.stderr);
}

#[test]
fn a_reset_takes_ownership_first_and_removes_the_policy_last() {
    let shelf = shelf_with(ROLES, |config| config);
    shelf.run("access apply --yes --key-file modal.env", 5);
    let put = |key: &str| {
        let path = shelf.host.work().join("made");
        fs::write(&path, "elsewhere").unwrap();
        let words = format!("put made s3://acme-dagster-assets/{key} --credentials-file modal.env");
        shelf.host.without_key(&shelf.service, &words).run().exits(0);
    };
    put("assets/a");
    put("assets/b");

    let counted = shelf.run("access adopt --dry-run", 3).stdout;
    assert!(counted.contains("2 objects of other projects, 0 adopted, 2 left"), "{counted}");
    let told = shelf.run("access adopt --yes --max 1", 5).stdout;
    assert!(told.contains("2 objects of other projects, 1 adopted, 1 left"), "{told}");
    let told = shelf.run("access reset --yes", 0).stdout;

    assert!(told.contains("1 object of other projects, 1 adopted, 0 left"), "{told}");
    assert_eq!(policy_of(&shelf), None);
    shelf.service.advance(1);
    for key in ["a", "b"] {
        let content = shelf.run(&format!("cat s3://acme-dagster-assets/assets/{key}"), 0).stdout;
        assert_eq!(content, "elsewhere");
    }
}

/// The places that a run about policies passes, each step twice over.
const PLACES: [&str; 8] = [
    "run-begun:1",
    "intent-recorded:1",
    "action-done:1",
    "outcome-recorded:1",
    "action-done:2",
    "outcome-recorded:2",
    "receipt-written:1",
    "run-ended:1",
];

#[test]
fn a_killed_run_is_finished_by_the_next_one_and_undone_as_one() {
    for place in PLACES {
        let shelf = shelf_with(GUARD, |config| config);
        store_policy(&shelf, OTHERS);
        let ran = shelf.call("access apply --yes").env("DATALAKE_TEST_KILL", place).run();
        assert!(ran.was_killed(), "{place}: {}", ran.all());

        let again = shelf.call("access apply --yes").run();

        let code = again.status.code();
        assert!(matches!(code, Some(0 | 5)), "{place}: {}", again.all());
        assert!(policy_of(&shelf).unwrap().contains("datalake-guard-never"), "{place}");
        assert!(public_access_of(&shelf).ignore_public_acls, "{place}");
        shelf.run("rollback --yes", 0);
        assert_eq!(policy_of(&shelf).as_deref(), Some(OTHERS), "{place}");
        assert!(public_access_of(&shelf).is_off(), "{place}");
    }
}
