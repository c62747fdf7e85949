use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::JobManifest;
use datalake_engine::Payload;

use super::bed::{Bed, ODD_KEYS, name_job};
use crate::ErrorKind;
use crate::job::{JobWish, ShardEnd, WorkerShare};

fn make_share(shard: u32) -> WorkerShare {
    WorkerShare { shard, workers: 1, function: None }
}

#[tokio::test(start_paused = true)]
async fn every_key_gets_the_hash_of_its_content() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();

    let run = bed.run("hash").await.unwrap();

    assert!(run.status.progress.is_sound(), "{run:?}");
    let receipt = bed.read_receipt("hash").await.unwrap();
    let receipt: serde_json::Value = serde_json::from_slice(&receipt).unwrap();
    for key in receipt["keys"].as_array().unwrap() {
        // Each object of this bucket has its own key as its content.
        let content = key["key"].as_str().unwrap().to_owned();
        assert_eq!(key["outcome"]["done"], Payload::of(content).hash().hex());
    }
    assert_eq!(receipt["keys"].as_array().unwrap().len(), ODD_KEYS.len());
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_since_the_plan_is_left_alone_and_told() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    bed.service.put("raw/a b", "another content").await;
    bed.service.delete("raw/ü").await;
    bed.service.put("raw/new", "after the plan").await;

    let run = bed.run("hash").await.unwrap();
    let (report, troubles) = bed.report_on("hash").await;

    assert_eq!((run.status.progress.done, run.status.progress.changed), (5, 2));
    assert!(!report.is_sound());
    let told: Vec<_> = troubles.iter().map(|one| (one.key.as_str(), one.cause.is_some())).collect();
    assert_eq!(told, [("raw/a b", false), ("raw/ü", false)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_for_good_is_the_outcome_of_its_key_and_a_rerun_does_it_alone() {
    let bed = Bed::with_keys(&["raw/a", "raw/b", "raw/c"]).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    // Manifest, listing, stop, shard, receipt; then the objects. A read counts twice in memory.
    bed.service.store.fail_call(9, Fault::new(FaultKind::Archived, "InvalidObjectState"));

    let first = bed.run("hash").await.unwrap();
    let (_, troubles) = bed.report_on("hash").await;
    let second = bed.run("hash").await.unwrap();

    assert_eq!((first.status.progress.done, first.status.progress.failed), (2, 1));
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].cause.as_deref().is_some_and(|cause| !cause.is_empty()), "{troubles:?}");
    assert!(second.status.progress.is_sound(), "{second:?}");
    assert_eq!(second.worked, 1);
    let third = bed.run("hash").await.unwrap();
    assert_eq!((third.worked, third.done_by_others), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_of_any_call_changes_no_receipt() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("one", "checksum", "raw/")).await.unwrap();
    bed.run("one").await.unwrap();
    let undisturbed = bed.read_receipt("one").await.unwrap();
    let mut number = 1;
    loop {
        let job = format!("n{number}");
        bed.service.store.fail_call(number, Fault::new(FaultKind::Unavailable, "503"));
        bed.plan_wish(&bed.make_wish(&job, "checksum", "raw/")).await.unwrap();
        bed.run(&job).await.unwrap();
        let is_over = bed.service.store.is_failure_ahead();
        if is_over {
            break;
        }
        assert_eq!(bed.read_receipt(&job).await.unwrap(), undisturbed, "call {number}");
        number += 1;
    }
    assert!(number > 15, "the calls are not met: {number}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_asked_to_stop_begins_no_shard_and_the_next_run_goes_on() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    bed.open_jobs().stop_job(&name_job("hash")).await.unwrap();

    let worked =
        bed.open_jobs().work_shard(&name_job("hash"), make_share(0), &mut |_| ()).await.unwrap();
    let stopped = bed.open_jobs().look_at_job(&name_job("hash")).await.unwrap();
    let run = bed.run("hash").await.unwrap();

    assert_eq!(worked.end, ShardEnd::Stopped);
    assert!(stopped.is_stopped && stopped.progress.open == 1, "{stopped:?}");
    assert!(run.status.progress.is_sound() && !run.status.is_stopped, "{run:?}");
    assert!(!bed.open_jobs().look_at_job(&name_job("hash")).await.unwrap().is_stopped);
}

#[tokio::test(start_paused = true)]
async fn two_workers_of_a_shard_leave_one_receipt() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    let (jobs, hash) = (bed.open_jobs(), name_job("hash"));

    let (one, two) = futures::future::join(
        jobs.work_shard(&hash, make_share(0), &mut |_| ()),
        jobs.work_shard(&hash, make_share(0), &mut |_| ()),
    )
    .await;

    let mut ends = [one.unwrap().end, two.unwrap().end];
    ends.sort_by_key(|end| *end != ShardEnd::Worked);
    assert_eq!(ends, [ShardEnd::Worked, ShardEnd::WasDone]);
    assert!(jobs.look_at_job(&hash).await.unwrap().progress.is_sound());
}

