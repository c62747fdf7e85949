//! `restore`: deleted objects brought back, keys as they were at a time, and either undone.

use datalake_core::time::RunId;
use datalake_core::transfer::FileTime;
use datalake_engine::Clock as _;
use datalake_operations::restore::{
    ChangeKind, KeyEnd, NotKeptRow, Restoration, RestorePlace, RestoreReporter, RestoreRow,
    RestoreTarget, RestoreTotals, UndoTotals,
};

use super::agreed;
use crate::args::{Address, Cli, restore::Restore};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, Ticker, count, counted, key_text, size};

/// The documents of this command.
pub(super) const KINDS: &[DocumentKind] = &[CHANGE, NOT_KEPT, RESTORE_END, UNDO];

const CHANGE: DocumentKind = DocumentKind::of::<RestoreRow<'static>>("restore-change");
const NOT_KEPT: DocumentKind = DocumentKind::of::<NotKeptRow<'static>>("restore-not-kept");
const RESTORE_END: DocumentKind = DocumentKind::of::<RestoreTotals>("restore-end");
const UNDO: DocumentKind = DocumentKind::of::<UndoTotals>("restore-undo");

/// Shows keys as they are found and changed.
struct RestorePrinter {
    printer: Printer,
    rows: Rows,
    ticker: Ticker,
}

pub(super) async fn restore(cli: &Cli, flags: &Restore, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let records = remote.site.record_folders();
    let (host, client) = (remote.site.context(), remote.client());
    let restoration = Restoration::new(RestorePlace { host, client, records: &records });
    match (&flags.undo, &flags.keys) {
        (Some(run), _) => undo(&remote, &restoration, run, flags).await,
        (None, Some(keys)) => bring_back(&remote, &restoration, keys, flags).await,
        (None, None) => Err(Failure::new(Exit::Usage, "no keys are named")),
    }
}

