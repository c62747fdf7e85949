//! Tables are found folder by folder, in buckets of any size.

use datalake_core::fault::FaultKind;
use datalake_core::s3::TableKind;
use datalake_engine::memory::MemoryStore;
use datalake_engine::{ObjectStore as _, search_tables};

use super::{bucket, put};

async fn bed(keys: impl IntoIterator<Item = String>) -> MemoryStore {
    let store = MemoryStore::default();
    store.create_bucket(&bucket()).await.unwrap();
    for key in keys {
        put(&store, &key, 1).await;
    }
    store
}

#[tokio::test]
async fn the_signs_of_a_table_are_found_wherever_they_lie() {
    for (key, kind) in [
        ("sales/_delta_log/00000000000000000000.json", TableKind::Delta),
        ("_delta_log/00000000000000000007.checkpoint.parquet", TableKind::Delta),
        ("a/b/c/d/t/_delta_log/_last_checkpoint", TableKind::Delta),
        ("vectors.lance/_versions/1.manifest", TableKind::Lance),
        ("catalog/db/t/metadata/00000-1.metadata.json", TableKind::Iceberg),
    ] {
        let store = bed([key, "assets/plain", "assets/raw/1"].map(str::to_owned)).await;

        let found = search_tables(&store, &bucket()).await.unwrap().found.unwrap();

        assert_eq!((found.kind, found.key.as_str()), (kind, key));
    }
}

#[tokio::test]
async fn a_sign_behind_the_first_page_is_found() {
    let keys = (0..1500).map(|number| format!("sales/DAY-{number:05}"));
    let sign = "sales/_delta_log/00000000000000000000.json".to_owned();
    let store = bed(keys.chain([sign])).await;

    let search = search_tables(&store, &bucket()).await.unwrap();

    assert!(search.found.is_some() && search.folders <= 2, "{search:?}");
}

#[tokio::test]
async fn a_table_in_a_folder_behind_the_first_pages_is_found() {
    let keys = (0..2500).map(|number| format!("data/k{number:05}"));
    let sign = "data/zz/_delta_log/00000000000000000000.json".to_owned();
    let store = bed(keys.chain([sign])).await;

    let search = search_tables(&store, &bucket()).await.unwrap();

    assert!(search.found.is_some(), "{search:?}");
}

#[tokio::test]
async fn names_that_look_like_signs_are_none() {
    let keys = ["t/_delta_log/readme", "t/metadata/x.json", "t/_versions/x", "a/_delta_log"];
    let store = bed(keys.map(str::to_owned)).await;

    let search = search_tables(&store, &bucket()).await.unwrap();

    assert!(search.found.is_none() && search.complete, "{search:?}");
}

#[tokio::test]
async fn a_search_that_ends_early_says_so() {
    let store = bed((0..200).map(|number| format!("folder-{number:03}/key"))).await;

    let search = search_tables(&store, &bucket()).await.unwrap();

    assert!(search.found.is_none() && !search.complete, "{search:?}");
    assert!(search.folders <= 128);
    let absent = search_tables(&MemoryStore::default(), &bucket()).await;
    assert_eq!(absent.unwrap_err().kind, FaultKind::Absent);
}
