//! The only place that changes the world.

use std::time::Duration;

use datalake_core::{
    Action, Credentials, Fault, FaultKind, Guard, Outcome, Plan, PlanFault, Receipt, RunId,
    RunKind, Standing, Step, StepReceipt, Target, Timestamp, Unfinished, UnitName, lint,
};

use crate::Checkpoint;
use crate::act::carry_out;
use crate::buckets::await_result;
use crate::journal::{Begin, Record};
use crate::mend::mend;
use crate::observe::look_for;
use crate::ports::Ports;
use crate::records::Records;

/// A plan about to be carried out.
pub struct Run<'a> {
    /// The run's name.
    pub id: RunId,
    /// What it is for.
    pub kind: RunKind,
    /// The service user whose services and podman secrets it is about.
    pub user: Option<UnitName>,
    /// The plan.
    pub plan: &'a Plan,
    /// The key pair that goes into files; a rollback needs none.
    pub keys: Option<&'a Credentials>,
    /// What is taken over from a run that did not come to its end.
    pub unfinished: Unfinished,
}

/// Told how a run goes on, and asked whether it should.
pub trait Watch: Send + Sync {
    /// A step begins.
    fn begin(&self, step: &Step);

    /// A step has ended.
    fn end(&self, step: &Step, outcome: &Outcome);

    /// Whether to begin the next step.
    fn go_on(&self) -> bool;
}

/// Why a run stopped on its way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The plan itself is wrong; nothing was changed.
    #[error("the plan breaks a rule of plans, which is a bug: {0}")]
    Plan(PlanFault),
    /// A step failed; the receipt tells what was done before.
    #[error("{}", .0.step.action.target())]
    Step(Box<FailedStep>),
    /// The operator asked to stop between two steps.
    #[error("stopped before `{}`", .0.step.action.verb())]
    Stopped(Box<FailedStep>),
    /// The journal or the receipt could not be written.
    #[error("the run's own records could not be written")]
    Records(#[source] Fault),
}

/// The step at which a run stopped.
#[derive(Debug)]
pub struct FailedStep {
    /// The step.
    pub step: Step,
    /// Why.
    pub fault: Fault,
    /// What was done before it.
    pub receipt: Receipt,
}

/// Carries out a plan step by step and stops at the first failure.
///
/// Each step is looked at before and after: one whose result is there already is not done again,
/// and one whose world has been disturbed is not begun. Intent and outcome go to the journal, so a
/// killed run can be judged; the receipt is durable when this returns.
///
/// # Errors
///
/// [`ApplyError`]; its receipt is durable too, unless no step was begun.
pub async fn apply(
    run: Run<'_>,
    watch: &dyn Watch,
    ports: &Ports<'_>,
) -> Result<Receipt, ApplyError> {
    if let Some(fault) = lint(run.plan, run.keys).into_iter().next() {
        return Err(ApplyError::Plan(fault));
    }
    let run = Run { unfinished: settle(run.unfinished, ports).await, ..run };
    let records = Records(ports.state);
    let history = records.history().map_err(ApplyError::Records)?;
    let started = history.next_start(ports.clock.now());
    records.begin(begin(&run, started)).map_err(ApplyError::Records)?;
    ports.checkpoints.pass(Checkpoint::RunBegun);

    let mut outcomes = Vec::new();
    let stopped = walk(&run, &mut outcomes, watch, ports).await?;

    let receipt = receipt(&begin(&run, started), outcomes, ports.clock.now());
    finish(&receipt, ports).map_err(ApplyError::Records)?;
    match stopped {
        None => Ok(receipt),
        Some((step, None)) => {
            let fault = Fault::new(FaultKind::Refused, "the operator asked to stop");
            Err(ApplyError::Stopped(Box::new(FailedStep { step, fault, receipt })))
        }
        Some((step, Some(fault))) => {
            Err(ApplyError::Step(Box::new(FailedStep { step, fault, receipt })))
        }
    }
}

/// Looks again at the steps taken over whose result nobody knew, and keeps those that are done.
async fn settle(unfinished: Unfinished, ports: &Ports<'_>) -> Unfinished {
    let mut steps = Vec::new();
    for taken in unfinished.steps {
        if taken.is_done() {
            steps.push(taken);
            continue;
        }
        match taken.step.standing(&look_for(&taken.step, ports).await) {
            Standing::Done => steps.push(StepReceipt { outcome: Outcome::Done, ..taken }),
            Standing::Unknown(_) => steps.push(taken),
            // A restart that was begun may have happened: it counts, and is undone from any state.
            Standing::Ready if taken.step.guard == Guard::ServicesKnown => {
                steps.push(StepReceipt { outcome: Outcome::Done, ..taken });
            }
            Standing::Ready | Standing::Disturbed => (),
        }
    }
    Unfinished { steps, ..unfinished }
}

/// Where a walk stopped: the step, and its fault unless the operator asked for it.
type StoppedAt = Option<(Step, Option<Fault>)>;

