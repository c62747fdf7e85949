//! Where Modal's client runs, if it is not on the host.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;
use datalake_core::plan::Found;
use datalake_core::secret::FilledBody;
use datalake_core::spec::HostSpec;
use datalake_engine::{Programs, Ran};

use crate::{DagsterHost, HostContext, OperationError};

/// The programs in the running container of a unit.
///
/// # Errors
///
/// A [`Fault`] where nobody can look for it, where it does not run, or may not be entered.
pub async fn enter_client_unit(
    context: &HostContext<'_>,
    host: &HostSpec,
    unit: &UnitName,
) -> Result<Box<dyn Programs>, Fault> {
    let told = |error: OperationError| Fault::new(FaultKind::Unreachable, error.to_string());
    let dagster_host = DagsterHost::open(context, host.clone()).map_err(told)?.with_units([unit]);
    let found = dagster_host.found(context).await;
    let deployed = found.units.into_iter().find(|deployed| deployed.name == *unit);
    match (deployed.map(|deployed| deployed.container), context.machine) {
        // By its name: a run restarts it, and the new one has another id.
        (Some(Found::Present(container)), Some(machine)) => machine
            .enter(&host.user, &dagster_host.account, &container.name)
            .map_err(|error| Fault::new(FaultKind::Denied, error.to_string())),
        (Some(Found::Unknown(fault)), _) => Err(fault),
        _ => {
            let text = format!("no container of unit `{unit}` runs, and Modal's client is in it");
            Err(Fault::new(FaultKind::Unreachable, text))
        }
    }
}

/// Programs of a place that cannot be used: whoever asks them is told why.
pub struct UnusablePrograms(pub Fault);

#[async_trait]
impl Programs for UnusablePrograms {
    async fn run(&self, _: &[String], _: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        Err(self.0.clone())
    }
}
