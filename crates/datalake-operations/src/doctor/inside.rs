//! What a container's own Python says of Dagster's log manager and of boto3.

use datalake_core::doctor::Look;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Found;
use datalake_engine::{Container, Containers, DeployedUnit};
use serde::Deserialize;

/// Loads the log manager as a run does it, and prints a line of JSON.
const LOG_MANAGER: &str = include_str!("log_manager.py");

/// What [`LOG_MANAGER`] prints.
#[derive(Deserialize)]
struct Printed {
    manager: Option<String>,
    failed: Option<String>,
    boto3: Option<String>,
}

/// What was seen inside of a container.
pub(super) struct SeenInside {
    /// The log manager's class, or why it does not load.
    pub(super) log_manager: Look<Result<String, String>>,
    /// The version of boto3; `None` where there is none.
    pub(super) boto3: Look<Option<String>>,
}

/// Asks the container's Python; the first one that sees Dagster counts.
pub(super) async fn look_inside(unit: &DeployedUnit, containers: &dyn Containers) -> SeenInside {
    let container = match &unit.container {
        Found::Present(container) => container,
        Found::Absent => return SeenInside::not_here("the container does not run"),
        Found::Unknown(fault) => return SeenInside::unknown(fault),
    };
    let mut last = SeenInside::not_here("the container has no Python");
    for python in ["python3", "python"] {
        let printed = match ask_python(container, python, containers).await {
            Err(fault) if fault.kind == FaultKind::Absent => continue,
            Err(fault) => return SeenInside::unknown(&fault),
            Ok(printed) => printed,
        };
        let log_manager = match (printed.manager, printed.failed) {
            (Some(manager), _) => Look::Saw(Ok(manager)),
            (None, Some(failed)) => Look::Saw(Err(failed)),
            (None, None) => Look::NotHere("its Python sees no Dagster".to_owned()),
        };
        let sees_dagster = matches!(log_manager, Look::Saw(_));
        last = SeenInside { log_manager, boto3: Look::Saw(printed.boto3) };
        if sees_dagster {
            break;
        }
    }
    last
}

impl SeenInside {
    fn not_here(reason: &str) -> Self {
        let reason = reason.to_owned();
        Self { log_manager: Look::NotHere(reason.clone()), boto3: Look::NotHere(reason) }
    }

    fn unknown(fault: &Fault) -> Self {
        Self { log_manager: Look::Unknown(fault.clone()), boto3: Look::Unknown(fault.clone()) }
    }
}

async fn ask_python(
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
