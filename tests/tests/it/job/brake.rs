//! The brake is that of the job, however many workers there are.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::Shelf;

const WORKERS: usize = 20;
/// Fewer than a bucket takes, which a busy machine sends late and all at once.
const LIMIT: u64 = 200;

/// How many requests had come, and between which two moments that was looked up.
#[derive(Clone, Copy)]
struct RequestSample {
    before: Instant,
    after: Instant,
    requests: u64,
}

fn sample_requests(shelf: &Shelf) -> RequestSample {
    let before = Instant::now();
    let requests = shelf.service.counts().requests;
    RequestSample { before, after: Instant::now(), requests }
}

/// The most that came between two samples that surely lie within a second.
fn find_most(samples: &[RequestSample]) -> u64 {
    let (mut most, mut end) = (0, 0);
    for first in samples {
        let within = |last: &RequestSample| last.after - first.before <= Duration::from_secs(1);
        while samples.get(end + 1).is_some_and(within) {
            end += 1;
        }
        most = most.max(samples[end].requests.saturating_sub(first.requests));
    }
    most
}

/// How many came in each second in the mean, from the third to the last but one.
fn find_pace(samples: &[RequestSample]) -> f64 {
    let (start, end) = (samples[0].before, samples[samples.len() - 1].after);
    let from = start + Duration::from_secs(3);
    let until = end - Duration::from_secs(2);
    let inside: Vec<_> =
        samples.iter().filter(|one| one.before >= from && one.after <= until).collect();
    let (first, last) = (inside[0], inside[inside.len() - 1]);
    (last.requests - first.requests) as f64 / (last.before - first.before).as_secs_f64()
}

#[test]
fn twenty_workers_never_send_more_than_the_service_takes_in_a_second() {
    let shelf = Shelf::empty();
    for number in 0..100 {
        shelf.put_content(&format!("raw/{number:04}"), b"content");
    }
    let spec = format!("limits: {{ requests-per-second: {LIMIT} }}\n");
    std::fs::write(shelf.host.work().join("datalake.yaml"), spec).unwrap();
    shelf.run("job plan hashes --do checksum raw/", 0);
    // A pause, as before any run.
    thread::park_timeout(Duration::from_secs(1));
    let mut samples = vec![sample_requests(&shelf)];

    // All of them do the one shard that there is: until there is a receipt, each reads all of it.
    let words = format!("job shard hashes 0 --workers {WORKERS}");
    let mut workers: Vec<_> = (0..WORKERS).map(|_| shelf.call(&words).start()).collect();
    while workers.iter_mut().any(|worker| worker.try_wait().unwrap().is_none()) {
        thread::park_timeout(Duration::from_millis(5));
        samples.push(sample_requests(&shelf));
    }

    for worker in &mut workers {
        assert!(worker.wait().unwrap().success());
    }
    let (most, pace) = (find_most(&samples), find_pace(&samples));
    println!("at most {most} requests in a second, {pace:.0} in the mean");
    assert!(most <= LIMIT, "{most} requests in a second");
    assert!(pace >= LIMIT as f64 * 0.93, "{pace} requests a second");
    shelf.run("job status hashes", 0);
}
