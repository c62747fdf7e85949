//! `history`: all runs, the newest first.

use datalake_core::receipt::{History, Receipt, RunKind, RunState};
use datalake_core::time::RunId;
use datalake_engine::{NoDagster, NoStore};
use datalake_operations::describe_receipt;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

pub(super) const HISTORY: DocumentKind = DocumentKind::of::<Vec<Entry>>("history");

pub(super) const RECEIPT: DocumentKind = DocumentKind::of::<Receipt>("receipt");

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

pub(super) async fn history(
    cli: &Cli,
    flags: &args::History,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
    if let Some(run) = &flags.run {
        return show_run(&site, &history, run);
    }
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
            state: name_state(history.state(receipt)),
        })
        .collect();
    let text: String = entries.iter().map(render_line).collect();
    let text = if text.is_empty() { "No runs yet.\n".to_owned() } else { text };
    printer.result(HISTORY, &entries, &text);
    Ok(Exit::Done)
}

/// What a run has done, step by step.
fn show_run(site: &Site, history: &History, run: &RunId) -> Result<Exit, Failure> {
    let receipt = history.iter().find(|receipt| receipt.run == *run).ok_or_else(|| {
        let hint = format!("`{} history` lists them", site.name);
        Failure::new(Exit::Absent, format!("there is no run {run}")).hint(hint)
    })?;
    let state = history.state(receipt);
    let kind = match &receipt.kind {
        RunKind::Provision => "provision".to_owned(),
        RunKind::Rollback(of) => format!("rollback of {of}"),
    };
    let Receipt { started, ended, .. } = receipt;
    let heading = format!("{run}: {kind}, {started} to {ended}, {}\n", name_state(state));
    let fingerprints =
        site.records().fingerprint_key(&site.clock).map_err(|fault| site.state_failure(&fault))?;
    let steps =
        describe_receipt(receipt, &site.ports(&NoStore(String::new()), &NoDagster, &fingerprints));
    let can_be_undone = receipt.kind == RunKind::Provision
        && matches!(state, RunState::Complete | RunState::Unfinished);
    let undo = format!("\nUndo: {} rollback {run}\n", site.name);
    let undo = if can_be_undone { undo } else { String::new() };
    site.printer.result(RECEIPT, receipt, &(heading + &steps + &undo));
    Ok(Exit::Done)
}

fn name_state(state: RunState) -> &'static str {
    match state {
        RunState::Complete => "complete",
        RunState::Unfinished => "unfinished",
        RunState::Continued => "continued",
        RunState::RolledBack => "rolled back",
    }
}

fn render_line(entry: &Entry) -> String {
    let what = match &entry.undoes {
        None => entry.kind.to_owned(),
        Some(run) => format!("{} of {run}", entry.kind),
    };
    let Entry { run, started, done, steps, state, .. } = entry;
    format!("{run}  {started}  {done:>2}/{steps:<2} steps  {state:<11}  {what}\n")
}
