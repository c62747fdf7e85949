//! Runs that die at any call, and the next one.

use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{Mark, Summary};
use futures::future::{Either, select};

use super::flaky::{Flaky, Plan};
use super::support::{Bed, MIB, NOON, content, counts, options};

async fn planted() -> Bed {
    let bed = Bed::new().await;
    for number in 0..40 {
        bed.tree.file(&format!("{}/{number}", number % 4), content(number, 3), NOON - 1);
    }
    for number in 0..2 {
        bed.tree.file(&format!("large/{number}"), content(LARGE, number), NOON - 1);
    }
    bed
}

const LARGE: usize = 5 * MIB + 1;
/// All bytes of it.
const TOTAL: u64 = 2 * LARGE as u64 + 39 * 40 / 2;

/// Runs until the service falls silent; `None` where the run ended before.
async fn until_death(bed: &Bed, store: &Flaky<'_>) -> Option<Summary> {
    let options = options();
    let run = Box::pin(bed.up_through(store, &options));
    match select(run, Box::pin(store.died())).await {
        Either::Left((ended, _)) => Some(ended.unwrap()),
        Either::Right(_) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_is_finished_by_the_next() {
    // All of it can be under way at once: the workers are as many as the files.
    let in_flight = 2 * LARGE as u64 + 1000;
    for dies_at in 0..60 {
        let bed = planted().await;
        let dying = Flaky::new(&bed.store, Plan { dies_at: Some(dies_at), ..Plan::default() });

        let ended = until_death(&bed, &dying).await;
        let next = Flaky::new(&bed.store, Plan::default());
        let up = bed.up_through(&next, &options()).await.unwrap();

        assert_eq!(up.failed.items, 0, "died at {dies_at}");
        assert_eq!(bed.objects().await, bed.tree.files(), "died at {dies_at}");
        assert_eq!(bed.open_uploads().await, 0, "died at {dies_at}");
        assert!(dying.sent() + next.sent() <= TOTAL + in_flight, "died at {dies_at}");
        if ended.is_none() {
            let again = bed.up(&options()).await.unwrap();
            assert_eq!(counts(&again), [(Mark::Skipped, 42)], "died at {dies_at}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_again_and_again_gets_there() {
    let bed = planted().await;
    let mut sent = 0;
    for kill in 0..200 {
        let dying = Flaky::new(&bed.store, Plan { dies_at: Some(12), ..Plan::default() });
        let ended = until_death(&bed, &dying).await;
        sent += dying.sent();
        if ended.is_some() {
            assert_eq!(bed.objects().await, bed.tree.files());
            assert_eq!(bed.open_uploads().await, 0);
            assert!(sent <= TOTAL + kill * (2 * LARGE as u64 + 1000), "{sent} in {kill} kills");
            return;
        }
    }
    panic!("200 runs of 12 calls do not get there");
}

#[tokio::test(start_paused = true)]
async fn parts_that_have_arrived_are_not_sent_again() {
    let bed = Bed::new().await;
    bed.tree.file("large", content(26 * MIB, 1), NOON - 1);
    // The listing, the beginning of the upload, and three parts.
    let dying = Flaky::new(&bed.store, Plan { dies_at: Some(5), ..Plan::default() });
    assert!(until_death(&bed, &dying).await.is_none());

    let next = Flaky::new(&bed.store, Plan::default());
    let up = bed.up_through(&next, &options()).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 1)]);
    assert_eq!(next.sent(), (26 - 15) * MIB as u64);
    assert_eq!(bed.objects().await, bed.tree.files());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changed_after_the_kill_keeps_nothing_of_the_old() {
    let bed = Bed::new().await;
    bed.tree.file("large", content(26 * MIB, 1), NOON - 1);
    let dying = Flaky::new(&bed.store, Plan { dies_at: Some(5), ..Plan::default() });
    assert!(until_death(&bed, &dying).await.is_none());
    bed.tree.file("large", content(26 * MIB, 2), NOON);

    bed.up(&options()).await.unwrap();

    assert_eq!(bed.objects().await, bed.tree.files());
    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_upload_of_a_file_that_is_gone_is_given_up() {
    let bed = Bed::new().await;
    bed.tree.file("large", content(26 * MIB, 1), NOON - 1);
    bed.tree.file("other", "one", NOON - 1);
    let dying = Flaky::new(&bed.store, Plan { dies_at: Some(5), ..Plan::default() });
    assert!(until_death(&bed, &dying).await.is_none());
    assert_eq!(bed.open_uploads().await, 1);
    bed.tree.take("large");

    bed.up(&options()).await.unwrap();

    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_killed_download_is_finished_by_the_next() {
    let bed = planted().await;
    bed.up(&options()).await.unwrap();
    for dies_at in (0..60).step_by(4) {
        let back = MemoryTree::default();
        let options = options();
        let dying = Flaky::new(&bed.store, Plan { dies_at: Some(dies_at), ..Plan::default() });
        let run = Box::pin(bed.down_through(&dying, &back, &options));
        drop(select(run, Box::pin(dying.died())).await);

        bed.down_through(&bed.store, &back, &options).await.unwrap();

        assert_eq!(back.files(), bed.tree.files(), "died at {dies_at}");
    }
}
