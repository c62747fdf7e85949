//! `usage record|egress|show`, `cost forecast|check`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use datalake_core::time::Timestamp;

use crate::support::{Shelf, Tree, eventually};

fn shelf() -> Shelf {
    let shelf = Shelf::empty();
    shelf.put("assets/raw/orders", 100_000);
    shelf.put("assets/users", 70_000);
    shelf
}

#[test]
fn what_was_recorded_is_shown_with_its_growth() {
    let shelf = shelf();
    let first = shelf.run("usage record --json", 0).json("usage-sample");
    let first: Timestamp = first["at"].as_str().unwrap().parse().unwrap();
    shelf.put("assets/raw/orders", 400_000);
    // Samples are a second apart at least.
    eventually("a second has passed", || {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
            > first.unix().unsigned_abs()
    });
    shelf.run("usage record", 0);

    let told = shelf.run("usage show --json --since 1d", 0).json("usage-history");

    assert_eq!(told["samples"].as_array().unwrap().len(), 2);
    let growth = &told["growth"];
    assert_eq!(growth.as_array().unwrap().len(), 1, "{growth}");
    assert_eq!(
        (&growth[0]["asset"], &growth[0]["change"]),
        (&"raw/orders".into(), &300_000.into())
    );
    let text = shelf.run("usage show", 0).stdout;
    assert!(text.contains("+300.0 kB    400.0 kB  raw/orders"), "{text}");
}

#[test]
fn what_others_have_read_is_entered_and_counts() {
    let shelf = shelf();

    shelf.call("usage egress 2TB").arg("--note").arg("Modal, week 47").run().exits(0);

    let told = shelf.run("usage show --json", 0).json("usage-history");
    let note = &told["egress"][0];
    assert_eq!((&note["bytes"], &note["by"]), (&2_000_000_000_000_u64.into(), &"entered".into()));
    assert_eq!(note["note"], "Modal, week 47");
    let report = shelf.run("cost report --json", 0).json("cost-report");
    assert_eq!(report["egress"]["counted"], 2_000_000_000_000_u64);
    assert!(report["bill"]["net_cents"].as_u64().unwrap() > 649, "{}", report["bill"]);
}

#[test]
fn what_was_entered_by_mistake_is_removed() {
    let shelf = shelf();
    let entered = shelf.run("usage egress 2TB --json", 0).json("usage-egress");
    let at = entered["at"].as_str().unwrap();

    let ran = shelf.run(&format!("usage egress --remove {at}"), 0);

    assert!(ran.stdout.starts_with("Removed 2.0 TB of egress from s3://"), "{}", ran.stdout);
    let told = shelf.run("usage show --json", 0).json("usage-history");
    assert_eq!(told["egress"].as_array().unwrap().len(), 0);
    let again = shelf.run(&format!("usage egress --remove {at}"), 66);
    assert!(again.stderr.contains("usage show"), "{}", again.stderr);
    shelf.run("usage egress", 2);
    shelf.run(&format!("usage egress --remove {at} --note x"), 2);
}

#[test]
fn what_our_own_commands_bring_here_is_noted() {
    let shelf = shelf();
    shelf.run("get assets/users copy/", 0);
    shelf.run("put copy/users back", 0);

    let report = shelf.run("cost report --json", 0).json("cost-report");

    assert_eq!(report["egress"]["moved_by_datalake"], 70_000);
    assert_eq!(report["egress"]["counted"], 70_000);
    let free = shelf.call("cost report --json").env("DATALAKE_COST__ON_HETZNER", "true").run();
    assert_eq!(free.exits(0).json("cost-report")["egress"]["counted"], 0);
}

#[test]
fn a_budget_is_kept_or_not() {
    let shelf = shelf();
    shelf.run("cost check --budget 10EUR", 78);
    shelf.run("usage record", 0);

    let within = shelf.run("cost check --budget 10EUR", 0);
    assert!(within.stdout.contains("6.49 EUR net (if it stays as it was"), "{}", within.stdout);
    let over = shelf.run("cost check --budget 7EUR --vat 19 --json", 6).json("cost-check");
    assert_eq!((&over["over"], &over["sum"]), (&true.into(), &"7.72 EUR".into()));
    shelf.run("cost check", 2);
    shelf.run("cost check --budget 10USD", 2);
    let in_spec = shelf.call("cost check").env("DATALAKE_COST__BUDGET", "5EUR").run();
    in_spec.exits(6);
}

#[test]
fn a_forecast_needs_a_history() {
    let shelf = shelf();
    shelf.run("usage record", 0);

    let ran = shelf.run("cost forecast", 78);

    assert!(ran.stderr.contains("too little was recorded: 1 sample"), "{}", ran.stderr);
}

#[test]
fn a_damaged_history_is_told_and_left_alone() {
    let shelf = shelf();
    shelf.run("usage record", 0);
    let file = shelf.host.state().join("usage.sqlite");
    fs::write(&file, b"no history".repeat(100)).unwrap();
    let before = Tree::of(file.parent().unwrap());

    let ran = shelf.run("usage record", 74);
    shelf.run("usage show", 74);
    shelf.run("cost report", 74);

    assert!(ran.stderr.contains("the history of usage"), "{}", ran.stderr);
    Tree::of(file.parent().unwrap()).must_be(&before, "it was written to");
}
