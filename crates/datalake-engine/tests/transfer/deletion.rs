//! What the source has not goes only when nothing speaks against it.

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::memory::{MemoryNode, MemoryTree};
use datalake_engine::transfer::{Deletion, Mark, NotDeleted, Oddity, Options};

use super::support::{Bed, NOON, counts, options};

fn deleting(most: u64) -> Options {
    Options { delete: Deletion::AtMost(most), ..options() }
}

async fn bed() -> Bed {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON - 1);
    for name in ["raw/a", "raw/b", "raw/c"] {
        bed.put(name, "one").await;
    }
    bed.put("elsewhere", "one").await;
    bed
}

#[tokio::test(start_paused = true)]
async fn without_the_wish_nothing_is_deleted() {
    let bed = bed().await;

    let up = bed.up(&options()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::Skipped, 1)]);
    assert_eq!((up.surplus.items, up.not_deleted), (2, None));
    assert_eq!(bed.objects().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn surplus_objects_below_the_prefix_are_deleted() {
    let bed = bed().await;

    let dry = bed.up(&Options { dry_run: true, ..deleting(2) }).await.unwrap();
    assert_eq!(bed.objects().await.len(), 3);
    let up = bed.up(&deleting(2)).await.unwrap();

    assert_eq!(counts(&dry), [(Mark::Skipped, 1), (Mark::Deleted, 2)]);
    assert_eq!(counts(&up), [(Mark::Skipped, 1), (Mark::Deleted, 2)]);
    assert_eq!(bed.objects().await, bed.tree.files());
}

#[tokio::test(start_paused = true)]
async fn more_than_permitted_means_none() {
    let bed = bed().await;

    let up = bed.up(&deleting(1)).await.unwrap();

    assert_eq!(up.not_deleted, Some(NotDeleted::TooMany));
    assert_eq!(bed.objects().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_empty_source_deletes_nothing() {
    let bed = bed().await;
    bed.tree.take("a");

    let up = bed.up(&deleting(100)).await.unwrap();

    assert_eq!(up.not_deleted, Some(NotDeleted::SourceEmpty));
    assert_eq!(bed.objects().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_be_read_deletes_nothing() {
    let bed = bed().await;
    let denied = Fault::new(FaultKind::Denied, "permission denied");
    bed.tree.put("x", MemoryNode::Odd(Oddity::Unreadable(denied)));

    let up = bed.up(&deleting(100)).await.unwrap();

    assert_eq!(up.not_deleted, Some(NotDeleted::SourceIncomplete));
    assert_eq!(counts(&up), [(Mark::Skipped, 1), (Mark::Failed, 1)]);
    assert_eq!(bed.objects().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn surplus_files_are_deleted_on_the_way_down() {
    let bed = bed().await;
    let tree = MemoryTree::default();
    tree.file("a", "one", NOON);
    tree.file("z/old", "one", NOON);

    let down = bed.down_through(&bed.store, &tree, &deleting(1)).await.unwrap();

    assert_eq!(counts(&down), [(Mark::Skipped, 1), (Mark::New, 2), (Mark::Deleted, 1)]);
    assert_eq!(tree.files(), bed.objects().await);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_cannot_be_read_is_a_fault_and_deletes_nothing() {
    let bed = bed().await;
    let tree = MemoryTree::default();
    tree.file("z/old", "one", NOON);
    let denied = Fault::new(FaultKind::Denied, "permission denied");
    tree.put("closed/", MemoryNode::Odd(Oddity::Unreadable(denied)));

    let down = bed.down_through(&bed.store, &tree, &deleting(100)).await.unwrap();

    assert_eq!(down.not_deleted, Some(NotDeleted::DestinationUnread));
    assert_eq!(counts(&down), [(Mark::New, 3), (Mark::Failed, 1)]);
    assert!(tree.files().contains_key("z/old"));
}

#[tokio::test(start_paused = true)]
async fn other_odd_things_in_a_destination_are_left_alone() {
    let bed = bed().await;
    let tree = MemoryTree::default();
    tree.put("empty/", MemoryNode::Odd(Oddity::EmptyFolder));
    tree.put("link", MemoryNode::Odd(Oddity::Link));

    let down = bed.down_through(&bed.store, &tree, &deleting(100)).await.unwrap();

    assert_eq!((counts(&down), down.not_deleted), (vec![(Mark::New, 3)], None));
}

#[tokio::test(start_paused = true)]
async fn names_of_datalakes_own_objects_take_no_part_whichever_side_has_them() {
    let mut bed = Bed::new().await;
    bed.prefix = String::new();
    bed.tree.file("_datalake/jobs/x/job.json", "of this side", NOON);
    bed.tree.file("a", "one", NOON);
    bed.put("_datalake/jobs/x/job.json", "live").await;
    bed.put("_datalake/jobs/y/job.json", "live").await;

    let up = bed.up(&deleting(5)).await.unwrap();
    let objects = bed.objects().await;
    let down = bed.down_through(&bed.store, &bed.tree, &deleting(5)).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 1)]);
    assert_eq!(objects.get("_datalake/jobs/x/job.json").unwrap(), "live");
    assert_eq!(objects.len(), 3, "{objects:?}");
    assert_eq!(counts(&down), [(Mark::Skipped, 1)]);
    let here = bed.tree.files();
    assert_eq!(here.get("_datalake/jobs/x/job.json").unwrap(), "of this side");
    assert_eq!(here.len(), 2, "{here:?}");
}

#[tokio::test(start_paused = true)]
async fn datalakes_own_objects_are_moved_where_their_prefix_is_named() {
    let mut bed = Bed::new().await;
    bed.prefix = "_datalake/".to_owned();
    bed.tree.file("jobs/x", "one", NOON);

    let up = bed.up(&options()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 1)]);
}