#[tokio::test(start_paused = true)]
async fn a_job_or_shard_that_does_not_exist_is_said_to() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let none = bed.run("none").await.unwrap_err();
    assert_eq!(none.kind, ErrorKind::Absent);
    assert_eq!(
        bed.open_jobs().stop_job(&name_job("none")).await.unwrap_err().kind,
        ErrorKind::Absent
    );

    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    let error = bed
        .open_jobs()
        .work_shard(&name_job("hash"), make_share(1), &mut |_| ())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Usage);
}

#[tokio::test(start_paused = true)]
async fn a_status_costs_a_listing_and_two_objects() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    bed.run("hash").await.unwrap();
    // A read counts twice in memory. The call after it would fail for good; nobody makes it.
    bed.service.store.fail_call(6, Fault::new(FaultKind::Refused, "one more call"));

    let status = bed.open_jobs().look_at_job(&name_job("hash")).await.unwrap();

    assert!(status.progress.is_sound() && bed.service.store.is_failure_ahead(), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_is_none_of_its_shard_makes_no_shard_done() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    let key = bed.name_receipt("hash").await;
    let done = r#"{"key":"raw/%","outcome":{"done":"1"}}"#;
    for (receipt, open) in [
        (r#"{"schema_version":1,"shard":0,"keys":[]}"#.to_owned(), 1),
        (format!(r#"{{"schema_version":1,"shard":1,"keys":[{done}]}}"#), 1),
        (format!(r#"{{"schema_version":2,"shard":0,"keys":[{done}]}}"#), 1),
        (format!(r#"{{"schema_version":1,"shard":0,"keys":[{done}]}}"#), 0),
    ] {
        bed.service.put(&key, &receipt).await;

        let status = bed.open_jobs().look_at_job(&name_job("hash")).await.unwrap();
        let error = bed.run("hash").await.unwrap_err();

        assert_eq!((status.progress.open, status.progress.is_sound()), (open, false), "{receipt}");
        assert_eq!(error.kind, ErrorKind::Mismatch, "{receipt}");
    }
    bed.service.delete(&key).await;
    assert!(bed.run("hash").await.unwrap().status.progress.is_sound());
}

#[tokio::test(start_paused = true)]
async fn numbers_that_no_plan_comes_to_are_a_damage_and_nobody_goes_through_them() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let planned = bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    for (shards, objects) in [(0, 7), (u32::MAX, u64::MAX), (2, 1)] {
        let job = JobManifest { shards, objects, ..planned.job.clone() };
        let json = serde_json::to_string(&job).unwrap();
        bed.service.put(&job.name.manifest_key(), &json).await;

        let looked = bed.open_jobs().look_at_job(&job.name).await.unwrap_err();
        let worked = bed.open_jobs().work_shard(&job.name, make_share(0), &mut |_| ()).await;

        assert_eq!(looked.kind, ErrorKind::Mismatch, "{json}");
        assert_eq!(worked.unwrap_err().kind, ErrorKind::Mismatch, "{json}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_never_waits_for_a_connection_that_the_spec_does_not_allow() {
    let mut bed = Bed::with_keys(&ODD_KEYS).await;
    let mut wish = bed.make_wish("copy", "copy", "raw/");
    wish.destination = Some("copies/".parse().unwrap());
    bed.plan_wish(&wish).await.unwrap();
    bed.service.spec.limits.connections = 1;

    let run = bed.run("copy").await.unwrap_err();
    let plan = bed.plan_wish(&JobWish { name: name_job("two"), ..wish }).await.unwrap_err();

    assert_eq!((run.kind, plan.kind), (ErrorKind::Config, ErrorKind::Config));
    bed.service.spec.limits.connections = 2;
    assert!(bed.run("copy").await.unwrap().status.progress.is_sound());
}

#[tokio::test(start_paused = true)]
async fn a_run_is_told_key_by_key() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    let mut told = Vec::new();

    let mut tell = |progress: &datalake_core::job::JobProgress| told.push(progress.done);
    bed.open_jobs().run_job(&name_job("hash"), None, &mut tell).await.unwrap();

    assert_eq!(told, [0, 1, 2, 3, 4, 5, 6, 7, 7]);
}
