//! `job`: something is done to every object below a prefix.

mod elsewhere;

use std::path::Path;

use datalake_core::job::{JobName, JobTask};
use datalake_core::price::Money;
use datalake_host::{HostPrograms, TrustedUsers, read_named_code};
use datalake_operations::job::{
    FunctionCode, JobReport, JobRun, JobService, JobStatus, JobTerms, JobWish, KeyTrouble,
    OfferedJob, PlannedJob, ShardEnd, WorkedShard, WorkerShare, choose_brake, describe_progress,
    limit_requests,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::cost::choose_basis;
use crate::args::Cli;
use crate::args::cost::Terms;
use crate::args::job::{
    JobCodeFlags, JobCommand, JobEngine, JobNamed, JobPlan, JobRunFlags, JobShardFlags, JobStop,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, Ticker, counted};

const JOB_KEY: DocumentKind = DocumentKind::of::<KeyTrouble>("job-key");
const JOB_OFFER: DocumentKind = DocumentKind::of::<OfferedJob>("job-offer");
const JOB_PLAN: DocumentKind = DocumentKind::of::<PlannedJob>("job-plan");
const JOB_REPORT: DocumentKind = DocumentKind::of::<JobReport>("job-report");
const JOB_RUN: DocumentKind = DocumentKind::of::<JobRun>("job-run");
const JOB_SHARD: DocumentKind = DocumentKind::of::<WorkedShard>("job-shard");
const JOB_STATUS: DocumentKind = DocumentKind::of::<JobStatus>("job-status");
const JOB_STOP: DocumentKind = DocumentKind::of::<StoppedJob>("job-stop");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] =
    &[JOB_KEY, JOB_OFFER, JOB_PLAN, JOB_REPORT, JOB_RUN, JOB_SHARD, JOB_STATUS, JOB_STOP];

/// The most that a file of code may have, in bytes.
const LARGEST_CODE: u64 = 1 << 20;

/// A job whose workers are asked to stop.
#[derive(Serialize, JsonSchema)]
struct StoppedJob<'a> {
    /// The job.
    name: &'a str,
}

/// A command about jobs, and what it works with.
struct OpenedJobs {
    remote: Remote,
    programs: HostPrograms,
    printer: Printer,
}

pub(super) async fn run_job_command(
    cli: &Cli,
    what: &JobCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let limits = limit_requests(choose_brake(&remote.spec.limits));
    let jobs =
        OpenedJobs { remote: remote.within(&limits), programs: HostPrograms::default(), printer };
    match what {
        JobCommand::Plan(flags) => jobs.plan_job(flags).await,
        JobCommand::Run(flags) if flags.on == JobEngine::Local && !flags.dry_run => {
            jobs.run_job(flags).await
        }
        JobCommand::Run(flags) => jobs.run_elsewhere(flags).await,
        JobCommand::Status(JobNamed { name }) => jobs.tell_status(name).await,
        JobCommand::Report(JobNamed { name }) => jobs.report_job(name).await,
        JobCommand::Stop(flags) => jobs.stop_job(flags).await,
        JobCommand::Shard(flags) => jobs.work_shard(flags).await,
    }
}

