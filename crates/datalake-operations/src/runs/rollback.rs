//! Which run is undone, and how.

use datalake_core::fault::Target;
use datalake_core::plan::Plan;
use datalake_core::receipt::{Receipt, RunKind, RunState};

use crate::{Advice, AdvisedCommand, ErrorKind, HostContext, OperationError, refuse_open_rotation};

/// The way back of a run; without the services where somebody else restarts them.
///
/// # Errors
///
/// [`OperationError`] where a record cannot be read.
pub fn plan_way_back(
    context: &HostContext<'_>,
    receipt: &Receipt,
    no_restart: bool,
) -> Result<Plan, OperationError> {
    let mut plan = context.history()?.plan_way_back(receipt);
    if no_restart {
        plan.steps.retain(|step| step.action.target() != Target::Services);
    }
    Ok(plan)
}

/// The run to undo: the named one, or the last that stands; `None` where nothing is to be undone.
///
/// # Errors
///
/// [`OperationError`] where the named one is a rollback itself or was continued by a later run, and while
/// the key pair is changed.
pub fn choose_run_to_undo(
    context: &HostContext<'_>,
    named: Option<Receipt>,
) -> Result<Option<Receipt>, OperationError> {
    refuse_open_rotation(context)?;
    let history = context.history()?;
    let Some(receipt) = named else { return Ok(history.to_roll_back().cloned()) };
    if receipt.kind != RunKind::Provision {
        let text = format!("{} is itself a rollback", receipt.run);
        return Err(OperationError::new(ErrorKind::Usage, text)
            .advise(Advice::naming("{} goes forward again", [AdvisedCommand::Provision])));
    }
    match history.state(&receipt) {
        RunState::Continued => {
            let text = format!("{} was continued by a later run", receipt.run);
            Err(OperationError::new(ErrorKind::Usage, text)
                .advise("undo that one: it holds the steps of both"))
        }
        RunState::RolledBack => Ok(None),
        RunState::Complete | RunState::Unfinished => Ok(Some(receipt)),
    }
}
