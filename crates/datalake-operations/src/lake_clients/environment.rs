//! What user code has in its environment, for a program on this host.

use std::collections::BTreeMap;
use std::ffi::OsString;

use datalake_core::secret::Credentials;
use datalake_core::spec::{ModalSpec, Spec};
use datalake_desired::DesiredVariables;

use crate::{ErrorKind, OperationError};

/// Name certificates of authorities. They belong to the machine, no spec knows them, and without them
/// boto3 takes no service whose authority is private.
const AUTHORITY_VARIABLES: [&str; 4] =
    ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// The variables of the env file with their values, among them the key pair, and nothing of Modal's;
/// of `own`, those that name certificates. They are for the environment of a program alone.
///
/// # Errors
///
/// [`OperationError`] where env files cannot carry a value.
pub fn list_environment(
    spec: &Spec,
    keys: &Credentials,
    own: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<OsString, OsString>, OperationError> {
    let without_token = |modal: ModalSpec| ModalSpec { token: None, ..modal };
    let spec = Spec { modal: spec.modal.clone().map(without_token), ..spec.clone() };
    let wrong = |error: &dyn std::error::Error| OperationError::of(ErrorKind::Config, error);
    let filled = DesiredVariables::of(&spec).fill(keys).map_err(|error| wrong(&error))?;
    let entries = datalake_quadlet::parse_env(filled.expose()).map_err(|error| wrong(&error))?;
    let entries = entries.into_iter().map(|(name, value)| (name.into(), value.into()));
    let is_authority = |name: &OsString| AUTHORITY_VARIABLES.iter().any(|known| name == known);
    Ok(own.into_iter().filter(|(name, _)| is_authority(name)).chain(entries).collect())
}
