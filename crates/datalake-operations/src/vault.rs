//! The secret in Modal: what earlier runs have stored there, and how it stands.

use std::collections::BTreeMap;

use datalake_core::fault::Fault;
use datalake_core::modal::{ModalObject, VaultState, vault_part};
use datalake_core::plan::{DesiredVault, Found, Observed};
use datalake_core::secret::{Fingerprint, FingerprintKey};
use datalake_desired::VaultPast;
use datalake_engine::SecretVault;

use crate::{HostContext, OperationError};

/// What the records tell of the secret; of copies those of the env file count, wherever it was.
///
/// # Errors
///
/// [`OperationError`] where a record cannot be read.
pub fn read_vault_past(
    context: &HostContext<'_>,
    secret: &ModalObject,
    fingerprints: &FingerprintKey,
) -> Result<VaultPast, OperationError> {
    let records = context.records();
    let history = context.history()?;
    let stored = history.vault_contents(secret);
    let mut earlier: BTreeMap<_, _> = stored.into_iter().map(|print| (print, None)).collect();
    if !earlier.is_empty() {
        for copy in history.file_contents("s3.env") {
            // A copy that is gone brings nothing back; that is no failure before it is needed.
            let Ok(content) = records.copy(copy, fingerprints) else { continue };
            let print = fingerprints.of(vault_part(&content).expose());
            earlier.entry(print).and_modify(|kept| *kept = Some(copy));
        }
    }
    Ok(VaultPast { earlier, owed: history.owed_apps() })
}

/// How a secret of Modal's stands.
#[derive(Debug, Clone)]
pub enum VaultStanding {
    /// It holds what it has to.
    InStep,
    /// It holds what an earlier run has stored there.
    Earlier,
    /// It is there, and somebody else has stored it.
    Foreign,
    /// It is not there.
    Absent,
    /// Nobody knows.
    Unknown(Fault),
}

/// Asks how a secret stands.
pub async fn look_at_vault(wanted: &DesiredVault, client: &dyn SecretVault) -> VaultStanding {
    let (secret, asked) = question_to_vault(wanted);
    standing_of(Found::from_answer(client.look(&secret, &asked).await), wanted)
}

/// How a secret stands by a look that was taken.
#[must_use]
pub fn judge_vault(wanted: &DesiredVault, observed: &Observed) -> VaultStanding {
    standing_of(observed.vault_secret(&wanted.secret), wanted)
}

fn standing_of(found: Found<VaultState>, wanted: &DesiredVault) -> VaultStanding {
    match found {
        Found::Present(VaultState::Holds(print)) if print == wanted.print => VaultStanding::InStep,
        Found::Present(VaultState::Holds(_)) => VaultStanding::Earlier,
        Found::Present(VaultState::Other | VaultState::Apart) => VaultStanding::Foreign,
        Found::Absent => VaultStanding::Absent,
        Found::Unknown(fault) => VaultStanding::Unknown(fault),
    }
}

/// The question whether the secret holds what it has to, or what it held earlier.
pub fn question_to_vault(wanted: &DesiredVault) -> (ModalObject, Vec<Fingerprint>) {
    let prints = std::iter::once(wanted.print).chain(wanted.earlier.keys().copied());
    (wanted.secret.clone(), prints.collect())
}
