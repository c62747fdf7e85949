//! How Dagster is kept from writing while its files are copied.

use std::time::Duration;

use datalake_core::fault::FaultKind;
use datalake_core::text::printable;
use datalake_dagster::{LiveRun, RUNS_QUERY, live_runs};
use datalake_engine::{
    ChangeWatch, DeployedUnit, Patience, ServiceName, ServiceNews, Verb, change_services,
};

use super::webserver::list_addresses;
use super::{Migration, MigrationContext};
use crate::{
    Advice, AdvisedCommand, DagsterHost, ErrorKind, HomePlaces, HostContext, OperationError,
};

/// Between two questions for running runs.
const BEAT: Duration = Duration::from_secs(2);
/// So many runs are told by name.
const TOLD: usize = 5;
/// What is kept as long as the daemon is stopped, so that a killed run is made up for.
const MARK: &str = "migration/stopped-services";

/// How Dagster is kept from writing during the copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PauseChoice {
    /// Dagster's webserver, where it is named.
    pub webserver: Option<String>,
    /// Whether the daemon is stopped, and runs are waited for.
    pub stop_daemon: bool,
    /// For so many minutes.
    pub wait: u32,
    /// Whether runs may be writing.
    pub while_running: bool,
}

/// What happens while Dagster is kept from writing. Names are in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseNews<'a> {
    /// These services are about to be stopped.
    Stopping(&'a str),
    /// These runs are waited for.
    WaitingForRuns(&'a str),
    /// These services are about to be started.
    Starting(&'a str),
    /// Something about a service.
    Service(ServiceNews<'a>),
}

/// Is told what happens while Dagster is kept from writing.
pub trait PauseReporter: Send + Sync {
    /// Something happens.
    fn tell(&self, news: PauseNews<'_>);
}

/// Services that were stopped, and are to be started again. Whoever stops a run ends this first.
pub struct DaemonPause<'a> {
    context: &'a MigrationContext<'a>,
    reporter: &'a dyn PauseReporter,
    host: Option<DagsterHost>,
    stopped: Vec<ServiceName>,
}

/// The services that an earlier run has stopped and did not live to start again.
///
/// # Errors
///
/// [`OperationError`] where datalake's folder cannot be read.
pub fn find_stopped_services(context: &HostContext<'_>) -> Result<Option<String>, OperationError> {
    match context.state.read(MARK) {
        Ok(content) => Ok(Some(printable(&String::from_utf8_lossy(&content)))),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(context.state_error(fault)),
    }
}

impl<'a> DaemonPause<'a> {
    /// Stops the daemon, where that was asked for; takes over what an earlier run has stopped.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no daemon, or it does not stop.
    pub async fn begin(
        context: &'a MigrationContext<'a>,
        choice: &PauseChoice,
        reporter: &'a dyn PauseReporter,
    ) -> Result<Self, OperationError> {
        let here = &context.home.context;
        let left = find_stopped_services(here)?;
        if left.is_none() && !choice.stop_daemon {
            return Ok(Self { context, reporter, host: None, stopped: Vec::new() });
        }
        let host = DagsterHost::open(here, context.home.host_spec()?.clone())?;
        let stopped = match left {
            Some(names) => names.split_whitespace().filter_map(|name| name.parse().ok()).collect(),
            None => find_daemons(here, &host).await?,
        };
        let pause = Self { context, reporter, host: Some(host), stopped };
        let names = pause.list_names();
        let kept = here.state.write(MARK, names.as_bytes());
        kept.map_err(|fault| here.state_error(fault))?;
        reporter.tell(PauseNews::Stopping(&names));
        pause.change_services(Verb::Stop).await?;
        Ok(pause)
    }

    /// Waits until no run goes on, or refuses to go on.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where runs go on, or nobody tells.
    pub async fn settle(
        &self,
        migration: &Migration<'_>,
        choice: &PauseChoice,
    ) -> Result<(), OperationError> {
        let home = migration.home.as_ref().filter(|_| !choice.while_running);
        let Some(home) = home else { return Ok(()) };
        let clock = self.context.clock;
        let until = clock.now().unix() + i64::from(choice.wait) * 60;
        let mut is_told = false;
        loop {
            let runs = find_runs(self.context, choice.webserver.as_deref(), home).await?;
            if runs.is_empty() {
                return Ok(());
            }
            if !choice.stop_daemon || clock.now().unix() >= until {
                return Err(refuse_running(&runs));
            }
            if !is_told {
                self.reporter.tell(PauseNews::WaitingForRuns(&describe_runs(&runs)));
                is_told = true;
            }
            clock.sleep(BEAT).await;
        }
    }

    /// Starts what was stopped.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it does not start.
    pub async fn end(self) -> Result<(), OperationError> {
        if self.stopped.is_empty() {
            return Ok(());
        }
        self.reporter.tell(PauseNews::Starting(&self.list_names()));
        self.change_services(Verb::Start).await?;
        let here = &self.context.home.context;
        here.state.remove(MARK).map_err(|fault| here.state_error(fault))
    }

    async fn change_services(&self, verb: Verb) -> Result<(), OperationError> {
        let Some(host) = &self.host else { return Ok(()) };
        let tell = |news: ServiceNews<'_>| self.reporter.tell(PauseNews::Service(news));
        let (services, clock) = (host.ports.services.as_ref(), self.context.home.context.clock);
        let watch = ChangeWatch { clock, patience: Patience::default(), tell: &tell };
        let changed = change_services(verb, &self.stopped, services, &watch).await;
        changed.map(drop).map_err(|error| {
            OperationError::of(ErrorKind::Unavailable, &error)
                .within(format!("{verb} {}", self.list_names()))
                .advise(Advice::naming("{}", [AdvisedCommand::StartDaemon]))
        })
    }

    fn list_names(&self) -> String {
        self.stopped.iter().map(ServiceName::as_str).collect::<Vec<_>>().join(" ")
    }
}

async fn find_daemons(
    context: &HostContext<'_>,
    host: &DagsterHost,
) -> Result<Vec<ServiceName>, OperationError> {
    let found = host.found(context).await;
    let schedulers = host.find_schedulers();
    let is_daemon = |unit: &&DeployedUnit| {
        schedulers.contains(&unit.name) || unit.name.as_str().contains("daemon")
    };
    let daemons: Vec<_> = found.units.iter().filter(is_daemon).collect();
    if daemons.is_empty() {
        let message = "none of the units runs Dagster's daemon";
        return Err(OperationError::new(ErrorKind::Config, message)
            .advise("stop what writes by hand, and go on with --while-running"));
    }
    host.name_services(daemons)
}

/// The runs that write, or are about to.
async fn find_runs(
    context: &MigrationContext<'_>,
    named: Option<&str>,
    home: &HomePlaces,
) -> Result<Vec<LiveRun>, OperationError> {
    let mut faults = Vec::new();
    for address in list_addresses(named, home) {
        let answer = context.webservers.query(&address, RUNS_QUERY).await;
        match answer.map(|answer| live_runs(&answer)) {
            Ok(Ok(runs)) => return Ok(runs),
            Ok(Err(error)) => faults.push(format!("{}: {error}", printable(&address))),
            Err(fault) => faults.push(format!("{}: {fault}", printable(&address))),
        }
    }
    let message =
        format!("whether a Dagster run is writing is unknown: {}", printable(&faults.join("; ")));
    Err(OperationError::new(ErrorKind::Unavailable, message)
        .advise("name Dagster's webserver: --webserver URL")
        .advise("or copy all the same, and run it once more when nothing runs: --while-running"))
}

fn refuse_running(runs: &[LiveRun]) -> OperationError {
    let message = format!("runs of Dagster write: {}", describe_runs(runs));
    OperationError::new(ErrorKind::TryAgain, message)
        .advise("stop the daemon and wait for them: --stop-daemon")
        .advise("or copy all the same, and run it once more when nothing runs: --while-running")
}

fn describe_runs(runs: &[LiveRun]) -> String {
    let mut names: Vec<_> = runs
        .iter()
        .take(TOLD)
        .map(|run| format!("{} of `{}` ({})", run.run_id, run.job_name, run.status))
        .collect();
    if runs.len() > TOLD {
        names.push("…".to_owned());
    }
    printable(&names.join(", "))
}

#[cfg(test)]
mod tests;
