//! How a change of the key pair stands, for people and programs.

use std::fmt;
use std::slice;

use datalake_core::fault::Fault;
use datalake_core::rotation::{
    RotationGoal, RotationNext, RotationRecord, RotationStage, count_refusals,
};
use datalake_core::secret::{AccessKeyId, FilledBody};
use datalake_core::text::count_things;
use datalake_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::RotationPlace;
use crate::DagsterHost;

/// So many of the last lines of a service's log are looked at.
const LOOKED_AT: u32 = 5000;

/// How a person makes the new pair.
pub const CONSOLE_STEPS: &str = "\
Make the new pair in the Console: the project of the bucket, Security, S3 credentials, Generate.
The secret is shown once.
";

/// What a change does, before it is confirmed.
pub const WAY_OF_A_CHANGE: &str = "\
The new pair is checked; then, each step journalled and taken back by an abort:
  1  every bucket policy that names the old key names the new one
  2  the env file, then daemon, webserver and code servers, each proved before the next; then Modal
  3  every bucket refuses the old key everything
You watch, and delete the old key in the Console.
";

/// How a change of the key pair stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RotationReport {
    /// How far it has come.
    pub stage: RotationStage,
    /// Where it goes to.
    pub goal: RotationGoal,
    /// The project of both keys.
    pub project: String,
    /// The key that goes.
    pub old_key: AccessKeyId,
    /// The key that comes.
    pub new_key: AccessKeyId,
    /// When it was begun.
    pub started: Timestamp,
    /// Since when the old key is refused everything; `null` before that.
    pub revoked: Option<Timestamp>,
    /// Whether the services of this place are to be restarted by someone else before it goes on.
    pub awaits_restart: bool,
    /// What services and apps have logged of refusals since then; empty where nobody could look.
    pub refusals: Vec<ServiceRefusals>,
}

/// What a service, or an app in Modal, has logged of refusals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServiceRefusals {
    /// The service, or the app.
    pub service: String,
    /// Lines that tell of one; `null` where its log could not be read.
    pub lines: Option<u64>,
    /// Whether only the last lines were read, which all are later.
    pub is_least: bool,
}

impl RotationReport {
    /// How a change stands whose next step is this one.
    #[must_use]
    pub fn of_record(record: &RotationRecord, next: RotationNext) -> Self {
        Self {
            stage: record.judge_stage(next),
            goal: record.goal,
            project: record.project.to_string(),
            old_key: record.old.key.clone(),
            new_key: record.new.key.clone(),
            started: record.started,
            revoked: record.revoked,
            awaits_restart: record.awaits_restart(next),
            refusals: Vec::new(),
        }
    }

    /// What a person does next, as commands of the program of this name; empty where it is over.
    #[must_use]
    pub fn describe_next(&self, program: &str) -> String {
        let way_back = format!("{program} key abort");
        match self.goal {
            _ if self.is_ended() => String::new(),
            RotationGoal::NewKey if self.awaits_restart => {
                format!("Next: {program} key rotate --restarted; or back: {way_back}\n")
            }
            RotationGoal::NewKey if self.stage < RotationStage::Revoked => {
                format!("Next: {program} key rotate; or back: {way_back}\n")
            }
            RotationGoal::NewKey => {
                format!("Next: {program} key finish, once it is deleted; or back: {way_back}\n")
            }
            RotationGoal::OldKey if self.awaits_restart => {
                format!("Next: {way_back} --restarted\n")
            }
            RotationGoal::OldKey => format!("Next: {way_back}\n"),
        }
    }

    /// Whether it has come as far as a run can bring it that was to rotate.
    #[must_use]
    pub fn is_rotated(&self) -> bool {
        self.stage >= RotationStage::Revoked && !self.awaits_restart
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.stage == RotationStage::Ended
    }

