//! A service that fails and lies.

use super::{Bed, LAKE, PART, configured, noise};

/// Of each hundred requests so many meet each of these. A request that is never answered costs half
/// a minute of real time; the engine's own tests have those.
const FAULTS: &str =
    "5% 500, 5% 503, 5% reset, 5% reset-after, 5% cut-body@100, 5% wrong-etag on PUT";

#[test]
fn with_faults_of_all_kinds_it_ends_equal() {
    for seed in 0..configured("DATALAKE_TEST_SEEDS", 3) {
        let bed = Bed::new();
        bed.some_files(80);
        bed.file("large", &noise(PART + 3, seed));

        bed.service().set_faults(&format!("seed {seed}, {FAULTS}"));
        let up = bed.up("--part-size 5M", 0);
        let down = bed.down("", 0);
        bed.service().set_faults("");

        assert_eq!((up.counts()[0], down.counts()[0]), (81, 81), "seed {seed}");
        assert!(up.last("transfer")["retries"].as_u64().unwrap() > 0, "seed {seed}");
        assert!(up.last("transfer-retry")["fault"].is_string(), "seed {seed}");
        bed.must_be_back();
        assert_eq!(
            bed.run(&format!("verify --deep data {LAKE}"), 0).last("verification")["right"]["items"],
            81
        );
        assert_eq!(bed.shelf.upload_count(), 0, "seed {seed}");
    }
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
