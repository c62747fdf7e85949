//! The brake is that of the job, however many workers there are.

use std::collections::BTreeMap;

use crate::support::Shelf;

const WORKERS: usize = 20;
/// Fewer than a bucket takes: a busy machine could not send as many.
const LIMIT: usize = 200;

/// How many requests were signed in each second.
fn count_seconds(shelf: &Shelf) -> Vec<usize> {
    let mut seconds = BTreeMap::new();
    for request in shelf.service.requests() {
        *seconds.entry(request.signed).or_insert(0) += 1;
    }
    seconds.into_values().collect()
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
    let before = count_seconds(&shelf).len();

    // All of them do the one shard that there is: until there is a receipt, each reads all of it.
    let words = format!("job shard hashes 0 --workers {WORKERS}");
    let workers: Vec<_> = (0..WORKERS).map(|_| shelf.call(&words).start()).collect();
    for worker in workers {
        assert!(worker.wait_with_output().unwrap().status.success());
    }

    let seconds = count_seconds(&shelf).split_off(before);
    println!("requests by seconds: {seconds:?}");
    assert!(seconds.iter().all(|sent| *sent <= LIMIT), "{seconds:?}");
    shelf.run("job status hashes", 0);
}
