//! A plan carried out, and taken back by itself where services do not stand it.

use datalake_core::{
    Credentials, FingerprintKey, History, Plan, Receipt, RunId, RunKind, StepReceipt, Target,
    Unfinished, UnitName,
};
use datalake_engine::{ApplyError, Ports, Run, apply};

use super::going_back::go_back;
use super::watch::Progress;
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Redactor;
use crate::site::Site;

/// A run about to go forward.
pub(super) struct Forward<'a> {
    pub(super) site: &'a Site,
    /// The deployment whose services are restarted, if they are.
    pub(super) ground: Option<&'a Ground>,
    pub(super) user: &'a UnitName,
    pub(super) run: &'a RunId,
    pub(super) plan: &'a Plan,
    /// The key pair that goes into files, if it does.
    pub(super) keys: Option<&'a Credentials>,
    pub(super) fingerprints: &'a FingerprintKey,
}

/// An unfinished run that was about other things than this one cannot be taken over: its way back
/// needs ports that this one has not.
pub(super) fn refuse_other_work(
    site: &Site,
    is_ours: impl Fn(&Target) -> bool,
) -> Result<(), Failure> {
    let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
    let unfinished = history.unfinished();
    let is_ours = |taken: &StepReceipt| is_ours(&taken.step.action.target());
    match unfinished.runs.first() {
        Some(run) if !unfinished.steps.iter().all(is_ours) => {
            Err(Failure::new(Exit::Config, format!("{run} is unfinished"))
                .hint(format!("finish it: {} provision", site.name))
                .hint(format!("or undo it: {} rollback {run}", site.name)))
        }
        _ => Ok(()),
    }
}

impl Forward<'_> {
    /// Carries the plan out, under the lock.
    ///
    /// # Errors
    ///
    /// [`Failure`]; where it says that a service does not stand the change, all is as before.
    pub(super) async fn carry_out(&self, ports: &Ports<'_>) -> Result<Receipt, Failure> {
        let unfinished = |history: &History| history.unfinished();
        Ok(self.carried_out(&unfinished, ports).await??)
    }

    /// The same where Modal never holds back the host: the receipt names what is pending there.
    pub(super) async fn carry_out_but_modal(&self, ports: &Ports<'_>) -> Result<Receipt, Failure> {
        let unfinished = |history: &History| history.continued_by(self.plan);
        match self.carried_out(&unfinished, ports).await? {
            Err(ApplyError::Pending(failed)) => Ok(failed.receipt),
            applied => Ok(applied?),
        }
    }

    async fn carried_out(
        &self,
        unfinished: &(dyn Fn(&History) -> Unfinished + Sync),
        ports: &Ports<'_>,
    ) -> Result<Result<Receipt, ApplyError>, Failure> {
        let (site, records) = (self.site, self.site.records());
        let at_state = |fault| site.state_failure(&fault);
        records.keep_fingerprint_key(self.fingerprints).map_err(at_state)?;
        let history = records.history().map_err(at_state)?;
        let unfinished = unfinished(&history);
        if let Some(other) = history.to_roll_back().filter(|_| !unfinished.runs.is_empty())
            && other.user.as_ref().is_some_and(|user| user != self.user)
        {
            return Err(self.of_another_user(other));
        }
        let run = Run {
            id: self.run.clone(),
            kind: RunKind::Provision,
            user: Some(self.user.clone()),
            plan: self.plan,
            keys: self.keys,
            unfinished,
        };
        // What is in use before the change may stand in the logs after it.
        let redactor = match self.ground {
            Some(ground) => ground.contents(site, &ground.found(site).await).await.redactor(),
            None => Redactor::default(),
        };
        site.printer.talk("\nApplying:");
        match (apply(run, &Progress::new(site.printer), ports).await, self.ground) {
            (Err(ApplyError::Step(failed)), Some(ground))
                if failed.step.action.target() == Target::Services =>
            {
                Err(go_back(&failed, redactor, (site, ground), ports).await)
            }
            (applied, _) => Ok(applied),
        }
    }

    fn of_another_user(&self, other: &Receipt) -> Failure {
        let user = other.user.as_ref().map_or("another user", UnitName::as_str);
        Failure::new(Exit::Config, format!("{} is unfinished, for `{user}`", other.run))
            .hint(format!("undo it first: {} rollback {}", self.site.name, other.run))
    }
}
