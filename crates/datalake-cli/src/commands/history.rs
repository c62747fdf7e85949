//! `history`: all runs, the newest first.

use datalake_core::receipt::{History, Receipt, RunKind, RunState};
use datalake_core::time::RunId;
use datalake_engine::{NoDagster, NoStore};
use datalake_operations::restore::{RecordedRestoration, list_restorations};
use datalake_operations::{ListedRun, describe_receipt, list_runs, name_run_state};

use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

pub(super) const HISTORY: DocumentKind = DocumentKind::of::<Vec<ListedRun>>("history");

pub(super) const RECEIPT: DocumentKind = DocumentKind::of::<Receipt>("receipt");

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
    let entries = list_runs(&history, &read_restorations(&site)?);
    let text: String = entries.iter().map(ListedRun::describe_run).collect();
    let text = if text.is_empty() { "No runs yet.\n".to_owned() } else { text };
    printer.result(HISTORY, &entries, &text);
    Ok(Exit::Done)
}

fn read_restorations(site: &Site) -> Result<Vec<RecordedRestoration>, Failure> {
    let restored = list_restorations(&site.record_folders());
    let restored = restored.map_err(|fault| site.state_failure(&fault))?;
    restored.unreadable.iter().for_each(|line| site.printer.talk(line));
    Ok(restored.runs)
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
    let heading = format!("{run}: {kind}, {started} to {ended}, {}\n", name_run_state(state));
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
    let restored = read_restorations(site)?;
    let Some(found) = restored.iter().find(|restored| restored.run == *run) else {
        let hint = format!("`{} history` lists them", site.name);
        return Err(Failure::new(Exit::Absent, format!("there is no run {run}")).hint(hint));
    };
    let entry = ListedRun::from(found);
    let text = format!("{}\nUndo: {} restore --undo {run}\n", entry.describe_run(), site.name);
    site.printer.result(HISTORY, &[entry], &text);
    Ok(Exit::Done)
}
