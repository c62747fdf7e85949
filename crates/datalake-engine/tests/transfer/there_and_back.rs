//! Runs in which nothing goes wrong.

use bytes::Bytes;
use datalake_core::transfer::{Comparison, FileTime, Filter};
use datalake_engine::transfer::memory::{MemoryNode, MemoryTree};
use datalake_engine::transfer::{Mark, Oddity, Options, Route, TagCheck};
use proptest::prelude::*;

use super::support::{Bed, MIB, NOON, Notes, content, counts, options};

#[tokio::test(start_paused = true)]
async fn a_tree_goes_up_and_comes_back_the_same() {
    let bed = Bed::new().await;
    let part = 5 * MIB;
    for (number, length) in
        [0, 1, 10_240, MIB, MIB + 1, part - 1, part, part + 1, 2 * part, 13 * MIB]
            .into_iter()
            .enumerate()
    {
        let modified = FileTime::new(NOON - 100, 123_456_789).unwrap();
        let node = MemoryNode::File(content(length, number as u64), modified);
        bed.tree.put(&format!("a/{length}"), node);
    }

    let up = bed.up(&options()).await.unwrap();
    let back = MemoryTree::default();
    let down = bed.down_through(&bed.store, &back, &options()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 10)]);
    assert_eq!(counts(&down), [(Mark::New, 10)]);
    assert_eq!(bed.objects().await, bed.tree.files());
    assert_eq!(back.files(), bed.tree.files());
    assert_eq!(back.modified("a/1").unwrap().nanos(), 123_456_789);
    assert_eq!(back.modified("a/5242881").unwrap().nanos(), 123_456_789);
    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_on_one_side_is_all_that_the_next_run_moves() {
    let bed = Bed::new().await;
    for name in ["a", "b", "c", "d"] {
        bed.tree.file(name, name.to_owned(), NOON - 10);
    }
    bed.up(&options()).await.unwrap();
    // Same size each time; what shows is the time, or another's tag.
    bed.tree.file("b", "B", NOON - 11);
    bed.put("raw/c", "C").await;
    bed.tree.take("d");

    let notes = Notes::default();
    let folder = bed.folder(&bed.store);
    bed.run(&Route::Up(&bed.tree, &folder), &options(), &notes).await.unwrap();

    let expected = [
        "= \"a\": unchanged since the last run",
        "* \"b\": changed since the last run",
        "* \"c\": the destination was changed by someone else",
    ];
    assert_eq!(notes.sorted(), expected);
    let objects = bed.objects().await;
    assert_eq!(objects["b"], "B");
    assert_eq!(objects["c"], "c");
    assert_eq!(objects["d"], "d");
}

#[tokio::test(start_paused = true)]
async fn a_checksum_sees_what_neither_size_nor_time_shows() {
    let bed = Bed::new().await;
    let large = content(11 * MIB, 1);
    bed.tree.file("large", large.clone(), NOON - 10);
    bed.tree.file("small", "one", NOON - 10);
    bed.up(&options()).await.unwrap();
    let checksum = Options { comparison: Comparison::Checksum, ..options() };

    let same = bed.up(&checksum).await.unwrap();
    bed.tree.file("small", "two", NOON - 10);
    let mut changed = large.to_vec();
    changed[7 * MIB] ^= 1;
    bed.tree.file("large", changed, NOON - 10);
    let quick = bed.up(&options()).await.unwrap();
    let found = bed.up(&checksum).await.unwrap();

    assert_eq!(counts(&same), [(Mark::Skipped, 2)]);
    assert_eq!(counts(&quick), [(Mark::Skipped, 2)]);
    assert_eq!(counts(&found), [(Mark::Replaced, 2)]);
    assert_eq!(bed.objects().await, bed.tree.files());
}

