//! The two commands that change the world.

use std::time::Duration;

use datalake_core::fault::{Fault, Target};
use datalake_core::plan::{
    Blocker, Conflict, Pending, Plan, Step, leave_unknown_vaults, plan_provision, rehearse,
};
use datalake_core::receipt::{Outcome, RunKind, Unfinished};
use datalake_core::secret::Credentials;
use datalake_core::time::RunId;
use datalake_engine::*;

use super::desired::wanted;
use super::{World, keys};

/// Why a command came to no good end.
#[derive(Debug)]
pub(crate) enum Stopped {
    Records(Fault),
    Blocked(Vec<Blocker>),
    InTheWay(Vec<Conflict>),
    /// All but what is in Modal is done, or was done before.
    Waits(Vec<Pending>),
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
        let observation = observe(&wanted(&desired), &self.ports()).await;
        plan_provision(&desired, &observation.observed).unwrap()
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
            return whole(plan.pending);
        }
        let run = self.run(RunKind::Provision, &plan).await;
        let run = PlannedRun { unfinished: history.continued_by(&plan), ..run };
        whole(apply(run, &Patient, ports).await.map_err(Stopped::Apply)?.pending)
    }

    /// What the command `rollback` does, over `ports` to this world.
    pub(crate) async fn rollback(&self, ports: &Ports<'_>) -> Result<(), Stopped> {
        recover(ports).await.map_err(Stopped::Records)?;
        let history = Records(ports.state).history().map_err(Stopped::Records)?;
        let Some(receipt) = history.to_roll_back() else { return Ok(()) };
        let plan = history.plan_way_back(receipt);
        let mut looked =
            WantedLooks { vault: asked_of_vault(&plan.steps), ..WantedLooks::default() };
        for step in &plan.steps {
            match step.guard.target() {
                Target::Path(path) => looked.paths.push(path),
                Target::Bucket(bucket) => looked.buckets.push(bucket),
                Target::Secret(name) => looked.secrets.push(name),
                Target::Services => looked.services = true,
                Target::Service
                | Target::Access(_)
                | Target::Object(..)
                | Target::Timers
                | Target::Vault(_)
                | Target::App(_) => (),
            }
        }
        let paths = std::mem::take(&mut looked.paths);
        let mut observed = observe(&looked, ports).await.observed;
        observed.paths = look_at_paths(&paths, ports).observed.paths;
        let plan = leave_unknown_vaults(plan, &observed);
        let conflicts = rehearse(&plan, &observed);
        if !conflicts.is_empty() {
            return Err(Stopped::InTheWay(conflicts));
        }
        if plan.is_empty() && !plan.pending.is_empty() {
            return whole(plan.pending);
        }
        let run = self.run(RunKind::Rollback(receipt.run.clone()), &plan).await;
        let undone = apply(PlannedRun { keys: None, ..run }, &Patient, ports).await;
        whole(undone.map_err(Stopped::Apply)?.pending)
    }

    /// A new run of `plan`, a second after the one before.
    pub(crate) async fn run<'a>(&self, kind: RunKind, plan: &'a Plan) -> PlannedRun<'a> {
        self.clock.sleep(Duration::from_secs(1)).await;
        PlannedRun {
            id: RunId::new(self.clock.now(), self.clock.random()),
            kind,
            user: None,
            plan,
            keys: Some(keys_for_runs()),
            unfinished: Unfinished::default(),
        }
    }
}

/// Success, unless something waits for Modal.
fn whole(pending: Vec<Pending>) -> Result<(), Stopped> {
    if pending.is_empty() { Ok(()) } else { Err(Stopped::Waits(pending)) }
}

fn keys_for_runs() -> &'static Credentials {
    static KEYS: std::sync::OnceLock<Credentials> = std::sync::OnceLock::new();
    KEYS.get_or_init(keys)
}
