//! `migrate run`: moves what is new, until nothing is left, and has it proved.

use datalake_core::migration::{FileTotal, PartCounts};
use datalake_core::size::ByteSize;
use datalake_core::text::printable;
use datalake_operations::migration::{
    DaemonPause, Migration, MovedPart, PartPlaces, count_parts, keep_last_choice, move_parts,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::agreed;
use super::super::transfer::{Teller, watched};
use super::place::MigrationPlace;
use super::telling::{PauseTalk, pause_choice};
use crate::args::Cli;
use crate::args::migrate::MigrateRun;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{self, DocumentKind, Printer, Rows, TransferState, counted, size};
use crate::site::Site;
use crate::stop::Charge;

pub(super) const MIGRATION: DocumentKind = DocumentKind::of::<Migrated>("migration");

/// How a migration ended.
#[derive(Serialize, JsonSchema)]
struct Migrated {
    /// The parts of Dagster's files.
    parts: Vec<MovedPart>,
    /// The size of what was sent, in bytes.
    bytes_moved: u64,
    /// How long it took, in seconds.
    seconds: f64,
    /// What to do next.
    next: String,
}

pub(super) async fn run(cli: &Cli, flags: &MigrateRun, printer: Printer) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?.bounded();
    let (context, site) = (place.context()?, &place.remote.site);
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    migration.require_objects().await?;
    let total = match choose_way(&place, &migration, flags).await? {
        WayOn::Copy(total) => total,
        WayOn::NothingLeft => {
            let words = keep_words(site, &migration, flags)?;
            return tell(site, Vec::new(), &TransferState::default(), &words);
        }
        WayOn::Refused => {
            printer.talk("nothing was changed");
            return Ok(Exit::Drift);
        }
    };
    // Whoever says stop gets the services back first.
    let charge = Charge::take();
    let (talk, choice) = (PauseTalk(printer), pause_choice(&flags.pause));
    let pause = DaemonPause::begin(&context, &choice, &talk).await?;
    let PartPlaces { source, destination } =
        migration.parts.first().map(|part| migration.describe_places(part)).unwrap_or_default();
    let state = TransferState { source, destination, ..TransferState::default() };
    let teller = Teller::new(printer, flags.report.as_deref(), state)?;
    teller.expect_runs(migration.parts.len());
    if let Some(total) = total {
        teller.expect_total(total);
    }
    let work = async {
        pause.settle(&migration, &choice).await?;
        Ok(move_parts(&migration, &place.limits, &teller).await?)
    };
    let ended = watched(Box::pin(work), &teller).await;
    let state = teller.finish()?;
    // Whatever came of it: Dagster goes on.
    pause.end().await?;
    drop(charge);
    let words = keep_words(site, &migration, flags)?;
    tell(site, ended?, &state, &words)
}

/// Keeps what was chosen for the commands that come after, and tells it as it is typed.
fn keep_words(
    site: &Site,
    migration: &Migration<'_>,
    flags: &MigrateRun,
) -> Result<String, Failure> {
    let words = flags.what.words();
    if migration.home.is_some() {
        keep_last_choice(&site.context(), &words)?;
    }
    Ok(words)
}

/// What comes after the look at what is left.
enum WayOn {
    /// So much is to be copied, where that was counted.
    Copy(Option<FileTotal>),
    NothingLeft,
    Refused,
}

/// Shows what is to be moved and asks, where somebody is there to answer. Nothing is no question, and no
/// run of Dagster's is in its way.
async fn choose_way(
    place: &MigrationPlace,
    migration: &Migration<'_>,
    flags: &MigrateRun,
) -> Result<WayOn, Failure> {
    if flags.yes {
        return Ok(WayOn::Copy(None));
    }
    let parts = count_parts(migration, &place.limits, None).await?;
    let site = &place.remote.site;
    site.printer.text(&(render::render_parts(&parts) + &render::left_out(&parts)));
    let total = parts.iter().map(PartCounts::to_move).fold(FileTotal::default(), FileTotal::plus);
    if total.items == 0 {
        let is_whole = parts.iter().all(|part| part.failed.items == 0);
        return Ok(if is_whole { WayOn::NothingLeft } else { WayOn::Copy(Some(total)) });
    }
    let question = format!("Copy {} ({})?", counted(total.items, "file"), size(total.bytes));
    let agreed = agreed(&question, false, site.may_ask())?;
    Ok(if agreed { WayOn::Copy(Some(total)) } else { WayOn::Refused })
}

fn tell(
    site: &Site,
    parts: Vec<MovedPart>,
    state: &TransferState,
    words: &str,
) -> Result<Exit, Failure> {
    let failed: u64 = parts.iter().map(|part| part.failed).sum();
    let next = format!("{} migrate report{}", site.name, printable(words));
    let mut text: String = parts.iter().map(part_text).collect();
    text.push_str(&format!(
        "Nothing local was deleted; {:.1} s, {} sent.\nNext: {next}\n",
        state.seconds,
        size(ByteSize(state.bytes_moved).0)
    ));
    let (bytes_moved, seconds) = (state.bytes_moved, state.seconds);
    let migrated = Migrated { parts, bytes_moved, seconds, next: next.clone() };
    Rows::new(site.printer).row(MIGRATION, &migrated, || text.trim_end().to_owned());
    if failed > 0 {
        return Err(Failure::new(Exit::Partly, format!("{} not moved", counted(failed, "file")))
            .hint("all others are done; the same command tries these again")
            .hint(format!("{next} lists the assets to materialize again")));
    }
    Ok(Exit::Done)
}

fn part_text(part: &MovedPart) -> String {
    let mut text = format!(
        "{:<12}{} moved ({}) in {}, {} confirmed by the store ({})\n",
        part.part.word(),
        counted(part.moved.items, "file"),
        size(part.moved.bytes),
        if part.passes == 1 { "1 pass".to_owned() } else { format!("{} passes", part.passes) },
        render::count(part.proved.items),
        size(part.proved.bytes)
    );
    if part.newer_there > 0 {
        let number = render::count(part.newer_there);
        text.push_str(&format!("{:<12}{number} newer in the bucket, and left there\n", ""));
    }
    text.push_str(&render::render_tables(&part.tables));
    for row in &part.left_out {
        text.push_str(&format!("{:<12}{}\n", "", render::left_row(row)));
    }
    text
}
