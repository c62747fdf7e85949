//! `tables`: listed, moved, searched for commits that got lost.

use datalake_operations::tables::{
    MovedTables, RecoveryReport, TableMove, TablesFolder, TablesReport, forget_commits,
    list_all_tables, recover_all_commits,
};
use datalake_operations::transfer::{TransferChoices, TransferEnd};

use super::agreed;
use super::transfer::{Teller, choose_transfer_limits, read_limits, watched};
use crate::advice::words_of;
use crate::args::tables::{TablesCommand, TablesList, TablesMove, TablesRecover};
use crate::args::{Address, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, Ticker, TransferState, counted};

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[TABLES, TABLES_LOST, TABLES_MOVE];

const TABLES: DocumentKind = DocumentKind::of::<TablesReport>("tables");
const TABLES_LOST: DocumentKind = DocumentKind::of::<RecoveryReport>("tables-lost");
const TABLES_MOVE: DocumentKind = DocumentKind::of::<MovedTables>("tables-move");

pub(super) async fn tables(
    cli: &Cli,
    what: &TablesCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    match what {
        TablesCommand::List(flags) => list(&remote, flags).await,
        TablesCommand::Move(flags) => bring(remote, flags).await,
        TablesCommand::Recover(flags) => recover(&remote, flags).await,
    }
}

fn choose_folder(remote: &Remote, place: &Address) -> Result<TablesFolder, Failure> {
    Ok(TablesFolder::choose(&remote.client(), place)?)
}

async fn list(remote: &Remote, flags: &TablesList) -> Result<Exit, Failure> {
    let printer = remote.site.printer;
    let folders = TablesFolder::choose_all(&remote.client(), &flags.place)?;
    let mut ticker = Ticker::new(printer);
    let mut tell = |keys| ticker.tell(|| counted(keys, "key"));
    let report = list_all_tables(&remote.lake(), &folders, &mut tell).await?;
    drop(ticker);
    printer.result(TABLES, &report, &report.to_string());
    Ok(Exit::Done)
}

async fn bring(remote: Remote, flags: &TablesMove) -> Result<Exit, Failure> {
    let (printer, records) = (remote.site.printer, remote.site.record_folders());
    let (source, dest) =
        (choose_folder(&remote, &flags.source)?, choose_folder(&remote, &flags.dest)?);
    let limits = choose_transfer_limits(&remote, &flags.within)?;
    let remote = remote.within(&limits);
    let choices = TransferChoices {
        dry_run: flags.dry_run,
        limits: read_limits(&flags.within),
        ..TransferChoices::default()
    };
    let (from, to) = (source.describe(), dest.describe());
    let state = TransferState { source: from, destination: to, ..TransferState::default() };
    let teller = Teller::new(printer, None, state)?;
    let context = &remote.transfers(&records);
    let (source, dest, choices) = (&source, &dest, &choices);
    let run = TableMove { context, source, dest, choices, reporter: &teller };
    let ended = watched(Box::pin(async { Ok(run.carry_out().await?) }), &teller).await;
    teller.finish()?;
    let moved = ended?;
    Rows::new(printer).row(TABLES_MOVE, &moved, || moved.to_string().trim_end().to_owned());
    moved.advise().iter().for_each(|advice| printer.talk(&words_of(advice)));
    Ok(match moved.judge()? {
        TransferEnd::Done => Exit::Done,
        TransferEnd::Pending => Exit::Drift,
    })
}

async fn recover(remote: &Remote, flags: &TablesRecover) -> Result<Exit, Failure> {
    let printer = remote.site.printer;
    let folders = TablesFolder::choose_all(&remote.client(), &flags.of.place)?;
    let (mut ticker, lake) = (Ticker::new(printer), remote.lake());
    let mut tell = |keys| ticker.tell(|| counted(keys, "key"));
    let report = recover_all_commits(&lake, &remote.site.clock, &folders, &mut tell).await?;
    drop(ticker);
    printer.result(TABLES_LOST, &report, &report.to_string());
    if report.lost.is_empty() {
        return Ok(Exit::Done);
    }
    let question = format!("Forget {} for good?", counted(report.lost.len() as u64, "commit"));
    if !flags.forget || !agreed(&question, flags.yes, remote.site.may_ask())? {
        return Ok(Exit::Drift);
    }
    let forgotten = forget_commits(&lake, &report).await?;
    printer.talk(&format!("{} forgotten; their files stay", counted(forgotten, "commit")));
    Ok(Exit::Done)
}
