//! The command line of `doctor`.

use std::path::PathBuf;

use clap::Args;
use datalake_core::doctor::{FindingId, Group, InvalidFindingId};

use crate::near::find_near;

/// Examples, first in the help.
pub const EXAMPLES: &str = "\
Examples:
  sudo datalake doctor                                     Check everything; change nothing
  sudo datalake doctor -v                                  Show every check, not only findings
  datalake doctor --only network                           Is it me or them?
  sudo datalake doctor --only lake                         Also test the table clients in the containers
  datalake doctor --explain host-dashed-env-file           What a finding means, without a network
  sudo datalake doctor --fix host-environment-d            Plan the fix, ask, apply, prove
  datalake doctor --only python --code src                 Look for traps in Python files
";

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Check only this group: spec, network, key, store, tables, host, containers, lake, dagster-yaml, python, modal, money
    #[arg(long, value_name = "GROUP")]
    pub only: Option<Group>,
    /// Print the page of a finding: what it means, why it matters, what cures it; `datalake doctor`
    /// prints the ids, and docs/findings.md lists them
    #[arg(long, value_name = "ID", value_parser = finding, conflicts_with_all = ["only", "code"])]
    pub explain: Option<FindingId>,
    /// Fix a finding: show the plan, ask, apply, prove; or say what a person has to do
    #[arg(long, value_name = "ID", value_parser = finding, conflicts_with_all = ["only", "explain"])]
    pub fix: Option<FindingId>,
    /// With --fix: show the plan and change nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// With --fix: do not ask before applying
    #[arg(long, short, requires = "fix")]
    pub yes: bool,
    /// Also check the Python files under DIR (repeatable)
    #[arg(long, value_name = "DIR")]
    pub code: Vec<PathBuf>,
}

/// So many ids are named that may have been meant.
const NEAREST: usize = 3;

fn finding(text: &str) -> Result<FindingId, String> {
    text.parse().map_err(|error: InvalidFindingId| {
        let mut near = find_near(FindingId::ALL.map(FindingId::as_str), text);
        near.truncate(NEAREST);
        if near.is_empty() {
            return format!("{error}: `datalake doctor` prints the ids");
        }
        format!("{error}: did you mean `{}`?", near.join("` or `"))
    })
}
