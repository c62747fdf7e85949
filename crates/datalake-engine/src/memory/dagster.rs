//! A running Dagster in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, ServiceState, ServiceStates};
use datalake_core::secret::FingerprintKey;

use super::MemoryFiles;
use crate::hold_mutex;
use crate::ports::{Dagster, Files, Probe, SeenEntry};

/// Services that read an env file when they start, as those with a drop-in do.
pub struct MemoryDagster {
    files: Arc<MemoryFiles>,
    env_file: HostPath,
    fingerprints: FingerprintKey,
    running: Mutex<ServiceStates>,
    /// Whether a service that has settings dies at once.
    pub dies_with_settings: bool,
    /// Whether containers cannot reach the bucket.
    pub is_cut_off: bool,
}

impl MemoryDagster {
    /// Services that stand as in `running`.
    #[must_use]
    pub fn new(
        running: ServiceStates,
        files: Arc<MemoryFiles>,
        env_file: HostPath,
        fingerprints: FingerprintKey,
    ) -> Self {
        Self {
            files,
            env_file,
            fingerprints,
            running: Mutex::new(running),
            dies_with_settings: false,
            is_cut_off: false,
        }
    }

    /// The state of a service that is started now.
    fn started(&self) -> ServiceState {
        match self.files.look(&self.env_file) {
            Ok(SeenEntry::File { .. }) if self.dies_with_settings => ServiceState::Down,
            Ok(SeenEntry::File { content, .. }) => {
                ServiceState::UpWith(self.fingerprints.of(content.expose()))
            }
            _ => ServiceState::UpWith(self.fingerprints.of(b"")),
        }
    }
}

#[async_trait]
impl Dagster for MemoryDagster {
    async fn states(&self) -> Result<ServiceStates, Fault> {
        Ok(hold_mutex(&self.running).clone())
    }

    async fn settle(&self, states: &ServiceStates) -> Result<(), Fault> {
        let started = self.started();
        let after = |wanted| if wanted == ServiceState::Down { wanted } else { started };
        *hold_mutex(&self.running) =
            states.iter().map(|(unit, wanted)| (unit.clone(), after(wanted))).collect();
        if started == ServiceState::Down && states.up().next().is_some() {
            return Err(Fault::new(FaultKind::Unsettled, "it ends at once"));
        }
        Ok(())
    }

    async fn prove(&self, _: &ServiceStates, _: &Probe) -> Result<(), Fault> {
        if self.is_cut_off {
            return Err(Fault::new(FaultKind::Unproved, "put: 403 AccessDenied"));
        }
        Ok(())
    }
}
