//! Where Modal's client runs, if it is not on the host.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;
use datalake_core::secret::FilledBody;
use datalake_core::spec::HostSpec;
use datalake_engine::{Conversation, Programs, Ran};

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
    dagster_host.enter_unit(context, unit).await.map_err(|fault| match fault.kind {
        FaultKind::Unreachable => {
            Fault::new(fault.kind, format!("{}, and Modal's client is in it", fault.detail))
        }
        _ => fault,
    })
}

/// Programs of a place that cannot be used: whoever asks them is told why.
pub struct UnusablePrograms(pub Fault);

#[async_trait]
impl Programs for UnusablePrograms {
    async fn run(&self, _: &[String], _: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        Err(self.0.clone())
    }

    async fn open_conversation(&self, _: &[String]) -> Result<Box<dyn Conversation>, Fault> {
        Err(self.0.clone())
    }
}
