//! Limits, kept in time that costs nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use datalake_engine::transfer::{Mark, Options, StopCause, TransferLimits};
use tokio::time::Instant;

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, MIB, NOON, content, counts, options};

async fn many(number: u64) -> Bed {
    let bed = Bed::new().await;
    for number in 0..number {
        bed.tree.file(&number.to_string(), "x", NOON - 1);
    }
    bed
}

#[tokio::test(start_paused = true)]
async fn requests_keep_within_their_rate_and_use_it() {
    let bed = many(3000).await;
    let limits = TransferLimits { requests_per_second: Some(750), ..options().limits };
    let begun = Instant::now();

    let up = bed.up(&Options { limits, ..options() }).await.unwrap();

    let took = begun.elapsed();
    assert_eq!(counts(&up), [(Mark::New, 3000)]);
    assert!(took >= Duration::from_secs(4), "{took:?}");
    assert!(took <= Duration::from_millis(4300), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn bytes_keep_within_their_rate() {
    let bed = Bed::new().await;
    bed.tree.file("large", content(21 * MIB, 1), NOON - 1);
    let bandwidth = Some("1M".parse().unwrap());
    let limits = TransferLimits { bandwidth, ..options().limits };
    let begun = Instant::now();

    bed.up(&Options { limits, ..options() }).await.unwrap();

    // The last part need not wait for its own time.
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(20) && took <= Duration::from_secs(22), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_stops_where_its_requests_are_used_up() {
    let bed = many(100).await;
    let limits = TransferLimits { requests: Some(40), ..options().limits };
    let store = Flaky::new(&bed.store, Plan::default());

    let stopped = bed.up_through(&store, &Options { limits, ..options() }).await.unwrap_err();
    let rest = bed.up(&options()).await.unwrap();

    assert_eq!(stopped.cause, StopCause::Requests);
    assert_eq!(store.calls(), 40);
    assert_eq!(counts(&rest), [(Mark::Skipped, 39), (Mark::New, 61)]);
}

#[tokio::test(start_paused = true)]
async fn complaints_slow_all_workers_down_and_the_run_ends() {
    let bed = many(500).await;
    let percent = BTreeMap::from([(Trouble::SlowDown, 20)]);
    let store = Flaky::new(&bed.store, Plan { seed: 5, percent, ..Plan::default() });
    let limits = TransferLimits { requests_per_second: Some(750), ..options().limits };
    let begun = Instant::now();

    let up = bed.up_through(&store, &Options { limits, ..options() }).await.unwrap();

    assert_eq!(counts(&up), [(Mark::New, 500)]);
    assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn when_the_service_complains_no_more_the_run_is_soon_at_full_speed() {
    let bed = many(1500).await;
    let complains_for = Duration::from_secs(20);
    let store = Flaky::new(&bed.store, Plan { complains_for, ..Plan::default() });
    let limits = TransferLimits { requests_per_second: Some(750), ..options().limits };
    let begun = Instant::now();

    let up = bed.up_through(&store, &Options { limits, ..options() }).await.unwrap();

    let after = begun.elapsed().checked_sub(complains_for).unwrap();
    assert_eq!(counts(&up), [(Mark::New, 1500)]);
    assert!(after < Duration::from_secs(15), "{after:?}");
}
