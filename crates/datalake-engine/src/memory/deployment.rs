//! Services and containers in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;

use crate::deployment::{
    ActiveState, Container, Containers, LineSink, LoadState, PodServices, ServiceName, Services,
    UnitStatus, Verb,
};
use crate::hold_mutex;

/// Services whose looks are written down beforehand: each `show` tells a unit's next one, and the
/// last one again and again.
#[derive(Debug, Default)]
pub struct MemoryServices {
    looks: Mutex<BTreeMap<ServiceName, VecDeque<UnitStatus>>>,
    orders: Mutex<Vec<String>>,
    /// Whether the host counts as online.
    pub online: bool,
    /// Its pods.
    pub pods: Vec<PodServices>,
}

/// Containers that are always the same.
#[derive(Debug, Default)]
pub struct MemoryContainers {
    /// The containers.
    pub containers: Vec<Container>,
    /// The environments of their first processes, by the containers' ids.
    pub environments: BTreeMap<String, Vec<u8>>,
    /// What each program in them prints; without it they have none.
    pub prints: Option<String>,
}

impl MemoryServices {
    /// The same with the next looks at one unit.
    #[must_use]
    pub fn with(self, looks: impl IntoIterator<Item = UnitStatus>) -> Self {
        for look in looks {
            hold_mutex(&self.looks).entry(look.unit.clone()).or_default().push_back(look);
        }
        self
    }

    /// The orders in words, such as `restart a.service b.service`.
    #[must_use]
    pub fn orders(&self) -> Vec<String> {
        hold_mutex(&self.orders).clone()
    }

    fn next(&self, unit: &ServiceName) -> UnitStatus {
        let mut all = hold_mutex(&self.looks);
        let looks = all.entry(unit.clone()).or_default();
        let next = if looks.len() > 1 { looks.pop_front() } else { looks.front().cloned() };
        next.unwrap_or_else(|| unknown(unit))
    }
}

fn unknown(unit: &ServiceName) -> UnitStatus {
    UnitStatus {
        unit: unit.clone(),
        load: LoadState::NotFound,
        active: ActiveState::Inactive,
        sub: "dead".to_owned(),
        restarts: 0,
        invocation: None,
        result: "success".to_owned(),
        fragment: None,
        source: None,
        since: None,
        is_queued: false,
    }
}

#[async_trait]
impl Services for MemoryServices {
    async fn reload(&self) -> Result<(), Fault> {
        hold_mutex(&self.orders).push("reload".to_owned());
        Ok(())
    }

    async fn order(&self, verb: Verb, units: &[ServiceName]) -> Result<(), Fault> {
        let names: String = units.iter().map(|unit| format!(" {unit}")).collect();
        hold_mutex(&self.orders).push(format!("{verb}{names}"));
        Ok(())
    }

    async fn show(&self, units: &[ServiceName]) -> Result<Vec<UnitStatus>, Fault> {
        Ok(units.iter().map(|unit| self.next(unit)).collect())
    }

    async fn find_pods(&self, units: &[ServiceName]) -> Result<Vec<PodServices>, Fault> {
        let mut pods = self.pods.clone();
        pods.retain(|pod| pod.members.iter().any(|member| units.contains(member)));
        Ok(pods)
    }

    async fn generated(&self) -> Result<Vec<ServiceName>, Fault> {
        Ok(hold_mutex(&self.looks).keys().cloned().collect())
    }

    async fn log_tail(&self, units: &[ServiceName], _: u32) -> Result<FilledBody, Fault> {
        let lines: String = units.iter().map(|unit| format!("log of {unit}\n")).collect();
        Ok(FilledBody::new(lines.into_bytes()))
    }

    async fn follow_log(
        &self,
        units: &[ServiceName],
        _: u32,
        sink: LineSink<'_>,
    ) -> Result<(), Fault> {
        for unit in units {
            if !sink(format!("log of {unit}").as_bytes()) {
                break;
            }
        }
        Ok(())
    }

    async fn is_online(&self) -> Result<bool, Fault> {
        Ok(self.online)
    }
}

#[async_trait]
impl Containers for MemoryContainers {
    async fn version(&self) -> Result<String, Fault> {
        Ok("podman version 5.4.2".to_owned())
    }

    async fn containers(&self) -> Result<Vec<Container>, Fault> {
        Ok(self.containers.clone())
    }

    async fn environment(&self, container: &Container) -> Result<FilledBody, Fault> {
        let environment = self.environments.get(&container.id).cloned();
        let absent = || Fault::new(FaultKind::Absent, "the container does not run");
        environment.map(FilledBody::new).ok_or_else(absent)
    }

    async fn exec(&self, _: &Container, _: &[String]) -> Result<FilledBody, Fault> {
        match &self.prints {
            Some(printed) => Ok(FilledBody::new(printed.clone().into_bytes())),
            None => Err(Fault::new(FaultKind::Absent, "no such program")),
        }
    }
}
