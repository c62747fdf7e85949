//! The only place that changes the world.

mod taken_over;
mod walk;

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::UnitName;
use datalake_core::plan::{Pending, Plan, PlanFault, Standing, Step, lint};
use datalake_core::receipt::{Outcome, Receipt, RunKind, StepReceipt, Unfinished};
use datalake_core::secret::Credentials;
use datalake_core::time::{RunId, Timestamp};

use self::taken_over::settle_taken_over;
use self::walk::{Walked, walk_steps};
use crate::Checkpoint;
use crate::journal::Begin;
use crate::observe::look_for;
use crate::ports::Ports;
use crate::records::Records;

/// A plan about to be carried out.
pub struct PlannedRun<'a> {
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
    /// A step failed; the receipt shows what was done before.
    #[error("{}", .0.step.action.target())]
    Step(Box<FailedStep>),
    /// All steps are done except some in Modal, which are pending; the receipt shows which.
    #[error("{}", .0.step.action.target())]
    Pending(Box<FailedStep>),
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
/// Each step is looked at before and after: one whose result already exists is not done again,
/// and one whose world has been disturbed is not begun. A provision begins only where every path is as
/// its plan says. Intent and outcome go to the journal, so a killed run can be judged; the receipt is durable when this returns. A step in Modal that Modal does
/// not let happen is pending, and stops no other.
///
/// # Errors
///
/// [`ApplyError`]; its receipt is durable too, unless no step was begun.
pub async fn apply(
    run: PlannedRun<'_>,
    watch: &dyn Watch,
    ports: &Ports<'_>,
) -> Result<Receipt, ApplyError> {
    if let Some(fault) = lint(run.plan, run.keys).into_iter().next() {
        return Err(ApplyError::Plan(fault));
    }
    let run = PlannedRun { unfinished: settle_taken_over(run.unfinished, ports).await, ..run };
    let records = Records(ports.state);
    let history = records.history().map_err(ApplyError::Records)?;
    let started = history.next_start(ports.clock.now());
    if let Some((step, fault)) = find_disturbed(&run, ports).await {
        let receipt = make_receipt(&begin_record(&run, started), Vec::new(), ports.clock.now());
        return Err(ApplyError::Step(Box::new(FailedStep { step, fault, receipt })));
    }
    records.begin(begin_record(&run, started)).map_err(ApplyError::Records)?;
    ports.checkpoints.pass(Checkpoint::RunBegun);

    let walked = walk_steps(&run, watch, ports).await?;
    let Walked { outcomes, stopped, left } = walked;

    let mut receipt = make_receipt(&begin_record(&run, started), outcomes, ports.clock.now());
    let pending = left.iter().map(|(step, fault)| pend_step(step, fault));
    receipt.pending.extend(pending);
    finish_run(&receipt, ports).map_err(ApplyError::Records)?;
    let failed = |step, fault, receipt| Box::new(FailedStep { step, fault, receipt });
    match (stopped, left.into_iter().next()) {
        (None, None) => Ok(receipt),
        (None, Some((step, fault))) => Err(ApplyError::Pending(failed(step, fault, receipt))),
        (Some((step, None)), _) => {
            let fault = Fault::new(FaultKind::Refused, "the operator asked to stop");
            Err(ApplyError::Stopped(failed(step, fault, receipt)))
        }
        (Some((step, Some(fault))), _) => Err(ApplyError::Step(failed(step, fault, receipt))),
    }
}

fn pend_step(step: &Step, fault: &Fault) -> Pending {
    Pending { target: step.action.target(), fault: fault.clone() }
}

/// The first step of a provision whose path is not as planned. Its plan may be made from what lies behind a
/// link; and what was there before must not count as done by this run, for its way back would take it
/// away.
async fn find_disturbed(run: &PlannedRun<'_>, ports: &Ports<'_>) -> Option<(Step, Fault)> {
    if run.kind != RunKind::Provision {
        return None;
    }
    for step in &run.plan.steps {
        if !matches!(step.guard.target(), Target::Path(_)) {
            continue;
        }
        match step.guard.holds(&look_for(step, ports).await) {
            Ok(true) => (),
            Ok(false) => return Some((step.clone(), Fault::new(FaultKind::Disturbed, ""))),
            Err(fault) => return Some((step.clone(), fault)),
        }
    }
    None
}

/// What a step that was begun has come to, by one look at the world.
pub(crate) async fn judge_begun_step(step: &Step, reason: &str, ports: &Ports<'_>) -> Outcome {
    match step.standing(&look_for(step, ports).await) {
        Standing::Ready => Outcome::Failed(reason.to_owned()),
        Standing::Done => Outcome::Done,
        Standing::Disturbed => Outcome::Disturbed,
        Standing::Unknown(fault) => Outcome::Failed(format!("{reason}; {fault}")),
    }
}

fn begin_record(run: &PlannedRun<'_>, started: Timestamp) -> Begin {
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
pub(crate) fn make_receipt(begin: &Begin, outcomes: Vec<Outcome>, ended: Timestamp) -> Receipt {
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
        pending: begin.plan.pending.clone(),
    }
}

/// Makes the receipt durable and removes the journal.
pub(crate) fn finish_run(receipt: &Receipt, ports: &Ports<'_>) -> Result<(), Fault> {
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
