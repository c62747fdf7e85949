//! The secret in Modal, from the same list of variables as the env file.

use datalake_core::plan::DesiredVault;
use datalake_core::secret::{Credentials, FilledBody, FingerprintKey};
use datalake_core::spec::{ModalSpec, Spec};
use datalake_quadlet::env_body;

use super::{Basis, DesiredError, DesiredVariables};
use crate::{VaultPast, is_env_file, print_of};

/// The secret as it has to be; `None` where the spec knows none.
///
/// # Errors
///
/// [`DesiredError`] where a value cannot be carried.
pub fn desire_vault(
    spec: &Spec,
    keys: &Credentials,
    fingerprints: &FingerprintKey,
    past: &VaultPast,
) -> Result<Option<DesiredVault>, DesiredError> {
    let Some(ModalSpec { secret, apps, .. }) = &spec.modal else { return Ok(None) };
    let body = env_body(&DesiredVariables::of(spec).for_modal())?;
    let filled = body.fill(keys, b"").unwrap_or_else(|_| FilledBody::new(Vec::new()));
    Ok(Some(DesiredVault {
        secret: secret.clone(),
        print: fingerprints.of(filled.expose()),
        body,
        earlier: past.earlier.clone(),
        apps: apps.clone(),
        owed: past.owed.clone(),
    }))
}

/// The same on a host whose env file is about to be replaced: a copy of it will be kept.
pub(super) fn with_present_env_file(vault: DesiredVault, basis: &Basis<'_>) -> DesiredVault {
    let DesiredVault { mut earlier, .. } = vault;
    let present = basis.observation.contents.iter().filter(|(path, _)| is_env_file(path));
    for (_, content) in present {
        let print = print_of(content, basis.input.fingerprints);
        if print != vault.print {
            let copy = basis.input.fingerprints.of(content.expose());
            earlier.entry(print).and_modify(|kept| *kept = Some(copy));
        }
    }
    DesiredVault { earlier, ..vault }
}
