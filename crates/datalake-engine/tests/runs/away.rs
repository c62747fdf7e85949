//! Modal never holds back the host.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{AskedContent, ModalObject, VaultState};
use datalake_core::secret::{FilledBody, Fingerprint};
use datalake_engine::*;

use crate::support::*;
use crate::vault::lines;

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
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
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

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        self.turn().await?;
        self.world.vault.update(secret, content).await
    }

    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault> {
        self.turn().await?;
        self.world.vault.clear(secret, print).await
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
