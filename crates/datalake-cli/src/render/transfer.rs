//! What transfers tell: plans and reports.

use datalake_core::text::printable;
use datalake_engine::transfer::Mark;
pub(crate) use datalake_operations::transfer::{
    ItemSum as Sum, TransferProgress, TransferState, describe_stream as archive_line,
    describe_transfer_end as summary_line,
};

use super::escaped;

/// A line of a plan or a report.
#[must_use]
pub(crate) fn item_line(mark: char, name: &str, reason: &str) -> String {
    format!("{mark} {}\t{}", escaped(name), printable(reason))
}

/// The mark of an item in a report: what is nothing that can be moved was not moved either.
#[must_use]
pub(crate) fn mark_of(mark: Mark, is_odd: bool) -> char {
    if is_odd { Mark::Failed.character() } else { mark.character() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_report_cannot_move_a_cursor_and_reads_back() {
        assert_eq!(item_line('+', "a\nb\\n\u{1b}[2J\tc", "new"), "+ a\\nb\\\\n\\u{1b}[2J\\tc\tnew");
        assert_eq!(escaped("\u{202e}x \u{e9}"), "\\u{202e}x \u{e9}");
    }
}
