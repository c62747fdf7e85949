//! Secrets that podman has lost while it was to replace them.

use std::sync::atomic::{AtomicUsize, Ordering};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;
use datalake_core::receipt::{Outcome, RunKind};
use datalake_core::secret::{FilledBody, PodmanSecret};
use datalake_engine::memory::MemorySecrets;
use datalake_engine::*;

use crate::faulty::{Fails, Faulty};
use crate::support::*;

const LINE: &str = "bucket = assets\n";

/// Loses the value that it was to replace, so many times.
struct FullDisk<'a>(&'a MemorySecrets, UnitName, AtomicUsize);

impl<'a> FullDisk<'a> {
    fn new(world: &'a World, user: &str, times: usize) -> Self {
        Self(&world.secrets, user.parse().unwrap(), AtomicUsize::new(times))
    }
}

#[async_trait::async_trait]
impl Secrets for FullDisk<'_> {
    async fn look(&self, name: &PodmanSecret) -> Result<FilledBody, Fault> {
        self.0.look(name).await
    }

    async fn store(&self, name: &PodmanSecret, value: &FilledBody) -> Result<(), Fault> {
        let left =
            self.2.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_err() {
            return self.0.store(name, value).await;
        }
        self.0.remove(name).await.and(Err(Fault::new(FaultKind::DiskFull, "")))
    }

    async fn remove(&self, name: &PodmanSecret) -> Result<(), Fault> {
        self.0.remove(name).await
    }

    fn user(&self) -> Option<&UnitName> {
        Some(&self.1)
    }
}

#[tokio::test]
async fn a_run_killed_as_podman_replaced_a_secret_has_failed_there_and_lost_nothing() {
    let world = World::with_bucket().await;
    let start = world.secrets.everything();
    let dying = Faulty::new(&world, Fails::DiesStoring);
    world.provision(LINE, &dying.ports()).await.unwrap_err();
    assert_ne!(world.secrets.everything(), start);

    let recovered = recover(&world.ports()).await.unwrap();

    let last = recovered[0].steps.iter().rfind(|taken| taken.outcome != Outcome::NotBegun);
    assert_eq!(last.unwrap().outcome, Outcome::Failed("the run was killed".to_owned()));
    assert_eq!(world.secrets.everything(), start);
}

#[tokio::test]
async fn a_secret_lost_by_a_call_that_failed_is_back_when_the_run_stops() {
    let world = World::with_bucket().await;
    let start = world.secrets.everything();
    let plan = world.plan(LINE).await;
    let run = world.run(RunKind::Provision, &plan).await;
    let full = FullDisk::new(&world, "dagster", 1);
    let ports = Ports { secrets: &full, ..world.ports() };

    let Err(ApplyError::Step(stopped)) = apply(run, &Patient, &ports).await else {
        panic!("it was not stopped");
    };

    assert_eq!(
        (stopped.fault.kind, stopped.step.action.verb()),
        (FaultKind::DiskFull, "store secret")
    );
    assert_eq!(world.secrets.everything(), start);
    let mut outcomes = stopped.receipt.steps.iter().map(|taken| &taken.outcome);
    assert!(outcomes.any(|outcome| matches!(outcome, Outcome::Failed(_))));
}

#[tokio::test]
async fn a_lost_secret_is_not_forgotten_and_goes_to_its_own_user_alone() {
    let world = World::with_bucket().await;
    let start = world.picture(true).await;
    let plan = world.plan(LINE).await;
    let run = world.run(RunKind::Provision, &plan).await;
    let full = FullDisk::new(&world, "dagster", usize::MAX);
    let user = full.user().cloned();
    let full = Ports { secrets: &full, ..world.ports() };
    let stopped = apply(PlannedRun { user, ..run }, &Patient, &full).await;
    assert!(stopped.is_err());
    let without = world.secrets.everything();

    // Nothing is planned from a lost secret, and another user's podman is given nothing.
    assert_eq!(recover(&full).await.unwrap_err().kind, FaultKind::DiskFull);
    let others = FullDisk::new(&world, "other", usize::MAX);
    recover(&Ports { secrets: &others, ..world.ports() }).await.unwrap();
    assert_eq!(world.secrets.everything(), without);

    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(world.picture(true).await, start);
}

#[tokio::test]
async fn a_secret_that_somebody_removed_before_the_step_began_stays_away() {
    let world = World::with_bucket().await;
    // A copy of it is kept from then on.
    world.provision(LINE, &world.ports()).await.unwrap();
    world.rollback(&world.ports()).await.unwrap();
    let plan = world.plan(LINE).await;
    let run = world.run(RunKind::Provision, &plan).await;
    world.secrets.remove(&"datalake-key".parse().unwrap()).await.unwrap();
    let without = world.secrets.everything();

    assert!(matches!(apply(run, &Patient, &world.ports()).await, Err(ApplyError::Step(_))));
    recover(&world.ports()).await.unwrap();

    assert_eq!(world.secrets.everything(), without);
}
