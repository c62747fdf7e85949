//! `dagster`: the services of a deployment, changed and shown.

use datalake_engine::{
    ChangeError, DeployedUnit, Patience, ServiceName, Services, UnitStatus, Verb, change,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::deps::deps;
use super::services::{lines, show_tails, teller};
use super::{gaps, project};
use crate::args::{self, Chosen, Cli, Dagster};
use crate::deployment::{EnvironmentReport, Ground, Report, report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer, deployment, environments};
use crate::site::Site;
use crate::stop::{Charge, asked};

pub(super) const DAGSTER_ENV: DocumentKind = DocumentKind::of::<EnvironmentReport>("dagster-env");
pub(super) const DAGSTER_RELOAD: DocumentKind = DocumentKind::of::<Vec<String>>("dagster-reload");
pub(super) const DAGSTER_RESTART: DocumentKind =
    DocumentKind::of::<Vec<Changed>>("dagster-restart");
pub(super) const DAGSTER_START: DocumentKind = DocumentKind::of::<Vec<Changed>>("dagster-start");
pub(super) const DAGSTER_STOP: DocumentKind = DocumentKind::of::<Vec<Changed>>("dagster-stop");
pub(super) const DAGSTER_STATUS: DocumentKind = DocumentKind::of::<Report>("dagster-status");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] =
    &[DAGSTER_ENV, DAGSTER_RELOAD, DAGSTER_RESTART, DAGSTER_START, DAGSTER_STATUS, DAGSTER_STOP];

/// A unit after a change, for programs.
#[derive(Serialize, JsonSchema)]
struct Changed {
    /// The service.
    service: String,
    /// Its state in systemd's words, such as `active`.
    active: String,
    /// The finer state in systemd's words, such as `running`.
    sub: String,
    /// systemd's id of this start of the service.
    invocation: Option<String>,
}

pub(super) async fn dagster(cli: &Cli, what: &Dagster, printer: Printer) -> Result<Exit, Failure> {
    if cli.place.json && matches!(what, Dagster::Logs(_)) {
        return Err(Failure::new(Exit::Usage, "`dagster logs` has no --json"));
    }
    match what {
        Dagster::Init(flags) => return project::init(cli, flags, printer).await,
        Dagster::Gaps(flags) => return gaps::gaps(cli, flags, printer).await,
        _ => (),
    }
    let site = Site::open(cli, printer).await?;
    let ground = Ground::of(&site, site.settings.host()?)?;
    match what {
        Dagster::Reload => reload(&site, &ground).await,
        Dagster::Restart(chosen) => changed(Verb::Restart, chosen, &site, &ground).await,
        Dagster::Stop(chosen) => changed(Verb::Stop, chosen, &site, &ground).await,
        Dagster::Start(chosen) => changed(Verb::Start, chosen, &site, &ground).await,
        Dagster::Status => status(&site, &ground).await,
        Dagster::Logs(flags) => logs(flags, &site, &ground).await,
        Dagster::Env => env(&site, &ground).await,
        Dagster::Deps { what } => deps(what, &site, &ground).await,
        // They need no services, and were carried out above.
        Dagster::Init(_) | Dagster::Gaps(_) => Ok(Exit::Done),
    }
}

/// Looks at the deployment of this machine, as `status` shows it.
pub(super) async fn looked_at(site: &Site, ground: &Ground) -> Result<Report, Failure> {
    let key = site.records().fingerprint_key(&site.clock);
    let key = key.map_err(|fault| site.state_failure(&fault))?;
    let found = ground.found(site).await;
    let environments = ground.contents(site, &found).await.prints(&key);
    let old_lines = found.units.iter().map(|unit| ground.old_lines(site, unit)).collect();
    Ok(report(ground, &found, &environments, old_lines))
}

async fn status(site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    let report = looked_at(site, ground).await?;
    site.printer.result(DAGSTER_STATUS, &report, &deployment(&report));
    Ok(if report.is_well() { Exit::Done } else { Exit::Drift })
}

async fn env(site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    let key = site.records().fingerprint_key(&site.clock);
    let key = key.map_err(|fault| site.state_failure(&fault))?;
    let found = ground.found(site).await;
    let prints = ground.contents(site, &found).await.prints(&key);
    let report = EnvironmentReport::of(ground, &prints);
    site.printer.result(DAGSTER_ENV, &report, &environments(&report));
    if !site.records().has_fingerprint_key().map_err(|fault| site.state_failure(&fault))? {
        site.printer.talk("no run has kept a key yet: the next call tells other fingerprints");
    }
    Ok(Exit::Done)
}

