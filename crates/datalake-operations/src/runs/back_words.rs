//! What is told before a way back.

use datalake_core::plan::{Plan, describe_step, describe_way_back};
use datalake_core::receipt::Receipt;
use datalake_core::text::count_things;

use super::{EditedPath, list_what_stays};

/// What somebody has changed since the run.
#[must_use]
pub fn render_edits(edits: &[EditedPath]) -> String {
    let mut text = "\nChanged after this run:\n".to_owned();
    for edit in edits {
        text.push_str(&format!("  {}: {}\n", edit.path, edit.change));
        edit.diff.lines().skip(1).for_each(|line| text.push_str(&format!("{line}\n")));
    }
    text + "\nNothing was changed.\n"
}

/// The steps of a way back, and what stays of the run.
#[must_use]
pub fn render_way_back(plan: &Plan, receipt: &Receipt) -> String {
    let count = count_things(plan.steps.len() as u64, "step");
    let mut text = format!("Rollback plan for {} ({count}):\n", receipt.run);
    text.push_str(&describe_way_back(plan));
    let mut left = list_what_stays(receipt).peekable();
    if left.peek().is_some() {
        text.push_str("\nWhat stays:\n");
    }
    for (step, reason) in left {
        text.push_str(&format!("  {}: {reason}\n", describe_step(step)));
    }
    text
}
