//! The planner of `provision`.

use crate::fault::{Fault, FaultKind, Target};
use crate::host::ServiceStates;
use crate::plan::host_steps::{
    file_step, folder_step, removal_step, secret_removal_step, secret_step,
};
use crate::plan::vault_steps::plan_vault;
use crate::plan::{
    Action, BucketState, Desired, DesiredServices, Found, Guard, Observed, Pending, Plan, Step,
    Undo, Way,
};
use crate::s3::{BucketName, TableSearch, Versioning};

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
    let mut blockers = Vec::new();
    let mut steps = Vec::new();
    let mut take = |part: Result<Vec<Step>, Blocker>| match part {
        Ok(part) => steps.extend(part),
        Err(blocker) => blockers.push(blocker),
    };
    take(bucket_steps(desired, observed));
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
    if !steps.is_empty() || !vault.is_empty() {
        let after_creation = usize::from(matches!(
            steps.first().map(|step: &Step| &step.action),
            Some(Action::CreateBucket(_))
        ));
        steps.insert(after_creation, prove_access(desired));
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

fn bucket_steps(desired: &Desired, observed: &Observed) -> Result<Vec<Step>, Blocker> {
    let name = &desired.bucket.name;
    match observed.bucket(name) {
        Found::Present(state) => plan_settings(desired, &state, Way::Back),
        Found::Absent => {
            let stays = |_| Way::OneWay("it belongs to the bucket, which stays".to_owned());
            let mut steps = vec![create_bucket(name)];
            steps.extend(plan_settings(desired, &BucketState::new_bucket(), stays)?);
            Ok(steps)
        }
        Found::Unknown(fault) => Err(Blocker { target: Target::Bucket(name.clone()), fault }),
    }
}

fn create_bucket(name: &BucketName) -> Step {
    Step {
        guard: Guard::BucketAbsent(name.clone()),
        action: Action::CreateBucket(name.clone()),
        undo: Undo {
            guard: Guard::BucketPresent(name.clone()),
            way: Way::OneWay("by then the bucket may hold data".to_owned()),
        },
        why: "the assets need a bucket".to_owned(),
    }
}

fn prove_access(desired: &Desired) -> Step {
    let name = &desired.bucket.name;
    Step {
        guard: Guard::BucketPresent(name.clone()),
        action: Action::ProveAccess(name.clone(), desired.probe.clone()),
        undo: Undo {
            guard: Guard::BucketPresent(name.clone()),
            way: Way::OneWay("it leaves nothing behind".to_owned()),
        },
        why: "put, get and delete have to work before the host is changed".to_owned(),
    }
}

fn plan_settings(
    desired: &Desired,
    state: &BucketState,
    way: impl Fn(Action) -> Way,
) -> Result<Vec<Step>, Blocker> {
    let name = &desired.bucket.name;
    let mut steps = Vec::new();
    if desired.bucket.versioning {
        let versioning = require_known(name, &state.versioning)?;
        if *versioning != Versioning::Enabled {
            require_no_table(name, &state.tables)?;
            steps.push(enable_versioning(name, *versioning, &way));
        }
    }
    let rules = require_known(name, &state.lifecycle)?;
    let wanted = rules.with_own(&desired.bucket.lifecycle);
    if wanted != *rules {
        steps.push(Step {
            guard: Guard::LifecycleIs(name.clone(), rules.clone()),
            action: Action::SetLifecycle(name.clone(), wanted.clone()),
            undo: Undo {
                guard: Guard::LifecycleIs(name.clone(), wanted),
                way: way(Action::SetLifecycle(name.clone(), rules.clone())),
            },
            why: "old versions and unfinished uploads are billed until they go".to_owned(),
        });
    }
    Ok(steps)
}

/// Versioning is never switched on where a table lies: two writers would both be told that they have
/// committed, and one commit is lost.
fn require_no_table(name: &BucketName, tables: &Found<TableSearch>) -> Result<(), Blocker> {
    let Some(table) = &require_known(name, tables)?.found else { return Ok(()) };
    let fault = Fault::new(FaultKind::HoldsTables, table.to_string());
    Err(Blocker { target: Target::Bucket(name.clone()), fault })
}

fn enable_versioning(name: &BucketName, now: Versioning, way: &impl Fn(Action) -> Way) -> Step {
    let back = match now {
        Versioning::Never => {
            Way::OneWay("S3 knows no way back to a bucket without versions".to_owned())
        }
        Versioning::Suspended | Versioning::Enabled => {
            way(Action::SetVersioning(name.clone(), now))
        }
    };
    Step {
        guard: Guard::VersioningIs(name.clone(), now),
        action: Action::SetVersioning(name.clone(), Versioning::Enabled),
        undo: Undo { guard: Guard::VersioningIs(name.clone(), Versioning::Enabled), way: back },
        why: "an overwritten or deleted asset can be brought back".to_owned(),
    }
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

fn require_known<'a, T>(name: &BucketName, found: &'a Found<T>) -> Result<&'a T, Blocker> {
    let fault = match found {
        Found::Present(value) => return Ok(value),
        Found::Absent => Fault::new(FaultKind::Unreadable, "a setting without a value"),
        Found::Unknown(fault) => fault.clone(),
    };
    Err(Blocker { target: Target::Bucket(name.clone()), fault })
}
