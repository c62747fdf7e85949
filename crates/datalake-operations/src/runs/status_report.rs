//! How bucket and host stand.

use datalake_core::host::UserAccount;
use datalake_core::plan::{BucketState, Found, Observation, Plan, describe_step};
use datalake_core::receipt::Receipt;
use datalake_core::s3::{Lifecycle, Versioning};
use datalake_core::spec::Spec;
use datalake_core::text::printable;
use datalake_desired::{HostPaths, Repair};
use datalake_quadlet::Obstacle;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ObstacleReport, TablesStanding, TimerReport, describe_timers};
use crate::lake::{describe_rule, describe_versioning};
use crate::{Report, VaultReport, VaultStanding, describe_vault, render_deployment};

/// Everything that `status` tells.
pub struct StatusState<'a> {
    /// The command that brings bucket and host to the spec, as it is typed.
    pub next: &'a str,
    /// The command that restarts the services, as it is typed.
    pub restart: &'a str,
    /// What is said of what waits for Modal.
    pub waits: String,
    /// The spec.
    pub spec: &'a Spec,
    /// The service user.
    pub account: &'a UserAccount,
    /// Where things lie.
    pub places: &'a HostPaths,
    /// What was seen.
    pub observation: &'a Observation,
    /// The way to the spec.
    pub plan: &'a Plan,
    /// What the plan changes in files, as diffs without secrets.
    pub changes: String,
    /// What is wrong in unit files.
    pub repairs: &'a [Repair<'a>],
    /// What stands in a provision's way.
    pub obstacles: &'a [Obstacle],
    /// What nobody has looked at, a sentence each.
    pub not_looked_at: Vec<String>,
    /// The units that need the settings and that the spec's list leaves out, a sentence each.
    pub left_out_units: Vec<String>,
    /// The last run that stands.
    pub last_run: Option<&'a Receipt>,
    /// Services and containers, or why nobody has looked at them.
    pub services: Result<&'a Report, &'a str>,
    /// The secret in Modal, where the spec knows one.
    pub modal: Option<&'a VaultStanding>,
    /// How the timers of the schedule stand.
    pub timers: Vec<TimerReport>,
}

/// Whether bucket and host are in sync with the spec.
#[derive(Serialize, JsonSchema)]
pub struct StatusReport<'a> {
    /// The S3 service.
    endpoint: String,
    /// The region that requests are signed for.
    region: String,
    /// By so many seconds this machine's clock is ahead of the service's.
    clock_ahead_seconds: Option<i64>,
    /// The owner that the service names: the key's project.
    account: Option<&'a str>,
    /// The bucket.
    bucket: String,
    /// Whether it is there.
    bucket_present: bool,
    /// Whether it keeps old versions; `null` where that is unknown.
    versioning: Option<Versioning>,
    /// Its lifecycle rules; `null` where they are unknown.
    lifecycle: Option<Lifecycle>,
    /// Where tables live; `null` where the spec does not speak of them.
    tables: Option<TablesStanding>,
    /// The service user.
    user: &'a str,
    /// Its home.
    home: &'a str,
    /// The units that need the bucket.
    units: Vec<&'a str>,
    /// Whether there is nothing to do.
    in_step: bool,
    /// What has to be done.
    pending: &'a Plan,
    /// What prevents that: `provision` stops because of it.
    in_the_way: Vec<ObstacleReport>,
    /// What nobody has looked at, a sentence each: more may stand in the way.
    not_looked_at: Vec<String>,
    /// The units that need the settings and that the spec's list leaves out, a sentence each.
    left_out_units: Vec<String>,
    /// The last run that a rollback would undo.
    last_run: Option<&'a str>,
    /// The services; `null` where nobody could look at them.
    services: Option<&'a Report>,
    /// Modal's secret; `null` where the spec has none.
    modal: Option<VaultReport>,
    /// The timers of the schedule; none where nobody could ask systemd.
    timers: Vec<TimerReport>,
}

/// The state as text and as a report for programs.
#[must_use]
pub fn render_status<'a>(state: &StatusState<'a>) -> (String, StatusReport<'a>) {
    let StatusState { spec, account, places, observation, plan, last_run, .. } = state;
    let service = observation.observed.service.present();
    let bucket = observation.observed.bucket(&spec.bucket);
    let bucket = bucket.present();
    let report = StatusReport {
        endpoint: spec.endpoint.to_string(),
        region: spec.region.to_string(),
        clock_ahead_seconds: service.map(|service| service.clock_ahead),
        account: service.and_then(|service| service.owner.as_deref()),
        bucket: spec.bucket.to_string(),
        bucket_present: bucket.is_some(),
        versioning: bucket.and_then(|bucket| bucket.versioning.present().copied()),
        lifecycle: bucket.and_then(|bucket| bucket.lifecycle.present().cloned()),
        tables: TablesStanding::of(spec, &observation.observed),
        user: spec.host.user.as_str(),
        home: account.home.as_str(),
        units: places.units.iter().map(|unit| unit.file.as_str()).collect(),
        in_step: plan.is_empty() && plan.pending.is_empty() && state.obstacles.is_empty(),
        pending: plan,
        in_the_way: state.obstacles.iter().map(ObstacleReport::of).collect(),
        not_looked_at: state.not_looked_at.clone(),
        left_out_units: state.left_out_units.clone(),
        last_run: last_run.map(|receipt| receipt.run.as_str()),
        services: state.services.ok(),
        modal: state.modal.zip(spec.modal.as_ref()).map(|(at, spec)| at.report_vault(&spec.secret)),
        timers: state.timers.clone(),
    };
    (describe_status(state, &report, bucket), report)
}

