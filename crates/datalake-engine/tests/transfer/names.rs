//! Odd names, there and back, or refused.

use datalake_core::transfer::{Filter, UnfitName};
use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{ItemFault, Mark, Options, Reason, Route};

use super::support::{Bed, NOON, Notes, counts, options};

#[tokio::test(start_paused = true)]
async fn odd_names_come_back_exactly() {
    let bed = Bed::new().await;
    let long = format!("{}/{}", "d".repeat(200), "f".repeat(255));
    let names = [
        " ",
        "a b",
        "a+b",
        "%2F",
        "%2e%2e",
        "..x",
        "e\u{301}",
        "\u{e9}",
        "a\nb",
        "a\tb",
        "\u{1}",
        "\u{1f5c2}",
        "C:\\x",
        "-rf",
        "*",
        "?",
        "[x",
        "'\"",
        "<&>",
        "#",
        "a;b",
        "\u{202e}x",
        &long,
        "same",
        "SAME",
        "x.y/z",
        "x/z",
        "x-/z",
    ];
    for name in names {
        bed.tree.file(name, name.to_owned(), NOON - 1);
    }

    let up = bed.up(&options()).await.unwrap();
    let back = MemoryTree::default();
    let down = bed.down_through(&bed.store, &back, &options()).await.unwrap();
    let again = bed.up(&options()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, names.len() as u64)]);
    assert_eq!(counts(&down), [(Mark::New, names.len() as u64)]);
    assert_eq!(back.files(), bed.tree.files());
    assert_eq!(counts(&again), [(Mark::Skipped, names.len() as u64)]);
}

#[tokio::test(start_paused = true)]
async fn keys_that_leave_the_folder_are_refused_and_told() {
    let bed = Bed::new().await;
    for key in ["..", "../x", "a/../../x", "/x", "//x", "a//x", "a/.", "nul\0x", "dir/", "data/"] {
        bed.put(&format!("raw/{key}"), if key == "dir/" { "" } else { "x" }).await;
    }
    bed.put("raw/fine", "x").await;
    let back = MemoryTree::default();

    let notes = Notes::default();
    let folder = bed.folder(&bed.store);
    let down = bed.run(&Route::Down(&folder, &back), &options(), &notes).await.unwrap();

    let refused =
        |name: &str, unfit| format!("! {name:?}: {}", Reason::Failed(ItemFault::Unfit(unfit)));
    let mut expected = vec![
        refused("..", UnfitName::DotSegment),
        refused("../x", UnfitName::DotSegment),
        refused("/x", UnfitName::Absolute),
        refused("//x", UnfitName::Absolute),
        refused("a/../../x", UnfitName::DotSegment),
        refused("a//x", UnfitName::EmptySegment),
        refused("a/.", UnfitName::DotSegment),
        refused("data/", UnfitName::FolderMarker),
        "= \"dir/\": an empty folder".to_owned(),
        "+ \"fine\": new".to_owned(),
        refused("nul\0x", UnfitName::Nul),
    ];
    expected.sort_by(|one, other| one[2..].cmp(&other[2..]));
    assert_eq!(notes.sorted(), expected);
    assert_eq!(down.failed.items, 9);
    assert_eq!(back.files().into_keys().collect::<Vec<_>>(), ["fine"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_is_no_folder() {
    let bed = Bed::new().await;
    for key in ["a", "a!", "a/b", "a/b/c", "b/c", "b"] {
        bed.put(&format!("raw/{key}"), key.to_owned()).await;
    }
    let back = MemoryTree::default();

    let down = bed.down_through(&bed.store, &back, &options()).await.unwrap();

    assert_eq!(counts(&down), [(Mark::New, 3), (Mark::Failed, 3)]);
    assert_eq!(back.files().into_keys().collect::<Vec<_>>(), ["a", "a!", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_too_long_for_a_key_fails_alone() {
    let bed = Bed::new().await;
    bed.tree.file(&"k/".repeat(510), "never", NOON);
    bed.tree.file(&format!("{}x", "k/".repeat(510)), "long", NOON);
    bed.tree.file("a", "one", NOON);
    let filter = Filter::default();

    let up = bed.up(&Options { filter, ..options() }).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 1), (Mark::Failed, 2)]);
}
