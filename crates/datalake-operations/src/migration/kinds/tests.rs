use datalake_core::migration::AssetKeys;
use datalake_engine::transfer::LocalTree as _;
use datalake_engine::transfer::memory::MemoryTree;

use super::*;

const PICKLE: &[u8] = b"\x80\x04K\x2a.";
const RUN: &str = "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21";

async fn kinds(tree: &MemoryTree, known: &AssetKeys) -> Vec<(String, Option<StoredKind>)> {
    let shared: Arc<dyn PeekTree> = Arc::new(tree.clone());
    let mut finder = KindFinder::new(&shared, known);
    let entries = tree.walk().next().await.unwrap().unwrap();
    let name = |entry: &TreeEntry| match entry {
        TreeEntry::File(path, _) => path.as_str().to_owned(),
        TreeEntry::Odd(name, _) => name.clone(),
    };
    let found = finder.find_kinds(entries).await;
    found.iter().map(|(entry, kind)| (name(entry), *kind)).collect()
}

#[track_caller]
fn check(found: &[(String, Option<StoredKind>)], expected: &[(&str, Option<StoredKind>)]) {
    let found: Vec<_> = found.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn files_are_told_by_their_content_and_place() {
    let tree = MemoryTree::default();
    tree.file("a", PICKLE, 1);
    tree.file("b.parquet", &b"PAR1........PAR1"[..], 1);
    tree.file(&format!("{RUN}/step/result"), PICKLE, 1);

    let found = kinds(&tree, &AssetKeys::new()).await;

    check(
        &found,
        &[
            (&format!("{RUN}/step/result"), Some(StoredKind::OpOutput)),
            ("a", Some(StoredKind::Asset)),
            ("b.parquet", Some(StoredKind::Parquet)),
        ],
    );
}

#[tokio::test]
async fn a_known_asset_may_begin_like_the_id_of_a_run() {
    let tree = MemoryTree::default();
    tree.file(&format!("{RUN}/a/b"), PICKLE, 1);
    let known = AssetKeys::from([[RUN, "a"].map(str::to_owned).to_vec()]);

    let found = kinds(&tree, &known).await;

    check(&found, &[(&format!("{RUN}/a/b"), Some(StoredKind::Asset))]);
}

#[tokio::test]
async fn all_files_of_a_table_belong_to_it() {
    let tree = MemoryTree::default();
    tree.file("sales/_delta_log/00000000000000000000.json", &b"{}"[..], 1);
    tree.file("sales/part-0", PICKLE, 1);
    tree.file("zeta", PICKLE, 1);

    let found = kinds(&tree, &AssetKeys::new()).await;

    let table = Some(StoredKind::Table(TableKind::Delta));
    check(
        &found,
        &[
            (
                "sales/_delta_log/00000000000000000000.json",
                Some(StoredKind::TableLog(TableKind::Delta)),
            ),
            ("sales/part-0", table),
            ("zeta", Some(StoredKind::Asset)),
        ],
    );
}

#[tokio::test]
async fn a_table_in_the_folder_itself_is_not_taken_apart() {
    let frame: &[u8] = b"PAR1........PAR1";
    let tree = MemoryTree::default();
    tree.file("_delta_log/00000000000000000000.json", &b"{\"add\":{}}"[..], 1);
    tree.file("a", PICKLE, 1);
    tree.file("day=1/part-0.parquet", frame, 1);
    tree.file("part-1.parquet", frame, 1);
    tree.file("sales.parquet", frame, 1);
    let known = AssetKeys::from([vec!["sales".to_owned()]]);

    let found = kinds(&tree, &known).await;

    let top = Some(StoredKind::TopTable);
    check(
        &found,
        &[
            ("_delta_log/00000000000000000000.json", top),
            ("a", Some(StoredKind::Asset)),
            ("day=1/part-0.parquet", top),
            ("part-1.parquet", top),
            ("sales.parquet", Some(StoredKind::Parquet)),
        ],
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_an_entry_and_what_is_gone_is_none() {
    let tree = MemoryTree::default();
    tree.file("a", PICKLE, 1);
    tree.file("b", PICKLE, 1);
    let entries = tree.walk().next().await.unwrap().unwrap();
    tree.take("a");
    let shared: Arc<dyn PeekTree> = Arc::new(tree);

    let found = KindFinder::new(&shared, &AssetKeys::new()).find_kinds(entries).await;

    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1, Some(StoredKind::Asset));
}

#[test]
fn a_folder_is_above_what_lies_below_it_alone() {
    assert!(is_below("a/b", "a") && !is_below("ab", "a") && !is_below("a", "a"));
}