impl OpenedJobs {
    fn borrow_service(&self) -> JobService<'_> {
        let (client, clock) = (self.remote.client(), &self.remote.site.clock);
        JobService { client, clock, programs: &self.programs }
    }

    async fn plan_job(&self, flags: &JobPlan) -> Result<Exit, Failure> {
        let code = match &flags.task {
            JobTask::Python { file, .. } => Some(read_code(file)?),
            JobTask::BuiltIn(_) => None,
        };
        let wish = JobWish {
            name: flags.name.clone(),
            task: flags.task.clone(),
            source: flags.source.clone(),
            destination: flags.dest.clone(),
            code,
            terms: self.choose_terms(flags.core_hour, JobEngine::Local)?,
        };
        let mut ticker = Ticker::new(self.printer);
        let mut tell = |keys| ticker.tell(|| counted(keys, "key"));
        let planned = self.borrow_service().plan_job(&wish, &mut tell).await?;
        drop(ticker);
        let code = match &flags.task {
            JobTask::Python { .. } => " --code FILE",
            JobTask::BuiltIn(_) => "",
        };
        let next = format!("\nNext: {} job run {}{code}\n", self.remote.site.name, flags.name);
        let next = if planned.is_written { next.as_str() } else { "" };
        self.printer.result(JOB_PLAN, &planned, &(planned.to_string() + next));
        Ok(if planned.is_written { Exit::Done } else { Exit::OverBudget })
    }

    /// By what a job is priced: Modal is not in Hetzner's network.
    fn choose_terms(&self, core_hour: Option<Money>, on: JobEngine) -> Result<JobTerms, Failure> {
        let basis = choose_basis(&self.remote.site, &Terms::default())?;
        let is_outside = on == JobEngine::Modal || !basis.spec.on_hetzner;
        Ok(JobTerms { basis, core_hour, is_outside })
    }

    async fn run_job(&self, flags: &JobRunFlags) -> Result<Exit, Failure> {
        let code = read_function(&flags.code)?;
        let mut ticker = Ticker::new(self.printer);
        let mut tell = |progress: &_| ticker.tell(|| describe_progress(progress));
        let run = self.borrow_service().run_job(&flags.name, code, &mut tell).await?;
        drop(ticker);
        Ok(self.tell_run(&run))
    }

    fn tell_run(&self, run: &JobRun) -> Exit {
        self.printer.result(JOB_RUN, run, &(run.to_string() + &self.name_next(&run.status)));
        if run.status.progress.is_sound() { Exit::Done } else { Exit::Partly }
    }

    /// The command that comes next, where a job is not done.
    fn name_next(&self, status: &JobStatus) -> String {
        let (name, job, progress) = (&self.remote.site.name, &status.job.name, &status.progress);
        match progress.failed + progress.changed {
            _ if progress.open > 0 => format!("\nNext: {name} job run {job}\n"),
            0 => String::new(),
            _ => format!("\nNext: {name} job report {job}\n"),
        }
    }

    async fn tell_status(&self, name: &JobName) -> Result<Exit, Failure> {
        let status = self.borrow_service().look_at_job(name).await?;
        let text = status.to_string() + &self.name_next(&status);
        self.printer.result(JOB_STATUS, &status, &text);
        Ok(match &status.progress {
            progress if progress.is_sound() => Exit::Done,
            progress if progress.open > 0 => Exit::Drift,
            _ => Exit::Partly,
        })
    }

    async fn report_job(&self, name: &JobName) -> Result<Exit, Failure> {
        let mut rows = Rows::new(self.printer);
        let mut tell = |key: &KeyTrouble| rows.row(JOB_KEY, key, || key.to_string());
        let report = self.borrow_service().report_job(name, &mut tell).await?;
        rows.row(JOB_REPORT, &report, || report.to_string().trim_end().to_owned());
        Ok(if report.is_sound() { Exit::Done } else { Exit::Partly })
    }

    async fn stop_job(&self, JobStop { name, on }: &JobStop) -> Result<Exit, Failure> {
        let ended = match on {
            JobEngine::Modal => self.end_in_modal(name).await?,
            JobEngine::Local | JobEngine::Dagster => {
                self.borrow_service().stop_job(name).await?;
                ""
            }
        };
        let text = format!(
            "The workers of job `{name}` are asked to stop: each ends its shard and begins no other.\n\
             {ended}\nNext: {} job run {name}\n",
            self.remote.site.name
        );
        self.printer.result(JOB_STOP, StoppedJob { name: name.as_str() }, &text);
        Ok(Exit::Done)
    }

    async fn work_shard(&self, flags: &JobShardFlags) -> Result<Exit, Failure> {
        let JobShardFlags { name, shard, workers, code } = flags;
        let (shard, workers, function) = (*shard, *workers, read_function(code)?);
        let share = WorkerShare { shard, workers, function };
        let mut ticker = Ticker::new(self.printer);
        let mut tell = |progress: &_| ticker.tell(|| describe_progress(progress));
        let service = self.borrow_service();
        let worked = service.work_shard(name, share, &mut tell).await?;
        drop(ticker);
        self.printer.result(JOB_SHARD, &worked, &worked.to_string());
        let is_done = worked.end != ShardEnd::Stopped && worked.failed + worked.changed == 0;
        Ok(if is_done { Exit::Done } else { Exit::Partly })
    }
}

fn read_function(flags: &JobCodeFlags) -> Result<Option<FunctionCode>, Failure> {
    let JobCodeFlags { code, python } = flags;
    let code = code.as_deref().map(read_code).transpose()?;
    Ok(code.map(|code| FunctionCode { python: python.clone(), code }))
}

/// The text of a file of code, unless somebody else may have put it there.
fn read_code(file: &Path) -> Result<Vec<u8>, Failure> {
    Ok(read_named_code(file, LARGEST_CODE, &TrustedUsers::of_process())?)
}
