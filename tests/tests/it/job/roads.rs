//! From the plan to the report.

use super::{hash_hex, list_odd_keys, make_content, make_odd_shelf, read_receipts};
use crate::support::{Call, KEY};

#[test]
fn every_key_gets_the_hash_of_its_content() {
    let shelf = make_odd_shelf();

    let planned = shelf.run("job plan hashes --do checksum raw/ --json", 0).json("job-plan");
    let before = shelf.run("job status hashes --json", 3).json("job-status");
    let run = shelf.run("job run hashes --json", 0).json("job-run");
    let after = shelf.run("job status hashes --json", 0).json("job-status");

    let keys = list_odd_keys();
    assert_eq!(
        (&planned["job"]["objects"], &planned["is_written"]),
        (&keys.len().into(), &true.into())
    );
    assert_eq!((&before["progress"]["open"], &run["worked"]), (&1.into(), &1.into()));
    assert_eq!(after["progress"]["done"], keys.len());
    let outcomes = read_receipts(&shelf, "hashes");
    assert_eq!(outcomes.keys().cloned().collect::<Vec<_>>(), keys);
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(outcomes[key]["done"], hash_hex(&make_content(number)), "{key:?}");
    }
    let report = shelf.run("job report hashes --json", 0).rows();
    assert_eq!((report.len(), &report[0]["kind"]), (1, &"job-report".into()));
}

#[test]
fn copies_and_frames_are_byte_for_byte_what_the_receipt_says() {
    let shelf = make_odd_shelf();
    for (job, task, ending) in [("c", "copy", ""), ("z", "recompress", ".zst")] {
        shelf.run(&format!("job plan {job} --do {task} raw/ {job}/"), 0);
        // The longest key has no room for an ending.
        let code = if ending.is_empty() { 0 } else { 5 };
        shelf.run(&format!("job run {job}"), code);

        let outcomes = read_receipts(&shelf, job);
        for (number, key) in list_odd_keys().iter().enumerate() {
            let name = key.replacen("raw/", &format!("{job}/"), 1) + ending;
            if name.len() > 1_024 {
                assert!(outcomes[key]["failed"].as_str().unwrap().contains("1,024 bytes"));
                continue;
            }
            let address = format!("s3://acme-dagster-assets/{name}");
            let stored = shelf.call("cat").arg(address).run_with_input(b"").stdout;
            assert_eq!(outcomes[key]["done"], hash_hex(&stored), "{key:?}");
            let content = match ending {
                "" => stored,
                _ => zstd::stream::decode_all(stored.as_slice()).unwrap(),
            };
            assert_eq!(content, make_content(number), "{key:?}");
        }
    }
}

#[test]
fn one_worker_after_the_other_comes_to_what_a_run_comes_to() {
    let shelf = make_odd_shelf();
    for job in ["one", "two"] {
        shelf.run(&format!("job plan {job} --do checksum raw/"), 0);
    }

    let worked = shelf.run("job shard one 0 --workers 20 --json", 0).json("job-shard");
    let again = shelf.run("job shard one 0 --json", 0).json("job-shard");
    shelf.run("job run two", 0);

    assert_eq!((&worked["end"], &again["end"]), (&"worked".into(), &"was-done".into()));
    assert_eq!(read_receipts(&shelf, "one"), read_receipts(&shelf, "two"));
    shelf.run("job shard one 1", 2);
    shelf.run("job status one", 0);
}

#[test]
fn a_worker_needs_no_spec_where_the_variables_of_the_secret_are() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);
    let folder = tempfile::TempDir::new().unwrap();

    let call = Call::new(folder.path(), "job shard hashes 0 --workers 4 --json");
    let call = call.env("AWS_ACCESS_KEY_ID", KEY.id).env("AWS_SECRET_ACCESS_KEY", KEY.secret);
    let call = call.env("AWS_ENDPOINT_URL_S3", shelf.service.endpoint()).env("AWS_REGION", "fsn1");
    let call = call.env("DAGSTER_S3_BUCKET", "acme-dagster-assets").env("HOME", folder.path());
    let worked = call.env("DATALAKE_FP_0123456789abcdef", "1").run().exits(0).json("job-shard");

    assert_eq!((&worked["end"], &worked["failed"]), (&"worked".into(), &0.into()));
    shelf.run("job status hashes", 0);
}

#[test]
fn a_stopped_job_goes_on_with_the_next_run() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);

    shelf.run("job stop hashes", 0);
    let shard = shelf.run("job shard hashes 0 --json", 5).json("job-shard");
    let status = shelf.run("job status hashes", 3).stdout;
    shelf.run("job run hashes", 0);

    assert_eq!(shard["end"], "stopped");
    assert!(status.contains("Its workers are asked to stop."), "{status}");
}

#[test]
fn what_makes_no_sense_is_refused_with_words() {
    let shelf = make_odd_shelf();
    for (words, code, said) in [
        ("job plan x --do paint raw/", 2, "is not a task"),
        ("job plan X --do checksum raw/", 2, "is not a valid job name"),
        ("job plan x --do copy raw/", 2, "name DEST"),
        ("job plan x --do copy raw/ raw/copies/", 2, "overlap"),
        ("job plan x --do checksum none/", 66, "no object below s3://acme-dagster-assets/none/"),
        ("job run x", 66, "has no job `x`"),
        ("job status x", 66, "plan it first"),
    ] {
        let ran = shelf.run(words, code);
        assert!(ran.stderr.contains(said), "{words}: {}", ran.stderr);
    }
    assert!(shelf.keys().iter().all(|key| !key.starts_with("_datalake/")));
}

#[test]
fn a_price_over_the_budget_is_refused_and_leaves_nothing() {
    let shelf = make_odd_shelf();
    let spec = "cost: { budget: 1EUR }\n";
    std::fs::write(shelf.host.work().join("datalake.yaml"), spec).unwrap();

    let ran = shelf.run("job plan x --do checksum raw/ --core-hour 90000EUR", 6);

    assert!(ran.stdout.contains("more than the budget of 1.00 EUR"), "{}", ran.stdout);
    assert!(shelf.keys().iter().all(|key| !key.starts_with("_datalake/")));
    shelf.run("job plan x --do checksum raw/ --core-hour 0.05EUR", 0);
}

#[test]
fn datalakes_own_objects_are_left_out_and_counted() {
    let shelf = make_odd_shelf();
    shelf.run("job plan hashes --do checksum raw/", 0);
    let is_own = |key: &String| key.starts_with("_datalake/");
    let own = shelf.keys().iter().filter(|key| is_own(key)).count();

    let counted = shelf.run("du --json", 0).rows();
    assert_eq!(counted.last().unwrap()["data"]["current"]["count"], own + list_odd_keys().len());
    shelf.run("sync s3://acme-dagster-assets/ here", 5);
    assert!(!shelf.host.work().join("here/_datalake").exists());
    shelf.run("rm -r s3://acme-dagster-assets --confirm acme-dagster-assets", 0);

    let left = shelf.keys();
    assert!(left.len() == own && left.iter().all(is_own), "{left:?}");
    shelf.run("rm -r --yes _datalake/", 0);
    assert!(shelf.keys().is_empty());
}
