//! How Modal's secret stands.

use datalake_core::modal::ModalObject;
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;

use datalake_operations::VaultStanding;

/// Whether Modal's secret is in step with the env file.
#[derive(Serialize, JsonSchema)]
pub(crate) struct VaultReport {
    /// The secret, with its environment.
    secret: String,
    /// `in-step`, `drifted`, `absent` or `unknown`.
    state: &'static str,
    /// Why.
    detail: Option<String>,
}

/// How a secret stands, as a report for programs.
#[must_use]
pub(crate) fn vault_report(secret: &ModalObject, standing: &VaultStanding) -> VaultReport {
    let words = |text: &str| Some(text.to_owned());
    let (state, detail) = match standing {
        VaultStanding::InStep => ("in-step", None),
        VaultStanding::Earlier => ("drifted", words("it holds what an earlier run has stored")),
        VaultStanding::Foreign => ("drifted", words("somebody else has stored it or changed it")),
        VaultStanding::Absent => ("absent", None),
        VaultStanding::Unknown(fault) => ("unknown", Some(fault.to_string())),
    };
    VaultReport { secret: secret.to_string(), state, detail }
}

/// The same in one line.
#[must_use]
pub(crate) fn vault_line(report: &VaultReport) -> String {
    let VaultReport { secret, state, detail } = report;
    let state = state.replace('-', " ");
    match detail {
        Some(detail) => format!("{secret}: {state} ({})", printable(detail)),
        None => format!("{secret}: {state}"),
    }
}
