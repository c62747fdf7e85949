//! `verify` and `scrub`.

use super::{Bed, LAKE, configured};

#[test]
fn what_was_acknowledged_and_lost_is_found() {
    let number = configured("DATALAKE_TEST_FILES", 200);
    let seed = configured("DATALAKE_TEST_SEED", 3);
    let bed = Bed::new();
    bed.some_files(usize::try_from(number).unwrap());
    bed.service().set_faults(&format!("seed {seed}, lose 1/200 on PUT"));
    bed.up("", 0);
    bed.service().set_faults("");
    let lost = number - bed.keys().len() as u64;
    println!("{lost} of {number} acknowledged and lost");
    assert!(lost > 0);

    let found = bed.run(&format!("verify data {LAKE}"), 4);

    assert_eq!(found.last("verification")["missing"]["items"], lost);
    assert_eq!(found.items("!").len() as u64, lost);
    assert_eq!(bed.up("", 0).counts()[0], lost);
    bed.run(&format!("verify data {LAKE}"), 0);
}

#[test]
fn a_bit_that_flipped_in_the_store_is_found_by_reading_alone() {
    let bed = Bed::new();
    bed.some_files(6);
    // An empty content has no bit that could flip.
    bed.file("0/0.bin", b"one");
    bed.service().set_faults("flip-bit on PUT after 3 times 1");
    bed.up("", 0);
    bed.service().set_faults("");

    bed.run(&format!("verify data {LAKE}"), 0);
    let deep = bed.run(&format!("verify --deep data {LAKE}"), 4);
    let scrubbed =
        (0..10).map(|round| bed.call(&format!("scrub --subset 10% --round {round} data {LAKE}")));
    let codes: Vec<_> = scrubbed.map(|call| call.run().status.code().unwrap()).collect();

    assert_eq!(deep.last("verification")["damaged"]["items"], 1);
    assert_eq!(codes.iter().filter(|code| **code == 4).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 9, "{codes:?}");
}

#[test]
fn what_someone_else_replaced_or_added_is_told_apart() {
    let bed = Bed::new();
    bed.some_files(6);
    bed.up("", 0);
    bed.shelf.put("raw/1/1.bin", 37);
    bed.shelf.put("raw/theirs", 1);

    let found = bed.run(&format!("verify --report report.txt data {LAKE}"), 4).last("verification");

    assert_eq!((&found["changed"]["items"], &found["not_ours"]), (&1.into(), &1.into()));
    let report = std::fs::read_to_string(bed.path("report.txt")).unwrap();
    assert_eq!(report.lines().filter(|line| line.starts_with('=')).count(), 5);
    assert!(report.contains("! 1/1.bin\t"), "{report}");
}

#[test]
fn no_proof_is_claimed_of_what_was_never_brought() {
    let bed = Bed::new();
    bed.some_files(1);

    bed.run(&format!("verify data {LAKE}"), 66);
    bed.run(&format!("verify {LAKE} data"), 66);
    bed.run(&format!("verify --bucket-only {LAKE} data"), 2);
    bed.file("alone", b"x");
    bed.run("put data/alone s3://acme-dagster-assets/other/name", 0);
    bed.run("verify --deep data/alone s3://acme-dagster-assets/other/name", 0);
}
