//! `history`: all runs, the newest first.

use datalake_core::receipt::{History, Receipt, RunKind, RunState};
use datalake_core::text::printable;
use datalake_core::time::RunId;
use datalake_engine::{NoDagster, NoStore};
use datalake_operations::describe_receipt;
use datalake_operations::restore::{RecordedRestoration, list_restorations};
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
    /// `provision`, `rollback` or `restore`.
    kind: &'static str,
    /// The run that it undoes; `null` for all but a rollback.
    undoes: Option<String>,
    /// The keys that were restored; `null` for all but a restoration.
    keys: Option<String>,
    /// How many steps, or changes of keys, it had.
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
    let runs = history.iter().map(|receipt| (receipt.started, Entry::of_run(&history, receipt)));
    let restored = list_restorations(&site.record_folders());
    let restored = restored.map_err(|fault| site.state_failure(&fault))?;
    let restored = restored.iter().map(|run| (run.started, Entry::of_restoration(run)));
    let mut entries: Vec<_> = runs.chain(restored).collect();
    entries.sort_by_key(|(started, _)| std::cmp::Reverse(*started));
    let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    let text: String = entries.iter().map(render_line).collect();
    let text = if text.is_empty() { "No runs yet.\n".to_owned() } else { text };
    printer.result(HISTORY, &entries, &text);
    Ok(Exit::Done)
}

impl Entry {
    fn of_run(history: &History, receipt: &Receipt) -> Self {
        let (kind, undoes) = match &receipt.kind {
            RunKind::Provision => ("provision", None),
            RunKind::Rollback(run) => ("rollback", Some(run.to_string())),
        };
        Self {
            run: receipt.run.to_string(),
            started: receipt.started.to_string(),
            kind,
            undoes,
            keys: None,
            steps: receipt.steps.len(),
            done: receipt.done().count(),
            state: name_state(history.state(receipt)),
        }
    }

    fn of_restoration(run: &RecordedRestoration) -> Self {
        let is_whole = run.ended == run.planned;
        Self {
            run: run.run.to_string(),
            started: run.started.to_string(),
            kind: "restore",
            undoes: None,
            keys: Some(run.keys.clone()),
            steps: run.planned,
            done: run.ended,
            state: name_state(if is_whole { RunState::Complete } else { RunState::Unfinished }),
        }
    }
}

/// What a run has done, step by step; of a restoration, how far it came.
fn show_run(site: &Site, history: &History, run: &RunId) -> Result<Exit, Failure> {
    let Some(receipt) = history.iter().find(|receipt| receipt.run == *run) else {
        return show_restoration(site, run);
    };
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

fn show_restoration(site: &Site, run: &RunId) -> Result<Exit, Failure> {
    let restored = list_restorations(&site.record_folders());
    let restored = restored.map_err(|fault| site.state_failure(&fault))?;
    let Some(found) = restored.iter().find(|restored| restored.run == *run) else {
        let hint = format!("`{} history` lists them", site.name);
        return Err(Failure::new(Exit::Absent, format!("there is no run {run}")).hint(hint));
    };
    let entry = Entry::of_restoration(found);
    let text = format!("{}\nUndo: {} restore --undo {run}\n", render_line(&entry), site.name);
    site.printer.result(HISTORY, &[entry], &text);
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
    let what = match entry.undoes.as_ref().or(entry.keys.as_ref()) {
        None => entry.kind.to_owned(),
        Some(of) => format!("{} of {}", entry.kind, printable(of)),
    };
    let Entry { run, started, done, steps, state, .. } = entry;
    format!("{run}  {started}  {done:>2}/{steps:<2} steps  {state:<11}  {what}\n")
}
