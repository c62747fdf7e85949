//! Versioning, lifecycle, CORS and locks.

use datalake_core::s3::{Lifecycle, LifecycleRule};
use datalake_engine::ObjectStore;
use serde_json::json;

use crate::support::Shelf;

#[test]
fn versioning_is_shown_and_set() {
    let shelf = Shelf::empty();
    let versioning = |words: &str| {
        let ran = shelf.run(&format!("bucket versioning {words} --json"), 0).json("versioning");
        (ran["versioning"].clone(), ran["changed"].clone())
    };

    assert_eq!(versioning("show"), ("never".into(), false.into()));
    // What never was is not suspended: rules would stand still for nothing.
    assert_eq!(versioning("suspend"), ("never".into(), false.into()));
    assert_eq!(versioning("enable"), ("enabled".into(), true.into()));
    assert_eq!(versioning("enable"), ("enabled".into(), false.into()));
    assert_eq!(versioning("suspend"), ("suspended".into(), true.into()));
    let told = shelf.run("bucket versioning show", 0);
    assert_eq!(told.stdout, "bucket acme-dagster-assets: versioning suspended\n");
    assert!(told.stderr.contains("lifecycle rules do nothing"), "{}", told.stderr);
}

#[test]
fn versioning_is_not_switched_on_where_a_table_lies() {
    for key in [
        "sales/_delta_log/00000000000000000000.json",
        "a/b/vectors.lance/_versions/1.manifest",
        "catalog/db/t/metadata/00000-1.metadata.json",
    ] {
        let shelf = Shelf::empty();
        (0..3).for_each(|number| shelf.put_content(&format!("sales/{number}"), b"x"));
        shelf.put_content(key, b"{}");

        let refused = shelf.run("bucket versioning enable", 78).stderr;
        let provision = shelf.run("provision --yes", 78).stderr;

        for told in [refused, provision] {
            assert!(told.contains(key) && told.contains("commits get lost"), "{told}");
            assert!(told.contains("a bucket of their own"), "{told}");
        }
        let shown = shelf.run("bucket versioning show --json", 0).json("versioning");
        assert_eq!(shown["versioning"], "never");
    }
}

