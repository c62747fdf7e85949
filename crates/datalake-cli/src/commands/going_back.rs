//! The way back that a run takes by itself when services do not stand what it has changed.

use datalake_core::{
    Action, Observed, Plan, Receipt, RunId, RunKind, Step, Target, Unfinished,
    leave_unknown_vaults, left_by_rollback, plan_rollback, rehearse,
};
use datalake_engine::{
    ApplyError, Clock, FailedStep, Ports, Run, apply, asked_of_vault, look_at, observe_vault,
};

use super::services::show_tails;
use super::watch::Progress;
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Redactor;
use crate::site::Site;

/// Shows what the services said, undoes the run, and gives the failure that tells both.
pub(super) async fn go_back(
    failed: &FailedStep,
    mut redactor: Redactor,
    (site, ground): (&Site, &Ground),
    ports: &Ports<'_>,
) -> Failure {
    let found = ground.found(site).await;
    // The new values may stand in the logs as well as the old ones.
    redactor.join(ground.contents(site, &found).await.redactor());
    let services = found.units.iter().filter_map(|unit| Some(unit.status.present()?.unit.clone()));
    show_tails(&services.collect::<Vec<_>>(), &redactor, site, ground).await;
    let failure = Failure::at(&failed.step.action.target(), &failed.fault);
    site.printer.talk("\nGoing back to how it was before:");
    match undo(site, &failed.receipt, ports).await {
        Ok(()) => failure
            .hint(as_before(&failed.receipt))
            .hint(format!("{} dagster logs -n 200", site.name)),
        Err(error) => {
            let back = format!("{} rollback {}", site.name, failed.receipt.run);
            failure
                .and(error)
                .under(Exit::Partly)
                .hint(format!("to go on with the way back: {back}"))
        }
    }
    .for_user(&ground.host.user)
}

/// Undoes the run of a receipt, unless somebody has changed meanwhile what it would put back.
async fn undo(site: &Site, receipt: &Receipt, ports: &Ports<'_>) -> Result<(), Failure> {
    let plan = rehearsed_back(site, plan_rollback(receipt), ports).await?;
    carry_out_back(site, &plan, receipt, ports).await?;
    Ok(())
}

/// The way back, gone through in mind before its first step. What nobody can look at in Modal is
/// pending.
///
/// # Errors
///
/// [`Failure`] with all that keeps it from its end.
pub(super) async fn rehearsed_back(
    site: &Site,
    plan: Plan,
    ports: &Ports<'_>,
) -> Result<Plan, Failure> {
    let asked = asked_of_vault(&plan.steps);
    let (mut observed, vault) = tokio::join!(look_near(&plan, ports), observe_vault(&asked, ports));
    observed.vault = vault;
    let plan = leave_unknown_vaults(plan, &observed);
    let mut conflicts = rehearse(&plan, &observed);
    conflicts.extend(site.records().conflicts(&plan, &observed, ports.fingerprints));
    if conflicts.is_empty() { Ok(plan) } else { Err(conflicts.into()) }
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
        observed.paths.extend(seen.paths);
        observed.secrets.extend(seen.secrets);
        if step.action.target() == Target::Services {
            observed.services = seen.services;
        }
    }
    observed
}

/// What is as before, and what is not.
fn as_before(receipt: &Receipt) -> String {
    let stays: Vec<_> = what_stays(receipt).map(|(step, _)| step.action.verb()).collect();
    let but = if stays.is_empty() {
        String::new()
    } else {
        format!("; what stays: {}", stays.join(", "))
    };
    format!("files and services are as before this run{but}")
}

/// The steps that a rollback leaves, with the reason; a probe has left nothing that could stay.
pub(super) fn what_stays(receipt: &Receipt) -> impl Iterator<Item = (&Step, &str)> {
    left_by_rollback(receipt).filter(|(step, _)| {
        !matches!(step.action, Action::ProveAccess(..) | Action::ProveContainers { .. })
    })
}

/// Carries out the way back of a run.
pub(super) async fn carry_out_back(
    site: &Site,
    plan: &Plan,
    of: &Receipt,
    ports: &Ports<'_>,
) -> Result<Receipt, ApplyError> {
    let run = Run {
        id: RunId::new(site.clock.now(), site.clock.random()),
        kind: RunKind::Rollback(of.run.clone()),
        user: of.user.clone(),
        plan,
        keys: None,
        unfinished: Unfinished::default(),
    };
    apply(run, &Progress::new(site.printer), ports).await
}
