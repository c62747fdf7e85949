//! What has run, and what has not.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::schedule::{
    JobRecord, JobTimer, ScheduleSpec, ScheduledJob, TimerLook, TimerStanding, judge_timer,
};
use datalake_core::text::printable;
use datalake_engine::Timers;
use schemars::JsonSchema;
use serde::Serialize;

use crate::HostContext;

/// How a job of the schedule stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimerReport {
    /// The job.
    pub job: ScheduledJob,
    /// When it is due, as systemd writes it.
    pub at: String,
    /// What its state is.
    #[serde(flatten)]
    pub standing: TimerStanding,
}

/// Looks at every job of the schedule; at none where no systemd can be asked: a sandbox, or another
/// root.
pub async fn look_at_schedule(
    context: &HostContext<'_>,
    schedule: &ScheduleSpec,
) -> Vec<TimerReport> {
    let Some(machine) = context.machine else { return Vec::new() };
    let mut reports = Vec::new();
    for timer in &schedule.timers {
        let look = look_at_timer(context, timer, machine.ask_timers()).await;
        let standing = match look {
            Ok(look) => judge_timer(&look, context.clock.now()),
            Err(fault) => TimerStanding::Unknown { why: printable(&fault.to_string()) },
        };
        reports.push(TimerReport { job: timer.job, at: timer.calendar.to_string(), standing });
    }
    reports
}

/// A line for each job; nothing without any.
#[must_use]
pub fn describe_timers(reports: &[TimerReport]) -> String {
    let line = |report: &TimerReport| {
        format!("timer     {}: {}\n", report.job, report.standing.describe())
    };
    reports.iter().map(line).collect()
}

async fn look_at_timer(
    context: &HostContext<'_>,
    timer: &JobTimer,
    timers: &dyn Timers,
) -> Result<TimerLook, Fault> {
    let seen = timers.look_at_timer(timer.job).await?;
    let record = read_record(context, timer.job)?;
    // A record from the future is of a clock that was wrong: nothing is reckoned from it.
    let begun = record.as_ref().map(|record| record.started);
    let base = begun.filter(|begun| *begun <= context.clock.now()).or(seen.since);
    // Where systemd cannot reckon, nothing is called late.
    let due = match base {
        Some(base) => timers.next_after(&timer.calendar, base).await.ok().flatten(),
        None => None,
    };
    Ok(TimerLook {
        is_loaded: seen.is_loaded,
        is_active: seen.is_active,
        is_running: seen.is_running,
        since: seen.since,
        next: seen.next,
        due,
        record,
    })
}

/// The record of a job, if one was kept. One that nobody can read is a fault.
pub(crate) fn read_record(
    context: &HostContext<'_>,
    job: ScheduledJob,
) -> Result<Option<JobRecord>, Fault> {
    let json = match context.state.read(&name_record(job)) {
        Ok(json) => json,
        Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let record: JobRecord = serde_json::from_slice(&json)
        .map_err(|error| Fault::new(FaultKind::Unreadable, error.to_string()))?;
    if record.schema_version > JobRecord::SCHEMA_VERSION {
        let detail = "a newer release of datalake has written it";
        return Err(Fault::new(FaultKind::Unreadable, detail));
    }
    Ok(Some(record))
}

/// Where the record of a job is, in the state folder.
pub(crate) fn name_record(job: ScheduledJob) -> String {
    format!("schedule/{job}.json")
}
