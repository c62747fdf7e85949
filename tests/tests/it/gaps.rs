//! `dagster gaps`: assets that are deleted and were not written again.

use crate::support::{Call, Host, Service};

fn call(host: &Host, service: &Service, words: &str) -> Call {
    host.call(service, words)
}

/// A bucket with versions, an asset that is there, one that was deleted, and one of others.
fn with_a_gap(service: &Service) -> Host {
    let host = Host::usual();
    let run = |words: &str| call(&host, service, words).run().exits(0);
    run("bucket create");
    run("bucket versioning enable");
    let file = host.work().join("pickle");
    for (text, keys) in [("one", &["gone", "there"][..]), ("two!", &["gone", "back"])] {
        std::fs::write(&file, text).unwrap();
        for key in keys {
            run(&format!("put pickle s3://acme-dagster-assets/assets/{key}"));
        }
    }
    std::fs::write(&file, "others").unwrap();
    run("put pickle s3://acme-dagster-assets/custom/gone");
    for key in ["assets/gone", "assets/back", "custom/gone"] {
        run(&format!("rm --yes {key}"));
    }
    run("put pickle s3://acme-dagster-assets/assets/back");
    host
}

#[test]
fn a_gap_is_listed_and_its_last_content_comes_back() {
    let service = Service::quick();
    let host = with_a_gap(&service);

    let young = call(&host, &service, "dagster gaps").run().exits(0);
    assert!(young.stdout.contains("perhaps it is just written"), "{}", young.stdout);

    let listed = call(&host, &service, "dagster gaps --young").run().exits(3);
    assert!(listed.stdout.contains("4 B  assets/gone"), "{}", listed.stdout);
    assert!(listed.stdout.contains("1 asset gone below"), "{}", listed.stdout);
    assert!(!listed.stdout.contains("custom") && !listed.stdout.contains("back"));

    let ran = call(&host, &service, "dagster gaps --young --restore").run().exits(2);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    call(&host, &service, "dagster gaps --young --restore --yes").run().exits(0);

    assert_eq!(call(&host, &service, "cat assets/gone").run().exits(0).stdout, "two!");
    let none = call(&host, &service, "dagster gaps --young").run().exits(0);
    assert!(none.stdout.starts_with("No gaps"), "{}", none.stdout);
}

#[test]
fn programs_get_one_document_a_line_and_an_end() {
    let service = Service::quick();
    let host = with_a_gap(&service);

    let rows = call(&host, &service, "dagster gaps --young --json").run().exits(3).rows();

    let kinds: Vec<_> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["gap", "gaps-end"]);
    assert_eq!(rows[0]["data"]["key"], "assets/gone");
    assert_eq!(rows[0]["data"]["size"], 4);
    assert_eq!(rows[1]["data"]["gaps"], 1);
}

#[test]
fn without_versions_nothing_is_said() {
    let (host, service) = (Host::usual(), Service::quick());
    call(&host, &service, "bucket create").run().exits(0);

    let ran = call(&host, &service, "dagster gaps").run().exits(78);

    assert!(ran.stderr.contains("bucket versioning enable"), "{}", ran.stderr);
    let absent = call(&host, &service, "dagster gaps --bucket=nobody-has-this").run();
    absent.exits(66);
}