async fn bring_back(
    remote: &Remote,
    restoration: &Restoration<'_>,
    keys: &Address,
    flags: &Restore,
) -> Result<Exit, Failure> {
    let (bucket, pattern) = remote.client().parse_pattern(keys, flags.no_glob)?;
    let target = RestoreTarget::choose(bucket, pattern);
    let until = choose_time(remote, flags)?;
    let printer = remote.site.printer;
    if let Some(until) = until {
        printer.talk(&format!("{} as at {}", target.describe(), until.to_rfc3339()));
    }
    let mut shown = RestorePrinter::new(printer);
    if flags.dry_run {
        let totals = restoration.rehearse(&target, until, &mut shown).await;
        return Ok(shown.tell_plan(&totals?));
    }
    let mut planned = restoration.plan(&target, until, &mut shown).await?;
    if planned.totals.changes() == 0 {
        return Ok(shown.tell_plan(&planned.totals));
    }
    printer.talk(&describe_plan(&planned.totals));
    let question = format!("Change {}?", counted(planned.totals.changes(), "key"));
    let is_wanted = agreed(&question, flags.yes, remote.site.may_ask());
    if !matches!(is_wanted, Ok(true)) {
        planned.discard();
        is_wanted?;
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let ended = restoration.carry_out(&mut planned, &mut shown).await;
    shown.ticker.clear();
    ended?;
    Ok(shown.tell_end(&planned.totals, &remote.site.name))
}

async fn undo(
    remote: &Remote,
    restoration: &Restoration<'_>,
    run: &RunId,
    flags: &Restore,
) -> Result<Exit, Failure> {
    let printer = remote.site.printer;
    let keys = restoration.describe_run(run)?;
    printer.talk(&format!("{run}: what it has put below {keys} goes, by its version ids"));
    if flags.dry_run {
        return Ok(Exit::Drift);
    }
    if !agreed(&format!("Undo {run}?"), flags.yes, remote.site.may_ask())? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let mut shown = RestorePrinter::new(printer);
    let totals = restoration.undo(run, &mut shown).await;
    shown.ticker.clear();
    let totals = totals?;
    let UndoTotals { undone, unchanged, left, failed, .. } = &totals;
    let text = format!(
        "{}: {} as before it{}.\n",
        totals.run,
        counted(undone + unchanged, "key"),
        tell_troubles(*left, *failed)
    );
    printer.result(UNDO, &totals, &text);
    Ok(if left + failed > 0 { Exit::Partly } else { Exit::Done })
}

fn choose_time(remote: &Remote, flags: &Restore) -> Result<Option<FileTime>, Failure> {
    let now = remote.site.clock.now();
    let until = flags.at.map(|at| at.resolve(now));
    if until.is_some_and(|until| until.seconds() > now.unix()) {
        return Err(Failure::new(Exit::Usage, "--at is in the future"));
    }
    Ok(until)
}

fn tell_troubles(left: u64, failed: u64) -> String {
    let left = if left > 0 {
        format!(", {} left: changed by someone else in the meantime", count(left))
    } else {
        String::new()
    };
    if failed > 0 { format!("{left}, {} failed", count(failed)) } else { left }
}

fn describe_plan(totals: &RestoreTotals) -> String {
    let amounts = [
        (totals.brought_back, "to bring back"),
        (totals.replaced, "to get an older content"),
        (totals.deleted, "to get a delete marker"),
        (totals.unchanged, "as wanted"),
        (totals.not_kept, "not kept"),
    ];
    let amounts: Vec<_> = amounts
        .into_iter()
        .filter(|(amount, _)| *amount > 0)
        .map(|(amount, words)| format!("{} {words}", count(amount)))
        .collect();
    let copies = if totals.bytes > 0 {
        format!("; copies of {}, billed as {}", size(totals.bytes), size(totals.billed))
    } else {
        String::new()
    };
    format!("{}: {}{copies}", counted(totals.keys(), "key"), amounts.join(", "))
}

impl RestorePrinter {
    fn new(printer: Printer) -> Self {
        Self { printer, rows: Rows::new(printer), ticker: Ticker::new(printer) }
    }

    fn tell_plan(mut self, totals: &RestoreTotals) -> Exit {
        self.ticker.clear();
        let text = format!("{}\nNothing was changed.", describe_plan(totals));
        self.rows.row(RESTORE_END, totals, || text);
        match (totals.changes(), totals.not_kept) {
            (1.., _) => Exit::Drift,
            (0, 1..) => Exit::Partly,
            (0, 0) => Exit::Done,
        }
    }

    fn tell_end(mut self, totals: &RestoreTotals, program: &str) -> Exit {
        let undo = totals.run.as_ref().map(|run| format!("{program} restore --undo {run}"));
        self.rows.row(RESTORE_END, totals, || {
            let troubles = tell_troubles(totals.left, totals.failed);
            let undo = undo.map_or_else(String::new, |undo| format!("\nTo undo it: {undo}"));
            format!("Restored {}{troubles}.{undo}", counted(totals.done, "key"))
        });
        if totals.left + totals.failed + totals.not_kept > 0 { Exit::Partly } else { Exit::Done }
    }
}

impl RestoreReporter for RestorePrinter {
    fn planned(&mut self, row: &RestoreRow<'_>) {
        self.ticker.clear();
        self.rows.row(CHANGE, row, || {
            let word = match row.change {
                ChangeKind::BringBack => "bring back",
                ChangeKind::Replace => "replace",
                ChangeKind::Delete => "delete",
            };
            let amount = row.size.map_or("-".to_owned(), size);
            let of = row.stored.map_or(String::new(), |stored| format!("  of {stored}"));
            format!("{word:<10}  {amount:>10}{of:<25}  {}", key_text(row.key))
        });
    }

    fn not_kept(&mut self, row: &NotKeptRow<'_>) {
        self.ticker.clear();
        self.rows.row(NOT_KEPT, row, || format!("not kept    {}: {}", key_text(row.key), row.why));
    }

    fn page_ended(&mut self, totals: &RestoreTotals) {
        self.rows.flush();
        self.ticker.tell(|| counted(totals.keys(), "key"));
    }

    fn ended(&mut self, key: &str, end: &KeyEnd, done: u64) {
        let trouble = match end {
            KeyEnd::Done => None,
            KeyEnd::Left => {
                Some("changed by someone else in the meantime: left as it is".to_owned())
            }
            KeyEnd::Failed(fault) => Some(fault.to_string()),
        };
        if let Some(trouble) = trouble {
            self.ticker.clear();
            self.printer.talk(&format!("{}: {trouble}", key_text(key)));
        }
        self.ticker.tell(|| format!("done {}", count(done)));
    }
}
