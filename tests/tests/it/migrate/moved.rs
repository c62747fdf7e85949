//! What is moved, to which keys, and what stays.

use std::fs;
use std::time::{Duration, SystemTime};

use super::{ASSETS, Lake, RUN, pickle};
use crate::support::Tree;

#[test]
fn every_kind_of_partition_gets_the_key_that_the_io_manager_asks_for() {
    let lake = Lake::with_assets();
    let before = Tree::of(&lake.home());

    let moved = lake.migrate(0);

    let objects = lake.objects("assets/");
    assert_eq!(objects.len(), ASSETS.len());
    for asset in ASSETS {
        assert_eq!(objects[asset], pickle(asset), "{asset}");
    }
    assert_eq!(moved["parts"][0]["moved"]["items"], 15);
    assert_eq!(moved["parts"][0]["proved"]["items"], 15);
    assert_eq!(Tree::of(&lake.home()), before, "nothing local has changed");
    lake.run("status", 0);
    lake.run("verify --deep", 0);
    assert_eq!(lake.migrate(0)["parts"][0]["moved"]["items"], 0);
}

#[test]
fn outputs_of_ops_and_logs_go_where_dagster_looks_for_them() {
    let lake = Lake::new();
    for output in ["o1/result", "o2[a]/result", "o2[b]/result", "g.o2-x/r"] {
        lake.pickle(&format!("{RUN}/{output}"), output);
    }
    for log in ["abcdefgh.out", "abcdefgh.err", "abcdefgh.complete"] {
        lake.file(&format!("{RUN}/compute_logs/{log}"), b"said");
    }

    assert_eq!(lake.migrate(0)["parts"][0]["moved"]["items"], 0);
    lake.run("run --yes --while-running --op-outputs --logs", 0);

    let outputs = lake.objects(&format!("assets/storage/{RUN}/"));
    let names: Vec<_> = outputs.keys().map(String::as_str).collect();
    assert_eq!(names, ["g.o2-x/r", "o1/result", "o2--a/result", "o2--b/result"]);
    assert_eq!(outputs["o2--a/result"], pickle("o2[a]/result"));
    let logs = lake.objects(&format!("dagster/storage/{RUN}/compute_logs/"));
    assert_eq!(logs.keys().collect::<Vec<_>>(), ["abcdefgh.err", "abcdefgh.out"]);
    lake.run("verify --op-outputs --logs", 0);
}

#[test]
fn the_plan_tells_of_every_file_what_becomes_of_it() {
    let lake = Lake::with_assets();
    lake.pickle(&format!("{RUN}/o1/result"), "x");
    lake.file(&format!("{RUN}/compute_logs/abcdefgh.complete"), b"");
    lake.file("history/runs.db", b"SQLite format 3\0");
    super::write(&lake.home().join("dagster.yaml"), b"telemetry: {enabled: false}\n");

    let plan = lake.run("plan --report plan.txt", 3);

    let lines = fs::read_to_string(lake.shelf.host.work().join("plan.txt")).unwrap();
    let marks = |mark: char| lines.lines().filter(|line| line.starts_with(mark)).count();
    assert_eq!((marks('+'), marks('.')), (15, 4), "{lines}");
    assert!(lines.contains(". history/runs.db\ta database"), "{lines}");
    for text in ["15 left", "dagster.yaml: configuration", "--code DIR", "--op-outputs takes it"] {
        assert!(plan.stdout.contains(text), "{text}: {}", plan.stdout);
    }
    assert!(lake.shelf.keys().is_empty(), "a plan changes nothing");
}

#[test]
fn half_a_pickle_and_a_database_never_reach_the_bucket() {
    let lake = Lake::with_assets();
    let whole = pickle("half");
    lake.file("half", &whole[..whole.len() - 1]);
    lake.file("empty", b"");
    lake.file("stray", b"SQLite format 3\0....");
    lake.file("table", b"PAR1....PAR1");

    let moved = lake.migrate(5);

    assert_eq!(moved["parts"][0]["failed"], 1);
    let objects = lake.objects("assets/");
    assert_eq!(objects.len(), 15, "only whole pickles are moved");
    assert!(!objects.contains_key("half") && !objects.contains_key("empty"));
    lake.file("half", &whole);
    lake.pickle("empty", "");
    fs::remove_file(lake.storage().join("stray")).unwrap();
    lake.migrate(0);
    assert_eq!(lake.objects("assets/")["half"], whole);
}

#[test]
fn what_was_materialized_in_the_bucket_is_never_replaced_by_an_old_file() {
    let lake = Lake::with_assets();
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    for asset in ASSETS {
        let file = fs::File::options().write(true).open(lake.storage().join(asset)).unwrap();
        file.set_modified(hour_ago).unwrap();
    }
    // One of the same length, one of another, and one that a run has moved before.
    lake.made_there("assets/plain", "PLAIN");
    lake.made_there("assets/multi_one", "longer than it was");

    assert_eq!(lake.migrate(0)["parts"][0]["newer_there"], 2);
    lake.made_there("assets/raw/orders", "RAW/ORDERS");
    let again = lake.migrate(0);

    assert_eq!((&again["parts"][0]["newer_there"]), 3);
    let objects = lake.objects("assets/");
    assert_eq!(objects["plain"], pickle("PLAIN"));
    assert_eq!(objects["multi_one"], pickle("longer than it was"));
    assert_eq!(objects["raw/orders"], pickle("RAW/ORDERS"));
    assert_eq!(objects["multi_two"], pickle("multi_two"));
}

#[test]
fn an_object_of_an_older_file_is_replaced_though_it_was_stored_later() {
    let lake = Lake::with_assets();
    // What a killed run has left: it tells the time of the file that it was made of.
    lake.shelf.put_content("assets/plain", &pickle("PLAIN"));
    lake.shelf.put_content("assets/multi_one", &pickle("longer than it was"));

    let moved = lake.migrate(0);

    assert_eq!(moved["parts"][0]["newer_there"], 0);
    let objects = lake.objects("assets/");
    assert_eq!(objects["plain"], pickle("plain"));
    assert_eq!(objects["multi_one"], pickle("multi_one"));
}

#[test]
fn what_changes_after_a_run_is_moved_by_the_next() {
    let lake = Lake::with_assets();
    lake.migrate(0);

    lake.pickle("plain", "materialized again");
    lake.pickle("raw/by_day/2026-01-03", "new");
    let status = lake.run("status --json", 3).json("migration-status");
    lake.migrate(0);

    assert_eq!(
        (&status[0]["changed"]["items"], &status[0]["left"]["items"]),
        (&1.into(), &1.into())
    );
    let objects = lake.objects("assets/");
    assert_eq!(objects["plain"], pickle("materialized again"));
    assert_eq!(objects["raw/by_day/2026-01-03"], pickle("new"));
}

#[test]
fn an_object_that_is_lost_is_found_by_verify() {
    let lake = Lake::with_assets();
    lake.migrate(0);

    lake.shelf.delete("assets/plain");

    lake.run("verify", 4);
    lake.migrate(0);
    lake.run("verify", 0);
}
