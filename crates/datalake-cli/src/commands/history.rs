//! `history`: all runs, the newest first.

use datalake_core::receipt::{RunKind, RunState};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

pub(super) const HISTORY: DocumentKind = DocumentKind::of::<Vec<Entry>>("history");

/// A run.
#[derive(Serialize, JsonSchema)]
struct Entry {
    /// Its name.
    run: String,
    /// When it began.
    started: String,
    /// `provision` or `rollback`.
    kind: &'static str,
    /// The run that it undoes; `null` for a provision.
    undoes: Option<String>,
    /// How many steps it had.
    steps: usize,
    /// How many of them are done.
    done: usize,
    /// `complete`, `unfinished`, `continued` by a later run, or `rolled back`.
    state: &'static str,
}

pub(super) async fn history(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
    let entries: Vec<_> = history
        .iter()
        .rev()
        .map(|receipt| Entry {
            run: receipt.run.to_string(),
            started: receipt.started.to_string(),
            kind: match receipt.kind {
                RunKind::Provision => "provision",
                RunKind::Rollback(_) => "rollback",
            },
            undoes: match &receipt.kind {
                RunKind::Provision => None,
                RunKind::Rollback(run) => Some(run.to_string()),
            },
            steps: receipt.steps.len(),
            done: receipt.done().count(),
            state: match history.state(receipt) {
                RunState::Complete => "complete",
                RunState::Unfinished => "unfinished",
                RunState::Continued => "continued",
                RunState::RolledBack => "rolled back",
            },
        })
        .collect();
    let text: String = entries.iter().map(render_line).collect();
    let text = if text.is_empty() { "No runs yet.\n".to_owned() } else { text };
    printer.result(HISTORY, &entries, &text);
    Ok(Exit::Done)
}

fn render_line(entry: &Entry) -> String {
    let what = match &entry.undoes {
        None => entry.kind.to_owned(),
        Some(run) => format!("{} of {run}", entry.kind),
    };
    let Entry { run, started, done, steps, state, .. } = entry;
    format!("{run}  {started}  {done:>2}/{steps:<2} steps  {state:<11}  {what}\n")
}
