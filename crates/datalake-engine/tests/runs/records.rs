//! What is kept, what is refused, and who holds the lock.

use datalake_core::fault::FaultKind;
use datalake_core::receipt::{Outcome, RunKind};
use datalake_core::secret::FingerprintKey;
use datalake_engine::memory::{MemoryClock, MemoryState};
use datalake_engine::*;

use crate::support::*;

const LINE: &str = "bucket = assets\n";

async fn world_with_a_run() -> (World, String) {
    let world = World::without_bucket().await;
    world.provision(LINE, &world.ports()).await.unwrap();
    let name = format!("receipts/{}", world.state.names("receipts").unwrap()[0]);
    (world, name)
}

#[tokio::test]
async fn a_receipt_that_cannot_be_read_is_not_skipped() {
    let (world, name) = world_with_a_run().await;
    let json = world.state.read(&name).unwrap();
    for broken in [&b""[..], b"{}", &json[..json.len() / 2]] {
        world.state.write(&name, broken).unwrap();

        let fault = Records(&world.state).history().unwrap_err();

        assert_eq!(fault.kind, FaultKind::Unreadable);
        assert!(fault.detail.contains(&name), "{fault}");
    }
}

#[tokio::test]
async fn a_foreign_name_among_the_receipts_is_told() {
    let (world, _) = world_with_a_run().await;
    world.state.write("receipts/notes.json", b"{}").unwrap();

    assert_eq!(Records(&world.state).history().unwrap_err().kind, FaultKind::Unreadable);
}

#[tokio::test]
async fn a_newer_form_is_refused_by_its_number() {
    let fault = read_receipt(br#"{"schema_version": 2, "shape": "another"}"#).unwrap_err();

    assert_eq!(fault.kind, FaultKind::Unreadable);
    assert_eq!(fault.detail, "the receipt has form 2; this release reads form 1");
}

#[tokio::test]
async fn a_damaged_journal_stops_everything() {
    let (world, _) = world_with_a_run().await;
    world.state.write("runs/R-1.journal", b"nonsense\nmore\n").unwrap();

    let fault = recover(&world.ports()).await.unwrap_err();

    assert_eq!(fault.kind, FaultKind::Unreadable);
    assert!(fault.detail.starts_with("runs/R-1.journal: line 1"), "{fault}");
}

#[tokio::test]
async fn recovering_twice_is_recovering_once() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    let run = world.run(RunKind::Provision, &plan).await;
    let begin = Begin {
        schema_version: 1,
        run: run.id.clone(),
        kind: RunKind::Provision,
        user: None,
        started: world.clock.now(),
        continues: vec![],
        taken_over: vec![],
        plan: plan.clone(),
    };
    let journal = [JournalRecord::Begin(Box::new(begin)), JournalRecord::Intent(0)];
    let bytes: Vec<u8> = journal.iter().flat_map(encode_record).collect();
    world.state.write(&format!("runs/{}.journal", run.id), &bytes).unwrap();

    let first = recover(&world.ports()).await.unwrap();
    let second = recover(&world.ports()).await.unwrap();

    assert_eq!(first[0].steps[0].outcome, Outcome::Failed("the run was killed".to_owned()));
    assert_eq!(first[0].steps[1].outcome, Outcome::NotBegun);
    assert_eq!(second, []);
}

#[test]
fn a_fingerprint_key_is_kept_once() {
    let (state, clock) = (MemoryState::default(), MemoryClock::new(0));
    let records = Records(&state);
    let first = records.fingerprint_key(&clock).unwrap();
    let other = records.fingerprint_key(&clock).unwrap();

    records.keep_fingerprint_key(&first).unwrap();
    records.keep_fingerprint_key(&first).unwrap();
    let second = records.keep_fingerprint_key(&other).unwrap_err();

    assert_eq!(second.kind, FaultKind::Disturbed);
    assert_eq!(records.fingerprint_key(&clock).unwrap().expose(), first.expose());
    assert!(first.expose().iter().any(|byte| *byte != 0));
}

#[test]
fn a_look_keeps_no_fingerprint_key() {
    let (state, clock) = (MemoryState::default(), MemoryClock::new(0));

    let one = Records(&state).fingerprint_key(&clock).unwrap();
    let other = Records(&state).fingerprint_key(&clock).unwrap();

    assert_ne!(one.expose(), other.expose());
    assert_eq!(state.read("fingerprint.key").unwrap_err().kind, FaultKind::Absent);
}

#[test]
fn a_broken_fingerprint_key_is_not_replaced() {
    let (state, clock) = (MemoryState::default(), MemoryClock::new(0));
    state.write("fingerprint.key", b"short").unwrap();

    let fault = Records(&state).fingerprint_key(&clock).err().unwrap();
    let kept = Records(&state).keep_fingerprint_key(&FingerprintKey::new([1; 32]));

    assert_eq!(fault.kind, FaultKind::Unreadable);
    assert_eq!(kept.unwrap_err().kind, FaultKind::Unreadable);
    assert_eq!(state.read("fingerprint.key").unwrap(), b"short");
}

#[tokio::test]
async fn a_kept_copy_that_was_changed_is_not_put_back() {
    let (world, _) = world_with_a_run().await;
    for copy in world.state.names("copies").unwrap() {
        world.state.write(&format!("copies/{copy}"), b"forged").unwrap();
    }

    let stopped = world.rollback(&world.ports()).await;

    let Err(Stopped::Apply(ApplyError::Step(failed))) = stopped else {
        panic!("it was put back");
    };
    assert_eq!(failed.fault.kind, FaultKind::Disturbed);
    assert_eq!(world.content("/srv/app.conf"), Some(format!("old\n{LINE}")));
}

#[test]
fn a_second_run_is_told_who_holds_the_lock() {
    let state = MemoryState::default();
    let first = state.lock("provision, process 17").unwrap();

    let refused = state.lock("rollback, process 18").err().unwrap().to_string();
    drop(first);

    assert_eq!(refused, "another run is at work here: provision, process 17");
    assert!(state.lock("rollback, process 18").is_ok());
}