fn describe_services(state: &StatusState<'_>) -> String {
    match state.services {
        Ok(services) => format!("\n{}", render_deployment(services, state.restart)),
        Err(why) => format!("services  not looked at: {}\n", printable(why)),
    }
}

fn describe_status(
    state: &StatusState<'_>,
    report: &StatusReport<'_>,
    bucket: Option<&BucketState>,
) -> String {
    let who = printable(report.account.unwrap_or("unknown account"));
    let clock = report.clock_ahead_seconds.unwrap_or_default();
    let mut text = format!(
        "store     {} ({}), {who}, clock {clock:+} s\nbucket    {}: {}\n{}host      {}, {}\n",
        report.endpoint,
        report.region,
        report.bucket,
        bucket.map_or_else(|| "absent".to_owned(), bucket_text),
        tables_line(state),
        report.user,
        report.home,
    );
    report.units.iter().for_each(|unit| text.push_str(&format!("unit      {unit}\n")));
    for repair in state.repairs {
        let Repair { path, trouble } = repair;
        let (harm, cure) = (trouble.kind.harm(), trouble.kind.cure());
        text.push_str(&format!("trouble   {path}:{}: {harm}\n", trouble.line));
        text.push_str(&format!("          cure: {cure}\n"));
    }
    if let Some(modal) = &report.modal {
        text.push_str(&format!("modal     {}\n", describe_vault(modal)));
    }
    if let Some(run) = report.last_run {
        text.push_str(&format!("last run  {run}\n"));
    }
    text.push_str(&describe_services(state));
    for obstacle in &report.in_the_way {
        text.push_str(&format!("in the way {}\n", printable(&obstacle.what)));
        text.push_str(&format!("          cure: {}\n", printable(&obstacle.cure)));
    }
    for sentence in &report.not_looked_at {
        text.push_str(&format!("unread    {sentence}\n"));
    }
    for sentence in &report.left_out_units {
        text.push_str(&format!("left out  {sentence}\n"));
    }
    text.push_str(&describe_timers(&report.timers));
    if report.in_step {
        return text + "\nIn sync with the spec.\n";
    }
    let pending = &report.pending.steps;
    if pending.is_empty() {
        if !report.in_the_way.is_empty() {
            text.push_str("\nNo step is pending, but what is in the way undoes the settings.\n");
            return text + &state.waits;
        }
        return text + "\nEverything except Modal is in sync with the spec.\n" + &state.waits;
    }
    text.push_str(&format!("\n{} steps pending:\n", pending.len()));
    for step in pending {
        text.push_str(&format!("  {}\n", describe_step(step)));
    }
    text + &state.changes + &state.waits + &format!("\nNext: {}\n", state.next)
}

/// Where tables live, in a line; nothing where the spec does not speak of them.
fn tables_line(state: &StatusState<'_>) -> String {
    let Some(place) = &state.spec.tables else { return String::new() };
    let bucket = place.bucket(&state.spec.bucket);
    let found = state.observation.observed.bucket(bucket);
    let standing = found.present().map_or_else(|| "absent".to_owned(), bucket_text);
    let below = place.prefix().map(|prefix| format!(", below `{prefix}`")).unwrap_or_default();
    format!("tables    {bucket}{below}: {standing}\n")
}

fn bucket_text(bucket: &BucketState) -> String {
    let versioning = match &bucket.versioning {
        Found::Present(versioning) => describe_versioning(*versioning).to_owned(),
        Found::Absent => "unknown".to_owned(),
        Found::Unknown(fault) => printable(&format!("unknown ({fault})")),
    };
    let rules = match &bucket.lifecycle {
        Found::Present(rules) if rules.is_empty() => "no lifecycle rules".to_owned(),
        Found::Present(rules) => rules.iter().map(describe_rule).collect::<Vec<_>>().join("; "),
        Found::Absent => "lifecycle unknown".to_owned(),
        Found::Unknown(fault) => printable(&format!("lifecycle unknown ({fault})")),
    };
    format!("versioning {versioning}, {rules}")
}
