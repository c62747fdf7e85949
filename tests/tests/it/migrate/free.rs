//! Local files are removed by a command of its own, after a look at the store.

use std::fs;

use super::{ASSETS, Lake, pickle};

const CONFIRM: &str = "--confirm acme-dagster-assets";

#[test]
fn only_what_the_store_has_is_removed() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.prove();
    lake.made_there("assets/plain", "PLAIN");
    lake.shelf.delete("assets/multi_one");
    lake.pickle("multi_two", "changed");
    lake.pickle("never_moved", "x");

    let ran = lake.run(&format!("free {CONFIRM} --report freed.txt"), 5);

    let left = |name: &str| lake.storage().join(name).exists();
    for kept in ["plain", "multi_one", "multi_two", "never_moved"] {
        assert!(left(kept), "{kept}: {}", ran.all());
    }
    let gone = ASSETS.iter().filter(|asset| !left(asset)).count();
    assert_eq!(gone, 12);
    let lines = fs::read_to_string(lake.shelf.host.work().join("freed.txt")).unwrap();
    assert_eq!(lines.lines().filter(|line| line.starts_with('-')).count(), 12, "{lines}");
    assert!(lines.contains("! never_moved\t"), "{lines}");
}

#[test]
fn nothing_is_removed_without_the_name_typed_or_in_a_dry_run() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.prove();

    lake.run("free", 2);
    lake.run("free --confirm another", 2);
    lake.run("free --dry-run", 3);

    assert!(ASSETS.iter().all(|asset| lake.storage().join(asset).exists()));
}

#[test]
fn a_content_that_the_store_has_damaged_is_found_by_reading_it() {
    let lake = Lake::with_assets();
    lake.shelf.service.set_faults("flip-bit on PUT after 3 times 1");
    lake.migrate(0);
    lake.prove();

    lake.run(&format!("free --deep {CONFIRM}"), 5);

    let kept = ASSETS.iter().filter(|asset| lake.storage().join(asset).exists());
    assert_eq!(kept.count(), 1);
}

#[test]
fn after_a_free_the_assets_come_back_from_the_bucket() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.prove();
    lake.run(&format!("free --deep {CONFIRM}"), 0);
    assert!(ASSETS.iter().all(|asset| !lake.storage().join(asset).exists()));

    lake.run("verify", 0);
    lake.run("back run --yes --while-running", 0);

    for asset in ASSETS {
        assert_eq!(fs::read(lake.storage().join(asset)).unwrap(), pickle(asset));
    }
}

#[test]
fn nothing_goes_that_dagster_was_not_seen_to_read_from_the_bucket() {
    let lake = Lake::with_assets();
    lake.migrate(0);

    let ran = lake.run(&format!("free {CONFIRM}"), 78);
    assert!(ran.stderr.contains("was not seen yet to read"), "{}", ran.stderr);
    assert!(ran.stderr.contains("migrate check"), "{}", ran.stderr);
    assert!(ASSETS.iter().all(|asset| lake.storage().join(asset).exists()));

    let checked = lake.prove();
    assert!(checked.stdout.contains("Next: "), "{}", checked.stdout);
    lake.pickle("late", "late");
    lake.migrate(0);
    let ran = lake.run(&format!("free {CONFIRM}"), 78);
    assert!(ran.stderr.contains("records of what was moved have changed"), "{}", ran.stderr);
}
