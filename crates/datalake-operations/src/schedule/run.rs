//! Timers planned, set up, and taken back where systemd does not start them.

use datalake_core::fault::{FaultKind, Target};
use datalake_core::host::{HostPath, InvalidPath};
use datalake_core::plan::{DesiredSchedule, Found, Observation, Plan, plan_schedule};
use datalake_core::receipt::{Receipt, plan_rollback};
use datalake_desired::{
    ScheduleInput, TimerPlace, desire_schedule, is_own_unit, leave_foreign_units,
    list_schedule_files,
};
use datalake_engine::{ApplyError, Pings, Ports, apply, look_at, look_at_paths};

use super::preflight::{
    advice_for_timers, list_notes, require_budget, require_metrics_folder, require_times,
    require_unattended,
};
use super::request::ScheduleRequest;
use crate::runs::prepare_run;
use crate::{
    Advice, AdvisedCommand, ErrorKind, HostContext, OperationError, RunReporter, RunStage,
    carry_out_back, describe_file_changes, refuse_other_work, rehearse_back, require_no_link,
    require_writable,
};

/// A run that sets up timers.
pub struct ScheduleRun<'a> {
    /// Where it works.
    pub context: &'a HostContext<'a>,
    /// What is asked for.
    pub request: &'a ScheduleRequest<'a>,
    /// Is told each step.
    pub reporter: &'a dyn RunReporter,
}

/// What was found, and what is to be done.
struct TimersLook {
    observation: Observation,
    plan: Plan,
    /// Units that nobody asks for, and that datalake has not written.
    foreign: Vec<HostPath>,
}

/// What a run would do.
pub struct PlannedSchedule {
    /// The steps; none where all is as asked for.
    pub plan: Plan,
    /// What is worth a word, a sentence each.
    pub notes: Vec<String>,
    /// The diffs of all files that are written.
    pub changes: String,
}

impl PlannedSchedule {
    /// The notes, a line each.
    #[must_use]
    pub fn render_notes(&self) -> String {
        self.notes.iter().map(|note| format!("Note: {note}\n")).collect()
    }
}

/// Whether a plan is about timers: no container has anything to take up then.
#[must_use]
pub fn changes_timers(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.action.target() == Target::Timers)
}

/// Refuses to go on where a run about other things has not come to its end.
///
/// # Errors
///
/// [`OperationError`] that names the run.
pub fn refuse_work_beside_schedule(
    context: &HostContext<'_>,
    place: &TimerPlace,
) -> Result<(), OperationError> {
    let files = list_schedule_files(place).map_err(|error| of_path(&error))?;
    let is_folder = |path: &HostPath| {
        let begin = format!("{path}/");
        files.iter().any(|file| file.as_str().starts_with(&begin))
    };
    refuse_other_work(context, |target| match target {
        Target::Path(path) => files.contains(path) || is_folder(path),
        Target::Timers => true,
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Vault(_)
        | Target::App(_) => false,
    })
}

