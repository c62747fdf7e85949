//! A spec that cannot be used, and checks that depend on others.

use std::fs;

use super::{check, provisioned, said};
use crate::support::Call;

#[test]
fn a_wrong_value_is_told_and_the_service_that_was_meant_is_looked_at() {
    let shelf = provisioned();
    let spec = shelf.host.work().join("datalake.yaml");
    for (yaml, key) in [
        ("protect: { keep-old-versions: 30x }\n", "protect.keep-old-versions"),
        ("limits: { connections: 0 }\n", "limits.connections"),
        ("cost: { budget: x }\n", "cost.budget"),
        ("host: { handover: by-hand }\n", "host.handover"),
    ] {
        fs::write(&spec, yaml).unwrap();
        let call = |words: &str| shelf.call(words);

        let told = check(call, "spec-values", "wrong");
        assert!(told.contains(key) && told.contains("datalake.yaml"), "{told}");
        let network = shelf.call("doctor --json --only network").run();
        assert_eq!(said(&network, "network-answer")["outcome"], "sound", "{yaml}");
    }
    fs::remove_file(&spec).unwrap();
    check(|words| shelf.call(words), "spec-values", "sound");
}

#[test]
fn in_a_sandbox_its_own_service_is_looked_at() {
    let folder = crate::support::folder_in_memory();
    let call = |words: &str| Call::new(folder.path(), &format!("--sandbox {words}"));
    call("provision --yes").run().exits(0);
    fs::write(folder.path().join("datalake.yaml"), "limits: { connections: 0 }\n").unwrap();

    let ran = call("doctor --json").run().exits(3);

    assert_eq!(said(&ran, "network-answer")["outcome"], "sound");
    assert_eq!(said(&ran, "key-source")["blocked_by"], "spec-values");
}

#[test]
fn a_group_alone_shows_what_it_waits_for() {
    let shelf = provisioned();
    let call = |words: &str| shelf.call(words).env("AWS_SECRET_ACCESS_KEY", "0".repeat(40));

    let ran = call("doctor --only store --json").run().exits(3);
    assert_eq!(said(&ran, "store-probe")["blocked_by"], "key-secret");
    assert_eq!(said(&ran, "key-secret")["outcome"], "wrong");
    let report = ran.json("doctor");
    assert_eq!((&report["counts"]["wrong"], &report["is_sound"]), (&1.into(), &false.into()));
    assert!(report["next"].as_str().unwrap().ends_with("doctor --explain key-secret"));
}
