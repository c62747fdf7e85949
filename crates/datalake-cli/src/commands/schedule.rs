//! `schedule`: timers that start datalake's own commands.

use std::path::Path;

use datalake_core::host::HostPath;
use datalake_core::plan::Plan;
use datalake_core::receipt::Receipt;
use datalake_core::schedule::{ScheduleSpec, ScheduledJob};
use datalake_engine::{NoDagster, NoStore, recover};
use datalake_host::{HttpPings, TrustedUsers, judge_unattended};
use datalake_operations::schedule::{
    JobNote, ScheduleRequest, ScheduleRun, ServiceEnd, find_timer_place,
    refuse_work_beside_schedule,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::PlanApproval;
use super::reporter::Reporter;
use crate::args::schedule::{NoteStage, ScheduleCommand};
use crate::args::{Cli, build_strict_command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::{Site, me};

pub(super) const SCHEDULE: DocumentKind = DocumentKind::of::<Done<'static>>("schedule");

/// What a run about timers has done.
#[derive(Serialize, JsonSchema)]
struct Done<'a> {
    /// What there was to do.
    plan: &'a Plan,
    /// What was done; `null` where there was nothing to do.
    receipt: Option<&'a Receipt>,
    /// The command that undoes it; `null` where there was nothing to do.
    undo: Option<String>,
}

pub(super) async fn run_schedule_command(
    cli: &Cli,
    what: &ScheduleCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let spec = site.settings.read_schedule()?;
    match what {
        ScheduleCommand::Plan => set_up_timers(&site, &spec, None).await,
        ScheduleCommand::Apply(flags) => set_up_timers(&site, &spec, Some(flags.yes)).await,
        ScheduleCommand::Note { job, stage } => note_run(&site, &spec, *job, *stage).await,
    }
}

/// Plans, and carries it out where `apply` says how it is confirmed.
async fn set_up_timers(
    site: &Site,
    spec: &ScheduleSpec,
    apply: Option<bool>,
) -> Result<Exit, Failure> {
    require_known_words(spec)?;
    let (context, reporter) = (site.context(), Reporter(site.printer));
    let request = read_request(site, spec)?;
    let run = ScheduleRun { context: &context, request: &request, reporter: &reporter };
    let used = site.state.is_there() && apply.is_some();
    let lock = if used { Some(site.lock("schedule apply")?) } else { None };
    let fingerprints = context.fingerprint_key()?;
    let store = NoStore("this run needs none".to_owned());
    let ports = site.ports(&store, &NoDagster, &fingerprints);
    if lock.is_some() {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
        refuse_work_beside_schedule(&context, &request.place)?;
    }
    let planned = run.plan_timers(&HttpPings, &ports).await?;
    let plan = &planned.plan;
    if plan.is_empty() {
        let text = format!("{}Nothing to do: the timers are as planned.\n", planned.render_notes());
        site.printer.result(SCHEDULE, Done { plan, receipt: None, undo: None }, &text);
        return Ok(Exit::Done);
    }
    let (dry_run, yes) = (apply.is_none(), apply.unwrap_or_default());
    let asked = PlanApproval { site, command: "schedule apply", dry_run, yes };
    if !asked.approve_plan(plan, &(planned.render_notes() + &planned.changes + "\n"))? {
        return Ok(Exit::Drift);
    }
    let _lock = lock.map_or_else(|| site.lock("schedule apply"), Ok)?;
    let receipt = run.carry_out(plan, &ports).await?;
    let undo = format!("{} rollback {}", site.name, receipt.run);
    let text = format!("\nDone. What has not run: {} status\nUndo: {undo}\n", site.name);
    let done = Done { plan, receipt: Some(&receipt), undo: Some(undo) };
    site.printer.result(SCHEDULE, done, &text);
    Ok(Exit::Done)
}

/// Refuses words that the job's command would not understand.
fn require_known_words(spec: &ScheduleSpec) -> Result<(), Failure> {
    for timer in &spec.timers {
        let words = ["datalake"].into_iter().chain(timer.list_words());
        build_strict_command().try_get_matches_from(words).map_err(|error| {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Failure::new(Exit::Config, format!("`schedule.jobs`: {}: {first}", timer.job))
        })?;
    }
    Ok(())
}

fn read_request<'a>(
    site: &'a Site,
    spec: &'a ScheduleSpec,
) -> Result<ScheduleRequest<'a>, Failure> {
    let owns_machine = TrustedUsers::of_process().owns_machine();
    let place = find_timer_place(&site.context(), me(), owns_machine)?;
    let host_path = |path: &Path| -> Result<HostPath, Failure> {
        let path = std::path::absolute(path).map_err(|error| Failure::io(path, &error))?;
        path.to_string_lossy().parse().map_err(|error| Failure::of(Exit::Config, &error))
    };
    let program = std::env::current_exe().map_err(|error| Failure::of(Exit::Io, &error))?;
    let (program, state) = (host_path(&program)?, host_path(&site.state_path)?);
    let config = site.find_config().map(|path| host_path(&path)).transpose()?;
    let (mut flags, mut elsewhere) = (Vec::new(), Vec::new());
    // What lies below another root is that host's own, at its usual places.
    if site.is_this_machine() {
        let named = config.iter().map(|config| ["--config", config.as_str()]);
        flags = named.chain([["--state", state.as_str()]]).flatten().map(str::to_owned).collect();
        elsewhere = site.settings.list_unfiled(&site.find_timer_files(owns_machine));
    }
    let document = site.settings.document();
    let request = ScheduleRequest {
        schedule: spec,
        credentials: document.credentials.clone(),
        modal_token: site.settings.check_modal()?.and_then(|modal| modal.token),
        has_budget: document.cost.budget.is_some(),
        elsewhere,
        program,
        flags,
        state,
        place,
    };
    if site.is_this_machine() && !spec.timers.is_empty() {
        let unattended = request.list_unattended(config.as_ref());
        judge_unattended(&unattended.files, &unattended.programs, unattended.state)?;
    }
    Ok(request)
}

/// Notes a run, from within its service.
async fn note_run(
    site: &Site,
    spec: &ScheduleSpec,
    job: ScheduledJob,
    stage: NoteStage,
) -> Result<Exit, Failure> {
    let context = site.context();
    let note = JobNote { context: &context, schedule: spec, job, pings: &HttpPings, owner: me() };
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    match stage {
        NoteStage::Started => note.note_start().await?,
        NoteStage::Ended => {
            let (result, code) = (variable("SERVICE_RESULT"), variable("EXIT_CODE"));
            let status = variable("EXIT_STATUS");
            let end = ServiceEnd { result: &result, code: &code, status: &status };
            let record = note.note_end(&end).await?;
            site.printer.talk(&record.describe());
        }
    }
    Ok(Exit::Done)
}
