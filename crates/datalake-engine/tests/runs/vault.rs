//! A secret in Modal that keeps step with the host, and the apps that use it.

use async_trait::async_trait;
use datalake_core::*;
use datalake_engine::*;

use crate::support::*;

/// The lines in the secret, as Modal has them.
fn lines(world: &World) -> Option<String> {
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
    async fn look(&self, secret: &ModalObject, asked: &[Fingerprint]) -> Result<VaultState, Fault> {
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

    async fn replace(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.world.vault.replace(secret, lines, print).await
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
async fn a_secret_of_somebody_else_is_replaced_and_the_plan_says_that_it_will_not_come_back() {
    let world = World::without_bucket().await;
    world.vault.put_foreign(&modal("hetzner-s3"), b"THEIRS=1\n");

    let plan = world.plan("first\n").await;
    let step = plan.steps.iter().find(|step| step.action.verb() == "store in Modal").unwrap();
    assert!(matches!(step.guard, Guard::VaultDiffers(..)), "{step:?}");
    assert!(matches!(step.undo.way, Way::OneWay(_)), "{step:?}");

    world.provision("first\n", &world.ports()).await.unwrap();
    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(lines(&world).as_deref(), Some("old\nfirst\n"));
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

/// A Modal whose calls fail from the call of this number on, or never answers.
struct Away<'a> {
    world: &'a World,
    from: usize,
    calls: std::sync::atomic::AtomicUsize,
    kind: Option<FaultKind>,
}

impl<'a> Away<'a> {
    fn new(world: &'a World, from: usize, kind: Option<FaultKind>) -> Self {
        Self { world, from, calls: 0.into(), kind }
    }

    fn calls(&self) -> usize {
        self.calls.load(std::sync::atomic::Ordering::Relaxed)
    }

    async fn turn(&self) -> Result<(), Fault> {
        let call = self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match self.kind {
            _ if call < self.from => Ok(()),
            Some(kind) => Err(Fault::new(kind, "injected")),
            None => std::future::pending().await,
        }
    }
}

#[async_trait]
impl SecretVault for Away<'_> {
    async fn look(&self, secret: &ModalObject, asked: &[Fingerprint]) -> Result<VaultState, Fault> {
        self.turn().await?;
        self.world.vault.look(secret, asked).await
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.turn().await?;
        self.world.vault.create(secret, lines, print).await
    }

    async fn replace(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.turn().await?;
        self.world.vault.replace(secret, lines, print).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.turn().await?;
        self.world.vault.remove(secret).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        self.turn().await?;
        self.world.vault.roll_over(app).await
    }
}

/// All but Modal.
async fn host(world: &World) -> Picture {
    Picture { vault: [].into(), ..world.picture(true).await }
}

const AWAY: [FaultKind; 5] = [
    FaultKind::NoClient,
    FaultKind::NoLogin,
    FaultKind::WrongLogin,
    FaultKind::Unreachable,
    FaultKind::Refused,
];

#[tokio::test]
async fn modal_never_holds_back_a_provision_and_the_next_one_completes_it() {
    for kind in AWAY {
        for from in 0.. {
            let world = World::with_bucket().await;
            world.vault.deploy(&modal("dagster-compute"));
            let whole = World::with_bucket().await;
            whole.vault.deploy(&modal("dagster-compute"));
            whole.provision("first\n", &whole.ports()).await.unwrap();
            let start = world.picture(true).await;
            let away = Away::new(&world, from, Some(kind));

            let stopped =
                world.provision("first\n", &Ports { vault: &away, ..world.ports() }).await;

            let note = format!("{kind:?} from call {from}: {stopped:?}");
            assert_eq!(host(&world).await, host(&whole).await, "{note}");
            if away.calls() <= from {
                assert!(stopped.is_ok() && from > 2, "{note}");
                break;
            }
            let waits =
                matches!(stopped, Err(Stopped::Waits(_) | Stopped::Apply(ApplyError::Pending(_))));
            assert!(waits, "{note}");
            let last = world.history().iter().next_back().unwrap().clone();
            assert!(!last.pending.is_empty() && last.is_complete_but_modal(), "{note}");
            // Another run with Modal away has nothing to do, and says that something is left.
            let still = Away::new(&world, 0, Some(kind));
            let again = world.provision("first\n", &Ports { vault: &still, ..world.ports() }).await;
            assert!(matches!(again, Err(Stopped::Waits(_))), "{note}: {again:?}");

            world.provision("first\n", &world.ports()).await.unwrap();
            assert_eq!(lines(&world).as_deref(), Some("old\nfirst\n"), "{note}");
            assert!(world.vault.rollovers(&modal("dagster-compute")) >= 1, "{note}");
            assert!(world.plan("first\n").await.is_empty(), "{note}");
            world.rollback(&world.ports()).await.unwrap();
            assert_eq!(world.picture(true).await, start, "{note}");
        }
    }
}

#[tokio::test]
async fn modal_never_holds_back_a_rollback_and_the_next_one_completes_it() {
    for kind in AWAY {
        for from in 0.. {
            let world = World::with_bucket().await;
            let start = world.picture(true).await;
            world.provision("first\n", &world.ports()).await.unwrap();
            let away = Away::new(&world, from, Some(kind));

            let stopped = world.rollback(&Ports { vault: &away, ..world.ports() }).await;

            let note = format!("{kind:?} from call {from}: {stopped:?}");
            assert_eq!(host(&world).await, Picture { vault: [].into(), ..start.clone() }, "{note}");
            if away.calls() <= from {
                assert!(stopped.is_ok() && from > 2, "{note}");
                break;
            }
            let waits =
                matches!(stopped, Err(Stopped::Waits(_) | Stopped::Apply(ApplyError::Pending(_))));
            assert!(waits, "{note}");
            let history = world.history();
            let plan = history.plan_way_back(history.to_roll_back().unwrap());
            assert!(plan.steps.iter().all(|step| step.action.target().is_in_modal()), "{note}");
            world.rollback(&world.ports()).await.unwrap();
            assert_eq!(world.picture(true).await, start, "{note}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_modal_that_never_answers_is_not_waited_for_where_one_only_looks() {
    let world = World::with_bucket().await;
    let away = Away::new(&world, 0, None);
    let hasty = HastyVault { vault: &away, limit: std::time::Duration::from_secs(4) };
    let began = tokio::time::Instant::now();

    let looked = hasty.look(&modal("hetzner-s3"), &[]).await;

    assert_eq!(looked.unwrap_err().kind, FaultKind::Unreachable);
    assert_eq!(began.elapsed().as_secs(), 4);
}
