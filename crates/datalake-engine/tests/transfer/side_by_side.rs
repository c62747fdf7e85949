//! Files of so many parts that these are hashed side by side, behind those that are on their way.

use std::collections::BTreeMap;

use datalake_core::size::ByteSize;
use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{Mark, Options, TagCheck, TransferLimits};

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, MIB, NOON, content, counts, options};

fn compared() -> Options {
    Options { tags: TagCheck::All, ..options() }
}

#[tokio::test(start_paused = true)]
async fn a_part_with_a_wrong_tag_is_found_and_sent_again() {
    for seed in 0..4 {
        let bed = Bed::new().await;
        bed.tree.file("large", content(41 * MIB, seed), NOON - 10);
        let percent = BTreeMap::from([(Trouble::WrongTag, 15)]);
        let store = Flaky::new(&bed.store, Plan { seed, percent, ..Plan::default() });

        let up = bed.up_through(&store, &compared()).await.unwrap();

        assert_eq!(counts(&up), [(Mark::New, 1)], "seed {seed}");
        assert_eq!(bed.objects().await, bed.tree.files(), "seed {seed}");
        assert!(store.sent() < 3 * 41 * MIB as u64, "seed {seed}: {}", store.sent());
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_stay_wrong_are_no_success() {
    let bed = Bed::new().await;
    bed.tree.file("large", content(31 * MIB, 1), NOON - 10);
    let percent = BTreeMap::from([(Trouble::WrongTag, 100)]);
    let store = Flaky::new(&bed.store, Plan { percent, ..Plan::default() });

    let up = bed.up_through(&store, &compared()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::Failed, 1)]);
    assert!(bed.objects().await.is_empty());
    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_no_part_twice_is_asked_nothing_more_and_gets_the_whole() {
    for size in [9, 41] {
        let bed = Bed::new().await;
        bed.tree.file("large", content(size * MIB, 1), NOON - 10);
        let store = Flaky::new(&bed.store, Plan { each_part_once: true, ..Plan::default() });
        let learning = Options { tags: TagCheck::Learn, ..options() };

        let up = bed.up_through(&store, &learning).await.unwrap();

        assert_eq!(counts(&up), [(Mark::New, 1)], "{size} MiB");
        assert_eq!(bed.objects().await, bed.tree.files());
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_in_memory_than_is_permitted() {
    for (buffers, most) in [(64 << 20, 4), (20 << 20, 4), (15 << 20, 3), (5 << 20, 1)] {
        let bed = Bed::new().await;
        bed.tree.file("large", content(41 * MIB, 1), NOON - 10);
        let store = Flaky::new(&bed.store, Plan::default());
        let limits = TransferLimits { buffers: ByteSize(buffers), ..options().limits };

        let up = bed.up_through(&store, &Options { limits, ..compared() }).await.unwrap();

        assert_eq!(counts(&up), [(Mark::New, 1)]);
        assert!(store.most_parts() <= most, "{buffers}: {}", store.most_parts());
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_is_compared_with_its_tag_and_with_its_record() {
    let bed = Bed::new().await;
    bed.tree.file("large", content(31 * MIB + 3, 1), NOON - 10);
    bed.up(&options()).await.unwrap();
    let back = MemoryTree::default();

    let down = bed.down_through(&bed.store, &back, &options()).await.unwrap();
    let again = bed.down_through(&bed.store, &back, &options()).await.unwrap();

    assert_eq!(counts(&down), [(Mark::New, 1)]);
    assert_eq!(back.files(), bed.tree.files());
    assert_eq!((again.skipped.items, again.assumed.items, again.requests), (1, 0, 1));
}