async fn reload(site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    let reloaded = ground.systemd.reload().await;
    reloaded.map_err(|fault| ground.failure("reload", &fault))?;
    // A broken file makes no service and no failure: only a look tells.
    let services = ground.services(&ground.found(site).await.units)?;
    site.printer.talk(&format!("reloaded; services: {}", names(&services)));
    let services: Vec<_> = services.iter().map(ServiceName::as_str).collect();
    site.printer.result(DAGSTER_RELOAD, services, "");
    Ok(Exit::Done)
}

async fn changed(
    verb: Verb,
    chosen: &Chosen,
    site: &Site,
    ground: &Ground,
) -> Result<Exit, Failure> {
    let found = ground.found(site).await;
    let services = ground.services(meant(&found.units, chosen)?)?;
    // The values that are in use before the change may stand in the log after it, too.
    let redactor = ground.contents(site, &found).await.redactor();
    let printer = site.printer;
    printer.talk(&format!("{verb}: {}", names(&services)));
    let tell = teller(printer);
    let kind = match verb {
        Verb::Start => DAGSTER_START,
        Verb::Stop => DAGSTER_STOP,
        Verb::Restart => DAGSTER_RESTART,
    };
    let ports = (&ground.systemd as &dyn Services, &site.clock as _);
    match change(verb, &services, ports, (Patience::default(), &tell)).await {
        Ok(settled) => {
            let settled: Vec<_> = settled.iter().map(in_json).collect();
            printer.result(kind, settled, "");
            Ok(Exit::Done)
        }
        Err(ChangeError::Fault(fault)) => Err(ground.failure(&verb.to_string(), &fault)),
        Err(error) => {
            if let ChangeError::Unsettled(units) = &error {
                let failed: Vec<_> = units.iter().map(|unit| unit.status.unit.clone()).collect();
                show_tails(&failed, &redactor, site, ground).await;
            }
            Err(Failure::of(Exit::Unavailable, &error)
                .hint(format!("{} dagster status", site.name))
                .hint(format!("{} dagster logs -n 200", site.name)))
        }
    }
}

fn in_json(status: &UnitStatus) -> Changed {
    Changed {
        service: status.unit.to_string(),
        active: status.active.to_string(),
        sub: status.sub.clone(),
        invocation: status.invocation.as_ref().map(|life| life.0.clone()),
    }
}

async fn logs(flags: &args::Logs, site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    let found = ground.found(site).await;
    let services = ground.services(meant(&found.units, &flags.chosen)?)?;
    let redactor = ground.contents(site, &found).await.redactor();
    let user = &ground.host.user;
    let failed = |fault| {
        let failure = ground.failure("logs", &fault);
        match fault.kind {
            datalake_core::FaultKind::Denied => failure.hint(format!(
                "run it as root, or let the user read logs: \
                 `sudo usermod -a -G systemd-journal {user}`, then a new login"
            )),
            _ => failure,
        }
    };
    let mut print = |line: &[u8]| site.printer.line(&redactor.line(line));
    if !flags.follow {
        let log = ground.systemd.log_tail(&services, flags.lines).await.map_err(failed)?;
        let _ = lines(&log).all(print);
        return Ok(Exit::Done);
    }
    let _charge = Charge::take();
    tokio::select! {
        followed = ground.systemd.follow_log(&services, flags.lines, &mut print) => {
            followed.map_err(failed)?;
        }
        // The way in which following ends.
        () = asked() => (),
    }
    Ok(Exit::Done)
}

/// The units whose name contains the word; all without one.
fn meant<'a>(units: &'a [DeployedUnit], chosen: &Chosen) -> Result<Vec<&'a DeployedUnit>, Failure> {
    let word = chosen.word.as_deref().unwrap_or_default();
    let meant: Vec<_> = units.iter().filter(|unit| unit.name.as_str().contains(word)).collect();
    if meant.is_empty() {
        let known: Vec<_> = units.iter().map(|unit| unit.name.as_str()).collect();
        return Err(Failure::new(Exit::Usage, format!("no unit is called `{word}`"))
            .hint(format!("the spec has: {}", known.join(", "))));
    }
    Ok(meant)
}

fn names(services: &[ServiceName]) -> String {
    services.iter().map(ServiceName::as_str).collect::<Vec<_>>().join(" ")
}
