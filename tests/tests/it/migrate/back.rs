//! The way back of a switch: nothing stale is left.

use std::fs;

use super::{Lake, RUN, last, pickle};

#[test]
fn what_was_materialized_in_the_bucket_comes_back_and_the_old_file_is_kept() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    assert_eq!(
        lake.run("back plan --json", 0).json("migration-back-plan")[0]["equal"]["items"],
        15
    );
    lake.made_there("assets/plain", "new on s3");
    lake.made_there("assets/raw/by_day/2026-01-03", "a new day");
    // Outputs of ops lie among them and are none of them.
    lake.made_there(&format!("assets/storage/{RUN}/o1/result"), "output");

    let plan = lake.run("back plan --json", 3).json("migration-back-plan");
    assert_eq!(plan[0]["newer"][0], "plain");
    assert_eq!(plan[0]["alone"][0], "raw/by_day/2026-01-03");
    let back = last(&lake.run("back run --yes --while-running --json", 0), "migration-back");

    assert_eq!(back[0]["objects"]["items"], 2);
    let local = |name: &str| fs::read(lake.storage().join(name)).unwrap();
    assert_eq!(local("plain"), pickle("new on s3"));
    assert_eq!(local("raw/by_day/2026-01-03"), pickle("a new day"));
    let kept = back[0]["kept"].as_str().unwrap();
    assert_eq!(fs::read(format!("{kept}/plain")).unwrap(), pickle("plain"), "the old one is kept");
    assert!(!lake.storage().join("storage").exists());
    lake.run("back plan", 0);
    lake.run("status", 0);
}

#[test]
fn a_file_that_was_written_here_since_is_not_replaced() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.made_there("assets/plain", "new on s3");
    // A time of an object is cut to the second.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3);
    lake.pickle("plain", "newer here");
    let file = fs::File::options().write(true).open(lake.storage().join("plain")).unwrap();
    file.set_modified(later).unwrap();

    let plan = lake.run("back plan --json", 0).json("migration-back-plan");
    lake.run("back run --yes --while-running", 0);

    assert_eq!(plan[0]["newer_here"][0], "plain");
    assert_eq!(fs::read(lake.storage().join("plain")).unwrap(), pickle("newer here"));
}

#[test]
fn an_object_that_is_gone_is_told() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.shelf.delete("assets/plain");

    let plan = lake.run("back plan --json", 0).json("migration-back-plan");

    assert_eq!(plan[0]["gone"][0], "plain");
    assert!(lake.storage().join("plain").exists());
}

#[test]
fn nothing_is_fetched_without_a_yes() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.made_there("assets/plain", "new on s3");

    lake.run("back run --while-running", 2);

    assert_eq!(fs::read(lake.storage().join("plain")).unwrap(), pickle("plain"));
}

#[test]
fn outputs_of_ops_come_back_under_their_names_here() {
    let lake = Lake::new();
    lake.pickle(&format!("{RUN}/o2[a]/result"), "a");
    lake.run("run --yes --while-running --op-outputs", 0);
    lake.made_there(&format!("assets/storage/{RUN}/o2--b/result"), "b");

    lake.run("back run --yes --while-running --op-outputs", 0);

    let local = fs::read(lake.storage().join(format!("{RUN}/o2[b]/result"))).unwrap();
    assert_eq!(local, pickle("b"));
}

#[test]
fn a_rollback_of_the_switch_names_the_next_command() {
    let lake = Lake::with_assets();
    lake.shelf.run("provision --yes", 0);
    lake.migrate(0);

    let back = lake.shelf.run("rollback --yes", 0);

    assert!(back.stdout.contains("migrate back plan --home "), "{}", back.stdout);
}
