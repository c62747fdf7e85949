//! The units that are asked: for the bucket and the libraries, or for runs.

use datalake_core::host::UnitName;
use datalake_core::plan::Found;
use datalake_core::spec::Logs;
use datalake_dagster::{ComputeLogs, DagsterYaml};
use datalake_desired::{HostUnits, UnitRole};

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
