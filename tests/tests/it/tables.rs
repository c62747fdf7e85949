//! `datalake tables list|move|recover`.

mod killed;

use std::collections::BTreeMap;

use datalake_engine::{ListAsk, ObjectPages, ObjectStore as _};
use serde_json::Value;

use crate::support::Shelf;

/// The bucket that tables are moved to.
const TABLES: &str = "acme-tables";
const SOURCE: &str = "s3://acme-dagster-assets/sales/";
const DEST: &str = "s3://acme-tables/sales/";

/// A bucket that keeps versions, and one for tables.
struct Lake {
    shelf: Shelf,
}

/// The keys below `sales/` with the tags of their contents.
type Contents = BTreeMap<String, String>;

impl Lake {
    /// With a Delta table `sales/` of so many commits.
    fn with_sales(commits: u64) -> Self {
        let lake = Self { shelf: Shelf::versioned() };
        lake.shelf.run(&format!("bucket create {TABLES}"), 0);
        for version in 0..commits {
            lake.commit(version, "one");
        }
        lake
    }

    /// A commit and the file that it adds.
    #[track_caller]
    fn commit(&self, version: u64, writer: &str) {
        let file = format!("{writer}-{version}.parquet");
        self.shelf.put_content(&format!("sales/{file}"), format!("{writer} {version}").as_bytes());
        let stats = r#"{\"numRecords\":5}"#;
        let add = format!(r#"{{"add":{{"path":"{file}","size":9,"stats":"{stats}"}}}}"#);
        let info = r#"{"commitInfo":{"timestamp":1764500000123,"operation":"WRITE"}}"#;
        let key = format!("sales/_delta_log/{version:020}.json");
        self.shelf.put_content(&key, format!("{add}\n{info}\n").as_bytes());
    }

    #[track_caller]
    fn contents(&self, bucket: &str) -> Contents {
        let (store, bucket) = (self.shelf.store().0, bucket.parse().unwrap());
        self.shelf.service.block_on(async {
            let mut pages = ObjectPages::new(store, &bucket, ListAsk::below("sales/"));
            let mut contents = Contents::new();
            while let Some(page) = pages.next().await.unwrap() {
                contents.extend(page.objects.iter().map(|object| {
                    (object.key.as_str().to_owned(), object.etag.as_str().to_owned())
                }));
            }
            contents
        })
    }

    /// Fails unless the table was moved as it is.
    #[track_caller]
    fn must_be_moved(&self) {
        assert_eq!(self.contents(TABLES), self.contents("acme-dagster-assets"));
    }

    fn is_clean(&self) -> bool {
        let (store, bucket) = (self.shelf.store().0, TABLES.parse().unwrap());
        let versioning = self.shelf.service.block_on(store.versioning(&bucket));
        versioning.unwrap() == datalake_core::s3::Versioning::Never
    }
}

#[test]
fn a_table_is_listed_moved_and_there_with_its_history() {
    let lake = Lake::with_sales(5);
    lake.shelf.put("raw/x", 7);

    let listed = lake.shelf.run("tables list", 0);
    let planned = lake.shelf.run(&format!("tables move --dry-run {SOURCE} {DEST}"), 3);
    assert!(lake.contents(TABLES).is_empty() && lake.is_clean());
    let moved = lake.shelf.run(&format!("tables move {SOURCE} {DEST}"), 0);
    let again = lake.shelf.run(&format!("--json tables move {SOURCE} {DEST}"), 0);

    lake.must_be_moved();
    assert!(listed.stdout.contains("Delta"), "{}", listed.stdout);
    assert!(listed.stdout.contains("1 table; 1 object (7 B) in none"), "{}", listed.stdout);
    assert!(planned.stdout.starts_with("would be moved: Delta"), "{}", planned.stdout);
    assert!(moved.stdout.contains("version 4, 5 commits, 10 objects"), "{}", moved.stdout);
    let next = format!("`datalake rm --recursive --versions {SOURCE}`");
    assert!(moved.stderr.contains(&next), "{}", moved.stderr);
    let row = again.rows().into_iter().find(|row| row["kind"] == "tables-move").unwrap();
    assert_eq!(row["data"]["moved"][0]["log_files_brought"], 0);
}

#[test]
fn commits_that_got_lost_are_told_and_forgotten() {
    let lake = Lake::with_sales(3);
    lake.shelf.run("tables recover", 0);
    lake.commit(2, "two");

    let told = lake.shelf.run("tables recover", 3);
    let json = lake.shelf.run("--json tables recover", 3).json("tables-lost");
    let moved = lake.shelf.run(&format!("tables move {SOURCE} {DEST}"), 0);
    lake.shelf.run("tables recover --forget", 2);
    let forgotten = lake.shelf.run("tables recover --forget --yes", 0);
    lake.shelf.run("tables recover", 0);

    assert!(told.stdout.contains("version 2: WRITE of 2025-11-30T10:53:20Z, 5 rows"), "{told:?}");
    let address = "s3://acme-dagster-assets/sales/one-2.parquet";
    assert!(told.stdout.contains(address), "{}", told.stdout);
    let lost: &Value = &json["lost"][0];
    assert_eq!((&lost["version"], &lost["files"][0]["address"]), (&2.into(), &address.into()));
    assert!(moved.stdout.contains("1 commit got lost at the source"), "{}", moved.stdout);
    assert!(moved.stderr.contains("tables recover s3://acme-dagster-assets/sales/"), "{moved:?}");
    assert!(forgotten.stderr.contains("1 commit forgotten"), "{}", forgotten.stderr);
    lake.must_be_moved();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let lake = Lake::with_sales(1);
    let moves = |from: &str, to: &str, code| {
        lake.shelf.run(&format!("tables move {from} {to}"), code).stderr
    };

    let inside = moves("s3://acme-dagster-assets/", SOURCE, 2);
    let nothing = moves("s3://acme-dagster-assets/raw/", DEST, 66);
    let nowhere = moves(SOURCE, "s3://acme-nowhere/", 66);
    let versions = moves(SOURCE, "s3://acme-dagster-assets/copy/", 78);

    assert!(inside.contains("is inside the other"), "{inside}");
    assert!(nothing.contains("tables list` lists"), "{nothing}");
    assert!(nowhere.contains("acme-nowhere"), "{nowhere}");
    assert!(versions.contains("never had versions"), "{versions}");
}
