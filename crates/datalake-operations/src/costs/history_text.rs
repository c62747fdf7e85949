//! The history of usage, as text.

use datalake_core::price::format_change;
use datalake_core::size::format_size;
use datalake_core::text::{group_digits, printable_key};
use datalake_engine::{EgressNote, UsageSample};

use super::{RecordedUsage, egress_word};

/// So many assets are told to people.
const TOLD: usize = 20;

/// The history of usage, as tables.
#[must_use]
pub fn render_history(recorded: &RecordedUsage) -> String {
    let RecordedUsage { samples, growth: grown, egress } = recorded;
    if recorded.is_empty() {
        return "Nothing was recorded in this time.\n".to_owned();
    }
    let mut text = format!(
        "{:<20}  {:>10}  {:>10}  {:>12}  {:>12}\n",
        "TIME", "BILLED", "REAL", "OBJECTS", "HIDDEN"
    );
    for UsageSample { at, usage, .. } in samples {
        let total = usage.total();
        text.push_str(&format!(
            "{at}  {:>10}  {:>10}  {:>12}  {:>12}\n",
            format_size(total.billed),
            format_size(total.bytes),
            group_digits(usage.current.count),
            format_size(total.billed - usage.current.billed),
        ));
    }
    if !grown.is_empty() {
        text.push_str(&format!("\n{:>12}  {:>10}  ASSET\n", "GROWTH", "BILLED"));
        for grown in grown.iter().take(TOLD) {
            let (change, billed) = (format_change(grown.change), format_size(grown.billed_bytes));
            text.push_str(&format!(
                "{change:>12}  {billed:>10}  {}\n",
                printable_key(&grown.asset)
            ));
        }
        if grown.len() > TOLD {
            text.push_str(&format!(
                "{:>26}and {} more\n",
                "",
                group_digits((grown.len() - TOLD) as u64)
            ));
        }
    }
    if !egress.is_empty() {
        text.push_str(&format!("\n{:<20}  {:>10}  {:<8}  NOTE\n", "TIME", "EGRESS", "BY"));
        for EgressNote { at, size: bytes, by, note } in egress {
            let (bytes, by) = (format_size(bytes.0), egress_word(*by));
            text.push_str(&format!("{at}  {bytes:>10}  {by:<8}  {}\n", printable_key(note)));
        }
    }
    text
}
