//! Modal's secrets, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FilledBody, Fingerprint, ModalObject, VaultState};

use super::held;
use crate::vault::{SecretVault, VaultContent};

/// A secret's marker, if it bears one, and its lines: datalake's, then those of others.
type Kept = (Option<Fingerprint>, Vec<u8>);

/// A secret: the marker with datalake's lines, and the lines of others.
#[derive(Default)]
struct Parts {
    own: Option<(Fingerprint, Vec<u8>)>,
    others: Vec<u8>,
}

/// Secrets and apps of Modal's in memory.
#[derive(Default)]
pub struct MemoryVault {
    secrets: Mutex<BTreeMap<ModalObject, Parts>>,
    apps: Mutex<BTreeMap<ModalObject, u32>>,
}

impl MemoryVault {
    /// Everything that is kept, for comparing.
    #[must_use]
    pub fn everything(&self) -> BTreeMap<ModalObject, Kept> {
        let whole = |(secret, parts): (&ModalObject, &Parts)| {
            let (marker, own) = parts.own.clone().unzip();
            let lines = [own.unwrap_or_default(), parts.others.clone()].concat();
            (secret.clone(), (marker, lines))
        };
        held(&self.secrets).iter().map(whole).collect()
    }

    /// Lines of somebody else, in a secret of their own or beside datalake's.
    pub fn put_foreign(&self, secret: &ModalObject, lines: &[u8]) {
        held(&self.secrets).entry(secret.clone()).or_default().others = lines.to_vec();
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
        Ok(match &secrets.get(secret).ok_or_else(absent)?.own {
            Some((marker, _)) if asked.contains(marker) => VaultState::Holds(*marker),
            Some(_) => VaultState::Other,
            None => VaultState::Apart,
        })
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
        let own = Some((print, lines.expose().to_vec()));
        secrets.insert(secret.clone(), Parts { own, others: Vec::new() });
        Ok(())
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        let own = Some((content.print, content.lines.expose().to_vec()));
        held(&self.secrets).entry(secret.clone()).or_default().own = own;
        Ok(())
    }

    async fn clear(&self, secret: &ModalObject, _: Fingerprint) -> Result<(), Fault> {
        let mut secrets = held(&self.secrets);
        if let Some(parts) = secrets.get_mut(secret) {
            parts.own = None;
            if parts.others.is_empty() {
                secrets.remove(secret);
            }
        }
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
