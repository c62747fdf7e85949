//! How Modal's secret stands.

use datalake_core::text::printable;
use datalake_operations::VaultReport;

/// How a secret stands, in one line.
#[must_use]
pub(crate) fn vault_line(report: &VaultReport) -> String {
    let VaultReport { secret, state, detail } = report;
    let state = state.replace('-', " ");
    match detail {
        Some(detail) => format!("{secret}: {state} ({})", printable(detail)),
        None => format!("{secret}: {state}"),
    }
}
