//! What a run or a verification comes to that ended before its time.

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::StopCause;

use super::{JobPlaces, TransferContext, TransferJob};
use crate::{ErrorKind, OperationError};

/// What a stopped run comes to; whether it would have deleted something makes a difference to who
/// reads it.
pub(super) fn explain_stopped_run(
    context: &TransferContext<'_>,
    job: &TransferJob,
    cause: StopCause,
    deletes: bool,
) -> OperationError {
    let resume = match (needs_a_person(&cause), deletes) {
        (true, true) => Some("nothing was deleted"),
        (true, false) => None,
        (false, true) => {
            Some("what is done is done, nothing was deleted; the same command continues from here")
        }
        (false, false) => Some("what is done is done; the same command continues from here"),
    };
    resume.into_iter().fold(explain_stop(context, job, cause), OperationError::advise)
}

/// What a stopped verification comes to, which moves and deletes nothing.
pub(super) fn explain_stopped_verification(
    context: &TransferContext<'_>,
    job: &TransferJob,
    cause: StopCause,
) -> OperationError {
    let is_final = needs_a_person(&cause);
    let error = explain_stop(context, job, cause);
    if is_final {
        error
    } else {
        error.advise("not everything was looked at: run the same command again")
    }
}

fn explain_stop(
    context: &TransferContext<'_>,
    job: &TransferJob,
    cause: StopCause,
) -> OperationError {
    let at = |fault: &Fault| match job.find_only_bucket() {
        Some(bucket) => OperationError::at_bucket(bucket, fault),
        None if fault.kind == FaultKind::Absent => {
            let JobPlaces { source, destination } = job.describe();
            let places = format!("one of the buckets of `{source}` and `{destination}`");
            OperationError::about(places, fault).under(ErrorKind::Absent)
        }
        None => OperationError::about("the transfer", fault),
    };
    match cause {
        // A few keys are asked for one by one, and nothing is listed.
        StopCause::Listing(fault) if job.source.is_picked() => at(&fault),
        StopCause::Listing(fault) => at(&fault).within("the listing failed"),
        StopCause::Walk(fault) => OperationError::about("the folder cannot be read", &fault),
        StopCause::Fault(fault) => at(&fault),
        StopCause::Manifest(fault) => context.host.state_error(fault),
        other => OperationError::of(ErrorKind::Partly, &other),
    }
}

/// Whether the same command cannot go on before a person has changed something.
fn needs_a_person(cause: &StopCause) -> bool {
    match cause {
        StopCause::Listing(fault) | StopCause::Fault(fault) => {
            let kind = fault.kind;
            kind.concerns_signature()
                || matches!(kind, FaultKind::Denied | FaultKind::Absent | FaultKind::Unsupported)
        }
        // What it says of the state folder is all that helps.
        StopCause::Manifest(_) => true,
        _ => false,
    }
}