impl ScheduleRun<'_> {
    /// Looks and plans. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a schedule that could not run, and for what cannot be looked at.
    pub async fn plan_timers(
        &self,
        pings: &dyn Pings,
        ports: &Ports<'_>,
    ) -> Result<PlannedSchedule, OperationError> {
        let (context, request) = (self.context, self.request);
        let mut notes = Vec::new();
        // What is taken away needs nothing of it.
        if !request.schedule.timers.is_empty() {
            require_unattended(request)?;
            require_budget(request)?;
            require_times(request, ports).await?;
            require_metrics_folder(context, request.schedule.metrics.as_ref())?;
            notes = list_notes(context, request, pings)?;
        }
        let TimersLook { observation, plan, foreign } = self.look_and_plan(ports).await?;
        let stays = |path| format!("`{path}` was not written by datalake, and stays.");
        notes.extend(foreign.iter().map(stays));
        require_no_link(context, &plan)?;
        require_writable(context, &plan)?;
        let changes = describe_file_changes(&plan, None, &observation);
        Ok(PlannedSchedule { plan, notes, changes })
    }

    async fn look_and_plan(&self, ports: &Ports<'_>) -> Result<TimersLook, OperationError> {
        let request = self.request;
        let input = ScheduleInput {
            spec: request.schedule,
            program: &request.program,
            flags: &request.flags,
            state: &request.state,
            place: &request.place,
            is_live: self.context.is_this_machine(),
            fingerprints: ports.fingerprints,
        };
        let desired = desire_schedule(&input).map_err(|error| of_path(&error))?;
        let folders = desired.folders.iter().map(|folder| &folder.path);
        let files = desired.files.iter().map(|file| &file.path);
        let absent = desired.absent.iter().map(|file| &file.what);
        let paths: Vec<_> = folders.chain(files).chain(absent).collect();
        let mut observation = look_at_paths(paths, ports);
        if desired.timers.is_some() {
            observation.observed.timers = look_at(&Target::Timers, ports).await.timers;
        }
        let foreign = list_foreign_units(&desired, &observation);
        let desired = leave_foreign_units(desired, &foreign);
        let plan = plan_schedule(&desired, &observation.observed)?;
        Ok(TimersLook { observation, plan, foreign })
    }

    /// Carries the plan out, under the lock, and looks again. Where systemd does not start the timers,
    /// all is put back.
    ///
    /// # Errors
    ///
    /// [`OperationError`]; it says whether all is as before.
    pub async fn carry_out(
        &self,
        plan: &Plan,
        ports: &Ports<'_>,
    ) -> Result<Receipt, OperationError> {
        let run = prepare_run(self.context, plan, ports.fingerprints)?;
        self.reporter.begin(RunStage::Applying);
        let receipt = match apply(run, self.reporter.watch().as_ref(), ports).await {
            Err(ApplyError::Step(failed)) if failed.step.action.target() == Target::Timers => {
                let error = OperationError::at(&Target::Timers, &failed.fault);
                let error = error.advise(advice_for_timers());
                return Err(self.put_back(&failed.receipt, error, ports).await);
            }
            applied => applied?,
        };
        let left = self.look_and_plan(ports).await?.plan.steps.len();
        if left == 0 {
            return Ok(receipt);
        }
        let text = format!("after the run, {left} changes are pending again");
        Err(OperationError::new(ErrorKind::Mismatch, text)
            .advise("someone else changes the same units or timers"))
    }

    async fn put_back(
        &self,
        receipt: &Receipt,
        error: OperationError,
        ports: &Ports<'_>,
    ) -> OperationError {
        self.reporter.begin(RunStage::GoingBack);
        let undone = async {
            let back = rehearse_back(plan_rollback(receipt), ports).await?;
            Ok::<_, OperationError>(carry_out_back(&back, receipt, self.reporter, ports).await?)
        };
        match undone.await {
            Ok(_) => error.advise("units and timers are as before this run"),
            Err(more) => error.and(more).under(ErrorKind::Partly).advise(Advice::naming(
                "to continue the rollback: {}",
                [AdvisedCommand::Rollback(Some(receipt.run.clone()))],
            )),
        }
    }
}

/// Units that the spec does not ask for, and that somebody else has written, or masked by a link.
fn list_foreign_units(desired: &DesiredSchedule, observation: &Observation) -> Vec<HostPath> {
    let is_foreign = |path: &HostPath| match observation.observed.paths.get(path) {
        Some(Found::Present(_)) => {
            let content = observation.contents.get(path);
            content.is_none_or(|content| !is_own_unit(content.expose()))
        }
        Some(Found::Unknown(fault)) => fault.kind == FaultKind::NotPlain,
        Some(Found::Absent) | None => false,
    };
    let paths = desired.absent.iter().map(|unwanted| &unwanted.what);
    paths.filter(|path| is_foreign(path)).cloned().collect()
}

fn of_path(error: &InvalidPath) -> OperationError {
    OperationError::of(ErrorKind::Config, error)
}
