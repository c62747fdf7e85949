//! The page of a finding.

use datalake_core::doctor::{FindingId, Remedy, Severity};
use schemars::JsonSchema;
use serde::Serialize;

use crate::advice::named_for;

/// A page about a finding.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingPage {
    /// The id of the check; it stays the same between versions.
    id: &'static str,
    /// Its group.
    group: &'static str,
    /// What is checked, in a few words.
    title: &'static str,
    /// What holds where all is well.
    sentence: &'static str,
    /// How bad it can be.
    severity: Severity,
    /// Whether `doctor --fix` can put it right.
    is_fixed_by_datalake: bool,
    /// The page.
    markdown: &'static str,
}

/// The page of a finding.
#[must_use]
pub(crate) fn finding_page(id: FindingId, name: &str) -> (String, FindingPage) {
    let is_ours = id.remedy() != Remedy::Person;
    let page = FindingPage {
        id: id.as_str(),
        group: id.group().as_str(),
        title: id.title(),
        sentence: id.state_claim(),
        severity: id.severity(),
        is_fixed_by_datalake: is_ours,
        markdown: id.page(),
    };
    let next = if is_ours { format!("\nNext: {name} doctor --fix {id}\n") } else { String::new() };
    let severity = match id.severity() {
        Severity::Warning => "warning. It works now, and can do harm",
        Severity::Wrong => "error. It is broken now or will break",
    };
    let text = named_for(id.page(), name).replace("**", "");
    let sentence = id.state_claim();
    (format!("{text}\nIn order: {sentence}\nSeverity: {severity}.\n{next}"), page)
}
