//! The way back that a run takes by itself when services do not stand what it has changed.

use datalake_core::fault::Target;
use datalake_core::plan::{Action, Conflict, Observed, Plan, Step, leave_unknown_vaults, rehearse};
use datalake_core::receipt::{Receipt, RunKind, Unfinished, left_by_rollback, plan_rollback};
use datalake_core::time::RunId;
use datalake_engine::{
    ApplyError, FailedStep, PlannedRun, Ports, Records, apply, asked_of_vault, look_at,
    observe_vault,
};

use super::{RunReporter, RunStage, log_tails::read_tail};
use crate::{
    Advice, AdvisedCommand, DagsterHost, ErrorKind, HostContext, OperationError, Redactor,
};

/// Tells what the services said, undoes the run, and gives the error that tells both.
pub(super) async fn go_back(
    failed: &FailedStep,
    mut redactor: Redactor,
    back: &WayBack<'_>,
    ports: &Ports<'_>,
) -> OperationError {
    let WayBack { context, host, reporter } = *back;
    let found = host.found(context).await;
    // The new values may stand in the logs as well as the old ones.
    redactor.join(host.contents(context, &found).await.redactor());
    for unit in found.units.iter().filter_map(|unit| unit.status.present()) {
        reporter.tell_log(&unit.unit, read_tail(&unit.unit, &redactor, host).await);
    }
    let error = OperationError::at(&failed.step.action.target(), &failed.fault);
    reporter.begin(RunStage::GoingBack);
    match undo_run(&failed.receipt, back, ports).await {
        Ok(()) => error
            .advise(as_before(&failed.receipt))
            .advise(Advice::naming("{}", [AdvisedCommand::DagsterLogs])),
        Err(more) => {
            let command = AdvisedCommand::Rollback(Some(failed.receipt.run.clone()));
            error
                .and(more)
                .under(ErrorKind::Partly)
                .advise(Advice::naming("to continue the rollback: {}", [command]))
        }
    }
    .for_user(&host.host.user)
}

/// Undoes the run of a receipt, unless somebody has changed meanwhile what it would put back.
async fn undo_run(
    receipt: &Receipt,
    back: &WayBack<'_>,
    ports: &Ports<'_>,
) -> Result<(), OperationError> {
    let plan = rehearse_back(plan_rollback(receipt), ports).await?;
    carry_out_back(&plan, receipt, back.reporter, ports).await?;
    Ok(())
}

/// What an automatic way back goes through.
#[derive(Clone, Copy)]
pub(super) struct WayBack<'a> {
    pub(super) context: &'a HostContext<'a>,
    pub(super) host: &'a DagsterHost,
    pub(super) reporter: &'a dyn RunReporter,
}

/// The way back, gone through in mind before its first step. What nobody can look at in Modal is
/// pending.
///
/// # Errors
///
/// [`OperationError`] with all that keeps it from its end.
pub async fn rehearse_back(plan: Plan, ports: &Ports<'_>) -> Result<Plan, OperationError> {
    let observed = look_on_the_way_back(&plan, ports).await;
    let (plan, conflicts) = find_conflicts(plan, &observed, ports);
    if conflicts.is_empty() { Ok(plan) } else { Err(conflicts.into()) }
}

/// Looks at all that the way back touches.
pub(super) async fn look_on_the_way_back(plan: &Plan, ports: &Ports<'_>) -> Observed {
    let asked = asked_of_vault(&plan.steps);
    let (mut observed, vault) = tokio::join!(look_near(plan, ports), observe_vault(&asked, ports));
    observed.vault = vault;
    observed
}

/// The plan without what nobody can look at in Modal, and all that keeps it from its end.
pub(super) fn find_conflicts(
    plan: Plan,
    observed: &Observed,
    ports: &Ports<'_>,
) -> (Plan, Vec<Conflict>) {
    let plan = leave_unknown_vaults(plan, observed);
    let mut conflicts = rehearse(&plan, observed);
    conflicts.extend(Records(ports.state).conflicts(&plan, observed, ports.fingerprints));
    (plan, conflicts)
}

/// Looks at all that the way back touches but Modal.
async fn look_near(plan: &Plan, ports: &Ports<'_>) -> Observed {
    let mut observed = Observed::nothing();
    for step in &plan.steps {
        if step.action.target().is_in_modal() {
            continue;
        }
        let seen = look_at(&step.action.target(), ports).await;
        observed.buckets.extend(seen.buckets);
        observed.policies.extend(seen.policies);
        observed.public_access.extend(seen.public_access);
        observed.paths.extend(seen.paths);
        observed.secrets.extend(seen.secrets);
        if step.action.target() == Target::Services {
            observed.services = seen.services;
        }
        if step.action.target() == Target::Timers {
            observed.timers = seen.timers;
        }
    }
    observed
}

/// What is as before, and what is not.
fn as_before(receipt: &Receipt) -> String {
    let stays: Vec<_> = list_what_stays(receipt).map(|(step, _)| step.action.verb()).collect();
    let but = if stays.is_empty() {
        String::new()
    } else {
        format!("; what stays: {}", stays.join(", "))
    };
    format!("files and services are as before this run{but}")
}

/// The steps that a rollback leaves, with the reason; a probe has left nothing that could stay.
pub fn list_what_stays(receipt: &Receipt) -> impl Iterator<Item = (&Step, &str)> {
    left_by_rollback(receipt).filter(|(step, _)| {
        !matches!(step.action, Action::ProveAccess(..) | Action::ProveContainers { .. })
    })
}

/// Carries out the way back of a run.
///
/// # Errors
///
/// [`ApplyError`] where it did not come to its end.
pub async fn carry_out_back(
    plan: &Plan,
    of: &Receipt,
    reporter: &dyn RunReporter,
    ports: &Ports<'_>,
) -> Result<Receipt, ApplyError> {
    let run = PlannedRun {
        id: RunId::new(ports.clock.now(), ports.clock.random()),
        kind: RunKind::Rollback(of.run.clone()),
        user: of.user.clone(),
        plan,
        keys: None,
        unfinished: Unfinished::default(),
    };
    apply(run, reporter.watch().as_ref(), ports).await
}
