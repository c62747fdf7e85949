//! How Dagster is kept from writing while its files are copied.

use std::time::Duration;

use datalake_core::FaultKind;
use datalake_dagster::{LiveRun, RUNS_QUERY, live_runs};
use datalake_engine::{
    Clock as _, Patience, ServiceName, Services, StateFolder as _, Verb, change,
};
use datalake_host::DagsterWeb;

use super::super::services::teller;
use super::home::Home;
use crate::args::migrate::Pause;
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;
use crate::site::Site;
use crate::stop::Charge;

/// Where a webserver is looked for where nothing tells.
const USUAL: [&str; 2] = ["http://127.0.0.1:3000", "http://127.0.0.1:3002"];
/// Between two questions for running runs.
const BEAT: Duration = Duration::from_secs(2);
/// So many runs are told by name.
const TOLD: usize = 5;
/// What is kept as long as the daemon is stopped, so that a killed run is made up for.
const MARK: &str = "migration/stopped-services";

/// Services that were stopped, and are to be started again.
pub(super) struct Paused<'a> {
    site: &'a Site,
    ground: Option<Ground>,
    stopped: Vec<ServiceName>,
    /// Whoever says stop gets the services back first.
    _charge: Charge,
}

/// The services that an earlier run has stopped and did not live to start again.
///
/// # Errors
///
/// [`Failure`] where datalake's folder cannot be read.
pub(super) fn stopped_daemon(site: &Site) -> Result<Option<String>, Failure> {
    match site.state.read(MARK) {
        Ok(content) => Ok(Some(printable(&String::from_utf8_lossy(&content)))),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(site.state_failure(&fault)),
    }
}

impl<'a> Paused<'a> {
    /// Stops the daemon, where that was asked for; takes over what an earlier run has stopped.
    ///
    /// # Errors
    ///
    /// [`Failure`] where there is no daemon, or it does not stop.
    pub(super) async fn begin(site: &'a Site, flags: &Pause) -> Result<Self, Failure> {
        let charge = Charge::take();
        let left = stopped_daemon(site)?;
        if left.is_none() && !flags.stop_daemon {
            return Ok(Self { site, ground: None, stopped: Vec::new(), _charge: charge });
        }
        let ground = Ground::of(site, site.settings.host()?)?;
        let stopped = match left {
            Some(names) => names.split_whitespace().filter_map(|name| name.parse().ok()).collect(),
            None => daemons(site, &ground).await?,
        };
        let paused = Self { site, ground: Some(ground), stopped, _charge: charge };
        let names = paused.names();
        let kept = site.state.write(MARK, names.as_bytes());
        kept.map_err(|fault| site.state_failure(&fault))?;
        site.printer.talk(&format!("stopping {names}"));
        paused.change(Verb::Stop).await?;
        Ok(paused)
    }

    /// Waits until no run goes on, or refuses to go on.
    ///
    /// # Errors
    ///
    /// [`Failure`] where runs go on, or nobody tells.
    pub(super) async fn settle(&self, home: Option<&Home>, flags: &Pause) -> Result<(), Failure> {
        let Some(home) = home.filter(|_| !flags.while_running) else { return Ok(()) };
        let until = self.site.clock.now().unix() + i64::from(flags.wait) * 60;
        let mut told = false;
        loop {
            let runs = runs(flags.webserver.as_deref(), home).await?;
            if runs.is_empty() {
                return Ok(());
            }
            if !flags.stop_daemon || self.site.clock.now().unix() >= until {
                return Err(busy(&runs));
            }
            if !told {
                self.site.printer.talk(&format!("waiting for runs to end: {}", listed(&runs)));
                told = true;
            }
            self.site.clock.sleep(BEAT).await;
        }
    }

    /// Starts what was stopped.
    ///
    /// # Errors
    ///
    /// [`Failure`] where it does not start.
    pub(super) async fn end(self) -> Result<(), Failure> {
        if self.stopped.is_empty() {
            return Ok(());
        }
        self.site.printer.talk(&format!("starting {}", self.names()));
        self.change(Verb::Start).await?;
        self.site.state.remove(MARK).map_err(|fault| self.site.state_failure(&fault))
    }

    async fn change(&self, verb: Verb) -> Result<(), Failure> {
        let Some(ground) = &self.ground else { return Ok(()) };
        let tell = teller(self.site.printer);
        let ports = (&ground.systemd as &dyn Services, &self.site.clock as _);
        let changed = change(verb, &self.stopped, ports, (Patience::default(), &tell)).await;
        changed.map(drop).map_err(|error| {
            Failure::of(Exit::Unavailable, &error)
                .within(format!("{verb} {}", self.names()))
                .hint(format!("{} dagster start daemon", self.site.name))
        })
    }

    fn names(&self) -> String {
        self.stopped.iter().map(ServiceName::as_str).collect::<Vec<_>>().join(" ")
    }
}

async fn daemons(site: &Site, ground: &Ground) -> Result<Vec<ServiceName>, Failure> {
    let found = ground.found(site).await;
    let daemons: Vec<_> =
        found.units.iter().filter(|unit| unit.name.as_str().contains("daemon")).collect();
    if daemons.is_empty() {
        return Err(Failure::new(Exit::Config, "none of the units is called a daemon")
            .hint("stop what writes by hand, and go on with --while-running"));
    }
    ground.services(daemons)
}

/// The runs that write, or are about to.
async fn runs(named: Option<&str>, home: &Home) -> Result<Vec<LiveRun>, Failure> {
    let mut faults = Vec::new();
    for address in addresses(named, home) {
        match ask(&address, RUNS_QUERY).await.map(|answer| live_runs(&answer)) {
            Ok(Ok(runs)) => return Ok(runs),
            Ok(Err(error)) => faults.push(format!("{}: {error}", printable(&address))),
            Err(fault) => faults.push(format!("{}: {fault}", printable(&address))),
        }
    }
    let message = format!("whether runs write is not known: {}", printable(&faults.join("; ")));
    Err(Failure::new(Exit::Unavailable, message)
        .hint("name Dagster's webserver: --webserver URL")
        .hint("or copy all the same, and run it once more when nothing runs: --while-running"))
}

/// Where the webserver may be.
pub(super) fn addresses(named: Option<&str>, home: &Home) -> Vec<String> {
    match (named, home.webservers.as_slice()) {
        (Some(named), _) => vec![named.to_owned()],
        (None, []) => USUAL.map(str::to_owned).to_vec(),
        (None, published) => published.to_vec(),
    }
}

/// What a webserver answers.
///
/// # Errors
///
/// A fault where it does not.
pub(super) async fn ask(address: &str, query: &str) -> Result<Vec<u8>, datalake_core::Fault> {
    DagsterWeb::new(address)?.ask(query).await
}

fn busy(runs: &[LiveRun]) -> Failure {
    Failure::new(Exit::TryAgain, format!("runs of Dagster write: {}", listed(runs)))
        .hint("stop the daemon and wait for them: --stop-daemon")
        .hint("or copy all the same, and run it once more when nothing runs: --while-running")
}

fn listed(runs: &[LiveRun]) -> String {
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
