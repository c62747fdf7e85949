//! Which run is undone, and how.

use datalake_core::fault::Target;
use datalake_core::plan::Plan;
use datalake_core::receipt::{Receipt, RunKind, RunState};

use crate::open_rotation::read_rotation_record;
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
/// [`OperationError`] where the named one is a rollback itself or was continued by a later run, where it
/// is a part of a change of the key pair, and while that is changed.
pub fn choose_run_to_undo(
    context: &HostContext<'_>,
    named: Option<Receipt>,
) -> Result<Option<Receipt>, OperationError> {
    refuse_open_rotation(context)?;
    let history = context.history()?;
    let Some(receipt) = named else {
        let last = history.to_roll_back();
        last.map_or(Ok(()), |last| refuse_part_of_rotation(context, last))?;
        return Ok(last.cloned());
    };
    refuse_part_of_rotation(context, &receipt)?;
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

/// A run that was a part of a change of the key pair is not undone by itself: that would bring back a
/// key that the service may not know any more.
fn refuse_part_of_rotation(
    context: &HostContext<'_>,
    receipt: &Receipt,
) -> Result<(), OperationError> {
    let record = read_rotation_record(context)?;
    if !record.is_some_and(|record| record.holds_run(receipt.started)) {
        return Ok(());
    }
    let text = format!("{} is a part of a change of the key pair that is over", receipt.run);
    Err(OperationError::new(ErrorKind::Config, text)
        .advise(Advice::naming("change to another key pair: {}", [AdvisedCommand::RotateKey])))
}
