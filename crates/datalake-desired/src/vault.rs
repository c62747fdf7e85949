//! The secret in Modal: what is known of it from earlier runs.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::host::HostPath;
use datalake_core::modal::{ModalObject, vault_part};
use datalake_core::secret::{FilledBody, Fingerprint, FingerprintKey};

/// What is known of a secret of Modal's from earlier runs.
#[derive(Debug, Clone, Default)]
pub struct VaultPast {
    /// What runs may have stored there, each with the copy of the env file that still has it.
    pub earlier: BTreeMap<Fingerprint, Option<Fingerprint>>,
    /// The apps that a run has left without new containers.
    pub owed: BTreeSet<ModalObject>,
}

/// The print of the lines that Modal would be given of this env file.
pub fn print_of(env_file: &FilledBody, fingerprints: &FingerprintKey) -> Fingerprint {
    fingerprints.of(vault_part(env_file).expose())
}

/// Whether a path is that of an env file of ours.
pub fn is_env_file(path: &HostPath) -> bool {
    path.file_name() == "s3.env"
}
