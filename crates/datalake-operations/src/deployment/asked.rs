//! The units that are asked: for the bucket and the libraries, or for runs.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;
use datalake_core::plan::Found;
use datalake_core::spec::Logs;
use datalake_dagster::{ComputeLogs, DagsterYaml};
use datalake_desired::{HostUnits, UnitRole};
use datalake_engine::Programs;

use super::{DagsterHost, read_content};
use crate::HostContext;

impl DagsterHost {
    /// The units of the spec in whose containers the bucket is used: those that run user code. All of
    /// them where none is known to run it, and where the bucket keeps what steps print: then all that
    /// load `dagster.yaml` need the library.
    #[must_use]
    pub fn find_asked_units(&self, context: &HostContext<'_>, logs: Logs) -> Vec<UnitName> {
        let units = &self.host.units;
        if logs == Logs::S3 || self.may_log_elsewhere(context) {
            return units.clone();
        }
        self.places.find_code_units(units)
    }

    /// The units of the spec in which user code runs; all of them where none is known to run it.
    #[must_use]
    pub fn find_code_units(&self) -> Vec<UnitName> {
        self.places.find_code_units(&self.host.units)
    }

    /// The programs in the running container of a unit.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where it does not run, or may not be entered.
    pub async fn enter_unit(
        &self,
        context: &HostContext<'_>,
        unit: &UnitName,
    ) -> Result<Box<dyn Programs>, Fault> {
        let found = self.found(context).await;
        let deployed = found.units.into_iter().find(|deployed| deployed.name == *unit);
        match (deployed.map(|deployed| deployed.container), context.machine) {
            // By its name: a run restarts it, and the new one has another id.
            (Some(Found::Present(container)), Some(machine)) => machine
                .enter(&self.host.user, &self.account, &container.name)
                .map_err(|error| Fault::new(FaultKind::Denied, error.to_string())),
            (Some(Found::Unknown(fault)), _) => Err(fault),
            _ => {
                let text = format!("no container of unit `{unit}` runs");
                Err(Fault::new(FaultKind::Unreachable, text))
            }
        }
    }

    /// The units that start runs: schedules, sensors, the queue.
    #[must_use]
    pub fn find_schedulers(&self) -> Vec<UnitName> {
        let roles = self.places.host_units.iter().flat_map(HostUnits::find_roles);
        let schedules = roles.filter(|unit| unit.has_role(UnitRole::Schedules));
        schedules.map(|unit| unit.container.name).collect()
    }

    /// Whether `dagster.yaml` names a class of its own that keeps what steps print; so it is taken
    /// where the file is not known.
    fn may_log_elsewhere(&self, context: &HostContext<'_>) -> bool {
        let Ok((_, path)) = &self.places.dagster_yaml else { return true };
        let text = match read_content(context, path) {
            Found::Present(content) => String::from_utf8_lossy(content.expose()).into_owned(),
            Found::Absent => return false,
            Found::Unknown(_) => return true,
        };
        match DagsterYaml::parse(&text).map(|yaml| yaml.compute_logs()) {
            Ok(ComputeLogs::Unsaid | ComputeLogs::Local(_) | ComputeLogs::NoClass) => false,
            Ok(ComputeLogs::S3 { .. } | ComputeLogs::Other(_)) | Err(_) => true,
        }
    }
}
