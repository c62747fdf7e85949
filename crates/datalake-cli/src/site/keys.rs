//! The key pair of a place.

use datalake_core::secret::{Credentials, ModalLogin};
use datalake_core::spec::{CredentialSource, Spec};

use super::Site;
use crate::failure::Failure;
use crate::secrets::{self, NoPair};
use crate::token;

impl Site {
    /// The key pair, and the token of Modal's that the containers are to be given.
    ///
    /// # Errors
    ///
    /// [`Failure`] without any part of the secrets.
    pub(crate) async fn keys(&self, spec: &Spec) -> Result<Credentials, Failure> {
        let keys = self.keys_from(&spec.credentials).await?;
        Ok(Credentials { modal: load_modal_token(spec)?, ..keys })
    }

    /// The key pair from this source; in a sandbox its own.
    ///
    /// # Errors
    ///
    /// [`Failure`] without any part of the secret.
    pub(crate) async fn keys_from(
        &self,
        source: &CredentialSource,
    ) -> Result<Credentials, Failure> {
        secrets::in_their_places(self.pair_from(source).await?)
    }

    /// The same of a pair that may have a flaw.
    ///
    /// # Errors
    ///
    /// [`NoPair`] without any part of the secret.
    pub(crate) async fn pair_from(&self, source: &CredentialSource) -> Result<Credentials, NoPair> {
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = &self.sandbox {
            return Ok(sandbox.keys()?);
        }
        if let Some(pair) = self.pair.get() {
            return Ok(pair.clone());
        }
        let folder = self.settings.folder_of("credentials.command");
        let pair = secrets::read(source, folder, self.may_ask).await?;
        self.printer.tell_decision(|| format!("requests are signed with access key {}", pair.id));
        Ok(self.pair.get_or_init(|| pair).clone())
    }
}

/// The token of Modal's that the containers are to be given.
///
/// # Errors
///
/// [`Failure`] without any part of it.
pub(crate) fn load_modal_token(spec: &Spec) -> Result<Option<ModalLogin>, Failure> {
    let token = spec.modal.as_ref().and_then(|modal| modal.token.as_ref());
    token.map(token::load).transpose()
}
