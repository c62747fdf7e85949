//! How the S3 settings reach the containers.

use std::collections::BTreeSet;

use datalake_core::secret::{PodmanSecret, SecretName};
use datalake_core::spec::Handover;
use datalake_quadlet::PodmanVersion;

/// How the S3 settings reach the containers, and what an earlier way may have left behind.
pub struct HandoverChoice {
    /// How.
    pub handover: Handover,
    /// The secrets that runs have had podman keep.
    pub once_stored: BTreeSet<PodmanSecret>,
    /// The installed podman, where it was asked.
    pub podman: Option<PodmanVersion>,
}

impl HandoverChoice {
    /// The secrets of podman's that have to be looked at.
    #[must_use]
    pub fn secrets(&self) -> Vec<PodmanSecret> {
        let mut secrets = self.once_stored.clone();
        if self.handover == Handover::PodmanSecret {
            secrets.extend(SecretName::ALL.map(podman_secret));
        }
        secrets.into_iter().collect()
    }
}

/// The name under which podman keeps a secret.
///
/// # Panics
///
/// Never: all of them are names of secrets.
#[must_use]
pub fn podman_secret(name: SecretName) -> PodmanSecret {
    let text = match name {
        SecretName::AccessKeyId => "datalake-s3-access-key-id",
        SecretName::SecretAccessKey => "datalake-s3-secret-access-key",
        SecretName::ModalTokenId => "datalake-modal-token-id",
        SecretName::ModalTokenSecret => "datalake-modal-token-secret",
    };
    text.parse().expect("letters and hyphens make a name")
}
