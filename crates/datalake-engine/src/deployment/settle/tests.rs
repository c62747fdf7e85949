use std::sync::Mutex;

use datalake_core::time::Timestamp;

use super::*;
use crate::deployment::{ActiveState, InvocationId, PodServices};
use crate::memory::{MemoryClock, MemoryServices};

fn name(stem: &str) -> ServiceName {
    format!("{stem}.service").parse().unwrap()
}

/// A look at a unit, written as `STEM active/sub LIFE RESTARTS`, with `+` for something queued.
fn look(text: &str) -> UnitStatus {
    let words: Vec<_> = text.split(' ').collect();
    let (active, sub) = words[1].split_once('/').unwrap();
    UnitStatus {
        unit: name(words[0]),
        load: LoadState::Loaded,
        active: match active {
            "active" => ActiveState::Active,
            "inactive" => ActiveState::Inactive,
            "failed" => ActiveState::Failed,
            "activating" => ActiveState::Activating,
            _ => ActiveState::Deactivating,
        },
        sub: sub.to_owned(),
        restarts: words[3].parse().unwrap(),
        invocation: (words[2] != "-").then(|| InvocationId(words[2].to_owned())),
        result: if active == "failed" { "exit-code" } else { "success" }.to_owned(),
        fragment: None,
        source: None,
        since: Timestamp::from_unix(0).ok(),
        is_queued: words.get(4) == Some(&"+"),
    }
}

struct Seen {
    result: Result<Settled, ChangeError>,
    news: Vec<String>,
    slept: u64,
    orders: Vec<String>,
}

fn run(verb: Verb, units: &[&str], services: &MemoryServices) -> Seen {
    let units: Vec<_> = units.iter().map(|unit| name(unit)).collect();
    let clock = MemoryClock::new(0);
    let news = Mutex::new(Vec::new());
    let tell = |told: ServiceNews<'_>| {
        let text = match told {
            ServiceNews::Ordered => return,
            ServiceNews::Waiting(status) => format!("waiting for {}", status.unit),
            ServiceNews::NotOnline => "not online".to_owned(),
            ServiceNews::Settled(status) => format!("settled {}", status.unit),
            ServiceNews::Proved(unit, proof) => format!("proved {unit} {proof:?}"),
        };
        news.lock().unwrap().push(text);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let watch = ChangeWatch { clock: &clock, patience: Patience::default(), tell: &tell };
    let change = change_services(verb, &units, services, &watch);
    let result = runtime.block_on(change);
    let news = news.into_inner().unwrap();
    Seen { result, news, slept: clock.slept().as_secs(), orders: services.orders() }
}

