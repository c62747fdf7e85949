//! Secrets, and what stands in for them: names, fingerprints, and bodies of files that name them.
//!
//! A [`FileBody`] can be printed and stored, since it only names its secrets; the [`FilledBody`]
//! that it becomes with [`Credentials`] can only be written out. A [`Fingerprint`] compares two
//! values without giving either away.

mod body;
mod credentials;
mod env;
mod fingerprint;
mod podman_secret;

pub use body::{FileBody, FilledBody, KeptOutside, Piece, SecretName, Unfilled};
pub use credentials::{AccessKeyId, Credentials, InvalidKeyText, ModalLogin, SecretAccessKey};
pub use env::first_unfit;
pub use fingerprint::{Fingerprint, FingerprintKey, InvalidFingerprint};
pub use podman_secret::{InvalidPodmanSecret, PodmanSecret};
