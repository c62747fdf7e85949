//! A service that fails and lies.

use super::{Bed, Ended, LAKE, PART, configured, noise};

/// Of each hundred requests so many meet each of these.
const FAULTS: &str = "5% 500, 5% 503, 5% reset, 5% timeout, 5% cut-body@100, 5% wrong-etag on PUT";
/// Seconds after which an answer is given up that does not come.
const PATIENCE: &str = "2";
/// Repetitions that a run may begin with; two calls that go well earn another one.
const BUDGET: u64 = 500;

/// Requests of one seed, there and back, and how many of them met a fault.
#[derive(Debug, Default, Clone, Copy)]
struct Effort {
    requests: u64,
    struck: u64,
}

/// Sends files to a service with faults and gets them back.
#[track_caller]
fn there_and_back(number: u64, seed: u64, faults: &str) -> Effort {
    let bed = Bed::new();
    bed.some_files(usize::try_from(number).unwrap() - 1);
    bed.file("large", &noise(PART + 3, seed));
    let run = |words: &str| {
        let call = bed.call(words).arg("--json").env("DATALAKE_TEST_STALL", PATIENCE);
        let ended = Ended(call.run().exits(0));
        assert_eq!(ended.counts(), [number, 0, 0, 0, 0], "seed {seed}");
        within_budget(&ended);
        ended
    };

    let before = bed.service().counts();
    bed.service().set_faults(&format!("seed {seed}, {faults}"));
    let up = run(&format!("sync --part-size 5M data {LAKE}"));
    run(&format!("sync {LAKE} back"));
    bed.service().set_faults("");
    let after = bed.service().counts();

    bed.must_be_back();
    let proof = bed.run(&format!("verify --deep data {LAKE}"), 0);
    assert_eq!(proof.last("verification")["right"]["items"], number);
    assert_eq!(bed.shelf.upload_count(), 0, "seed {seed}");
    assert!(faults.is_empty() || up.last("transfer-retry")["fault"].is_string(), "seed {seed}");
    let (requests, struck) = (after.requests - before.requests, after.struck - before.struck);
    Effort { requests, struck }
}

#[track_caller]
fn within_budget(ended: &Ended) {
    let end = ended.last("transfer");
    let (requests, retries) = (&end["requests"], end["retries"].as_u64().unwrap());
    let went_well = requests.as_u64().unwrap() - retries;
    assert!(retries <= BUDGET + went_well / 2, "{end}");
}

/// Of six faults of 5 % each, a request meets at least one with 26.5 %, and a read knows five: 1.33
/// attempts for each request, on average.
#[test]
fn with_faults_of_all_kinds_it_ends_equal() {
    let number = configured("DATALAKE_TEST_FILES", 81);
    let first = configured("DATALAKE_TEST_SEED", 0);
    let seeds = configured("DATALAKE_TEST_SEEDS", 2);
    let ideal = there_and_back(number, first, "").requests;
    let mut attempts = 0;

    for seed in first..first + seeds {
        let Effort { requests, struck } = there_and_back(number, seed, FAULTS);
        let share = requests * 100 / ideal;
        println!("seed {seed}: {requests} requests of {ideal} ({share} %), {struck} with a fault");
        // A tag that is wrong of a whole in parts has all of it sent again.
        assert!(requests <= ideal + struck + struck / 10 + 20, "seed {seed}: {requests} requests");
        attempts += requests;
    }

    let all = ideal * seeds;
    // Few requests are not yet as many as chance has it on average.
    let chance = if all < 10_000 { 4 * all.isqrt() } else { 0 };
    println!("{attempts} attempts for {all} requests");
    assert!(attempts * 100 <= all * 135 + chance * 100, "{attempts} attempts for {all} requests");
}

#[test]
fn a_wrong_secret_stops_at_once_and_nothing_of_it_is_told() {
    let bed = Bed::new();
    bed.some_files(50);
    let wrong = "wrongSecret0wrongSecret0wrongSecret0wron";

    let call = bed.call(&format!("sync --json data {LAKE}"));
    let ran = call.env("AWS_SECRET_ACCESS_KEY", wrong).run().exits(77);

    assert!(!ran.all().contains(wrong));
    assert!(bed.service().requests().len() < 10, "{}", bed.service().requests().len());
}

#[test]
fn a_bucket_that_is_not_there_is_told_as_such() {
    let bed = Bed::new();
    bed.some_files(1);

    let ran = bed.run("sync data s3://nobody-has-this/x", 66).0;

    assert!(ran.stderr.contains("nobody-has-this"), "{}", ran.stderr);
}
