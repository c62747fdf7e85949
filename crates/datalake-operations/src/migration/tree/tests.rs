use datalake_core::transfer::FileTime;
use datalake_engine::transfer::TreeEntry;
use datalake_engine::transfer::memory::MemoryTree;

use super::*;

const PICKLE: &[u8] = b"\x80\x04K\x2a.";
const RUN: &str = "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21";

fn part(tree: &MemoryTree, kinds: &'static [StoredKind]) -> PartTree {
    let shared: Arc<dyn PeekTree> = Arc::new(tree.clone());
    let part = PartTree::new(&shared, kinds, &Arc::default());
    part.noting(&Arc::default(), Some(Vec::new()))
}

fn path(name: &str) -> TreePath {
    TreePath::try_from(name).unwrap()
}

fn landing() -> Landing {
    Landing { modified: FileTime::new(9, 0).unwrap(), replaces: None }
}

async fn names(part: &PartTree) -> Vec<String> {
    let mut walk = part.walk();
    let mut names = Vec::new();
    while let Some(entries) = walk.next().await.unwrap() {
        names.extend(entries.into_iter().map(|entry| match entry {
            TreeEntry::File(path, _) => path.as_str().to_owned(),
            TreeEntry::Odd(name, _) => name,
        }));
    }
    names
}

async fn facts(tree: &MemoryTree, name: &str) -> FileFacts {
    let entries = tree.walk().next().await.unwrap().unwrap();
    let found = entries.into_iter().find_map(|entry| match entry {
        TreeEntry::File(path, facts) if path.as_str() == name => Some(facts),
        _ => None,
    });
    found.unwrap()
}

#[tokio::test]
async fn a_part_sees_its_kinds_alone_and_notes_the_others() {
    let tree = MemoryTree::default();
    tree.file("a", PICKLE, 1);
    tree.file("b.parquet", &b"PAR1........PAR1"[..], 1);
    let assets = part(&tree, &[StoredKind::Asset]);

    assert_eq!(names(&assets).await, ["a"]);
    assert_eq!(assets.left_out().list_rows()[0].name, "b.parquet");
}

#[tokio::test]
async fn steps_of_dynamic_outputs_are_renamed_and_still_come_in_order() {
    let tree = MemoryTree::default();
    for step in ["o[a]", "o[b]", "o_other"] {
        tree.file(&format!("{RUN}/{step}/result"), PICKLE, 1);
    }
    let outputs = part(&tree, &[StoredKind::OpOutput]);

    let names = names(&outputs).await;

    let expected = ["o--a", "o--b", "o_other"].map(|step| format!("{RUN}/{step}/result"));
    assert_eq!(names, expected);
    let facts = facts(&tree, &format!("{RUN}/o[a]/result")).await;
    assert!(outputs.read_whole(&path(&names[0]), &facts, Hashing::Sha256).await.is_ok());
}

#[tokio::test]
async fn half_a_pickle_is_never_read_as_one() {
    let tree = MemoryTree::default();
    tree.file("half", &PICKLE[..3], 1);
    let assets = part(&tree, &[StoredKind::Asset]);
    let facts = facts(&tree, "half").await;

    let read = assets.read_whole(&path("half"), &facts, Hashing::Sha256).await;
    let opened = assets.open(&path("half"), &facts).await;
    let inspected = assets.inspect(&path("half"), &facts).await;

    assert_eq!(read.unwrap_err().kind, FaultKind::NotWhole);
    assert_eq!(opened.err().unwrap().kind, FaultKind::NotWhole);
    assert_eq!(inspected.unwrap_err().kind, FaultKind::NotWhole);
    assert_eq!(assets.left_out().count_late(), 0);
}

#[tokio::test]
async fn what_began_like_a_pickle_and_is_none_is_told_with_its_kind() {
    let tree = MemoryTree::default();
    tree.file("odd", &b"\x80\x04K\x2a.and more."[..], 1);
    let assets = part(&tree, &[StoredKind::Asset]);
    let facts = facts(&tree, "odd").await;

    let read = assets.read_whole(&path("odd"), &facts, Hashing::Sha256).await;

    assert_eq!(read.unwrap_err().kind, FaultKind::NotPlain);
    assert!(assets.left_out().is_late("odd"));
}

#[tokio::test]
async fn only_pickles_come_back_into_a_folder_of_pickles() {
    let tree = MemoryTree::default();
    let assets = part(&tree, &[StoredKind::Asset]);

    let text = assets.write_whole(&path("a"), vec![Bytes::from_static(b"text")], &landing()).await;
    let pickle = assets.write_whole(&path("b"), vec![Bytes::from_static(PICKLE)], &landing()).await;

    assert_eq!(text.unwrap_err().kind, FaultKind::NotPlain);
    assert!(pickle.is_ok() && tree.files().len() == 1);
}

#[tokio::test]
async fn a_large_object_is_given_up_at_its_first_bytes() {
    let tree = MemoryTree::default();
    let assets = part(&tree, &[StoredKind::Asset]);

    let file = assets.create(&path("a")).await.unwrap();
    let none = datalake_engine::transfer::Hashes::NONE;
    let refused = file.write_at(0, vec![Bytes::from_static(b"text")], none).await;
    let landed = file.finish(&landing()).await;

    assert!(refused.is_err() && landed.is_err() && tree.files().is_empty());
}

#[tokio::test]
async fn only_names_of_logs_come_back_into_a_folder_of_logs() {
    let tree = MemoryTree::default();
    let logs = part(&tree, &[StoredKind::Log, StoredKind::TickLog]);
    let log = path(&format!("{RUN}/compute_logs/step.out"));

    assert!(logs.expect(&log, ByteSize(1), b"").await.is_ok());
    assert!(logs.expect(&path("raw/users"), ByteSize(1), b"").await.is_err());
    assert!(logs.create(&path("raw/users")).await.is_err());
}

#[tokio::test]
async fn a_file_of_another_kind_is_not_replaced_by_a_pickle() {
    let tree = MemoryTree::default();
    tree.file("a", &b"a text of somebody's"[..], 1);
    let assets = part(&tree, &[StoredKind::Asset]);

    let expected = assets.expect(&path("a"), ByteSize(5), PICKLE).await;

    assert_eq!(expected.unwrap_err().kind, FaultKind::Disturbed);
}

#[tokio::test]
async fn beyond_a_gibibyte_a_look_reads_no_more() {
    let tree = MemoryTree::default();
    tree.file("half", &PICKLE[..3], 1);
    let assets = part(&tree, &[StoredKind::Asset]);
    assets.looks.store(2, Ordering::Relaxed);
    let facts = facts(&tree, "half").await;

    assert!(assets.inspect(&path("half"), &facts).await.is_ok());
}
