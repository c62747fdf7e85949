//! The way from step to step.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::plan::{Action, Standing, Step};
use datalake_core::receipt::Outcome;
use datalake_core::secret::Credentials;

use super::{ApplyError, PlannedRun, Watch, judge_begun_step};
use crate::Checkpoint;
use crate::act::carry_out;
use crate::buckets::await_result;
use crate::journal::JournalRecord;
use crate::mend::mend_step;
use crate::observe::look_for;
use crate::ports::Ports;
use crate::records::Records;

/// How far a walk came.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) outcomes: Vec<Outcome>,
    /// The step at which it stopped, and its fault unless the operator asked for it.
    pub(super) stopped: Option<(Step, Option<Fault>)>,
    /// The steps in Modal that it left, and why.
    pub(super) left: Vec<(Step, Fault)>,
}

/// Goes from step to step, and stops at the first failure but those of Modal.
pub(super) async fn walk_steps(
    run: &PlannedRun<'_>,
    watch: &dyn Watch,
    ports: &Ports<'_>,
) -> Result<Walked, ApplyError> {
    let records = Records(ports.state);
    let mut walked = Walked::default();
    for (number, step) in run.plan.steps.iter().enumerate() {
        if !watch.go_on() {
            walked.stopped = Some((step.clone(), None));
            return Ok(walked);
        }
        watch.begin(step);
        let (outcome, fault) = match walked.holds_back(step) {
            Some(fault) => (Outcome::NotBegun, Some(fault)),
            None => take_step(step, number, run, ports).await?,
        };
        let record = JournalRecord::Outcome(number, outcome.clone());
        records.record(&run.id, &record).map_err(ApplyError::Records)?;
        ports.checkpoints.pass(Checkpoint::OutcomeRecorded);
        watch.end(step, &outcome);
        walked.outcomes.push(outcome);
        match fault {
            None => (),
            Some(fault) if may_wait(step, &fault) => walked.left.push((step.clone(), fault)),
            Some(fault) => {
                walked.stopped = Some((step.clone(), Some(fault)));
                return Ok(walked);
            }
        }
    }
    Ok(walked)
}

impl Walked {
    /// What keeps a step in Modal from being tried: without the secret its apps need nothing new, and
    /// a Modal that could not be asked is not waited for again.
    fn holds_back(&self, step: &Step) -> Option<Fault> {
        let keeps = |(left, fault): &&(Step, Fault)| {
            matches!(left.action.target(), Target::Vault(_)) || concerns_all_of_modal(fault.kind)
        };
        let is_in_modal = step.action.target().is_in_modal();
        self.left.iter().filter(|_| is_in_modal).find(keeps).map(|(_, fault)| fault.clone())
    }
}

/// Whether a step that failed is left to the next run. What somebody has changed in Modal meanwhile is
/// told like any other disturbance.
fn may_wait(step: &Step, fault: &Fault) -> bool {
    step.action.target().is_in_modal() && fault.kind != FaultKind::Disturbed
}

fn concerns_all_of_modal(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Unreachable
            | FaultKind::Unavailable
            | FaultKind::Throttled
            | FaultKind::NoClient
            | FaultKind::NoLogin
            | FaultKind::WrongLogin
    )
}

/// Looks at a step, and carries it out if it is ready.
async fn take_step(
    step: &Step,
    number: usize,
    run: &PlannedRun<'_>,
    ports: &Ports<'_>,
) -> Result<(Outcome, Option<Fault>), ApplyError> {
    Ok(match step.standing(&look_for(step, ports).await) {
        Standing::Done => (Outcome::AlreadyDone, await_result(step, ports).await.err()),
        Standing::Ready => {
            let intent = JournalRecord::Intent(number);
            Records(ports.state).record(&run.id, &intent).map_err(ApplyError::Records)?;
            ports.checkpoints.pass(Checkpoint::IntentRecorded);
            attempt_step(step, run.keys, ports).await
        }
        // A rollback has nothing to do there, whatever lies there now.
        Standing::Disturbed => (Outcome::NotBegun, Some(Fault::new(FaultKind::Disturbed, ""))),
        Standing::Unknown(fault) => (Outcome::NotBegun, Some(fault)),
    })
}

async fn attempt_step(
    step: &Step,
    keys: Option<&Credentials>,
    ports: &Ports<'_>,
) -> (Outcome, Option<Fault>) {
    let result = carry_out(step, keys, ports).await;
    // What is disturbed was not begun. Where it cannot be put back, the next run tries it again.
    if result.as_ref().is_err_and(|fault| fault.kind != FaultKind::Disturbed) {
        let _ = mend_step(step, ports).await;
    }
    ports.checkpoints.pass(Checkpoint::ActionDone);
    let checked = match result {
        Ok(()) => check_result(step, ports).await,
        Err(fault) => Err(fault),
    };
    match checked {
        Ok(()) => (Outcome::Done, None),
        // It was waited for long enough: another look would wait once more.
        Err(fault) if is_late(step, &fault) => (Outcome::Failed(fault.to_string()), Some(fault)),
        Err(fault) => (judge_begun_step(step, &fault.to_string(), ports).await, Some(fault)),
    }
}

/// Whether a bucket that was made has not shown up.
fn is_late(step: &Step, fault: &Fault) -> bool {
    matches!(step.action, Action::CreateBucket(_)) && fault.kind == FaultKind::Absent
}

/// Looks whether a step has brought about what it should; a store gets half a minute for it.
async fn check_result(step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    let looks = match step.undo.guard.target() {
        Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => 1,
        Target::Service | Target::Bucket(_) | Target::Access(_) | Target::Object(..) => 30,
    };
    for look in 1..=looks {
        if step.undo.guard.holds(&look_for(step, ports).await)? {
            return Ok(());
        }
        if look < looks {
            ports.clock.sleep(Duration::from_secs(1)).await;
        }
    }
    Err(Fault::new(FaultKind::Disturbed, "afterwards it is not as planned"))
}
