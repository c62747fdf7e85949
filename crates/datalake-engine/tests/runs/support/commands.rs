//! The two commands that change the world.

use std::time::Duration;

use datalake_core::*;
use datalake_engine::*;

use super::desired::wanted;
use super::{World, keys};

/// Why a command came to no good end.
#[derive(Debug)]
pub(crate) enum Stopped {
    Records(Fault),
    Blocked(Vec<Blocker>),
    InTheWay(Vec<Conflict>),
    Apply(ApplyError),
}

/// A watch that lets a run go on to its end.
pub(crate) struct Patient;

impl Watch for Patient {
    fn begin(&self, _: &Step) {}

    fn end(&self, _: &Step, _: &Outcome) {}

    fn go_on(&self) -> bool {
        true
    }
}

impl World {
    /// A plan from the world as it is.
    pub(crate) async fn plan(&self, line: &str) -> Plan {
        let desired = self.desired(line);
        let sighting = observe(&wanted(&desired), &self.ports()).await;
        plan_provision(&desired, &sighting.observed).unwrap()
    }

    /// What the command `provision` does, over `ports` to this world.
    pub(crate) async fn provision(&self, line: &str, ports: &Ports<'_>) -> Result<(), Stopped> {
        recover(ports).await.map_err(Stopped::Records)?;
        let history = Records(ports.state).history().map_err(Stopped::Records)?;
        let mut desired = self.desired(line);
        desired.services.as_mut().unwrap().is_owed = history.owes_restart();
        desired.vault.as_mut().unwrap().owed = history.owed_apps();
        let observed = observe(&wanted(&desired), ports).await.observed;
        let plan = plan_provision(&desired, &observed).map_err(Stopped::Blocked)?;
        if plan.is_empty() {
            return Ok(());
        }
        let run =
            Run { unfinished: history.unfinished(), ..self.run(RunKind::Provision, &plan).await };
        apply(run, &Patient, ports).await.map(drop).map_err(Stopped::Apply)
    }

    /// What the command `rollback` does, over `ports` to this world.
    pub(crate) async fn rollback(&self, ports: &Ports<'_>) -> Result<(), Stopped> {
        recover(ports).await.map_err(Stopped::Records)?;
        let history = Records(ports.state).history().map_err(Stopped::Records)?;
        let Some(receipt) = history.to_roll_back() else { return Ok(()) };
        let plan = plan_rollback(receipt);
        let mut looked = Wanted { vault: asked_of_vault(&plan.steps), ..Wanted::default() };
        for step in &plan.steps {
            match step.guard.target() {
                Target::Path(path) => looked.paths.push(path),
                Target::Bucket(bucket) => looked.buckets.push(bucket),
                Target::Secret(name) => looked.secrets.push(name),
                Target::Services => looked.services = true,
                Target::Service | Target::Object(..) | Target::Vault(_) | Target::App(_) => (),
            }
        }
        let conflicts = rehearse(&plan, &observe(&looked, ports).await.observed);
        if !conflicts.is_empty() {
            return Err(Stopped::InTheWay(conflicts));
        }
        let run = self.run(RunKind::Rollback(receipt.run.clone()), &plan).await;
        apply(Run { keys: None, ..run }, &Patient, ports).await.map(drop).map_err(Stopped::Apply)
    }

    /// A new run of `plan`, a second after the one before.
    pub(crate) async fn run<'a>(&self, kind: RunKind, plan: &'a Plan) -> Run<'a> {
        self.clock.sleep(Duration::from_secs(1)).await;
        Run {
            id: RunId::new(self.clock.now(), self.clock.random()),
            kind,
            user: None,
            plan,
            keys: Some(keys_for_runs()),
            unfinished: Unfinished::default(),
        }
    }
}

fn keys_for_runs() -> &'static Credentials {
    static KEYS: std::sync::OnceLock<Credentials> = std::sync::OnceLock::new();
    KEYS.get_or_init(keys)
}
