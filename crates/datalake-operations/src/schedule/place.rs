//! Whose systemd runs the timers.

use datalake_core::host::{Owner, UnitManager};
use datalake_desired::TimerPlace;
use datalake_engine::find_user_by_number;

use crate::{ErrorKind, HostContext, OperationError};

/// The host's own systemd for root, and below another root; the user's own for anyone else.
///
/// # Errors
///
/// [`OperationError`] for a user whom the host does not know.
pub fn find_timer_place(
    context: &HostContext<'_>,
    caller: Owner,
    owns_machine: bool,
) -> Result<TimerPlace, OperationError> {
    if owns_machine || !context.is_this_machine() {
        let home = "/root".parse();
        let home = home.map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        return Ok(TimerPlace { owner: caller, manager: UnitManager::Host, home });
    }
    let (_, account) = find_user_by_number(context.files, caller.uid)?;
    Ok(TimerPlace { owner: account.owner, manager: UnitManager::User, home: account.home })
}
