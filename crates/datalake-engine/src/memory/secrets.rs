//! What a podman keeps, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::{FilledBody, PodmanSecret};

use crate::hold_mutex;
use crate::ports::Secrets;

/// Secrets of a podman in memory.
#[derive(Default)]
pub struct MemorySecrets(Mutex<BTreeMap<PodmanSecret, Vec<u8>>>);

impl MemorySecrets {
    /// Everything that is kept, for comparing.
    #[must_use]
    pub fn everything(&self) -> BTreeMap<PodmanSecret, Vec<u8>> {
        hold_mutex(&self.0).clone()
    }
}

#[async_trait]
impl Secrets for MemorySecrets {
    async fn look(&self, name: &PodmanSecret) -> Result<FilledBody, Fault> {
        let value = hold_mutex(&self.0).get(name).cloned();
        let absent = || Fault::new(FaultKind::Absent, "no such secret");
        value.map(FilledBody::new).ok_or_else(absent)
    }

    async fn store(&self, name: &PodmanSecret, value: &FilledBody) -> Result<(), Fault> {
        hold_mutex(&self.0).insert(name.clone(), value.expose().to_vec());
        Ok(())
    }

    async fn remove(&self, name: &PodmanSecret) -> Result<(), Fault> {
        hold_mutex(&self.0).remove(name);
        Ok(())
    }
}
