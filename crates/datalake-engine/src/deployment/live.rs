//! The Dagster of this machine: its services and containers as a run looks at and changes them.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, ServiceState, ServiceStates, UnitName, settings_print};
use datalake_core::plan::Found;
use datalake_core::secret::FingerprintKey;

use super::probe::{AccessProof, read_proof};
use super::{
    ActiveState, ChangeError, ChangeWatch, Container, DeployedUnit, DeploymentSearch, HostPorts,
    Patience, ServiceName, ServiceNews, UnitStatus, Verb, change_services, discover_deployment,
};
use crate::Checkpoint;
use crate::ports::{Checkpoints, Clock, Dagster, Probe};

/// The Dagster of this machine.
pub struct LiveDagster<'a> {
    /// The service user's systemd and podman, and the host's files.
    pub ports: HostPorts<'a>,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Where a test may stop the run.
    pub checkpoints: &'a dyn Checkpoints,
    /// The units that run Dagster.
    pub units: &'a [UnitName],
    /// Those that are restarted before the others, which ask them for user code.
    pub code_servers: &'a [UnitName],
    /// The quadlet folders, the strongest first.
    pub folders: &'a [HostPath],
    /// The file that says that the user's systemd runs without a login.
    pub lingering: &'a HostPath,
    /// The variables that are looked at in the containers' environments.
    pub variables: &'a [String],
    /// Recognises their values.
    pub fingerprints: &'a FingerprintKey,
    /// How long services may take.
    pub patience: Patience,
    /// Told how it goes on.
    pub tell: &'a (dyn Fn(ServiceNews<'_>) + Sync),
}

#[async_trait]
impl Dagster for LiveDagster<'_> {
    async fn states(&self) -> Result<ServiceStates, Fault> {
        let mut states = Vec::new();
        for unit in self.found().await {
            states.push((unit.name.clone(), self.state(&unit).await?));
        }
        Ok(states.into_iter().collect())
    }

    async fn settle(&self, states: &ServiceStates) -> Result<(), Fault> {
        if matches!(self.ports.services.is_online().await, Ok(false)) {
            (self.tell)(ServiceNews::NotOnline);
        }
        self.ports.services.reload().await?;
        self.checkpoints.pass(Checkpoint::UnitsReloaded);
        let found = self.found().await;
        let (first, then): (Vec<&UnitName>, Vec<_>) =
            states.up().partition(|unit| self.code_servers.contains(unit));
        let down =
            states.down().map(|unit| find_running(unit, &found)).collect::<Result<Vec<_>, _>>()?;
        let down: Vec<_> = down.into_iter().flatten().collect();
        self.change(Verb::Stop, &down).await?;
        for units in [first, then] {
            let up = units.into_iter().map(|unit| find_service(unit, &found));
            self.change(Verb::Restart, &up.collect::<Result<Vec<_>, _>>()?).await?;
        }
        Ok(())
    }

    async fn prove(&self, services: &ServiceStates, probe: &Probe) -> Result<(), Fault> {
        let found = self.found().await;
        for unit in services.up() {
            let container = find_container(unit, &found)?;
            let proof = self.prove_in(unit, container, probe).await?;
            (self.tell)(ServiceNews::Proved(unit, &proof));
        }
        Ok(())
    }
}

