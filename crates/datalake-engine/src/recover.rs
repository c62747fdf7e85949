//! What to make of runs that were killed.

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::plan::Step;
use datalake_core::receipt::Receipt;

use crate::Checkpoint;
use crate::apply::{finish_run, judge_begun_step, make_receipt};
use crate::mend::{are_of, mend_earlier, mend_step};
use crate::ports::Ports;
use crate::records::Records;

/// Judges every run whose journal is still there, and turns each into a receipt.
///
/// What the step that was in flight has left behind is swept away, and what podman has lost in it is
/// put back; then it is looked at once: done, not done, or disturbed by someone. Call it under the
/// lock, before anything is planned.
///
/// # Errors
///
/// A [`Fault`] where a journal is damaged, the records cannot be written, or a lost secret cannot be
/// put back.
pub async fn recover(ports: &Ports<'_>) -> Result<Vec<Receipt>, Fault> {
    let records = Records(ports.state);
    let mut recovered = Vec::new();
    for run in records.open_runs()? {
        if is_finished(records, &run)? {
            records.end(&run)?;
            continue;
        }
        let journal = records.journal(&run)?;
        let mut outcomes = journal.outcomes;
        if let Some(step) = journal.in_flight.and_then(|step| journal.begin.plan.steps.get(step)) {
            sweep_copies(step, ports)?;
            if are_of(journal.begin.user.as_ref(), ports) {
                mend_step(step, ports).await?;
            }
            outcomes.push(judge_begun_step(step, "the run was killed", ports).await);
        }
        let receipt = make_receipt(&journal.begin, outcomes, ports.clock.now());
        finish_run(&receipt, ports)?;
        ports.checkpoints.pass(Checkpoint::EarlierRunTaken);
        recovered.push(receipt);
    }
    mend_earlier(&records.history()?, ports).await?;
    Ok(recovered)
}

/// Whether a run was killed between its receipt and the removal of its journal.
fn is_finished(records: Records<'_>, run: &datalake_core::time::RunId) -> Result<bool, Fault> {
    match records.receipt(run) {
        Ok(_) => Ok(true),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
        Err(fault) => Err(fault),
    }
}

fn sweep_copies(step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    match step.action.target() {
        Target::Path(path) => match ports.files.sweep(&path) {
            Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
            answer => answer,
        },
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => Ok(()),
    }
}
