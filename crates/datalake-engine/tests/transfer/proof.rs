//! What is taken for equal, and by what right.

use bytes::Bytes;
use datalake_core::transfer::Comparison;
use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{Deletion, Mark, Options, Route, TagCheck};

use super::support::{Bed, MIB, NOON, Notes, content, counts, options};

#[tokio::test(start_paused = true)]
async fn being_older_and_of_the_same_size_proves_nothing() {
    let bed = Bed::new().await;
    bed.tree.file("other", "aaaa", NOON - 999);
    bed.tree.file("same", "cccc", NOON - 999);
    bed.tree.file("same-but-newer", "cccc", NOON + 999);
    bed.put("raw/other", "bbbb").await;
    bed.put("raw/same", "cccc").await;
    bed.put("raw/same-but-newer", "cccc").await;

    let up = bed.up(&options()).await.unwrap();
    let again = bed.up(&options()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::Skipped, 2), (Mark::Replaced, 1)]);
    assert_eq!((up.assumed.items, up.moved), (0, 4));
    assert_eq!(bed.objects().await, bed.tree.files());
    assert_eq!((again.skipped.items, again.requests), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_touched_is_read_and_not_sent() {
    let bed = Bed::new().await;
    bed.tree.file("small", "small", NOON - 10);
    bed.tree.file("large", content(11 * MIB, 1), NOON - 10);
    bed.up(&options()).await.unwrap();

    bed.tree.file("small", "small", NOON + 5);
    bed.tree.file("large", content(11 * MIB, 1), NOON - 500);
    let touched = bed.up(&options()).await.unwrap();
    let again = bed.up(&options()).await.unwrap();

    assert_eq!((counts(&touched), touched.moved), (vec![(Mark::Skipped, 2)], 0));
    assert_eq!((touched.assumed.items, again.skipped.items, again.requests), (0, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn objects_of_other_tools_are_recognised_by_the_usual_parts() {
    let bed = Bed::new().await;
    let whole = content(20 * MIB, 1);
    for mib in [5, 8, 15, 16] {
        let name = format!("{mib}");
        bed.tree.file(&name, whole.clone(), NOON - 10);
        bed.put_in_parts(&format!("raw/{name}"), &whole, mib * MIB).await;
    }

    let up = bed.up(&options()).await.unwrap();

    assert_eq!((counts(&up), up.moved), (vec![(Mark::Skipped, 4)], 0));
    assert_eq!(up.assumed.items, 0);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_tells_nothing_is_no_proof_and_contents_are_read_when_asked() {
    let bed = Bed::new().await;
    // Seven parts, as many as no tool would have made.
    let whole = content(42 * MIB, 1);
    bed.tree.file("newer-here", whole.clone(), NOON + 10);
    bed.tree.file("older-here", content(42 * MIB, 2), NOON - 10);
    for name in ["newer-here", "older-here"] {
        bed.put_in_parts(&format!("raw/{name}"), &whole, 6 * MIB).await;
    }
    let checksum = Options { comparison: Comparison::Checksum, ..options() };

    let dry = bed.up(&Options { dry_run: true, ..options() }).await.unwrap();
    let read = bed.up(&checksum).await.unwrap();

    // Neither age nor size proves anything.
    assert_eq!((counts(&dry), dry.assumed.items), (vec![(Mark::Replaced, 2)], 0));
    assert_eq!(counts(&read), [(Mark::Skipped, 1), (Mark::Replaced, 1)]);
    assert_eq!(read.assumed.items, 0);
    assert_eq!(bed.objects().await, bed.tree.files());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_not_the_one_of_the_record_is_never_taken_for_equal() {
    let bed = Bed::new().await;
    bed.tree.file("f", content(42 * MIB, 1), NOON - 10);
    bed.up(&options()).await.unwrap();
    bed.put_in_parts("raw/f", &content(42 * MIB, 2), 6 * MIB).await;

    let up = bed.up(&options()).await.unwrap();

    assert_eq!((counts(&up), up.assumed.items), (vec![(Mark::Replaced, 1)], 0));
    assert_eq!(bed.objects().await, bed.tree.files());
}

#[tokio::test(start_paused = true)]
async fn a_fetched_file_that_was_changed_here_is_not_deleted_with_its_object() {
    let bed = Bed::new().await;
    for name in ["raw/edited", "raw/touched", "raw/same", "raw/stays"] {
        bed.put(name, "one").await;
    }
    let back = MemoryTree::default();
    bed.down_through(&bed.store, &back, &options()).await.unwrap();
    back.file("edited", "two", NOON + 5);
    back.file("touched", "one", NOON + 5);
    for name in ["raw/edited", "raw/touched", "raw/same"] {
        bed.remove(name).await;
    }
    let delete = Options { delete: Deletion::AtMost(9), ..options() };

    let kept = bed.down_through(&bed.store, &back, &delete).await.unwrap();

    assert_eq!(counts(&kept), [(Mark::Skipped, 1), (Mark::Deleted, 2), (Mark::Failed, 1)]);
    assert_eq!(back.files().keys().collect::<Vec<_>>(), ["edited", "stays"]);
    let overwrite = Options { overwrite: true, ..delete };
    bed.down_through(&bed.store, &back, &overwrite).await.unwrap();
    assert_eq!(back.files().keys().collect::<Vec<_>>(), ["stays"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_renamed_is_copied_inside_the_service() {
    let bed = Bed::new().await;
    let (small, large) = (content(MIB, 1), content(11 * MIB, 2));
    bed.tree.file("old/small", small.clone(), NOON - 10);
    bed.tree.file("old/large", large.clone(), NOON - 20);
    bed.tree.file("stays", content(MIB, 3), NOON - 10);
    bed.up(&options()).await.unwrap();

    bed.tree.take("old/small");
    bed.tree.take("old/large");
    bed.tree.file("new/small", small, NOON - 10);
    bed.tree.file("new/large", large, NOON - 20);
    // Of the same size and time as another one, and of another content.
    bed.tree.file("new/other", content(MIB, 4), NOON - 10);
    let delete = Options { delete: Deletion::AtMost(9), ..options() };
    let folder = bed.folder(&bed.store);
    let notes = Notes::default();
    let up = bed.run(&Route::Up(&bed.tree, &folder), &delete, &notes).await.unwrap();
    let again = bed.up(&options()).await.unwrap();

    assert_eq!(up.moved, MIB as u64, "{:?}", notes.sorted());
    let renamed = "moved in the source, copied inside the service";
    let told: Vec<_> = notes.sorted().into_iter().filter(|note| note.contains(renamed)).collect();
    assert_eq!(told.len(), 2, "{:?}", notes.sorted());
    assert_eq!(bed.objects().await, bed.tree.files());
    assert_eq!((again.skipped.items, again.requests), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_changed_here_is_not_replaced_by_a_download() {
    let bed = Bed::new().await;
    bed.put("raw/edited", "one").await;
    bed.put("raw/touched", "one").await;
    let back = MemoryTree::default();
    bed.down_through(&bed.store, &back, &options()).await.unwrap();
    back.file("edited", "mine", NOON + 5);
    back.file("touched", "one", NOON + 5);
    bed.put("raw/edited", "two").await;
    bed.put("raw/touched", "two").await;

    let kept = bed.down_through(&bed.store, &back, &options()).await.unwrap();
    assert_eq!(counts(&kept), [(Mark::Replaced, 1), (Mark::Failed, 1)]);
    assert_eq!((&*back.files()["edited"], &*back.files()["touched"]), (&b"mine"[..], &b"two"[..]));

    let overwrite = Options { overwrite: true, ..options() };
    let replaced = bed.down_through(&bed.store, &back, &overwrite).await.unwrap();
    assert_eq!(counts(&replaced), [(Mark::Skipped, 1), (Mark::Replaced, 1)]);
    assert_eq!(back.files(), bed.objects().await);
}

#[tokio::test(start_paused = true)]
async fn a_service_is_asked_once_whether_it_refuses_a_wrong_hash() {
    let bed = Bed::new().await;
    bed.tree.file("a", content(11 * MIB, 1), NOON - 10);
    bed.tree.file("b", content(11 * MIB, 2), NOON - 10);

    let learnt = bed.up(&Options { tags: TagCheck::Learn, ..options() }).await.unwrap();
    bed.tree.file("a", content(11 * MIB, 3), NOON - 5);
    let seen = bed.up(&options()).await.unwrap();
    bed.tree.file("a", content(12 * MIB, 4), NOON - 4);
    let all = bed.up(&Options { tags: TagCheck::All, ..options() }).await.unwrap();

    assert_eq!(learnt.refuses_wrong_hash, Some(true));
    assert_eq!((seen.refuses_wrong_hash, all.refuses_wrong_hash), (None, None));
    // A listing; begin, three parts and an end for each; the question.
    assert_eq!(learnt.requests, 1 + 2 * 5 + 1);
    assert_eq!(seen.requests, 1 + 5);
    assert_eq!(bed.objects().await, bed.tree.files());
    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_tag_of_unusual_parts_does_not_fail_a_download() {
    let bed = Bed::new().await;
    let odd: Bytes = content(20 * MIB, 1);
    // Cut into three, as parts of 8 MiB would be, and of another size.
    bed.put_in_parts("raw/odd", &odd, 7 * MIB + 5).await;
    bed.put_in_parts("raw/usual", &odd, 8 * MIB).await;
    let back = MemoryTree::default();

    let down = bed.down_through(&bed.store, &back, &options()).await.unwrap();
    let again = bed.down_through(&bed.store, &back, &options()).await.unwrap();

    assert_eq!(counts(&down), [(Mark::New, 2)]);
    // What no tag vouches for came twice, and was the same.
    assert_eq!(down.moved, 3 * 20 * MIB as u64);
    assert_eq!(back.files(), bed.objects().await);
    assert_eq!((again.skipped.items, again.requests), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn many_files_of_one_size_and_time_are_told_apart_by_their_contents() {
    let bed = Bed::new().await;
    for number in 0..20 {
        bed.tree.file(&format!("old/{number}"), content(300_000, number), NOON - 10);
    }
    bed.up(&options()).await.unwrap();

    for number in 0..20 {
        bed.tree.take(&format!("old/{number}"));
        bed.tree.file(&format!("new/{}", number * 7 % 20), content(300_000, number), NOON - 10);
    }
    let up = bed.up(&options()).await.unwrap();

    assert_eq!((counts(&up), up.moved), (vec![(Mark::New, 20)], 0));
    let objects = bed.objects().await;
    for (name, file) in bed.tree.files() {
        assert_eq!(objects[&name], file, "{name}");
    }
}
