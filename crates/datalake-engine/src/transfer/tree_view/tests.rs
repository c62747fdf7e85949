use super::*;
use crate::transfer::NamedKind;
use crate::transfer::memory::{MemoryNode, MemoryPaths};

async fn list_entries(view: &TreeView) -> Vec<String> {
    let mut walk = view.walk();
    let mut shown = Vec::new();
    while let Some(entries) = walk.next().await.unwrap() {
        shown.extend(entries.into_iter().map(|entry| match entry {
            TreeEntry::File(path, facts) => format!("{} {}", path.as_str(), facts.size.0),
            TreeEntry::Odd(name, Oddity::Unreadable(fault)) => format!("{name}! {fault}"),
            TreeEntry::Odd(name, oddity) => format!("{name}? {oddity}"),
        }));
    }
    shown
}

fn paths() -> MemoryPaths {
    let paths = MemoryPaths::default();
    let folder = paths.folder("/srv/data");
    folder.file("a.csv", "123", 1);
    folder.file("deep/b.csv", "4567", 1);
    folder.put("pipe", MemoryNode::Odd(Oddity::Special("a named pipe")));
    paths.folder("/home/x").file("c.csv", "89", 1);
    paths
}

fn open(paths: &MemoryPaths) -> TreeView {
    TreeView::of_folder(paths.open_tree(Path::new("/srv/data"), Links::Skip).unwrap())
}

fn files(view: &[(&str, &str)]) -> Vec<SourceFile> {
    let file = |(name, path): &(&str, &str)| SourceFile {
        name: (*name).to_owned(),
        path: PathBuf::from(path),
    };
    view.iter().map(file).collect()
}

#[tokio::test]
async fn a_whole_folder_shows_all_that_is_in_it() {
    let entries = list_entries(&open(&paths())).await;

    assert_eq!(entries, ["a.csv 3", "deep/b.csv 4", "pipe? a named pipe"]);
}

#[tokio::test]
async fn picked_files_of_many_folders_show_under_their_names() {
    let picked = files(&[("one", "/srv/data/a.csv"), ("two", "/home/x/c.csv")]);
    let view = TreeView::of_files(&paths(), &picked).unwrap();

    assert_eq!(list_entries(&view).await, ["one 3", "two 2"]);
}

#[tokio::test]
async fn a_picked_file_that_does_not_exist_or_is_none_is_told_with_its_path() {
    let picked = files(&[("gone", "/srv/data/gone.csv"), ("pipe", "/srv/data/pipe")]);
    let view = TreeView::of_files(&paths(), &picked).unwrap();

    let entries = list_entries(&view).await;

    assert!(entries[0].starts_with("gone! "), "{entries:?}");
    assert!(entries[0].contains("`/srv/data/gone.csv`"), "{entries:?}");
    assert!(entries[1].contains("`/srv/data/pipe`"), "{entries:?}");
}

#[test]
fn a_file_whose_folder_cannot_be_opened_is_named() {
    let picked = files(&[("a", "/srv/data/a.csv"), ("x", "/nowhere/x.csv")]);
    let unopened = TreeView::of_files(&paths(), &picked).err().unwrap();

    assert_eq!(unopened.path, Path::new("/nowhere/x.csv"));
    assert_eq!(unopened.fault.kind, FaultKind::Absent);
    let no_name = TreeView::of_files(&paths(), &files(&[("x", "/srv/..")])).err().unwrap();
    assert_eq!(no_name.fault.kind, FaultKind::Refused);
}

#[tokio::test]
async fn names_in_a_destination_that_do_not_exist_are_told_of_by_nobody() {
    let view = open(&paths()).with_names(&["a.csv", "new.csv", "../escape"]);

    assert_eq!(list_entries(&view).await, ["a.csv 3"]);
}

#[tokio::test]
async fn a_name_that_takes_no_part_is_neither_read_nor_written() {
    let paths = paths();
    let view = open(&paths).with_names(&["new.csv"]);
    let landing =
        Landing { modified: datalake_core::transfer::FileTime::new(1, 0).unwrap(), replaces: None };
    let content = || vec![Bytes::from_static(b"x")];
    let write = async |name: &str| {
        view.write_whole(&TreePath::try_from(name).unwrap(), content(), &landing).await
    };

    assert_eq!(write("other.csv").await.unwrap_err().kind, FaultKind::Absent);
    assert!(write("new.csv").await.is_ok());
    assert!(paths.folder("/srv/data").files().contains_key("new.csv"));
}

#[tokio::test]
async fn a_folder_that_is_yet_to_come_is_empty_whatever_names_take_part() {
    assert_eq!(list_entries(&TreeView::of_nothing()).await, Vec::<String>::new());
    let view = TreeView::of_nothing().with_names(&["a.csv"]);
    assert_eq!(list_entries(&view).await, Vec::<String>::new());
}

#[tokio::test]
async fn files_that_were_walked_over_are_noted() {
    let notes = Arc::new(SourceNotes::for_move());
    let view = open(&paths()).noting(&notes);

    list_entries(&view).await;

    let names = ["a.csv".to_owned(), "deep/b.csv".to_owned(), "pipe".to_owned()].into();
    let noted: Vec<_> = notes.take_facts(&names).into_iter().map(|(name, _)| name).collect();
    assert_eq!(noted, ["a.csv", "deep/b.csv"]);
}

#[test]
fn paths_in_memory_know_files_and_folders() {
    let paths = paths();
    let kind = |path: &str| paths.find_kind(Path::new(path));

    assert_eq!(kind("/srv"), NamedKind::Folder);
    assert_eq!(kind("/srv/data/deep"), NamedKind::Folder);
    assert_eq!(kind("/srv/data/a.csv"), NamedKind::File);
    assert_eq!(kind("/srv/data/a.csv/x"), NamedKind::Absent);
    assert_eq!(kind("/nowhere"), NamedKind::Absent);
}
