//! The secret in Modal: what earlier runs have stored there, and how it stands.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{AskedContent, ModalObject, VaultState, vault_part};
use datalake_core::plan::{DesiredVault, Found, Observed};
use datalake_core::secret::FingerprintKey;
use datalake_core::text::printable;
use datalake_desired::VaultPast;
use datalake_engine::SecretVault;
use schemars::JsonSchema;
use serde::Serialize;

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
    /// It bears the marker of what it has to hold, and lacks a variable of that.
    Incomplete,
    /// It is there, and somebody else has stored it.
    Foreign,
    /// It is not there.
    Absent,
    /// Nobody knows.
    Unknown(Fault),
}

/// Whether Modal's secret is in sync with the env file.
#[derive(Serialize, JsonSchema)]
pub struct VaultReport {
    /// The secret, with its environment.
    pub secret: String,
    /// `in-step`, `drifted`, `absent` or `unknown`.
    pub state: &'static str,
    /// Why, and what cannot be seen.
    pub detail: Option<String>,
}

/// How a secret stands, in one line.
#[must_use]
pub fn describe_vault(report: &VaultReport) -> String {
    let VaultReport { secret, state, detail } = report;
    let state = state.replace('-', " ");
    match detail {
        Some(detail) => format!("{secret}: {state} ({})", printable(detail)),
        None => format!("{secret}: {state}"),
    }
}

impl VaultStanding {
    /// How a secret stands, as a report for programs.
    #[must_use]
    pub fn report_vault(&self, secret: &ModalObject) -> VaultReport {
        let words = |text: &str| Some(text.to_owned());
        let (state, detail) = match self {
            Self::InStep => ("in-step", words("an edited value cannot be seen")),
            Self::Incomplete => {
                ("drifted", words("a variable that datalake has stored there is missing"))
            }
            Self::Earlier => ("drifted", words("it holds what an earlier run has stored")),
            Self::Foreign => ("drifted", words("someone else stored or changed it")),
            Self::Absent => ("absent", None),
            Self::Unknown(fault) => ("unknown", Some(fault.to_string())),
        };
        VaultReport { secret: secret.to_string(), state, detail }
    }

    /// Why nobody can ask, where that is no state of the secret's: a client that is too old for the
    /// question, or an environment that does not exist.
    #[must_use]
    pub fn find_refusal(&self) -> Option<&Fault> {
        let Self::Unknown(fault) = self else { return None };
        [FaultKind::Unsupported, FaultKind::Refused].contains(&fault.kind).then_some(fault)
    }
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
        Found::Present(VaultState::Lacks(_)) => VaultStanding::Incomplete,
        Found::Present(VaultState::Other | VaultState::Apart) => VaultStanding::Foreign,
        Found::Absent => VaultStanding::Absent,
        Found::Unknown(fault) => VaultStanding::Unknown(fault),
    }
}

/// The question whether the secret holds what it has to, or what it held earlier.
pub fn question_to_vault(wanted: &DesiredVault) -> (ModalObject, Vec<AskedContent>) {
    // Without its variables, the marker of what is wanted would do.
    let others = wanted.earlier.keys().filter(|print| **print != wanted.print);
    let earlier = others.copied().map(AskedContent::from);
    let asked = std::iter::once(AskedContent::of_body(wanted.print, &wanted.body)).chain(earlier);
    (wanted.secret.clone(), asked.collect())
}

#[cfg(test)]
mod tests {
    use datalake_core::secret::{FileBody, Piece};

    use super::*;

    #[test]
    fn what_is_wanted_is_asked_for_with_its_variables_alone_also_where_it_was_stored_before() {
        let print = |text: &[u8]| FingerprintKey::new([1; 32]).of(text);
        let wanted = DesiredVault {
            secret: ModalObject { name: "s3".parse().unwrap(), environment: None },
            body: FileBody::new([Piece::text("A=1\n")]),
            print: print(b"new"),
            earlier: [(print(b"new"), None), (print(b"old"), None)].into(),
            apps: Vec::new(),
            owed: [].into(),
        };

        let (_, asked) = question_to_vault(&wanted);

        let new = AskedContent { print: print(b"new"), variables: vec!["A".to_owned()] };
        assert_eq!(asked, [new, print(b"old").into()]);
    }
}
