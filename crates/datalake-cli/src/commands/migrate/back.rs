//! `migrate back`: what is newer in the bucket than its local file, fetched.

use datalake_core::migration::FileTotal;
use datalake_core::text::printable;
use datalake_operations::migration::{
    DaemonPause, FetchedPart, Migration, PartAhead, fetch_parts, find_ahead, render_ahead,
};

use super::super::agreed;
use super::super::transfer::{Teller, watched};
use super::place::MigrationPlace;
use super::telling::{PauseTalk, pause_choice};
use crate::args::Cli;
use crate::args::migrate::{BackPlan, BackRun};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer, Rows, TransferState, counted, size};
use crate::site::Site;
use crate::stop::Charge;

pub(super) const MIGRATION_BACK: DocumentKind =
    DocumentKind::of::<Vec<FetchedPart>>("migration-back");
pub(super) const MIGRATION_BACK_PLAN: DocumentKind =
    DocumentKind::of::<Vec<PartAhead>>("migration-back-plan");

pub(super) async fn plan(cli: &Cli, flags: &BackPlan, printer: Printer) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?.bounded();
    let context = place.context()?;
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    let ahead = find_ahead(&migration, &place.limits).await?;
    let mut text: String = ahead.iter().map(render_ahead).collect();
    let (items, name) = (count_to_fetch(&ahead), &place.remote.site.name);
    let words = printable(&flags.what.words());
    text.push_str(&match items {
        0 => "Nothing in the bucket is newer than its local file.\n".to_owned(),
        _ => format!(
            "Nothing was changed. Next: {name} migrate back run{words}\nOr materialize these assets again.\n"
        ),
    });
    printer.result(MIGRATION_BACK_PLAN, &ahead, &text);
    Ok(if items == 0 { Exit::Done } else { Exit::Drift })
}

pub(super) async fn run(cli: &Cli, flags: &BackRun, printer: Printer) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?.bounded();
    let (context, site) = (place.context()?, &place.remote.site);
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    let ahead = find_ahead(&migration, &place.limits).await?;
    let items = count_to_fetch(&ahead);
    let bytes: u64 = ahead.iter().map(PartAhead::size_to_fetch).sum();
    printer.talk(ahead.iter().map(render_ahead).collect::<String>().trim_end());
    if items > 0 {
        let question = format!("Fetch {} ({})?", counted(items, "object"), size(bytes));
        if !agreed(&question, flags.yes, site.may_ask())? {
            printer.talk("nothing was changed");
            return Ok(Exit::Drift);
        }
    }
    // Whoever says stop gets the services back first.
    let charge = Charge::take();
    let (talk, choice) = (PauseTalk(printer), pause_choice(&flags.pause));
    let pause = DaemonPause::begin(&context, &choice, &talk).await?;
    let teller = Teller::new(printer, None, TransferState::default())?;
    teller.expect_total(FileTotal { items, bytes });
    let work = async {
        pause.settle(&migration, &choice).await?;
        Ok(fetch_parts(&migration, &place.limits, &teller).await?)
    };
    let ended = watched(Box::pin(work), &teller).await;
    teller.finish()?;
    pause.end().await?;
    drop(charge);
    let fetched = ended?;
    // Nothing may be left that would be served stale.
    let left = find_ahead(&migration, &place.limits).await?;
    tell_fetched(site, &fetched, &left)
}

fn count_to_fetch(ahead: &[PartAhead]) -> u64 {
    ahead.iter().map(PartAhead::count_to_fetch).sum()
}

fn tell_fetched(site: &Site, fetched: &[FetchedPart], left: &[PartAhead]) -> Result<Exit, Failure> {
    let mut text = String::new();
    for part in fetched {
        let (word, sum) = (part.part.word(), part.objects);
        let items = counted(sum.items, "object");
        text.push_str(&format!("{word:<12}{items} fetched ({})\n", size(sum.bytes)));
        if let Some(kept) = &part.kept {
            text.push_str(&format!("{:<12}what they replaced is kept in {kept}\n", ""));
        }
    }
    Rows::new(site.printer).row(MIGRATION_BACK, fetched, || text.trim_end().to_owned());
    let failed: u64 = fetched.iter().map(|part| part.failed).sum();
    let stale = count_to_fetch(left);
    if failed + stale > 0 {
        let items = counted(failed.max(stale), "object");
        let message = format!("{items} not fetched: their local files are stale or missing");
        return Err(Failure::new(Exit::Partly, message).hint(format!(
            "{} migrate back plan names them: fetch them again, or materialize them",
            site.name
        )));
    }
    Ok(Exit::Done)
}
