//! Ports to what is not there.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::ServiceStates;
use datalake_core::secret::{FilledBody, PodmanSecret};

use super::{Checkpoints, Dagster, Probe, Secrets};
use crate::Checkpoint;

/// Checkpoints that let everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCheckpoints;

impl Checkpoints for NoCheckpoints {
    fn pass(&self, _: Checkpoint) {}
}

/// No Dagster that could be asked: a sandbox, or a host that is only a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDagster;

impl NoDagster {
    fn fault() -> Fault {
        let detail = "services run on the machine itself, not in a sandbox or below another root";
        Fault::new(FaultKind::Unsupported, detail)
    }
}

#[async_trait]
impl Dagster for NoDagster {
    async fn states(&self) -> Result<ServiceStates, Fault> {
        Err(Self::fault())
    }

    async fn settle(&self, _: &ServiceStates) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn prove(&self, _: &ServiceStates, _: &Probe) -> Result<(), Fault> {
        Err(Self::fault())
    }
}

/// No podman that could be asked: a sandbox, or a host that is only a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl NoSecrets {
    fn fault() -> Fault {
        let detail = "podman keeps secrets on the machine itself, not in a sandbox or below another \
                      root";
        Fault::new(FaultKind::Unsupported, detail)
    }
}

#[async_trait]
impl Secrets for NoSecrets {
    async fn look(&self, _: &PodmanSecret) -> Result<FilledBody, Fault> {
        Err(Self::fault())
    }

    async fn store(&self, _: &PodmanSecret, _: &FilledBody) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn remove(&self, _: &PodmanSecret) -> Result<(), Fault> {
        Err(Self::fault())
    }
}
