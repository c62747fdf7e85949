//! The planner of `provision`.

use crate::fault::{Fault, FaultKind, Target};
use crate::host::ServiceStates;
use crate::plan::bucket_steps::plan_buckets;
use crate::plan::host_steps::{
    file_step, folder_step, removal_step, secret_removal_step, secret_step,
};
use crate::plan::vault_steps::plan_vault;
use crate::plan::{
    Action, Desired, DesiredServices, Found, Guard, Observed, Pending, Plan, Step, Undo, Way,
};

/// Why no plan can be made: what is unknown or in the way. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{target}: {fault}")]
pub struct Blocker {
    /// What could not be judged or used.
    pub target: Target,
    /// Why.
    pub fault: Fault,
}

/// Plans the way from `observed` to `desired`. Empty when they agree.
///
/// A secret in Modal that nobody could look at is [pending](Plan::pending): it holds back nothing else.
///
/// # Errors
///
/// All [`Blocker`]s: an unknown is never taken for absent.
pub fn plan_provision(desired: &Desired, observed: &Observed) -> Result<Plan, Vec<Blocker>> {
    if let Found::Unknown(fault) = &observed.service {
        return Err(vec![Blocker { target: Target::Service, fault: fault.clone() }]);
    }
    let (buckets, mut blockers) = plan_buckets(desired, observed);
    let mut steps = Vec::new();
    let mut take = |part: Result<Vec<Step>, Blocker>| match part {
        Ok(part) => steps.extend(part),
        Err(blocker) => blockers.push(blocker),
    };
    desired.folders.iter().for_each(|folder| take(folder_step(folder, observed)));
    // A service whose secret is not there cannot start: secrets come first, and go last.
    desired.secrets.iter().for_each(|secret| take(secret_step(secret, observed)));
    desired.files.iter().for_each(|file| take(file_step(file, observed)));
    desired.absent.iter().for_each(|file| take(removal_step(file, observed)));
    desired.absent_secrets.iter().for_each(|secret| take(secret_removal_step(secret, observed)));
    if let Some(services) = &desired.services {
        match service_steps(services, desired, observed, changes_settings(&steps)) {
            Ok(part) => steps.extend(part),
            Err(blocker) => blockers.push(blocker),
        }
    }
    let vault = vault_part(desired, observed);
    if !blockers.is_empty() {
        return Err(blockers);
    }
    // New keys are proved before Modal is given them.
    if !(buckets.is_empty() && steps.is_empty() && vault.is_empty()) {
        steps.splice(..0, buckets.with_proofs(&desired.probe));
    }
    steps.extend(vault.steps);
    Ok(Plan { steps, pending: vault.pending })
}

fn vault_part(desired: &Desired, observed: &Observed) -> Plan {
    let Some(vault) = &desired.vault else { return Plan::default() };
    plan_vault(vault, observed).unwrap_or_else(|Blocker { target, fault }| {
        let pending = vec![Pending { target, fault }];
        Plan { steps: Vec::new(), pending }
    })
}

/// Whether a step changes what containers are given when they start.
fn changes_settings(steps: &[Step]) -> bool {
    steps.iter().any(|step| {
        matches!(
            step.action,
            Action::WriteFile { .. }
                | Action::RemoveFile(_)
                | Action::StoreSecret { .. }
                | Action::RemoveSecret(_)
        )
    })
}

fn service_steps(
    wanted: &DesiredServices,
    desired: &Desired,
    observed: &Observed,
    settings_change: bool,
) -> Result<Vec<Step>, Blocker> {
    let blocked = |fault| Blocker { target: Target::Services, fault };
    let now = match &observed.services {
        Found::Present(now) => now,
        Found::Absent => return Err(blocked(Fault::new(FaultKind::Absent, "no services"))),
        Found::Unknown(fault) => return Err(blocked(fault.clone())),
    };
    if !settings_change && !wanted.is_owed && wanted.states.are_met_by(now) {
        return Ok(Vec::new());
    }
    Ok(vec![plan_restart(&wanted.states, now), prove_containers(wanted, desired)])
}

pub(crate) fn plan_restart(states: &ServiceStates, now: &ServiceStates) -> Step {
    Step {
        guard: Guard::ServicesKnown,
        action: Action::SettleServices(states.clone()),
        undo: Undo {
            guard: Guard::ServicesAre(states.clone()),
            way: Way::Back(Action::SettleServices(now.with_any_settings())),
        },
        why: "containers get their environment when they start".to_owned(),
    }
}

fn prove_containers(wanted: &DesiredServices, desired: &Desired) -> Step {
    let DesiredServices { states, proved, .. } = wanted;
    let services = if proved.is_empty() { states.clone() } else { states.limit_to(proved) };
    Step {
        guard: Guard::ServicesAre(states.clone()),
        action: Action::ProveContainers {
            services,
            bucket: desired.bucket.name.clone(),
            key: desired.probe.clone(),
            log_manager: desired.log_manager.clone(),
        },
        undo: Undo {
            guard: Guard::ServicesAre(states.clone()),
            way: Way::OneWay("it leaves nothing behind".to_owned()),
        },
        why: "put, list, get and delete have to work with what the containers were given"
            .to_owned(),
    }
}
