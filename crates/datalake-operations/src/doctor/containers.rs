//! What runs: environments, packages, log manager, and the bucket used from inside.

use std::time::Duration;

use datalake_core::doctor::{Boto3Look, ContainerLook, Examination, Look};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Prints, ServiceState, ServiceStates, UnitName};
use datalake_core::plan::Found;
use datalake_core::secret::FingerprintKey;
use datalake_engine::{Dagster, Probe, ServiceNews};
use datalake_quadlet::STEERING_VARIABLES;

use super::inside::{SeenInside, look_inside};
use super::lives::compare_lives;
use super::{ExaminationInput, RunningHost};
use crate::dependencies::find_missing_packages;
use crate::{Environments, compare_prints};

/// A service that dies after a second shows another life within this.
const WATCH: Duration = Duration::from_secs(6);

/// Looks at containers, then once more at the services' lives.
pub(super) async fn examine_containers(
    input: &ExaminationInput<'_>,
    running: &RunningHost,
    seen: &mut Examination,
) {
    let begun = std::time::Instant::now();
    let (context, RunningHost { dagster_host, found, key }) = (input.context, running);
    let environments = dagster_host.contents(context, found).await.prints(key);
    let asked = dagster_host.find_asked_units(context, input.spec.document.named_logs());
    let mut containers = Vec::new();
    for (at, unit) in found.units.iter().enumerate() {
        let SeenInside { log_manager, boto3 } = look_inside(unit, dagster_host.containers()).await;
        let steering = find_steering(environments.containers.get(at), key);
        containers.push(ContainerLook {
            unit: unit.name.to_string(),
            differing: find_differing(&environments, at),
            log_manager,
            boto3: if asked.contains(&unit.name) {
                boto3.map(|version| Boto3Look { version, steering })
            } else {
                Look::NotHere("no user code runs in it".to_owned())
            },
        });
    }
    seen.containers.containers = Look::Saw(containers);
    seen.containers.packages = find_packages(input, running).await;
    seen.containers.canary = try_canary(input, running, &asked, seen).await;
    // The looks above take some seconds of it already.
    context.clock.sleep(WATCH.saturating_sub(begun.elapsed())).await;
    let after = dagster_host.found(context).await;
    seen.containers.lives = compare_lives(found, &after, context.clock.now()).into();
}

/// The variables of the first process that make boto3 use something else. An empty one does not.
fn find_steering(running: Option<&Found<Prints>>, key: &FingerprintKey) -> Vec<String> {
    let Some(Found::Present(running)) = running else { return Vec::new() };
    let nothing = key.of(b"");
    let steers = |name: &&str| running.get(*name).is_some_and(|print| *print != nothing);
    STEERING_VARIABLES.into_iter().filter(steers).map(str::to_owned).collect()
}

fn find_differing(environments: &Environments, at: usize) -> Look<Vec<String>> {
    let running: Option<&Found<Prints>> = environments.containers.get(at);
    match (&environments.env_file, running) {
        (Found::Present(wanted), Some(Found::Present(running))) => {
            let (missing, other) = compare_prints(wanted, running);
            Look::Saw([missing, other].concat())
        }
        (Found::Absent, _) => Look::NotHere("no settings are handed over".to_owned()),
        (_, Some(Found::Absent) | None) => Look::NotHere("the container does not run".to_owned()),
        (Found::Unknown(fault), _) | (_, Some(Found::Unknown(fault))) => {
            Look::Unknown(fault.clone())
        }
    }
}

async fn find_packages(
    input: &ExaminationInput<'_>,
    running: &RunningHost,
) -> Look<Vec<(String, Option<String>)>> {
    let logs = input.spec.document.named_logs();
    match find_missing_packages(input.context, &running.dagster_host, logs).await {
        Ok(packages) => Look::Saw(packages),
        Err(error) => Look::Unknown(Fault::new(FaultKind::Unreadable, error.to_string())),
    }
}

/// Has every container of these units that runs use the bucket, where it was given one.
async fn try_canary(
    input: &ExaminationInput<'_>,
    running: &RunningHost,
    asked: &[UnitName],
    seen: &Examination,
) -> Look<Option<String>> {
    let (context, RunningHost { dagster_host, found, key }) = (input.context, running);
    let handed = seen.settings.handed_over.clone();
    let Look::Saw(Some(handed)) = handed else {
        return Look::NotHere("no settings are handed over".to_owned());
    };
    let bucket = handed.settings.ok().and_then(|all| all.get("DAGSTER_S3_BUCKET")?.parse().ok());
    let Some(bucket) = bucket else {
        return Look::NotHere("no bucket is handed over".to_owned());
    };
    let prefix = input.spec.document.prefix.clone().unwrap_or_default();
    let object = format!("{prefix}/.datalake-doctor-{:016x}", context.clock.random());
    let Ok(object) = object.trim_start_matches('/').parse() else {
        return Look::NotHere("the prefix makes no key".to_owned());
    };
    let quiet = |_: ServiceNews<'_>| ();
    let live = dagster_host.dagster(context, key, &quiet);
    let asked = found.units.iter().filter(|unit| asked.contains(&unit.name));
    let up = asked.filter(|unit| unit.container.present().is_some());
    let print = key.of(b"");
    let states: ServiceStates =
        up.map(|unit| (unit.name.clone(), ServiceState::UpWith(print))).collect();
    if states.up().next().is_none() {
        return Look::NotHere("no container with user code runs".to_owned());
    }
    let content = format!("datalake doctor {:016x}", context.clock.random());
    // Another check asks for the keeper of logs.
    let probe = Probe { bucket, key: object, content, log_manager: None };
    match live.prove(&states, &probe).await {
        Ok(()) => Look::Saw(None),
        Err(fault) if fault.kind == FaultKind::Unproved => Look::Saw(Some(fault.detail)),
        Err(fault) => Look::Unknown(fault),
    }
}