fn ids(shelf: &Shelf) -> Vec<String> {
    let shown = shelf.run("bucket lifecycle show --json", 0).json("lifecycle");
    shown["rules"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn rules_are_merged_with_those_of_others() {
    let shelf = Shelf::empty();
    let theirs = LifecycleRule {
        enabled: true,
        prefix: "scratch/".to_owned(),
        expire: "1d".parse().ok(),
        ..LifecycleRule::default()
    };
    let (store, bucket) = shelf.store();
    let rules = Lifecycle::new([("theirs".to_owned(), theirs)]);
    shelf.service.block_on(store.set_lifecycle(bucket, &rules)).unwrap();

    let plan = shelf.run("bucket lifecycle set --expire tmp/:7d --dry-run", 3);
    assert_eq!(ids(&shelf), ["theirs"]);
    shelf.run("bucket lifecycle set --expire tmp/:7d --expire logs/:30d --noncurrent 14d", 0);
    shelf.run("bucket lifecycle set --abort-uploads 3d --expired-markers", 0);
    let again = shelf.run("bucket lifecycle set --abort-uploads 3d --expired-markers", 0);

    assert_eq!(
        plan.stdout,
        "+ datalake-expire-tmp/: below `tmp/` objects go after 7d\n  theirs: below `scratch/` \
         objects go after 1d\n"
    );
    let own =
        ["delete-markers", "expire-logs/", "expire-tmp/", "old-versions", "unfinished-uploads"];
    let own = own.map(|name| format!("datalake-{name}"));
    assert_eq!(ids(&shelf), [own.as_slice(), &["theirs".to_owned()]].concat());
    assert_eq!(again.stdout, "Nothing to change.\n");

    shelf.run("bucket lifecycle remove datalake-expire-logs/ theirs", 0);
    assert_eq!(ids(&shelf).len(), 4);
    let absent = shelf.run("bucket lifecycle remove theirs", 66);
    assert!(absent.stderr.contains("there is no rule `theirs`"), "{}", absent.stderr);
    shelf.run("bucket lifecycle remove --all", 0);
    assert!(ids(&shelf).is_empty());
}

#[test]
fn rules_come_from_the_spec_and_provision_agrees() {
    let shelf = Shelf::without_bucket();
    let protect = "protect: { expire: [\"tmp/:7d\"], expired-markers: true, abort-uploads: 2d }\n";
    std::fs::write(shelf.host.work().join("datalake.yaml"), protect).unwrap();
    shelf.run("provision --yes", 0);

    let nothing = shelf.run("bucket lifecycle set", 0);
    let mine = shelf.run("bucket lifecycle set --abort-uploads 5d", 0);
    shelf.run("status", 3);
    let back = shelf.run("bucket lifecycle set", 0);
    shelf.run("status", 0);

    assert_eq!(nothing.stdout, "Nothing to change.\n");
    assert!(mine.stderr.contains("what `protect:` says"), "{}", mine.stderr);
    assert!(back.stdout.contains("+ datalake-unfinished-uploads: unfinished uploads go after 2d"));
    assert_eq!(ids(&shelf).len(), 4);
}

#[test]
fn rules_act_as_they_say() {
    let shelf = Shelf::empty();
    shelf.put("tmp/a", 1);
    shelf.put("kept", 1);
    shelf.run("bucket lifecycle set --expire tmp/:7d", 0);

    shelf.service.advance(9);

    assert_eq!(shelf.keys(), ["kept"]);
}

#[test]
fn rules_that_overlap_are_refused() {
    let shelf = Shelf::empty();

    let ran = shelf.run("bucket lifecycle set --expire a/:7d --expire a/b/:1d", 2);

    assert!(ran.stderr.contains("`a/b/` begins with `a/`"), "{}", ran.stderr);
    shelf.run("bucket lifecycle set --expire tmp/", 2);
    assert!(ids(&shelf).is_empty());
}

#[test]
fn rules_that_cannot_be_read_are_never_overwritten() {
    let shelf = Shelf::empty();
    shelf.run("bucket lifecycle set --expire tmp/:7d", 0);
    let writes = shelf.service.writes().len();

    for (faults, code) in [("403 on GET", 77), ("cut-body@40 on GET", 69), ("404 on GET", 66)] {
        shelf.service.set_faults(faults);
        let ran = shelf.run("bucket lifecycle set --noncurrent 1d", code);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
        shelf.run("bucket lifecycle show", code);
    }
    shelf.service.set_faults("");

    assert_eq!(shelf.service.writes().len(), writes);
    assert_eq!(ids(&shelf), ["datalake-expire-tmp/"]);
}

#[test]
fn cors_rules_read_back_as_written() {
    let shelf = Shelf::empty();
    let rule = json!({
        "ID": "app",
        "AllowedOrigins": ["https://app.example.com"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    });
    let document = json!({ "CORSRules": [rule] });
    let file = shelf.host.private_file("cors.json", &document.to_string());
    let set = |file| shelf.call("bucket cors set").arg(file).run();

    let shown = set(&file).exits(0);
    let printed = shelf.run("bucket cors show --json", 0);
    let again = shelf.host.private_file("printed.json", &printed.stdout);
    set(&again).exits(0);

    assert_eq!(
        shown.stdout,
        "GET, PUT from https://app.example.com, with headers *, showing ETag, remembered for 600 s\n"
    );
    assert_eq!(printed.json("cors"), document);
    shelf.run("bucket cors remove", 0);
    assert_eq!(shelf.run("bucket cors show", 0).stdout, "no CORS rules\n");
}

#[test]
fn cors_files_that_are_none_are_refused() {
    let shelf = Shelf::empty();
    for text in [
        "",
        "CORSRules: []",
        "CORSRules: [{ AllowedOrigins: [a] }]",
        "CORSRules: [{ AllowedOrigins: [a], AllowedMethods: [PATCH] }]",
        "CORSRules: [{ AllowedOrigins: [a], AllowedMethods: [GET], New: 1 }]",
    ] {
        let file = shelf.host.private_file("cors.yaml", text);
        let ran = shelf.call("bucket cors set").arg(&file).run().exits(2);
        assert!(ran.stderr.contains("cors.yaml"), "{}", ran.stderr);
    }
    shelf.run("bucket cors set nowhere.json", 74);
    let writes = shelf.service.writes();
    assert!(writes.iter().all(|write| !write.contains("cors")), "{writes:?}");
}

#[test]
fn new_versions_are_locked_by_themselves() {
    let shelf = Shelf::locked();
    let show = || shelf.run("bucket lock show", 0).stdout;

    assert_eq!(show(), "bucket acme-dagster-assets: lock offered; new versions are not locked\n");
    shelf.run("bucket lock set --mode compliance --days 3", 2);
    shelf.run("bucket lock set --mode governance --days 0", 2);
    let set = shelf.run("bucket lock set --mode governance --years 1 --json", 0).json("lock");
    assert_eq!((&set["mode"], &set["years"]), (&"governance".into(), &1.into()));
    shelf.run("bucket lock set --mode compliance --days 3 --yes", 0);
    assert!(show().ends_with("locked for 3 days, no one can undo it\n"), "{}", show());
    shelf.run("bucket lock set --off", 0);

    assert_eq!(show(), "bucket acme-dagster-assets: lock offered; new versions are not locked\n");
    let never = Shelf::empty().run("bucket lock set --mode governance --days 1", 4);
    assert!(never.stderr.contains("was created without locks"), "{}", never.stderr);
}
