//! A service that cannot be reached is given up soon.

use std::collections::BTreeMap;
use std::time::Duration;

use datalake_core::fault::FaultKind;
use datalake_engine::transfer::{StopCause, TransferStopped};
use tokio::time::Instant;

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, NOON, options};

/// What becomes of a run with a service whose calls all fail after `silent_for`, and how long it takes.
async fn run(silent_for: Duration) -> (TransferStopped, Duration, u64) {
    let bed = Bed::new().await;
    bed.tree.file("a", "x", NOON - 1);
    let percent = BTreeMap::from([(Trouble::Reset, 100)]);
    let store = Flaky::new(&bed.store, Plan { percent, silent_for, ..Plan::default() });
    let begun = Instant::now();
    let stopped = bed.up_through(&store, &options()).await.unwrap_err();
    (stopped, begun.elapsed(), store.calls())
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_ends_a_run_within_a_quarter_of_a_minute() {
    let (stopped, took, calls) = run(Duration::from_millis(1)).await;

    assert!(took <= Duration::from_secs(15), "{took:?}");
    assert!(calls > 3, "it is asked again: {calls}");
    let StopCause::Listing(fault) = stopped.cause else { panic!("{stopped:?}") };
    assert_eq!(fault.kind, FaultKind::Unreachable);
}

#[tokio::test(start_paused = true)]
async fn a_name_service_that_takes_its_time_is_not_asked_beyond_it() {
    let (_, took, calls) = run(Duration::from_secs(6)).await;
    assert!(took <= Duration::from_secs(15), "{took:?}");
    assert_eq!(calls, 2);

    let (_, took, calls) = run(Duration::from_secs(30)).await;
    assert_eq!((took, calls), (Duration::from_secs(30), 1), "a service that says nothing");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_goes_away_is_waited_for_and_given_up() {
    let bed = Bed::new().await;
    for number in 0..400 {
        bed.tree.file(&number.to_string(), "x", NOON - 1);
    }
    let store = Flaky::new(&bed.store, Plan { goes_away_at: Some(50), ..Plan::default() });
    let begun = Instant::now();

    let stopped = bed.up_through(&store, &options()).await.unwrap_err();

    let took = begun.elapsed();
    assert!(took > Duration::from_secs(20) && took < Duration::from_secs(90), "{took:?}");
    let StopCause::Fault(fault) = stopped.cause else { panic!("{stopped:?}") };
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(bed.up(&options()).await.is_ok(), "the next run goes on from there");
}
