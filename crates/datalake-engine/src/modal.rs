//! What Modal's own client can tell of an account.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::modal::{ModalName, ModalObject};
use datalake_core::secret::FilledBody;
use serde::Deserialize;

use crate::vault::SecretVault;

/// An account at Modal, as far as the client that is installed can tell of it.
#[async_trait]
pub trait ModalAccount: SecretVault {
    /// What client it is, and whether it has a login. `NoClient`: there is none.
    async fn describe_client(&self) -> Result<InstalledModalClient, Fault>;

    /// The named secrets of an environment, the newest first.
    async fn list_secrets(
        &self,
        environment: Option<&ModalName>,
    ) -> Result<Vec<ListedSecret>, Fault>;

    /// The names of the variables in a secret, where the client can list them. `Absent`: there is no
    /// such secret.
    async fn list_variables(&self, secret: &ModalObject) -> Result<SecretVariables, Fault>;

    /// The apps of an environment.
    async fn list_apps(&self, environment: Option<&ModalName>) -> Result<Vec<ListedApp>, Fault>;

    /// The last entries of an app's log, so many at most, oldest first; each line that begins an entry
    /// begins with its time. `Refused`: there is no such app, or the client can only follow a log.
    async fn log_tail(&self, app: &ModalObject, lines: u32) -> Result<FilledBody, Fault>;
}

/// What is known of Modal's client and its login; no part of a token is in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InstalledModalClient {
    /// Its version.
    pub version: String,
    /// The interpreter that has it.
    pub python: String,
    /// Whether the id and the secret of a token stand in the environment.
    pub in_environment: [bool; 2],
    /// Whether they stand in the active profile.
    pub in_profile: [bool; 2],
    /// Whether it has a login by OAuth instead.
    #[serde(default)]
    pub has_oauth: bool,
    /// The active profile's name.
    pub profile: String,
    /// The names of all profiles.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// The file with the profiles.
    pub path: String,
    /// That file's permission bits; `None` where there is no such file.
    pub mode: Option<u32>,
    /// The environment of Modal's that counts where none is named; empty where Modal decides.
    pub environment: String,
    /// The address of Modal.
    pub servers: String,
}

/// A secret as Modal lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ListedSecret {
    /// Its name.
    pub name: String,
    /// When it was created or replaced, in seconds since 1970.
    pub created: f64,
}

/// The variables in a secret of Modal's, by their names alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SecretVariables {
    /// The names; `None` where Modal's client lists none, as before 1.6.
    pub names: Option<Vec<String>>,
    /// The version of Modal's client.
    pub version: String,
}

/// An app as Modal lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ListedApp {
    /// Its name.
    #[serde(alias = "Description")]
    pub description: String,
    /// How it stands: `deployed`, `stopped`, ….
    #[serde(alias = "State")]
    pub state: String,
}

impl ListedApp {
    /// Whether it is deployed, so that containers of it may run.
    #[must_use]
    pub fn is_deployed(&self) -> bool {
        self.state == "deployed"
    }
}
