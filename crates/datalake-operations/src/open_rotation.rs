//! Whether a change of the key pair is open: other runs wait for its end.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::rotation::RotationRecord;

use crate::{Advice, AdvisedCommand, ErrorKind, HostContext, OperationError};

/// The record of the last change; it holds no secret.
pub(crate) const RECORD: &str = "rotation/record.json";

/// The record of the last change; `None` where there was none.
///
/// # Errors
///
/// [`OperationError`] where it cannot be read, or a newer release has written it.
pub(crate) fn read_rotation_record(
    context: &HostContext<'_>,
) -> Result<Option<RotationRecord>, OperationError> {
    let unreadable = |detail: String| {
        let detail = format!("{RECORD}: {detail}");
        context.state_error(Fault::new(FaultKind::Unreadable, detail))
    };
    let content = match context.state.read(RECORD) {
        Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
        answer => answer.map_err(|fault| context.state_error(fault))?,
    };
    let record: RotationRecord =
        serde_json::from_slice(&content).map_err(|error| unreadable(error.to_string()))?;
    if record.schema_version > RotationRecord::SCHEMA_VERSION {
        return Err(unreadable(format!("a newer release wrote it ({})", record.schema_version)));
    }
    Ok(Some(record))
}

/// Refuses to work on a place whose key pair is about to be changed: what would be planned with one of
/// the pairs would undo the change, or widen what the other may do.
///
/// # Errors
///
/// [`OperationError`] that names the ways on, or where the record cannot be read.
pub fn refuse_open_rotation(context: &HostContext<'_>) -> Result<(), OperationError> {
    let Some(record) = read_rotation_record(context)?.filter(RotationRecord::is_open) else {
        return Ok(());
    };
    let message = format!(
        "the change of key `{}` to `{}` of {} is not over",
        record.old.key,
        record.new.key,
        record.started.date()
    );
    let ways = [AdvisedCommand::RotateKey, AdvisedCommand::FinishKey, AdvisedCommand::AbortKey];
    Err(OperationError::new(ErrorKind::Config, message)
        .advise(Advice::naming("go on with it: {}; end it: {}; or go back: {}", ways)))
}