async fn walk(
    run: &Run<'_>,
    outcomes: &mut Vec<Outcome>,
    watch: &dyn Watch,
    ports: &Ports<'_>,
) -> Result<StoppedAt, ApplyError> {
    let records = Records(ports.state);
    for (number, step) in run.plan.steps.iter().enumerate() {
        if !watch.go_on() {
            return Ok(Some((step.clone(), None)));
        }
        watch.begin(step);
        let (outcome, fault) = match step.standing(&look_for(step, ports).await) {
            Standing::Done => (Outcome::AlreadyDone, await_result(step, ports).await.err()),
            Standing::Ready => {
                records.record(&run.id, &Record::Intent(number)).map_err(ApplyError::Records)?;
                ports.checkpoints.pass(Checkpoint::IntentRecorded);
                attempt(step, run.keys, ports).await
            }
            // A rollback has nothing to do there, whatever lies there now.
            Standing::Disturbed => (Outcome::NotBegun, Some(Fault::new(FaultKind::Disturbed, ""))),
            Standing::Unknown(fault) => (Outcome::NotBegun, Some(fault)),
        };
        let record = Record::Outcome(number, outcome.clone());
        records.record(&run.id, &record).map_err(ApplyError::Records)?;
        ports.checkpoints.pass(Checkpoint::OutcomeRecorded);
        watch.end(step, &outcome);
        outcomes.push(outcome);
        if let Some(fault) = fault {
            return Ok(Some((step.clone(), Some(fault))));
        }
    }
    Ok(None)
}

async fn attempt(
    step: &Step,
    keys: Option<&Credentials>,
    ports: &Ports<'_>,
) -> (Outcome, Option<Fault>) {
    let result = carry_out(step, keys, ports).await;
    // What is disturbed was not begun. Where it cannot be put back, the next run tries it again.
    if result.as_ref().is_err_and(|fault| fault.kind != FaultKind::Disturbed) {
        let _ = mend(step, ports).await;
    }
    ports.checkpoints.pass(Checkpoint::ActionDone);
    let checked = match result {
        Ok(()) => check(step, ports).await,
        Err(fault) => Err(fault),
    };
    match checked {
        Ok(()) => (Outcome::Done, None),
        // It was waited for long enough: another look would wait once more.
        Err(fault) if is_late(step, &fault) => (Outcome::Failed(fault.to_string()), Some(fault)),
        Err(fault) => (judge(step, &fault.to_string(), ports).await, Some(fault)),
    }
}

/// Whether a bucket that was made has not shown up.
fn is_late(step: &Step, fault: &Fault) -> bool {
    matches!(step.action, Action::CreateBucket(_)) && fault.kind == FaultKind::Absent
}

/// Looks whether a step has brought about what it should; a store gets half a minute for it.
async fn check(step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    let looks = match step.undo.guard.target() {
        Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Vault(_)
        | Target::App(_) => 1,
        Target::Service | Target::Bucket(_) | Target::Object(..) => 30,
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

/// What a step that was begun has come to, by one look at the world.
pub(crate) async fn judge(step: &Step, reason: &str, ports: &Ports<'_>) -> Outcome {
    match step.standing(&look_for(step, ports).await) {
        Standing::Ready => Outcome::Failed(reason.to_owned()),
        Standing::Done => Outcome::Done,
        Standing::Disturbed => Outcome::Disturbed,
        Standing::Unknown(fault) => Outcome::Failed(format!("{reason}; {fault}")),
    }
}

fn begin(run: &Run<'_>, started: Timestamp) -> Begin {
    Begin {
        schema_version: Receipt::SCHEMA_VERSION,
        run: run.id.clone(),
        kind: run.kind.clone(),
        user: run.user.clone(),
        started,
        continues: run.unfinished.runs.clone(),
        taken_over: run.unfinished.steps.clone(),
        plan: run.plan.clone(),
    }
}

/// The receipt of a run with these outcomes; steps without one were never begun.
pub(crate) fn receipt(begin: &Begin, outcomes: Vec<Outcome>, ended: Timestamp) -> Receipt {
    let outcomes = outcomes.into_iter().chain(std::iter::repeat(Outcome::NotBegun));
    let own = begin.plan.steps.iter().zip(outcomes);
    let own = own.map(|(step, outcome)| StepReceipt { step: step.clone(), outcome });
    Receipt {
        schema_version: Receipt::SCHEMA_VERSION,
        run: begin.run.clone(),
        kind: begin.kind.clone(),
        user: begin.user.clone(),
        started: begin.started,
        ended,
        continues: begin.continues.clone(),
        steps: begin.taken_over.iter().cloned().chain(own).collect(),
    }
}

/// Makes the receipt durable and removes the journal.
pub(crate) fn finish(receipt: &Receipt, ports: &Ports<'_>) -> Result<(), Fault> {
    let records = Records(ports.state);
    // A rollback without a step is kept too: it says that its run is undone.
    if receipt.has_begun() || receipt.is_complete() {
        records.save(receipt)?;
    }
    ports.checkpoints.pass(Checkpoint::ReceiptWritten);
    records.end(&receipt.run)?;
    ports.checkpoints.pass(Checkpoint::RunEnded);
    Ok(())
}
