//! The Dagster of this machine: its services and containers as a run looks at and changes them.

use async_trait::async_trait;
use datalake_core::{
    Fault, FaultKind, FingerprintKey, Found, HostPath, ServiceState, ServiceStates, UnitName,
};

use super::probe::{Probe, Proof, verdict};
use super::{
    ActiveState, ChangeError, Container, DeployedUnit, HostPorts, News, Patience, Search,
    ServiceName, Verb, change, discover, settings_print,
};
use crate::Checkpoint;
use crate::ports::{Checkpoints, Clock, Dagster};

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
    /// The quadlet folders, the strongest first.
    pub folders: &'a [HostPath],
    /// The file that says that the user's systemd runs without a login.
    pub lingering: &'a HostPath,
    /// The variables that are looked at in the containers' environments.
    pub variables: &'a [&'a str],
    /// Recognises their values.
    pub fingerprints: &'a FingerprintKey,
    /// How long services may take.
    pub patience: Patience,
    /// Told how it goes on.
    pub tell: &'a (dyn Fn(News<'_>) + Sync),
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
            (self.tell)(News::NotOnline);
        }
        self.ports.services.reload().await?;
        self.checkpoints.pass(Checkpoint::UnitsReloaded);
        let found = self.found().await;
        let up = states.up().map(|unit| service(unit, &found)).collect::<Result<Vec<_>, _>>()?;
        // What has no service does not run.
        let down: Vec<_> = states.down().filter_map(|unit| service(unit, &found).ok()).collect();
        self.change(Verb::Stop, &down).await?;
        self.change(Verb::Restart, &up).await
    }

    async fn prove(&self, services: &ServiceStates, probe: &Probe) -> Result<(), Fault> {
        let found = self.found().await;
        for unit in services.up() {
            let container = container(unit, &found)?;
            let proof = self.prove_in(unit, container, probe).await?;
            (self.tell)(News::Proved(unit, &proof));
        }
        Ok(())
    }
}

impl LiveDagster<'_> {
    async fn found(&self) -> Vec<DeployedUnit> {
        let search = Search { units: self.units, folders: self.folders, lingering: self.lingering };
        discover(&search, &self.ports).await.units
    }

    async fn state(&self, unit: &DeployedUnit) -> Result<ServiceState, Fault> {
        let status = match &unit.status {
            Found::Present(status) => status,
            Found::Absent => return Ok(ServiceState::Down),
            Found::Unknown(fault) => return Err(fault.clone()),
        };
        match status.active {
            ActiveState::Inactive | ActiveState::Failed => return Ok(ServiceState::Down),
            ActiveState::Activating if status.sub.starts_with("auto-restart") => {
                return Ok(ServiceState::Down);
            }
            _ => (),
        }
        let container = match &unit.container {
            Found::Present(container) => container,
            Found::Absent => return Ok(ServiceState::Up),
            Found::Unknown(fault) => return Err(fault.clone()),
        };
        match self.ports.containers.environment(container).await {
            Ok(environment) => {
                let print = settings_print(&environment, self.variables, self.fingerprints);
                Ok(ServiceState::UpWith(print))
            }
            Err(fault) if fault.kind == FaultKind::Absent => Ok(ServiceState::Up),
            Err(fault) => Err(fault),
        }
    }

    async fn change(&self, verb: Verb, units: &[ServiceName]) -> Result<(), Fault> {
        if units.is_empty() {
            return Ok(());
        }
        let ports = (self.ports.services, self.clock);
        let tell = |news: News<'_>| match news {
            News::Ordered => self.checkpoints.pass(Checkpoint::ServicesOrdered),
            news => (self.tell)(news),
        };
        match change(verb, units, ports, (self.patience, &tell)).await {
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
    ) -> Result<Proof, Fault> {
        for python in ["python3", "python"] {
            match self.ports.containers.exec(container, &probe.words(python, unit)).await {
                Ok(printed) => return verdict(unit, printed.expose()),
                Err(fault) if fault.kind == FaultKind::Absent => (),
                Err(fault) => return Err(fault),
            }
        }
        Ok(Proof::NoPython)
    }
}

fn service(unit: &UnitName, found: &[DeployedUnit]) -> Result<ServiceName, Fault> {
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

fn container<'a>(unit: &UnitName, found: &'a [DeployedUnit]) -> Result<&'a Container, Fault> {
    let deployed = found.iter().find(|deployed| deployed.name == *unit);
    match deployed.map(|deployed| &deployed.container) {
        Some(Found::Present(container)) => Ok(container),
        Some(Found::Unknown(fault)) => Err(fault.clone()),
        Some(Found::Absent) | None => {
            Err(Fault::new(FaultKind::Unproved, format!("`{unit}` has no container")))
        }
    }
}
