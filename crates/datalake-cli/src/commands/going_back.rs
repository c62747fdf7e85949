//! The way back that a run takes by itself when services do not stand what it has changed.

use datalake_core::{Plan, Receipt, RunId, RunKind, Unfinished, plan_rollback};
use datalake_engine::{ApplyError, Clock, FailedStep, Ports, Run, apply};

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
    if let Ok(services) = ground.services(&found.units) {
        show_tails(&services, &redactor, site, ground).await;
    }
    let failure = Failure::at(&failed.step.action.target(), &failed.fault);
    site.printer.talk("\nGoing back to how it was before:");
    match undo(site, &failed.receipt, ports).await {
        Ok(_) => failure
            .hint("all that this run had changed is as before, and the services run as before")
            .hint(format!("{} dagster logs -n 200", site.name)),
        Err(error) => {
            let back = format!("{} rollback {}", site.name, failed.receipt.run);
            failure
                .and(error.into())
                .under(Exit::Partly)
                .hint(format!("to go on with the way back: {back}"))
        }
    }
}

/// Undoes the run of a receipt.
async fn undo(site: &Site, receipt: &Receipt, ports: &Ports<'_>) -> Result<Receipt, ApplyError> {
    carry_out_back(site, &plan_rollback(receipt), &receipt.run, ports).await
}

/// Carries out the way back of a run.
pub(super) async fn carry_out_back(
    site: &Site,
    plan: &Plan,
    of: &RunId,
    ports: &Ports<'_>,
) -> Result<Receipt, ApplyError> {
    let run = Run {
        id: RunId::new(site.clock.now(), site.clock.random()),
        kind: RunKind::Rollback(of.clone()),
        plan,
        keys: None,
        unfinished: Unfinished::default(),
    };
    apply(run, &Progress::new(site.printer), ports).await
}
