//! A plan carried out, and taken back by itself where services do not stand it.

use datalake_core::fault::Target;
use datalake_core::host::UnitName;
use datalake_core::plan::Plan;
use datalake_core::receipt::{History, Receipt, RunKind, StepReceipt, Unfinished};
use datalake_core::secret::{Credentials, FingerprintKey};
use datalake_core::time::RunId;
use datalake_engine::{ApplyError, PlannedRun, Ports, apply};

use super::going_back::{WayBack, go_back};
use super::{RunReporter, RunStage};
use crate::{
    Advice, AdvisedCommand, DagsterHost, ErrorKind, HostContext, OperationError, Redactor,
    refuse_open_rotation,
};

/// A run about to go forward.
pub struct ForwardRun<'a> {
    /// Where it works.
    pub context: &'a HostContext<'a>,
    /// Tells what it does.
    pub reporter: &'a dyn RunReporter,
    /// The deployment whose services are restarted, if they are.
    pub dagster_host: Option<&'a DagsterHost>,
    /// The service user.
    pub user: &'a UnitName,
    /// The run.
    pub run: &'a RunId,
    /// What it does.
    pub plan: &'a Plan,
    /// The key pair that goes into files, if it does.
    pub keys: Option<&'a Credentials>,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
}

/// A run of this plan that touches no service user's containers and writes no key pair; it takes over
/// what is unfinished.
pub(crate) fn prepare_run<'a>(
    context: &HostContext<'_>,
    plan: &'a Plan,
    fingerprints: &FingerprintKey,
) -> Result<PlannedRun<'a>, OperationError> {
    let at_state = |fault| context.state_error(fault);
    let (records, clock) = (context.records(), context.clock);
    records.keep_fingerprint_key(fingerprints).map_err(at_state)?;
    Ok(PlannedRun {
        id: RunId::new(clock.now(), clock.random()),
        kind: RunKind::Provision,
        user: None,
        plan,
        keys: None,
        unfinished: records.history().map_err(at_state)?.unfinished(),
    })
}

/// An unfinished run that was about other things than this one cannot be taken over: its way back
/// needs ports that this one has not. While the key pair is changed, nothing else is.
pub fn refuse_other_work(
    context: &HostContext<'_>,
    is_ours: impl Fn(&Target) -> bool,
) -> Result<(), OperationError> {
    refuse_open_rotation(context)?;
    let history = context.history()?;
    let unfinished = history.unfinished();
    let is_ours = |taken: &StepReceipt| is_ours(&taken.step.action.target());
    match unfinished.runs.first() {
        Some(run) if !unfinished.steps.iter().all(is_ours) => {
            Err(OperationError::new(ErrorKind::Config, format!("{run} is unfinished"))
                .advise(Advice::naming("finish it: {}", [AdvisedCommand::Provision]))
                .advise(Advice::naming(
                    "or undo it: {}",
                    [AdvisedCommand::Rollback(Some(run.clone()))],
                )))
        }
        _ => Ok(()),
    }
}

impl ForwardRun<'_> {
    /// Carries the plan out, under the lock.
    ///
    /// # Errors
    ///
    /// [`OperationError`]; where it says that a service does not stand the change, all is as before.
    pub async fn carry_out(&self, ports: &Ports<'_>) -> Result<Receipt, OperationError> {
        let unfinished = |history: &History| history.unfinished();
        Ok(self.carry_out_after(&unfinished, ports).await??)
    }

    /// The same where Modal never holds back the host: the receipt names what is pending there.
    pub async fn carry_out_but_modal(&self, ports: &Ports<'_>) -> Result<Receipt, OperationError> {
        let unfinished = |history: &History| history.continued_by(self.plan);
        match self.carry_out_after(&unfinished, ports).await? {
            Err(ApplyError::Pending(failed)) => Ok(failed.receipt),
            applied => Ok(applied?),
        }
    }

    async fn carry_out_after(
        &self,
        unfinished: &(dyn Fn(&History) -> Unfinished + Sync),
        ports: &Ports<'_>,
    ) -> Result<Result<Receipt, ApplyError>, OperationError> {
        let (context, records) = (self.context, self.context.records());
        let at_state = |fault| context.state_error(fault);
        records.keep_fingerprint_key(self.fingerprints).map_err(at_state)?;
        let history = records.history().map_err(at_state)?;
        let unfinished = unfinished(&history);
        if let Some(other) = history.to_roll_back().filter(|_| !unfinished.runs.is_empty())
            && other.user.as_ref().is_some_and(|user| user != self.user)
        {
            return Err(self.of_another_user(other));
        }
        let run = PlannedRun {
            id: self.run.clone(),
            kind: RunKind::Provision,
            user: Some(self.user.clone()),
            plan: self.plan,
            keys: self.keys,
            unfinished,
        };
        // What is in use before the change may stand in the logs after it.
        let redactor = match self.dagster_host {
            Some(host) => host.contents(context, &host.found(context).await).await.redactor(),
            None => Redactor::default(),
        };
        self.reporter.begin(RunStage::Applying);
        match (apply(run, self.reporter.watch().as_ref(), ports).await, self.dagster_host) {
            (Err(ApplyError::Step(failed)), Some(host))
                if failed.step.action.target() == Target::Services =>
            {
                let back = WayBack { context, host, reporter: self.reporter };
                Err(go_back(&failed, redactor, &back, ports).await)
            }
            (applied, _) => Ok(applied),
        }
    }

    fn of_another_user(&self, other: &Receipt) -> OperationError {
        let user = other.user.as_ref().map_or("another user", UnitName::as_str);
        OperationError::new(ErrorKind::Config, format!("{} is unfinished, for `{user}`", other.run))
            .advise(Advice::naming(
                "undo it first: {}",
                [AdvisedCommand::Rollback(Some(other.run.clone()))],
            ))
    }
}
