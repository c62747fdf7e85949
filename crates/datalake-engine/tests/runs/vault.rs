//! A secret in Modal that keeps step with the host, and the apps that use it.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{AskedContent, ModalObject, VaultState};
use datalake_core::plan::{Action, Guard, Observed, Plan, Way, plan_vault_clearing};
use datalake_core::receipt::{Outcome, RunKind};
use datalake_core::secret::{FilledBody, Fingerprint};
use datalake_engine::*;

use crate::support::*;

/// The lines in the secret, as Modal has them.
pub(crate) fn lines(world: &World) -> Option<String> {
    let kept = world.vault.everything().remove(&modal("hetzner-s3"));
    kept.map(|(_, lines)| String::from_utf8(lines).unwrap())
}

/// A vault that says "done" and does nothing, or whose apps cannot be rolled over.
struct Broken<'a> {
    world: &'a World,
    loses: bool,
}

#[async_trait]
impl SecretVault for Broken<'_> {
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
        self.world.vault.look(secret, asked).await
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        if self.loses { Ok(()) } else { self.world.vault.create(secret, lines, print).await }
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        self.world.vault.update(secret, content).await
    }

    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault> {
        self.world.vault.clear(secret, print).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.world.vault.remove(secret).await
    }

    async fn roll_over(&self, _: &ModalObject) -> Result<(), Fault> {
        Err(Fault::new(FaultKind::Unreachable, "timeout"))
    }
}

#[tokio::test]
async fn each_generation_reaches_modal_and_each_rollback_brings_the_one_before() {
    let world = World::without_bucket().await;
    world.vault.deploy(&modal("dagster-compute"));

    world.provision("first\n", &world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nfirst\n"));
    world.provision("second\n", &world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nsecond\n"));
    assert_eq!(world.vault.rollovers(&modal("dagster-compute")), 2);

    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nfirst\n"));
    assert_eq!(world.vault.rollovers(&modal("dagster-compute")), 3);
    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(lines(&world), None);
}

#[tokio::test]
async fn variables_of_somebody_else_stay_through_every_run_and_rollback() {
    let world = World::without_bucket().await;
    world.vault.put_foreign(&modal("hetzner-s3"), b"THEIRS=1\n");

    let plan = world.plan("first\n").await;
    let step = plan.steps.iter().find(|step| step.action.verb() == "store in Modal").unwrap();
    assert!(matches!(step.guard, Guard::VaultDiffers(..)), "{step:?}");
    assert!(matches!(step.undo.way, Way::Back(Action::ClearVault(..))), "{step:?}");

    world.provision("first\n", &world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nfirst\nTHEIRS=1\n"));
    world.provision("second\n", &world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nsecond\nTHEIRS=1\n"));
    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nfirst\nTHEIRS=1\n"));
    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("THEIRS=1\n"));
}

#[tokio::test]
async fn what_somebody_adds_to_a_secret_that_a_run_has_created_stays_after_its_rollback() {
    let world = World::without_bucket().await;
    world.provision("first\n", &world.ports()).await.unwrap();
    world.vault.put_foreign(&modal("hetzner-s3"), b"ADDED=1\n");

    world.rollback(&world.ports()).await.unwrap();

    assert_eq!(lines(&world).as_deref(), Some("ADDED=1\n"));
}

#[tokio::test]
async fn a_clearing_is_undone_whether_or_not_the_secret_has_gone_with_it() {
    for theirs in ["", "THEIRS=1\n"] {
        let world = World::without_bucket().await;
        world.provision("first\n", &world.ports()).await.unwrap();
        world.provision("second\n", &world.ports()).await.unwrap();
        // Now a copy is kept of what Modal holds.
        world.rollback(&world.ports()).await.unwrap();
        world.vault.put_foreign(&modal("hetzner-s3"), theirs.as_bytes());
        let desired = world.desired_vault("first\n");
        let asked = [(desired.secret.clone(), vec![desired.print.into()])].into();
        let vault = observe_vault(&asked, &world.ports()).await;
        let observed = Observed { vault, ..Observed::nothing() };
        let plan = plan_vault_clearing(&desired, &observed).unwrap();
        let run = world.run(RunKind::Provision, &plan).await;
        apply(run, &Patient, &world.ports()).await.unwrap();
        assert_eq!(lines(&world).unwrap_or_default(), theirs);

        world.rollback(&world.ports()).await.unwrap();

        assert_eq!(lines(&world), Some(format!("old\nfirst\n{theirs}")));
    }
}

#[tokio::test]
async fn success_that_a_second_look_does_not_find_is_no_success() {
    let world = World::without_bucket().await;
    let broken = Broken { world: &world, loses: true };

    let stopped = world.provision("first\n", &Ports { vault: &broken, ..world.ports() }).await;

    let Err(Stopped::Apply(ApplyError::Step(failed))) = stopped else { panic!("{stopped:?}") };
    assert_eq!(failed.fault.kind, FaultKind::Disturbed);
    let last = failed.receipt.steps.iter().rfind(|taken| taken.outcome != Outcome::NotBegun);
    assert!(matches!(last.unwrap().outcome, Outcome::Failed(_)), "{last:?}");
    world.provision("first\n", &world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nfirst\n"));
}

#[tokio::test]
async fn an_app_without_new_containers_is_owed_them_by_the_next_run() {
    let world = World::without_bucket().await;
    let app = modal("dagster-compute");
    world.vault.deploy(&app);
    let broken = Broken { world: &world, loses: false };
    let stopped = world.provision("first\n", &Ports { vault: &broken, ..world.ports() }).await;
    assert!(matches!(stopped, Err(Stopped::Apply(ApplyError::Pending(_)))), "{stopped:?}");
    assert_eq!(world.history().owed_apps(), [app.clone()].into());

    world.provision("first\n", &world.ports()).await.unwrap();

    assert_eq!(world.vault.rollovers(&app), 1);
    assert_eq!(world.history().owed_apps(), [].into());
}

#[tokio::test]
async fn a_secret_that_appears_meanwhile_is_not_overwritten() {
    let world = World::without_bucket().await;
    let plan = world.plan("first\n").await;
    let steps = plan.steps.into_iter().filter(|step| step.action.verb() == "store in Modal");
    let plan = Plan::of_steps(steps.collect());
    world.vault.put_foreign(&modal("hetzner-s3"), b"THEIRS=1\n");

    let run = world.run(RunKind::Provision, &plan).await;
    let stopped = apply(run, &Patient, &world.ports()).await.unwrap_err();

    let ApplyError::Step(failed) = stopped else { panic!("{stopped}") };
    assert_eq!(failed.fault.kind, FaultKind::Disturbed);
    assert_eq!(lines(&world).as_deref(), Some("THEIRS=1\n"));
}
