//! `cost report` and `cost whatif`, against sums made by hand.

use serde_json::Value;

use crate::support::Shelf;

/// Assets with partitions, run outputs, things elsewhere, and everything that is hidden.
fn shelf() -> Shelf {
    let shelf = Shelf::versioned();
    shelf.put("assets/raw/orders/2026-01-01", 100_000);
    shelf.put("assets/raw/orders/2026-01-02", 200_000);
    shelf.put("assets/by_region/eu", 70_000);
    shelf.put("assets/plain", 10);
    shelf.put("assets/plain", 90_000);
    shelf.put("assets/storage/0f6b0c1e-2f0a-4f6e-9d55-1c2b3a495867/step/result", 65_000);
    shelf.put("logs/x", 80_000);
    shelf.put("top", 64_000);
    shelf.delete("logs/gone");
    shelf.begin("tmp/upload", &[200_000]);
    shelf
}

fn parts(of: &Value) -> Vec<(&str, u64)> {
    let part = |part: &'_ Value| part["billed_bytes"].as_u64().unwrap();
    let largest = of["largest"].as_array().unwrap();
    largest.iter().map(|one| (one["name"].as_str().unwrap(), part(one))).collect()
}

#[test]
fn every_byte_is_told_by_prefix_asset_and_partition() {
    let told = shelf().run("cost report --json --month 2026-11", 0).json("cost-report");

    let assets = [("raw/orders", 300_000), ("plain", 154_000), ("by_region/eu", 70_000)];
    assert_eq!(parts(&told["assets"]), assets);
    let partitions = [("raw/orders/2026-01-02", 200_000), ("raw/orders/2026-01-01", 100_000)];
    assert_eq!(parts(&told["partitions"]), partitions);
    let prefixes = [("assets/", 589_000), ("tmp/", 200_000), ("logs/", 144_000)];
    assert_eq!(parts(&told["prefixes"]), prefixes);
    assert_eq!(told["direct"]["billed_bytes"], 64_000);
    assert_eq!(told["runs"]["billed_bytes"], 65_000);
    assert_eq!(told["outside_of_assets"]["billed_bytes"], 408_000);
    let hidden: Vec<_> =
        told["hidden"].as_array().unwrap().iter().map(|part| &part["billed_bytes"]).collect();
    assert_eq!(hidden, [64_000, 64_000, 200_000]);
    assert_eq!(told["usage"]["total"]["billed_bytes"], 997_000);
    assert_eq!((&told["bill"]["net_cents"], &told["bill"]["hours"]), (&649.into(), &720.into()));
}

#[test]
fn partitions_that_look_like_none_can_be_named() {
    let words = "cost report --json --partitioned by_region --top 1";

    let told = shelf().run(words, 0).json("cost-report");

    assert_eq!(parts(&told["assets"]), [("raw/orders", 300_000)]);
    assert_eq!(told["assets"]["other_count"], 2);
    assert_eq!(told["assets"]["others"]["billed_bytes"], 224_000);
    assert_eq!(told["partitions"]["other_count"], 2);
}

#[test]
fn people_are_told_what_is_guessed_and_what_nobody_knows() {
    let text = shelf().run("cost report", 0).stdout;

    for words in [
        "6.49 EUR net",
        "PARTITION, a guess",
        "(outputs and logs of runs)",
        "unfinished uploads",
        "the service does not report what Modal and others have read",
        "No rule deletes anything.",
    ] {
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
}

#[test]
fn rules_tell_what_they_delete_next() {
    let shelf = shelf();
    shelf.run("bucket lifecycle set --expire logs/:1d --abort-uploads 7d", 0);

    let told = shelf.run("cost report --json", 0).json("cost-report");

    let rules: Vec<_> = told["rules"].as_array().unwrap().iter().collect();
    let numbers = |rule: &Value| -> Vec<u64> {
        ["within_a_day", "within_7_days", "within_30_days"]
            .iter()
            .map(|key| rule[*key].as_u64().unwrap())
            .collect()
    };
    assert_eq!(rules[0]["id"], "datalake-expire-logs/");
    assert_eq!((numbers(rules[0]), numbers(rules[1])), (vec![1, 1, 1], vec![0, 1, 1]));
}

#[test]
fn a_listing_that_is_refused_is_no_empty_bucket() {
    let shelf = shelf();
    shelf.service.set_faults("100% 403");

    shelf.run("cost report", 77);
}

#[test]
fn what_would_change_is_told() {
    let shelf = Shelf::empty();
    shelf.put("tmp/a", 100_000);
    shelf.put("kept", 300_000);
    shelf.service.set_clock_offset(0);

    let told =
        |words: &str| shelf.run(&format!("cost whatif --json {words}"), 0).json("cost-whatif");
    let bytes =
        |told: &Value| (told["before_billed_bytes"].clone(), told["after_billed_bytes"].clone());

    assert_eq!(bytes(&told("--compress 3")), (400_000.into(), 164_000.into()));
    assert_eq!(bytes(&told("--expire tmp/:1d")), (400_000.into(), 400_000.into()));
    let egress = told("--egress 2TB --month 2026-11");
    assert_eq!(
        (&egress["before"]["net_cents"], &egress["after"]["net_cents"]),
        (&649.into(), &741.into())
    );
    shelf.run("cost whatif", 2);
    shelf.run("cost whatif --compress 0.5", 2);
}
