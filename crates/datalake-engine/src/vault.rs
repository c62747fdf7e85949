//! What the engine asks of Modal.

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FilledBody, Fingerprint, ModalObject, VaultState};

/// The secrets of Modal's, which can be written and never read, and the apps that use them.
#[async_trait]
pub trait SecretVault: Send + Sync {
    /// Whether the secret is there, and which of the contents `asked` it bears the marker of.
    /// `Absent`: it surely is not there.
    async fn look(&self, secret: &ModalObject, asked: &[Fingerprint]) -> Result<VaultState, Fault>;

    /// Creates a secret of the variables in `lines`, with the marker of `print`. `Disturbed`: there is
    /// one by now, and it stays as it is.
    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault>;

    /// Replaces all variables of a secret; a second call changes nothing.
    async fn replace(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault>;

    /// Removes a secret; one that is absent counts as removed.
    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault>;

    /// Gives a deployed app new containers, which are given the secrets as they are now. `Absent`: no
    /// such app is deployed, so nothing of it runs.
    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault>;
}

/// No Modal that could be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoVault;

impl NoVault {
    fn fault() -> Fault {
        Fault::new(FaultKind::Unsupported, "this command asks nothing of Modal")
    }
}

#[async_trait]
impl SecretVault for NoVault {
    async fn look(&self, _: &ModalObject, _: &[Fingerprint]) -> Result<VaultState, Fault> {
        Err(Self::fault())
    }

    async fn create(&self, _: &ModalObject, _: &FilledBody, _: Fingerprint) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn replace(&self, _: &ModalObject, _: &FilledBody, _: Fingerprint) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn remove(&self, _: &ModalObject) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn roll_over(&self, _: &ModalObject) -> Result<(), Fault> {
        Err(Self::fault())
    }
}
