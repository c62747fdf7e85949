//! `restore`: deleted keys back, keys as they were at a time, and either undone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::{Call, Host, Service};

fn call(host: &Host, service: &Service, words: &str) -> Call {
    host.call(service, words)
}

/// A bucket with versions: `gone` is deleted, `there` is written over, `back` was deleted and written
/// again.
fn with_history(service: &Service) -> Host {
    let host = Host::usual();
    let run = |words: &str| call(&host, service, words).run().exits(0);
    run("bucket create");
    run("bucket versioning enable");
    let file = host.work().join("pickle");
    for (text, keys) in [("one", &["gone", "there"][..]), ("two!", &["gone", "there", "back"])] {
        std::fs::write(&file, text).unwrap();
        for key in keys {
            run(&format!("put pickle s3://acme-dagster-assets/assets/{key}"));
        }
    }
    for key in ["assets/gone", "assets/back"] {
        run(&format!("rm --yes {key}"));
    }
    run("put pickle s3://acme-dagster-assets/assets/back");
    host
}

/// All versions and markers by key and id, as `ls` prints them.
fn versions(host: &Host, service: &Service) -> String {
    let rows = call(host, service, "ls --versions --json").run().exits(0).rows();
    let ids = rows.iter().filter_map(|row| row["data"]["version"].as_str());
    ids.fold(String::new(), |mut all, id| {
        writeln!(all, "{id}").unwrap();
        all
    })
}

fn run_of(text: &str) -> &str {
    let from = text.find("--undo R-").expect("a command that undoes it") + "--undo ".len();
    text[from..].split_whitespace().next().unwrap()
}

#[test]
fn a_deleted_object_comes_back_and_the_printed_command_undoes_it() {
    let service = Service::quick();
    let host = with_history(&service);
    let before = versions(&host, &service);

    let dry = call(&host, &service, "restore assets/ --dry-run").run().exits(3);
    assert!(dry.stdout.contains("bring back") && dry.stdout.contains("assets/gone"));
    assert!(!dry.stdout.contains("assets/there"), "{}", dry.stdout);
    let asked = call(&host, &service, "restore assets/").run().exits(2);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(versions(&host, &service), before);

    let ran = call(&host, &service, "restore assets/ --yes").run().exits(0);
    assert!(ran.stdout.contains("Restored 1 key."), "{}", ran.stdout);
    assert_eq!(call(&host, &service, "cat assets/gone").run().exits(0).stdout, "two!");
    call(&host, &service, "restore assets/gone --yes").run().exits(0);

    let run = run_of(&ran.stdout);
    let listed = call(&host, &service, "history").run().exits(0).stdout;
    assert_eq!(listed.matches("restore of").count(), 1, "{listed}");
    assert!(listed.contains(run) && listed.contains("1/1"), "{listed}");
    let shown = call(&host, &service, &format!("history {run}")).run().exits(0).stdout;
    assert!(shown.contains(&format!("restore --undo {run}")), "{shown}");
    let undone = call(&host, &service, &format!("restore --undo {run} --yes")).run().exits(0);
    assert!(undone.stdout.contains("1 key as before"), "{}", undone.stdout);
    assert_eq!(versions(&host, &service), before);
    call(&host, &service, "cat assets/gone").run().exits(66);
}

#[test]
fn programs_get_one_document_a_line_and_an_end() {
    let service = Service::quick();
    let host = with_history(&service);

    let words = "restore assets/ --at 2020-01-01 --dry-run --json";
    let rows = call(&host, &service, words).run().exits(3).rows();

    let kinds: Vec<_> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["restore-change", "restore-change", "restore-end"]);
    assert_eq!(rows[0]["data"]["key"], "assets/back");
    assert_eq!(rows[0]["data"]["change"], "delete");
    assert_eq!(rows[2]["data"]["deleted"], 2);
    assert_eq!(rows[2]["data"]["unchanged"], 1);
}

#[test]
fn what_cannot_be_restored_is_told() {
    let (host, service) = (Host::usual(), Service::quick());
    let run = |words: &str| call(&host, &service, words).run();
    run("bucket create").exits(0);
    let never = run("restore assets/").exits(78);
    assert!(never.stderr.contains("bucket versioning enable"), "{}", never.stderr);
    run("bucket versioning enable").exits(0);
    run("restore assets/").exits(66);
    run("restore assets/ --at yesteryear").exits(2);
    run("restore assets/ --at 2999-01-01").exits(2);
    run("restore --undo R-20260101-000000-aaaa --yes").exits(2);
    std::fs::write(host.work().join("pickle"), "one").unwrap();
    run("put pickle s3://acme-dagster-assets/assets/a").exits(0);
    let folder = run("restore assets").exits(66);
    assert!(folder.stderr.contains("end it with `/`"), "{}", folder.stderr);
    run("rm --yes assets/a").exits(0);
    run("restore assets/ --yes").exits(0);
    assert_eq!(run("cat assets/a").exits(0).stdout, "one");
    run("bucket versioning suspend").exits(0);
    let suspended = run("restore assets/").exits(78);
    assert!(suspended.stderr.contains("suspended"), "{}", suspended.stderr);
}

/// What was there at a time, for keys that are written, written over and deleted in a random order.
#[test]
fn keys_are_as_they_were_at_each_of_many_times() {
    let service = Service::quick();
    let host = Host::usual();
    let run = |words: &str| call(&host, &service, words).run().exits(0);
    run("bucket create");
    run("bucket versioning enable");
    let file = host.work().join("pickle");
    let (mut random, mut state, mut states) = (7_u64, BTreeMap::new(), Vec::new());
    for step in 0..24 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let key = format!("k/{}", (random >> 33) % 5);
        if (random >> 40).is_multiple_of(3) {
            // It may not be there.
            call(&host, &service, &format!("rm --yes {key}/x")).run();
            state.remove(&key);
        } else {
            std::fs::write(&file, step.to_string()).unwrap();
            run(&format!("put pickle s3://acme-dagster-assets/{key}/x"));
            state.insert(key, step.to_string());
        }
        let listed = run("ls --versions --json k/").rows();
        let last = listed.iter().filter_map(|row| row["data"]["stored"].as_str()).max();
        states.push((last.unwrap_or_default().to_owned(), state.clone()));
    }
    let before = versions(&host, &service);
    for (at, expected) in states.iter().step_by(5).filter(|(at, _)| !at.is_empty()) {
        let ran = run(&format!("restore k/ --at {at} --yes"));
        for number in 0..5 {
            let key = format!("k/{number}");
            let found = call(&host, &service, &format!("cat {key}/x")).run();
            let content = (found.status.code() == Some(0)).then_some(&found.stdout);
            assert_eq!(content, expected.get(&key), "{key} at {at}");
        }
        if ran.stdout.contains("--undo") {
            run(&format!("restore --undo {} --yes", run_of(&ran.stdout)));
        }
        assert_eq!(versions(&host, &service), before, "undone after {at}");
    }
}