    /// The same with what the services of this host and the apps in Modal have logged since the old key
    /// is refused.
    #[must_use]
    pub async fn with_refusals(mut self, place: &RotationPlace<'_>) -> Self {
        let Some(since) = self.revoked.filter(|_| !self.is_ended()) else { return self };
        if let Some(host) = place.dagster_host {
            self.count_on_host(place, host, since).await;
        }
        if let (Some(modal), Some(spec)) = (place.modal, &place.spec.modal) {
            for app in &spec.apps {
                let log = modal.log_tail(app, LOOKED_AT).await;
                self.note_log(format!("Modal's app {}", app.name), &log, since);
            }
        }
        self
    }

    async fn count_on_host(
        &mut self,
        place: &RotationPlace<'_>,
        host: &DagsterHost,
        since: Timestamp,
    ) {
        let found = host.found(place.context).await;
        for unit in &found.units {
            let Some(status) = unit.status.present() else {
                if unit.status.unknown().is_some() {
                    let service = unit.name.to_string();
                    self.refusals.push(ServiceRefusals { service, lines: None, is_least: false });
                }
                continue;
            };
            let log = host.ports.services.log_tail(slice::from_ref(&status.unit), LOOKED_AT).await;
            self.note_log(status.unit.to_string(), &log, since);
        }
    }

    fn note_log(&mut self, service: String, log: &Result<FilledBody, Fault>, since: Timestamp) {
        let count = log.as_ref().ok().map(|log| count_refusals(log.expose(), since, LOOKED_AT));
        self.refusals.push(ServiceRefusals {
            service,
            lines: count.map(|count| count.lines),
            is_least: count.is_some_and(|count| count.is_least),
        });
    }

    fn describe_stage(&self) -> String {
        let (old, new, project) = (&self.old_key, &self.new_key, &self.project);
        if self.awaits_restart {
            let (brought, other) = match self.goal {
                RotationGoal::NewKey => (new, old),
                RotationGoal::OldKey => (old, new),
            };
            return format!(
                "Env file and Modal have `{brought}`. datalake does not restart services here: they may \
                 still use `{other}`, which stays valid. Restart them, then go on with `--restarted`."
            );
        }
        match (self.stage, self.goal) {
            (RotationStage::Ended, RotationGoal::NewKey) => format!(
                "The key pair is `{new}` now: no policy names `{old}`, and no copy of a pair is kept \
                 for the change."
            ),
            (RotationStage::Ended, RotationGoal::OldKey) => format!(
                "The key pair is `{old}`, as before. Nothing has `{new}` any more, and no policy holds \
                 it: delete it in the Console (project {project}, Security, S3 credentials)."
            ),
            (RotationStage::Begun, _) => {
                format!("Begun: `{new}` is checked and kept, and nothing has it yet.")
            }
            (RotationStage::Bound, _) => {
                format!(
                    "Every policy holds `{new}` as it holds `{old}`; host and Modal are to get it."
                )
            }
            (RotationStage::RolledOut, _) => {
                format!("Env file, services and Modal have `{new}`; `{old}` is still let in.")
            }
            (RotationStage::Revoked, _) => format!(
                "Env file, services and Modal have `{new}`. Every bucket refuses `{old}` everything; \
                 that can be taken back.\n\
                 Watch it for as long as your rarest schedule takes: who else still uses `{old}` fails \
                 now. A client on another machine, and an app in Modal that the spec does not name, \
                 cannot be seen from here.\n\
                 Then delete `{old}` in the Console: project {project}, Security, S3 credentials."
            ),
            (RotationStage::Deleted, _) => {
                format!("The service does not know `{old}` any more; policies may still name it.")
            }
        }
    }
}

impl fmt::Display for RotationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.describe_stage())?;
        let Some(since) = self.revoked.filter(|_| !self.is_ended()) else { return Ok(()) };
        if self.refusals.is_empty() {
            writeln!(f, "Refusals since {since}: not checked, no service's log is read here")?;
        }
        for service in &self.refusals {
            let lines = match service.lines {
                Some(lines) if service.is_least => {
                    format!("at least {}", count_things(lines, "line"))
                }
                Some(lines) => count_things(lines, "line"),
                None => "log cannot be read".to_owned(),
            };
            writeln!(f, "Refusals since {since} in {}: {lines}", service.service)?;
        }
        Ok(())
    }
}
