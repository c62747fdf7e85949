//! Modal's secrets, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FilledBody, Fingerprint, ModalObject, VaultState};

use super::held;
use crate::vault::SecretVault;

/// A secret's marker, if it bears one, and its lines.
type Kept = (Option<Fingerprint>, Vec<u8>);

/// Secrets and apps of Modal's in memory.
#[derive(Default)]
pub struct MemoryVault {
    secrets: Mutex<BTreeMap<ModalObject, Kept>>,
    apps: Mutex<BTreeMap<ModalObject, u32>>,
}

impl MemoryVault {
    /// Everything that is kept, for comparing.
    #[must_use]
    pub fn everything(&self) -> BTreeMap<ModalObject, Kept> {
        held(&self.secrets).clone()
    }

    /// Somebody else's secret: it bears no marker.
    pub fn put_foreign(&self, secret: &ModalObject, lines: &[u8]) {
        held(&self.secrets).insert(secret.clone(), (None, lines.to_vec()));
    }

    /// Deploys an app.
    pub fn deploy(&self, app: &ModalObject) {
        held(&self.apps).insert(app.clone(), 0);
    }

    /// How often an app was given new containers.
    #[must_use]
    pub fn rollovers(&self, app: &ModalObject) -> u32 {
        held(&self.apps).get(app).copied().unwrap_or_default()
    }
}

#[async_trait]
impl SecretVault for MemoryVault {
    async fn look(&self, secret: &ModalObject, asked: &[Fingerprint]) -> Result<VaultState, Fault> {
        let secrets = held(&self.secrets);
        let absent = || Fault::new(FaultKind::Absent, "no such secret");
        let (marker, _) = secrets.get(secret).ok_or_else(absent)?;
        let known = marker.filter(|marker| asked.contains(marker));
        Ok(known.map_or(VaultState::Other, VaultState::Holds))
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        let mut secrets = held(&self.secrets);
        if secrets.contains_key(secret) {
            return Err(Fault::new(FaultKind::Disturbed, "it exists"));
        }
        secrets.insert(secret.clone(), (Some(print), lines.expose().to_vec()));
        Ok(())
    }

    async fn replace(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        held(&self.secrets).insert(secret.clone(), (Some(print), lines.expose().to_vec()));
        Ok(())
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        held(&self.secrets).remove(secret);
        Ok(())
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        let absent = || Fault::new(FaultKind::Absent, "no such app is deployed");
        *held(&self.apps).get_mut(app).ok_or_else(absent)? += 1;
        Ok(())
    }
}
