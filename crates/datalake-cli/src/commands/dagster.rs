//! `dagster`: the services of a deployment, changed and shown.

use datalake_engine::{
    ChangeError, ChangeWatch, Patience, ServiceName, UnitStatus, Verb, change_services,
};
use datalake_operations::{
    DagsterHost, EnvironmentReport, Report, RunReporter as _, choose_units, log_lines, read_tail,
    render_deployment, render_environments,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::deps::manage_dependencies;
use super::project;
use super::reporter::Reporter;
use super::services::tell_service_news;
use crate::args::{self, Chosen, Cli, DagsterCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
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

pub(super) async fn dagster(
    cli: &Cli,
    what: &DagsterCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    if cli.place.json && matches!(what, DagsterCommand::Logs(_)) {
        return Err(Failure::new(Exit::Usage, "`dagster logs` has no --json"));
    }
    if let DagsterCommand::Init(flags) = what {
        return project::init(cli, flags, printer).await;
    }
    let site = Site::open(cli, printer).await?;
    let ground = DagsterHost::open(&site.context(), site.host_spec()?)?;
    match what {
        DagsterCommand::Reload => reload_units(&site, &ground).await,
        DagsterCommand::Restart(chosen) => changed(Verb::Restart, chosen, &site, &ground).await,
        DagsterCommand::Stop(chosen) => changed(Verb::Stop, chosen, &site, &ground).await,
        DagsterCommand::Start(chosen) => changed(Verb::Start, chosen, &site, &ground).await,
        DagsterCommand::Status => show_deployment(&site, &ground).await,
        DagsterCommand::Logs(flags) => show_logs(flags, &site, &ground).await,
        DagsterCommand::Env => show_environments(&site, &ground).await,
        DagsterCommand::Deps { what } => manage_dependencies(what, &site, &ground).await,
        // It needs no services, and was carried out above.
        DagsterCommand::Init(_) => Ok(Exit::Done),
    }
}

async fn show_deployment(site: &Site, ground: &DagsterHost) -> Result<Exit, Failure> {
    let report = ground.look_at_deployment(&site.context()).await?;
    site.printer.result(
        DAGSTER_STATUS,
        &report,
        &render_deployment(&report, "datalake dagster restart"),
    );
    Ok(if report.is_well() { Exit::Done } else { Exit::Drift })
}

async fn show_environments(site: &Site, ground: &DagsterHost) -> Result<Exit, Failure> {
    let key = site.records().fingerprint_key(&site.clock);
    let key = key.map_err(|fault| site.state_failure(&fault))?;
    let found = ground.found(&site.context()).await;
    let prints = ground.contents(&site.context(), &found).await.prints(&key);
    let report = EnvironmentReport::of(ground, &prints);
    site.printer.result(DAGSTER_ENV, &report, &render_environments(&report));
    if !site.records().has_fingerprint_key().map_err(|fault| site.state_failure(&fault))? {
        site.printer.talk(
            "no run has stored a fingerprint key yet: the next call prints other fingerprints",
        );
    }
    Ok(Exit::Done)
}

async fn reload_units(site: &Site, ground: &DagsterHost) -> Result<Exit, Failure> {
    let reloaded = ground.ports.services.reload().await;
    reloaded.map_err(|fault| ground.failure("reload", &fault))?;
    // A broken file makes no service and no failure: only a look tells.
    let services = ground.name_services(&ground.found(&site.context()).await.units)?;
    site.printer.talk(&format!("reloaded; services: {}", join_names(&services)));
    let services: Vec<_> = services.iter().map(ServiceName::as_str).collect();
    site.printer.result(DAGSTER_RELOAD, services, "");
    Ok(Exit::Done)
}

async fn changed(
    verb: Verb,
    chosen: &Chosen,
    site: &Site,
    ground: &DagsterHost,
) -> Result<Exit, Failure> {
    let found = ground.found(&site.context()).await;
    let services = ground.name_services(choose_units(&found.units, chosen.word.as_deref())?)?;
    // The values that are in use before the change may stand in the log after it, too.
    let redactor = ground.contents(&site.context(), &found).await.redactor();
    let printer = site.printer;
    printer.talk(&format!("{verb}: {}", join_names(&services)));
    let tell = tell_service_news(printer);
    let kind = match verb {
        Verb::Start => DAGSTER_START,
        Verb::Stop => DAGSTER_STOP,
        Verb::Restart => DAGSTER_RESTART,
    };
    let watch = ChangeWatch { clock: &site.clock, patience: Patience::default(), tell: &tell };
    match change_services(verb, &services, ground.ports.services.as_ref(), &watch).await {
        Ok(settled) => {
            let settled: Vec<_> = settled.iter().map(in_json).collect();
            printer.result(kind, settled, "");
            Ok(Exit::Done)
        }
        Err(ChangeError::Fault(fault)) => Err(ground.failure(&verb.to_string(), &fault).into()),
        Err(error) => {
            if let ChangeError::Unsettled(units) = &error {
                let failed: Vec<_> = units.iter().map(|unit| unit.status.unit.clone()).collect();
                for unit in &failed {
                    Reporter(printer).tell_log(unit, read_tail(unit, &redactor, ground).await);
                }
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

async fn show_logs(
    flags: &args::DagsterLogs,
    site: &Site,
    ground: &DagsterHost,
) -> Result<Exit, Failure> {
    let found = ground.found(&site.context()).await;
    let services =
        ground.name_services(choose_units(&found.units, flags.chosen.word.as_deref())?)?;
    let redactor = ground.contents(&site.context(), &found).await.redactor();
    let user = &ground.host.user;
    let failed = |fault| {
        let failure = Failure::from(ground.failure("logs", &fault));
        match fault.kind {
            datalake_core::fault::FaultKind::Denied => failure.hint(format!(
                "run it as root, or let the user read logs: \
                 `sudo usermod -a -G systemd-journal {user}`, then a new login"
            )),
            _ => failure,
        }
    };
    let mut print = |line: &[u8]| site.printer.line(&redactor.line(line));
    if !flags.follow {
        let log = ground.ports.services.log_tail(&services, flags.lines).await.map_err(failed)?;
        let _ = log_lines(&log).all(print);
        return Ok(Exit::Done);
    }
    let _charge = Charge::take();
    tokio::select! {
        followed = ground.ports.services.follow_log(&services, flags.lines, &mut print) => {
            followed.map_err(failed)?;
        }
        // The way in which following ends.
        () = asked() => (),
    }
    Ok(Exit::Done)
}

fn join_names(services: &[ServiceName]) -> String {
    services.iter().map(ServiceName::as_str).collect::<Vec<_>>().join(" ")
}
