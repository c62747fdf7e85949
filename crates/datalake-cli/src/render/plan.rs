//! What of a plan waits for Modal.

use datalake_core::plan::Pending;
use datalake_core::text::printable;

use crate::faults::hint_of;

/// What is left for the next run because of Modal, each with its cause and its cure.
#[must_use]
pub(crate) fn pending_text(pending: &[Pending], next: &str) -> String {
    let mut text = String::new();
    for Pending { target, fault } in pending {
        text.push_str(&format!("\nPending: {target}: {}\n", printable(&fault.to_string())));
        if let Some(hint) = hint_of(fault.kind, target) {
            text.push_str(&format!("  hint: {hint}\n"));
        }
    }
    if !pending.is_empty() {
        text.push_str(&format!("  `{next}` completes it; nothing else waits for Modal.\n"));
    }
    text
}