impl LiveDagster<'_> {
    async fn found(&self) -> Vec<DeployedUnit> {
        let search = DeploymentSearch {
            units: self.units,
            folders: self.folders,
            lingering: self.lingering,
        };
        discover_deployment(&search, &self.ports).await.units
    }

    async fn state(&self, unit: &DeployedUnit) -> Result<ServiceState, Fault> {
        let status = match &unit.status {
            Found::Present(status) => status,
            Found::Absent => return Ok(ServiceState::Down),
            Found::Unknown(fault) => return Err(fault.clone()),
        };
        if self.is_down(status) {
            return Ok(ServiceState::Down);
        }
        let container = match &unit.container {
            Found::Present(container) => container,
            // It starts and has none: it waits, or its start fails again and again.
            Found::Absent if status.active == ActiveState::Activating => {
                return Ok(ServiceState::Down);
            }
            Found::Absent => return Ok(ServiceState::Up),
            Found::Unknown(fault) => return Err(fault.clone()),
        };
        match self.ports.containers.environment(container).await {
            Ok(environment) => {
                let names: Vec<_> = self.variables.iter().map(String::as_str).collect();
                let print = settings_print(&environment, &names, self.fingerprints);
                Ok(ServiceState::UpWith(print))
            }
            Err(fault) if fault.kind == FaultKind::Absent => Ok(ServiceState::Up),
            Err(fault) => Err(fault),
        }
    }

    /// Whether a service does not run or does not stay up, such as one that systemd has just started
    /// anew by itself.
    fn is_down(&self, status: &UnitStatus) -> bool {
        let since = status.since.map(|since| self.clock.now().unix().abs_diff(since.unix()));
        let is_young = since.is_some_and(|seconds| seconds < self.patience.settling.as_secs());
        match status.active {
            ActiveState::Inactive | ActiveState::Failed => true,
            ActiveState::Activating if status.sub.starts_with("auto-restart") => true,
            _ => status.restarts > 0 && is_young,
        }
    }

    async fn change(&self, verb: Verb, units: &[ServiceName]) -> Result<(), Fault> {
        if units.is_empty() {
            return Ok(());
        }
        let tell = |news: ServiceNews<'_>| match news {
            ServiceNews::Ordered => self.checkpoints.pass(Checkpoint::ServicesOrdered),
            news => (self.tell)(news),
        };
        let watch = ChangeWatch { clock: self.clock, patience: self.patience, tell: &tell };
        match change_services(verb, units, self.ports.services, &watch).await {
            Ok(_) => Ok(()),
            Err(ChangeError::Fault(fault)) => Err(fault),
            Err(error @ ChangeError::Unsettled(_)) => {
                Err(Fault::new(FaultKind::Unsettled, error.to_string()))
            }
        }
    }

    async fn prove_in(
        &self,
        unit: &UnitName,
        container: &Container,
        probe: &Probe,
    ) -> Result<AccessProof, Fault> {
        for python in ["python3", "python"] {
            match self.ports.containers.exec(container, &probe.words(python, unit)).await {
                Ok(printed) => return read_proof(unit, printed.expose()),
                Err(fault) if fault.kind == FaultKind::Absent => (),
                Err(fault) => return Err(fault),
            }
        }
        Ok(AccessProof::NoPython)
    }
}

fn find_service(unit: &UnitName, found: &[DeployedUnit]) -> Result<ServiceName, Fault> {
    let deployed = found.iter().find(|deployed| deployed.name == *unit);
    match deployed.map(|deployed| &deployed.status) {
        Some(Found::Present(status)) => Ok(status.unit.clone()),
        Some(Found::Unknown(fault)) => Err(fault.clone()),
        Some(Found::Absent) | None => {
            let detail = format!("systemd has made no service of `{unit}.container`");
            Err(Fault::new(FaultKind::Unsettled, detail))
        }
    }
}

/// The service to be stopped; none where there is none.
fn find_running(unit: &UnitName, found: &[DeployedUnit]) -> Result<Option<ServiceName>, Fault> {
    match found.iter().find(|deployed| deployed.name == *unit).map(|deployed| &deployed.status) {
        Some(Found::Present(status)) => Ok(Some(status.unit.clone())),
        Some(Found::Unknown(fault)) => Err(fault.clone()),
        Some(Found::Absent) | None => Ok(None),
    }
}

fn find_container<'a>(unit: &UnitName, found: &'a [DeployedUnit]) -> Result<&'a Container, Fault> {
    let deployed = found.iter().find(|deployed| deployed.name == *unit);
    match deployed.map(|deployed| &deployed.container) {
        Some(Found::Present(container)) => Ok(container),
        Some(Found::Unknown(fault)) => Err(fault.clone()),
        Some(Found::Absent) | None => {
            Err(Fault::new(FaultKind::Unproved, format!("`{unit}` has no container")))
        }
    }
}

#[cfg(test)]
mod tests;