/// One unit's looks, the first from before the order, and how that ends after so many seconds.
#[track_caller]
fn check(verb: Verb, looks: &[&str], expected: Result<u64, (Failing, u64)>) {
    let services = MemoryServices::default().with(looks.iter().map(|text| look(text)));

    let seen = run(verb, &["a"], &services);

    let result = match seen.result {
        Ok(_) => Ok(seen.slept),
        Err(ChangeError::Unsettled(units)) => Err((units[0].failing, seen.slept)),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(result, expected, "{looks:?}");
}

#[test]
fn a_new_life_settles_after_ten_seconds_without_an_event() {
    check(
        Verb::Restart,
        &[
            "a active/running 1 0",
            "a deactivating/stop 1 0 +",
            "a activating/start 2 0 +",
            "a active/running 2 0",
        ],
        Ok(12),
    );
    check(Verb::Start, &["a inactive/dead - 0", "a active/running 1 0"], Ok(10));
    check(Verb::Start, &["a active/running 1 7"], Ok(10));
    // The old life's loop, and its count, end with the new one.
    check(
        Verb::Restart,
        &[
            "a activating/auto-restart 1 9",
            "a activating/auto-restart 1 9 +",
            "a active/running 2 0",
        ],
        Ok(11),
    );
}

#[test]
fn one_that_runs_for_a_second_only_is_no_success() {
    let after = |last: &str| {
        let looks = ["a active/running 1 0", "a active/running 2 0", last];
        check(Verb::Restart, &looks, Err((Failing::Restarts, 1)));
    };
    after("a activating/auto-restart 2 0");
    after("a active/running 3 1");
    after("a active/running 2 1");
    let ends = |last: &str, failing| {
        check(
            Verb::Start,
            &["a inactive/dead 1 0", "a active/running 2 0", last],
            Err((failing, 1)),
        );
    };
    ends("a failed/failed 2 0", Failing::Failed);
    ends("a inactive/dead 2 0", Failing::Ended);
}

#[test]
fn an_order_that_was_given_up_is_told() {
    let before = "a inactive/dead 1 0";
    check(Verb::Start, &[before, "a inactive/dead 1 0 +", before], Err((Failing::NotBegun, 1)));
    check(Verb::Stop, &["a active/running 1 0"], Err((Failing::NotBegun, 0)));
}

#[test]
fn a_stop_is_done_when_nothing_runs() {
    check(
        Verb::Stop,
        &["a active/running 1 0", "a deactivating/stop 1 0 +", "a inactive/dead 1 0"],
        Ok(1),
    );
    check(Verb::Stop, &["a active/running 1 0", "a failed/failed 1 0"], Ok(0));
}

#[test]
fn a_long_start_is_waited_for_and_explained() {
    let waiting = "a activating/start 1 0 +";
    let looks = std::iter::once("a inactive/dead - 0")
        .chain(std::iter::repeat_n(waiting, 93))
        .chain(["a active/running 1 0"]);
    let services = MemoryServices::default().with(looks.map(look));

    let seen = run(Verb::Start, &["a"], &services);

    assert_eq!((seen.result.is_ok(), seen.slept), (true, 103));
    assert_eq!(seen.news, ["waiting for a.service", "not online", "settled a.service"]);
    check(Verb::Start, &["a inactive/dead - 0", waiting], Err((Failing::TooSlow, 180)));
}

#[test]
fn one_call_for_all_and_each_that_fails_is_named() {
    let services = MemoryServices::default()
        .with(["a active/running 1 0", "a active/running 2 0"].map(look))
        .with(["b active/running 3 0", "b failed/failed 4 0"].map(look));

    let seen = run(Verb::Restart, &["a", "b"], &services);

    assert_eq!(seen.orders, ["restart a.service b.service"]);
    assert_eq!(seen.result.unwrap_err().to_string(), "`b.service` has failed (exit-code)");
    assert_eq!(seen.news, ["settled a.service"]);
}

#[test]
fn nothing_is_asked_for_where_a_unit_is_missing() {
    let services = MemoryServices::default().with(["a active/running 1 0"].map(look));

    let seen = run(Verb::Restart, &["a", "gone"], &services);

    let message = seen.result.unwrap_err().to_string();
    assert_eq!(message, "systemd has no usable `gone.service` (not-found)");
    assert!(seen.orders.is_empty());
}

/// The orders of a restart of `units` in a pod whose container `c` stands like this.
fn restart_in_pod(units: &[&str], other: &str) -> Vec<String> {
    let lives =
        |unit: &str| ["1", "2"].map(|life| look(&format!("{unit} active/running {life} 0")));
    let members = ["a", "b", "c"].map(name).to_vec();
    let mut services = MemoryServices::default();
    services.pods = vec![PodServices { pod: name("apps-pod"), members }];
    let services = units.iter().fold(services, |services, unit| services.with(lives(unit)));

    let seen = run(Verb::Restart, units, &services.with([look(&format!("c {other} 1 0"))]));

    assert!(seen.result.is_ok(), "{:?}", seen.result);
    seen.orders
}

#[test]
fn a_pod_in_which_nothing_else_runs_is_restarted_too() {
    let along = "restart a.service b.service apps-pod.service";
    let stopped_again = [along, "stop c.service"];

    assert_eq!(restart_in_pod(&["a", "b"], "active/running"), ["restart a.service b.service"]);
    assert_eq!(restart_in_pod(&["a", "b"], "inactive/dead"), stopped_again);
    assert_eq!(restart_in_pod(&["a", "b"], "failed/failed"), stopped_again);
    // It has no container: it has done its work, or waits for its next try.
    assert_eq!(restart_in_pod(&["a", "b"], "active/exited"), [along]);
    assert_eq!(restart_in_pod(&["a", "b"], "activating/auto-restart"), [along]);
}

#[test]
fn a_stop_and_a_start_leave_the_pod_to_systemd() {
    let mut services = MemoryServices::default();
    services.pods = vec![PodServices { pod: name("apps-pod"), members: vec![name("a")] }];
    let services = services.with(["a active/running 1 0", "a inactive/dead 1 0"].map(look));

    assert_eq!(run(Verb::Stop, &["a"], &services).orders, ["stop a.service"]);
}
