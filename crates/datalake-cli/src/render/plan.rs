//! A plan as people read it.

use datalake_core::plan::{Action, Pending, Plan, Way, describe_step};
use datalake_core::price::Money;
use datalake_core::text::printable;

use crate::faults::hint_of;

/// The steps in a numbered list, each with its reason, and a word where there is no way back.
#[must_use]
pub(crate) fn plan(plan: &Plan) -> String {
    plan_with_costs(plan, None)
}

/// The same, with what the account's first bucket costs in a month.
#[must_use]
pub(crate) fn plan_with_costs(plan: &Plan, first_bucket: Option<Money>) -> String {
    let lines = plan.steps.iter().enumerate().map(|(number, step)| {
        let no_way_back = match &step.undo.way {
            Way::Back(_) => String::new(),
            Way::OneWay(reason) => format!("; not undone: {reason}"),
        };
        let price = first_bucket.filter(|_| matches!(step.action, Action::CreateBucket(_)));
        let cost = price.map_or_else(String::new, |price| {
            format!(
                "     costs {price} a month, net: the base price, which is paid once for all buckets of \
                 an account\n"
            )
        });
        format!(
            "{:>3}. {}\n     {}{no_way_back}\n{cost}",
            number + 1,
            describe_step(step),
            printable(&step.why)
        )
    });
    lines.collect()
}

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

/// The steps of a way back, in a numbered list.
#[must_use]
pub(crate) fn way_back(plan: &Plan) -> String {
    let lines = plan.steps.iter().enumerate();
    lines.map(|(number, step)| format!("{:>3}. {}\n", number + 1, describe_step(step))).collect()
}
