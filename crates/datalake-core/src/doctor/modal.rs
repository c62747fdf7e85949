//! Modal.

use super::diagnose::Check;
use super::look::{Judged, Look, wrong};
use super::{EnvFileLook, Examination, FindingId};

/// What was seen of Modal on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalEvidence {
    /// The file that holds its tokens.
    pub config: Look<EnvFileLook>,
}

pub(super) const CHECKS: &[Check] =
    &[Check { id: FindingId::ModalConfigMode, after: &[], judge: mode }];

impl Default for ModalEvidence {
    fn default() -> Self {
        Self { config: Look::nobody() }
    }
}

fn mode(seen: &Examination) -> Judged {
    let EnvFileLook { path, mode, is_private, .. } = seen.modal.config.seen()?;
    if *is_private {
        return Ok(format!("`{path}` has mode {mode}"));
    }
    Err(wrong(
        [format!("`{path}` has mode {mode}: others can read the token")],
        format!("`chmod 600 {path}`; Modal's client writes it as the umask says"),
    ))
}
