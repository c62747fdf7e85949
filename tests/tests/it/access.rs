//! `access`: policies shown, questioned, planned, stored and proved.

mod applied;
mod late;

use std::fs;

use crate::support::{Host, Service};

const ROLES: &str = "\
access:
  modal: { project: p22, key: AKMODAL, as: modal-worker }
  guard: { project: p11, key: AKGUARD, list: [raw], read: [raw] }
";

/// A policy of somebody's with two mistakes.
const MISTAKEN: &str = r#"{"Statement": [
  {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam:::user/p11:AKGUARD"}, "Action": "s3:ListBucket",
   "Resource": "arn:aws:s3:::acme-dagster-assets", "Condition": {"StringNotLike": {"s3:prefix": "raw/*"}}},
  {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam:::user/p11:AKGUARD"}, "NotAction": "s3:GetObject",
   "Resource": "arn:aws:s3:::acme-dagster-assets/*"}]}"#;

fn host_with_bucket(lines: &str) -> (Host, Service) {
    let (host, service) = (Host::usual(), Service::hetzner());
    fs::write(host.work().join("datalake.yaml"), lines).unwrap();
    host.call(&service, "bucket create").run().exits(0);
    (host, service)
}

#[test]
fn a_plan_shows_the_document_its_statements_and_what_a_guard_is_worth() {
    let (host, service) = host_with_bucket(ROLES);

    let told = host.call(&service, "access plan").run().exits(3).stdout;

    assert!(told.starts_with("acme-dagster-assets of p11\n"), "{told}");
    assert!(told.contains("p22:AKMODAL  may do what is granted, and nothing else"), "{told}");
    assert!(told.contains("p11:AKGUARD  a guard against mistakes only"), "{told}");
    assert!(told.contains(r#"  + {"Sid":"datalake-modal-put","Effect":"Allow""#), "{told}");
    assert!(told.contains("x-amz-confirm-remove-self-bucket-access: true"), "{told}");
    assert!(told.contains("warning  public-ways: statement"), "{told}");
    let json = host.call(&service, "access plan --json").run().exits(3).json("access-plan");
    let plan = &json["buckets"][0];
    assert_eq!((&plan["changes"], &plan["needs_header"]), (&true.into(), &true.into()));
    let document: serde_json::Value =
        serde_json::from_str(plan["document"].as_str().unwrap()).unwrap();
    assert_eq!(document["Statement"][0]["Principal"]["AWS"], "arn:aws:iam:::user/p11:AKGUARD");
}

#[test]
fn a_plan_without_roles_or_for_the_own_key_is_refused() {
    let (host, service) = host_with_bucket("{}\n");
    let none = host.call(&service, "access plan").run().exits(78).stderr;
    assert!(none.contains("no roles below `access:`"), "{none}");

    let own = "access: { me: { project: p11, key: TESTKEY0000000000001, as: observer } }\n";
    fs::write(host.work().join("datalake.yaml"), own).unwrap();
    let own = host.call(&service, "access plan").run().exits(78).stderr;
    assert!(own.contains("role `me` is the key that datalake itself uses"), "{own}");
}

#[test]
fn a_mistyped_role_is_told_with_what_was_meant() {
    let (host, service) = (Host::usual(), Service::hetzner());
    for (role, words) in [
        ("{ project: p22, key: AK, as: modal-workr }", "did you mean `modal-worker`?"),
        ("{ project: '22', key: AK, as: observer }", "is not a project"),
        ("{ project: p22, key: AK, reed: [raw] }", "reed"),
    ] {
        fs::write(host.work().join("datalake.yaml"), format!("access: {{ a: {role} }}\n")).unwrap();
        let told = host.call(&service, "access plan").run().exits(78).stderr;
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_policy_in_a_file_is_shown_and_questioned_without_a_key() {
    let (host, service) = (Host::usual(), Service::hetzner());
    fs::write(host.work().join("policy.json"), MISTAKEN).unwrap();
    let run = |words: &str, code: i32| {
        let words = format!("{words} --document policy.json --project p11");
        host.without_key(&service, &words).run().exits(code).stdout
    };

    let told = run("access show", 3);
    assert!(told.contains("p11:AKGUARD\n"), "{told}");
    assert!(
        told.contains("wrong  prefix-bypass: statement 1: a listing without a prefix passes"),
        "{told}"
    );
    assert!(told.contains("wrong  not-action: statement 2"), "{told}");
    assert!(told.contains("Every key of p11 that the policy does not name is unbound"), "{told}");

    let told = run("access simulate AKGUARD ListObjects out/", 0);
    assert!(told.contains("Ceph 18  refused: statement 1 denies s3:ListBucket"), "{told}");
    let told = run("access simulate AKGUARD ListObjects", 0);
    assert!(told.contains("Ceph 20  allowed: the bucket belongs to the key's project"), "{told}");
    let told = run("access simulate anonymous s3:GetObject raw/a --dialect 16", 0);
    assert!(told.contains("refused") && !told.contains("Ceph 18"), "{told}");
}

#[test]
fn a_bucket_without_a_policy_and_one_that_is_missing_are_two_answers() {
    let (host, service) = host_with_bucket("{}\n");

    let told = host.call(&service, "access show").run().exits(0).stdout;
    assert!(told.starts_with("acme-dagster-assets has no policy"), "{told}");
    host.call(&service, "access show --bucket acme-nowhere").run().exits(66);
}
