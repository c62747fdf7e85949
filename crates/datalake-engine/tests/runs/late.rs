//! What changes after the last look before a step stays, on the way there and back.

use std::sync::atomic::{AtomicUsize, Ordering};

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::plan::{Plan, Step};
use datalake_core::receipt::{Outcome, RunKind, plan_rollback};
use datalake_core::secret::{FilledBody, PodmanSecret};
use datalake_engine::memory::MemorySecrets;
use datalake_engine::*;

use crate::support::*;

const LINE: &str = "bucket = assets\n";

/// Edits a file at the intent of this number, which is to change that file.
struct LateEdit<'a>(&'a World, &'static str, AtomicUsize);

impl Checkpoints for LateEdit<'_> {
    fn pass(&self, checkpoint: Checkpoint) {
        if checkpoint == Checkpoint::IntentRecorded && self.2.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.edit(self.1, "by hand\n");
        }
    }
}

/// Stores another value after the look of this number, when the run is about to store its own.
struct LateSecret<'a>(&'a MemorySecrets, AtomicUsize);

#[async_trait::async_trait]
impl Secrets for LateSecret<'_> {
    async fn look(&self, name: &PodmanSecret) -> Result<FilledBody, Fault> {
        let seen = self.0.look(name).await;
        if name.as_str() == "datalake-key" && self.1.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.store(name, &FilledBody::new(b"by hand".to_vec())).await?;
        }
        seen
    }

    async fn store(&self, name: &PodmanSecret, value: &FilledBody) -> Result<(), Fault> {
        self.0.store(name, value).await
    }

    async fn remove(&self, name: &PodmanSecret) -> Result<(), Fault> {
        self.0.remove(name).await
    }
}

#[tokio::test]
async fn a_file_edited_after_the_intent_to_write_it_is_left_alone() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    let run = world.run(RunKind::Provision, &plan).await;
    let late = LateEdit(&world, "/srv/datalake/s3.env", AtomicUsize::new(plan.steps.len() - 6));
    let ports = Ports { checkpoints: &late, ..world.ports() };

    let Err(ApplyError::Step(stopped)) = apply(run, &Patient, &ports).await else {
        panic!("it was not stopped");
    };

    assert_eq!(stopped.fault.kind, FaultKind::Disturbed);
    assert_eq!(world.content("/srv/datalake/s3.env").unwrap(), "by hand\n");
    let outcomes: Vec<_> = stopped.receipt.steps.iter().map(|taken| &taken.outcome).collect();
    let (done, rest) = outcomes.split_at(outcomes.len() - 7);
    assert!(done.iter().all(|outcome| **outcome == Outcome::Done), "{outcomes:?}");
    assert_eq!(rest[0], &Outcome::Disturbed);
    assert!(rest[1..].iter().all(|outcome| **outcome == Outcome::NotBegun));
}

#[tokio::test]
async fn a_secret_changed_after_the_intent_to_store_it_is_left_alone() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    let run = world.run(RunKind::Provision, &plan).await;
    // The look before the step; the next one keeps the copy.
    let secrets = LateSecret(&world.secrets, AtomicUsize::new(1));
    let ports = Ports { secrets: &secrets, ..world.ports() };

    let Err(ApplyError::Step(stopped)) = apply(run, &Patient, &ports).await else {
        panic!("it was not stopped");
    };

    assert_eq!(stopped.fault.kind, FaultKind::Disturbed);
    let kept = world.secrets.everything();
    assert_eq!(kept[&"datalake-key".parse().unwrap()], b"by hand");
}

/// The way back of the run that has just been carried out in `world`.
async fn way_back(world: &World) -> Plan {
    world.provision(LINE, &world.ports()).await.unwrap();
    plan_rollback(world.history().to_roll_back().unwrap())
}

/// Checks that the way back, over `ports`, stops at its step `verb` and takes it for disturbed.
async fn check_stops_at(world: &World, plan: &Plan, verb: &str, ports: &Ports<'_>) {
    let run = PlannedRun {
        keys: None,
        ..world.run(RunKind::Rollback("R-1".parse().unwrap()), plan).await
    };

    let Err(ApplyError::Step(stopped)) = apply(run, &Patient, ports).await else {
        panic!("it was not stopped");
    };

    assert_eq!((stopped.fault.kind, stopped.step.action.verb()), (FaultKind::Disturbed, verb));
    let begun = stopped.receipt.steps.iter().rfind(|taken| taken.outcome != Outcome::NotBegun);
    assert_eq!(begun.unwrap().outcome, Outcome::Disturbed);
}

#[tokio::test]
async fn a_file_edited_after_the_intent_to_undo_it_is_left_alone() {
    for (file, verb) in [("/srv/app.conf", "restore file"), ("/srv/datalake/s3.env", "remove file")]
    {
        let world = World::without_bucket().await;
        let plan = way_back(&world).await;
        let is_it = |step: &Step| step.action.target() == Target::Path(path(file));
        let number = plan.steps.iter().position(is_it).unwrap() + 1;
        let late = LateEdit(&world, file, AtomicUsize::new(number));

        let ports = Ports { checkpoints: &late, ..world.ports() };
        check_stops_at(&world, &plan, verb, &ports).await;

        assert_eq!(world.content(file).unwrap(), "by hand\n");
    }
}

#[tokio::test]
async fn a_secret_changed_after_the_intent_to_undo_it_is_left_alone() {
    for (world, verb) in [
        (World::with_bucket().await, "restore secret"),
        (World::without_bucket().await, "remove secret"),
    ] {
        let plan = way_back(&world).await;
        // The look before the step; the next one comes just before the change.
        let secrets = LateSecret(&world.secrets, AtomicUsize::new(1));

        let ports = Ports { secrets: &secrets, ..world.ports() };
        check_stops_at(&world, &plan, verb, &ports).await;

        let kept = world.secrets.everything();
        assert_eq!(kept[&"datalake-key".parse().unwrap()], b"by hand");
    }
}