#[tokio::test(start_paused = true)]
async fn without_a_manifest_a_download_looks_at_contents() {
    let bed = Bed::new().await;
    bed.tree.file("same", "one", NOON - 10);
    bed.tree.file("other", "one", NOON - 10);
    bed.tree.file("newer", "mine", NOON + 10);
    bed.put("raw/same", "one").await;
    bed.put("raw/other", "two").await;
    bed.put("raw/newer", "two").await;

    let down = bed.down_through(&bed.store, &bed.tree, &options()).await.unwrap();
    let again = bed.down_through(&bed.store, &bed.tree, &options()).await.unwrap();
    let newer = bed.tree.files()["newer"].clone();
    let overwrite = Options { overwrite: true, ..options() };
    let replaced = bed.down_through(&bed.store, &bed.tree, &overwrite).await.unwrap();

    assert_eq!(counts(&down), [(Mark::Skipped, 1), (Mark::Replaced, 1), (Mark::Failed, 1)]);
    assert_eq!(counts(&again), [(Mark::Skipped, 2), (Mark::Failed, 1)]);
    assert_eq!(newer, "mine");
    assert_eq!(counts(&replaced), [(Mark::Skipped, 2), (Mark::Replaced, 1)]);
    assert_eq!(bed.tree.files()["other"], "two");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_and_changes_nothing() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON);
    bed.tree.file("large", content(6 * MIB, 1), NOON);

    let dry = bed.up(&Options { dry_run: true, ..options() }).await.unwrap();

    assert_eq!(counts(&dry), [(Mark::New, 2)]);
    assert_eq!(dry.moved, 0);
    assert!(bed.objects().await.is_empty());
    assert!(bed.files.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_plain_file_is_told() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON);
    bed.tree.put("b", MemoryNode::Odd(Oddity::Link));
    bed.tree.put("c/", MemoryNode::Odd(Oddity::EmptyFolder));
    bed.tree.put("d", MemoryNode::Odd(Oddity::Special("a named pipe")));
    bed.tree.put("e", MemoryNode::Odd(Oddity::NotUtf8));

    let notes = Notes::default();
    let folder = bed.folder(&bed.store);
    let up = bed.run(&Route::Up(&bed.tree, &folder), &options(), &notes).await.unwrap();

    let expected = [
        "+ \"a\": new",
        "= \"b\": a symbolic link, not followed",
        "= \"c/\": an empty folder",
        "= \"d\": a named pipe",
        "! \"e\": its name is not UTF-8",
    ];
    assert_eq!(notes.sorted(), expected);
    assert_eq!((up.odd, up.failed.items), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn names_that_are_left_out_are_seen_on_neither_side() {
    let bed = Bed::new().await;
    bed.tree.file("a.csv", "one", NOON);
    bed.tree.file("b.tmp", "one", NOON);
    bed.put("raw/c.tmp", "two").await;
    let filter = Filter::excluding(["*.tmp"]).unwrap();

    let up = bed.up(&Options { filter, ..options() }).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 1)]);
    assert_eq!(up.surplus.items, 0);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_manifest_is_not_guessed_from() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON);
    bed.up(&options()).await.unwrap();
    bed.files.damage("transfers/a.manifest", |bytes| *bytes.last_mut().unwrap() ^= 1);

    let stopped = bed.up(&options()).await.unwrap_err();

    assert!(stopped.to_string().contains("checksum"), "{stopped}");
}

#[tokio::test(start_paused = true)]
async fn many_files_leave_one_sorted_manifest() {
    let bed = Bed::new().await;
    for number in 0..2999 {
        bed.tree.file(&format!("{}/{number}", number % 7), "x", NOON - 1);
    }

    let first = bed.up(&options()).await.unwrap();
    let second = bed.up(&options()).await.unwrap();

    assert_eq!(counts(&first), [(Mark::New, 2999)]);
    assert_eq!(counts(&second), [(Mark::Skipped, 2999)]);
    // Three pages of the listing, and nothing else.
    assert_eq!(second.requests, 3);
    assert_eq!(bed.files.names(), ["transfers/a.manifest"]);
}

fn any_files() -> impl Strategy<Value = Vec<(String, Bytes, i64)>> {
    let name = prop::sample::select(vec!["a", "a.b", "b", "B", "\u{e9}", "~", "a b"]);
    let path = prop::collection::vec(name, 1..3).prop_map(|names| names.join("/"));
    let size = 0..2000_usize;
    let file = (path, size, 0..3_u64, -50..50_i64)
        .prop_map(|(path, size, seed, second)| (path, content(size, seed), NOON + second));
    prop::collection::vec(file, 0..12)
}

/// Names of which none is a folder of another.
fn planted(files: &[(String, Bytes, i64)]) -> MemoryTree {
    let tree = MemoryTree::default();
    for (path, content, seconds) in files {
        let clash = |other: &String| {
            other.starts_with(&format!("{path}/")) || path.starts_with(&format!("{other}/"))
        };
        if !tree.files().keys().any(clash) {
            tree.file(path, content.clone(), *seconds);
        }
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn after_a_run_both_sides_are_equal_and_the_next_does_nothing(
        before in any_files(), now in any_files(), tags in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut bed = Bed::new().await;
            bed.tree = planted(&before);
            let tags = if tags { TagCheck::Single } else { TagCheck::Off };
            let delete = datalake_engine::transfer::Deletion::AtMost(100);
            let options = Options { tags, delete, ..options() };
            bed.up(&options).await.unwrap();
            // Changed with its time, as files are.
            bed.tree = planted(&now);
            for (path, content) in bed.tree.files() {
                bed.tree.file(&path, content, NOON + 100);
            }

            let up = bed.up(&options).await.unwrap();
            let again = bed.up(&options).await.unwrap();

            assert!(up.failed.items == 0);
            if !bed.tree.files().is_empty() {
                assert_eq!(bed.objects().await, bed.tree.files());
            }
            assert_eq!(counts(&again).into_iter().filter(|(mark, _)| *mark != Mark::Skipped).count(), 0);
            assert_eq!(again.moved, 0);
        });
    }
}
