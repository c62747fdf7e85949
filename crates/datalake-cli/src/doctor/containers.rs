//! What runs: environments, packages, log manager, and the bucket used from inside.

use std::time::Duration;

use datalake_core::doctor::{ContainerLook, Examination, Look};
use datalake_core::{Fault, FaultKind, Found, ServiceState, ServiceStates};
use datalake_engine::{Clock, Container, Containers, Dagster, DeployedUnit, News, Prints, Probe};
use serde::Deserialize;

use super::Running;
use super::lives::lives;
use crate::commands::missing_packages;
use crate::deployment::{Environments, differences};
use crate::site::Site;

/// Loads the log manager as a run does it, and prints a line of JSON.
const LOG_MANAGER: &str = include_str!("log_manager.py");

/// A service that dies after a second shows another life within this.
const WATCH: Duration = Duration::from_secs(6);

/// What [`LOG_MANAGER`] prints.
#[derive(Deserialize)]
struct Printed {
    manager: Option<String>,
    failed: Option<String>,
}

/// Looks at containers, then once more at the services' lives.
pub(super) async fn look(site: &Site, running: &Running, seen: &mut Examination) {
    let begun = std::time::Instant::now();
    let Running { ground, found, key } = running;
    let environments = ground.contents(site, found).await.prints(key);
    let mut containers = Vec::new();
    for (at, unit) in found.units.iter().enumerate() {
        containers.push(ContainerLook {
            unit: unit.name.to_string(),
            differing: differing(&environments, at),
            log_manager: log_manager(unit, running).await,
        });
    }
    seen.containers.containers = Look::Saw(containers);
    seen.containers.packages = packages(site, running).await;
    seen.containers.canary = canary(site, running, seen).await;
    // The looks above take some seconds of it already.
    site.clock.sleep(WATCH.saturating_sub(begun.elapsed())).await;
    let after = ground.found(site).await;
    seen.containers.lives = lives(found, &after, site.clock.now()).into();
}

fn differing(environments: &Environments, at: usize) -> Look<Vec<String>> {
    let running: Option<&Found<Prints>> = environments.containers.get(at);
    match (&environments.env_file, running) {
        (Found::Present(wanted), Some(Found::Present(running))) => {
            let (missing, other) = differences(wanted, running);
            Look::Saw([missing, other].concat())
        }
        (Found::Absent, _) => Look::NotHere("no settings are handed over".to_owned()),
        (_, Some(Found::Absent) | None) => Look::NotHere("the container does not run".to_owned()),
        (Found::Unknown(fault), _) | (_, Some(Found::Unknown(fault))) => {
            Look::Unknown(fault.clone())
        }
    }
}

async fn log_manager(unit: &DeployedUnit, running: &Running) -> Look<Result<String, String>> {
    let container = match &unit.container {
        Found::Present(container) => container,
        Found::Absent => return Look::NotHere("the container does not run".to_owned()),
        Found::Unknown(fault) => return Look::Unknown(fault.clone()),
    };
    let mut last = Look::NotHere("the container has no Python".to_owned());
    for python in ["python3", "python"] {
        match loaded(container, python, running.ground.containers()).await {
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => return Look::Unknown(fault),
            Ok(Printed { manager: Some(manager), .. }) => return Look::Saw(Ok(manager)),
            Ok(Printed { failed: Some(failed), .. }) => return Look::Saw(Err(failed)),
            Ok(_) => last = Look::NotHere("its Python sees no Dagster".to_owned()),
        }
    }
    last
}

async fn loaded(
    container: &Container,
    python: &str,
    containers: &dyn Containers,
) -> Result<Printed, Fault> {
    let words = [python, "-c", LOG_MANAGER].map(str::to_owned);
    let printed = containers.exec(container, &words).await?;
    let lines = printed.expose().split(|byte| *byte == b'\n');
    let last = lines.rev().find(|line| !line.is_empty()).unwrap_or_default();
    serde_json::from_slice(last).map_err(|error| {
        Fault::new(FaultKind::Unreadable, format!("its Python printed something else: {error}"))
    })
}

async fn packages(site: &Site, running: &Running) -> Look<Vec<(String, Option<String>)>> {
    match missing_packages(site, &running.ground).await {
        Ok(packages) => Look::Saw(packages),
        Err(failure) => {
            Look::Unknown(Fault::new(FaultKind::Unreadable, failure.messages.join(": ")))
        }
    }
}

/// Has every container that runs use the bucket, where it was given one.
async fn canary(site: &Site, running: &Running, seen: &Examination) -> Look<Option<String>> {
    let Running { ground, found, key } = running;
    let handed = seen.settings.handed_over.clone();
    let Look::Saw(Some(handed)) = handed else {
        return Look::NotHere("no settings are handed over".to_owned());
    };
    let bucket = handed.settings.ok().and_then(|all| all.get("DAGSTER_S3_BUCKET")?.parse().ok());
    let Some(bucket) = bucket else {
        return Look::NotHere("no bucket is handed over".to_owned());
    };
    let prefix = site.settings.document().prefix.clone().unwrap_or_default();
    let object = format!("{prefix}/.datalake-doctor-{:016x}", site.clock.random());
    let Ok(object) = object.trim_start_matches('/').parse() else {
        return Look::NotHere("the prefix makes no key".to_owned());
    };
    let quiet = |_: News<'_>| ();
    let live = ground.dagster(site, key, &quiet);
    let up = found.units.iter().filter(|unit| unit.container.present().is_some());
    let print = key.of(b"");
    let states: ServiceStates =
        up.map(|unit| (unit.name.clone(), ServiceState::UpWith(print))).collect();
    if states.up().next().is_none() {
        return Look::NotHere("no container runs".to_owned());
    }
    let content = format!("datalake doctor {:016x}", site.clock.random());
    // Another check asks for the keeper of logs.
    let probe = Probe { bucket, key: object, content, log_manager: None };
    match live.prove(&states, &probe).await {
        Ok(()) => Look::Saw(None),
        Err(fault) if fault.kind == FaultKind::Unproved => Look::Saw(Some(fault.detail)),
        Err(fault) => Look::Unknown(fault),
    }
}
