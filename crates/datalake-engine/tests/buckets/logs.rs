//! Logs of tables: what was overwritten in them, and how much of them is looked at.

use datalake_core::s3::{FoundTable, TableKind, Versioning};
use datalake_core::tables::LostSearch;
use datalake_engine::memory::MemoryStore;
use datalake_engine::{
    Attributes, NewObject, ObjectStore as _, Objects as _, Payload, Precondition, TablePlace,
    find_tables, list_log, search_lost_commits,
};

use super::{bucket, key, put};

async fn write(store: &MemoryStore, text: &str, content: &str) {
    let payload = Payload::of(content.as_bytes().to_vec());
    let (bucket, key) = (bucket(), key(text));
    let object = NewObject {
        bucket: &bucket,
        key: &key,
        payload: &payload,
        attributes: &Attributes::NONE,
        when: &Precondition::None,
    };
    store.put(&object).await.unwrap();
}

/// A bucket that keeps versions.
async fn versioned() -> MemoryStore {
    let store = MemoryStore::default();
    store.create_bucket(&bucket()).await.unwrap();
    store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();
    store
}

fn sales() -> TablePlace {
    TablePlace { kind: TableKind::Delta, root: "sales/".to_owned() }
}

fn commit(version: u64) -> String {
    format!("sales/_delta_log/{version:020}.json")
}

fn lost(search: &LostSearch) -> Vec<(&str, Vec<u64>)> {
    let tables = search.lost.iter();
    tables
        .map(|(root, commits)| (root.as_str(), commits.iter().map(|it| it.number).collect()))
        .collect()
}

#[tokio::test]
async fn commits_that_were_overwritten_are_found_and_those_of_a_table_made_anew_are_not() {
    let store = versioned().await;
    for version in 0..3 {
        write(&store, &commit(version), &format!("one {version}")).await;
    }
    for content in ["other 1", "third 1", "third 1"] {
        write(&store, &commit(1), content).await;
    }
    for content in ["old", "new"] {
        write(&store, "made/_delta_log/00000000000000000000.json", content).await;
        let log = key("made/_delta_log/00000000000000000000.json");
        store.delete(&bucket(), &log, None).await.unwrap();
    }
    write(&store, "made/_delta_log/00000000000000000000.json", "now").await;
    let tables = find_tables(&store, &bucket(), "").await.unwrap().tables;
    let places: Vec<_> = tables.iter().map(TablePlace::from).collect();

    let search = search_lost_commits(&store, &bucket(), &places, 64).await.unwrap();

    assert_eq!(places.len(), 2);
    assert_eq!(lost(&search), [("sales/", vec![1, 1])]);
    assert!(search.has_markers && search.unseen.is_empty());
    assert_eq!(search.tables, 2);
}

#[tokio::test]
async fn logs_behind_the_bound_are_named() {
    let store = versioned().await;
    for version in 0..1001 {
        put(&store, &commit(version), 1).await;
    }
    let other = TablePlace { kind: TableKind::Delta, root: "z/".to_owned() };
    put(&store, "z/_delta_log/00000000000000000000.json", 1).await;
    let places = [sales(), other];

    let bounded = search_lost_commits(&store, &bucket(), &places, 1).await.unwrap();
    let whole = search_lost_commits(&store, &bucket(), &places, 3).await.unwrap();

    assert_eq!(bounded.unseen, ["sales/", "z/"]);
    assert!(whole.unseen.is_empty() && whole.tables == 2, "{whole:?}");
}

#[tokio::test]
async fn a_log_is_listed_with_what_its_files_are() {
    let store = versioned().await;
    put(&store, &commit(1), 5).await;
    put(&store, "sales/_delta_log/_last_checkpoint", 1).await;
    put(&store, "sales/part", 1).await;

    let files = list_log(&store, &bucket(), &sales()).await.unwrap();

    let told: Vec<_> = files.iter().map(|file| (file.part.commit(), file.size)).collect();
    assert_eq!(told, [(Some(1), 5), (None, 1)]);
}

#[tokio::test]
async fn all_tables_below_a_prefix_are_found() {
    let store = versioned().await;
    for folder in ["a/one", "a/two/three", "b"] {
        put(&store, &format!("{folder}/_delta_log/00000000000000000000.json"), 1).await;
        put(&store, &format!("{folder}/inner/_versions/1.manifest"), 1).await;
    }

    let found = find_tables(&store, &bucket(), "a/").await.unwrap();

    let roots: Vec<_> = found.tables.iter().map(FoundTable::root).collect();
    assert_eq!(roots, ["a/one/", "a/two/three/"]);
    assert!(found.complete);
}
