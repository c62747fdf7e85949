//! What the engine asks of Modal.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{AskedContent, ModalObject, VaultState};
use datalake_core::secret::{FilledBody, Fingerprint};

/// What is to be stored in a secret of Modal's.
#[derive(Clone, Copy)]
pub struct VaultContent<'a> {
    /// The variables, as lines of an env file.
    pub lines: &'a FilledBody,
    /// Their print, whose marker goes with them.
    pub print: Fingerprint,
    /// The content whose marker the secret bears now; `None` where it bears none of datalake's.
    pub before: Option<Fingerprint>,
}

/// The secrets of Modal's, which can be written and never read, and the apps that use them.
#[async_trait]
pub trait SecretVault: Send + Sync {
    /// Whether the secret is there, which of the contents `asked` it bears the marker of, and whether
    /// all variables of that content are there. An edited value cannot be seen.
    /// `Absent`: it surely is not there.
    async fn look(&self, secret: &ModalObject, asked: &[AskedContent])
    -> Result<VaultState, Fault>;

    /// Creates a secret of the variables in `lines`, with the marker of `print`. `Disturbed`: there is
    /// one by now, and it stays as it is.
    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault>;

    /// Changes datalake's variables of a secret, and leaves those of others; a second call changes
    /// nothing. `Absent`: there is no such secret. `Unsupported`: it can only be replaced as a whole, and nobody has allowed that.
    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault>;

    /// Takes datalake's variables and this marker out of a secret, and removes it where it surely holds
    /// nothing else; one that is absent counts as cleared.
    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault>;

    /// Removes a secret; one that is absent counts as removed.
    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault>;

    /// Gives a deployed app new containers, which are given the secrets as they are now. `Absent`: no
    /// such app is deployed, so nothing of it runs.
    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault>;
}

/// A vault that is not waited for long: nobody waits for Modal to be shown all else. Changes take as
/// long as they take.
pub struct HastyVault<'a> {
    /// The vault.
    pub vault: &'a dyn SecretVault,
    /// What a look may take.
    pub limit: Duration,
}

#[async_trait]
impl SecretVault for HastyVault<'_> {
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
        let late = |_| {
            let seconds = self.limit.as_secs();
            let detail = format!("Modal did not answer within {seconds} seconds");
            Fault::new(FaultKind::Unreachable, detail)
        };
        tokio::time::timeout(self.limit, self.vault.look(secret, asked)).await.map_err(late)?
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.vault.create(secret, lines, print).await
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        self.vault.update(secret, content).await
    }

    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault> {
        self.vault.clear(secret, print).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.vault.remove(secret).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        self.vault.roll_over(app).await
    }
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
    async fn look(&self, _: &ModalObject, _: &[AskedContent]) -> Result<VaultState, Fault> {
        Err(Self::fault())
    }

    async fn create(&self, _: &ModalObject, _: &FilledBody, _: Fingerprint) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn update(&self, _: &ModalObject, _: &VaultContent<'_>) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn clear(&self, _: &ModalObject, _: Fingerprint) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn remove(&self, _: &ModalObject) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn roll_over(&self, _: &ModalObject) -> Result<(), Fault> {
        Err(Self::fault())
    }
}
