//! `migrate back`: what is newer in the bucket than its local file, fetched.

use datalake_core::{Comparison, Filter};
use datalake_engine::Clock as _;
use datalake_engine::transfer::{Item, Limits, Options, Route, sync};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::agreed;
use super::super::transfer::{Teller, limits, watched};
use super::ahead::{Ahead, Gone};
use super::folder::FolderPlace;
use super::keeping::KeepingTree;
use super::open::OpenPart;
use super::part::{Migration, Part, PartKind};
use super::pause::Paused;
use super::run::connected;
use super::standing::{Counting, Counts, Sparing, Standing};
use crate::args::Cli;
use crate::args::migrate::{BackPlan, BackRun};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, Sum, TransferState, counted, printable, size};

pub(super) const MIGRATION_BACK: DocumentKind = DocumentKind::of::<Vec<Fetched>>("migration-back");
pub(super) const MIGRATION_BACK_PLAN: DocumentKind =
    DocumentKind::of::<Vec<Ahead>>("migration-back-plan");

/// Objects of runs, which lie among the assets.
const RUNS: &str = "/storage/????????-????-????-????-????????????/";

/// What was fetched.
#[derive(Serialize, JsonSchema)]
struct Fetched {
    /// The part of Dagster's files.
    part: PartKind,
    /// What was fetched.
    objects: Sum,
    /// How many objects could not be fetched.
    failed: u64,
    /// Where what was replaced is kept.
    kept: Option<String>,
}

pub(super) async fn plan(cli: &Cli, flags: &BackPlan, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let limits = limits(&remote, &flags.within)?;
    let remote = connected(remote, &limits);
    let migration = Migration::of(&remote, &flags.what).await?;
    let ahead = all_ahead(&remote, &migration, &limits).await?;
    let mut text: String = ahead.iter().map(Ahead::text).collect();
    let (items, name) = (to_fetch(&ahead), &remote.site.name);
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
    let remote = Remote::open(cli, printer).await?;
    let limits = limits(&remote, &flags.within)?;
    let remote = connected(remote, &limits);
    let migration = Migration::of(&remote, &flags.what).await?;
    let ahead = all_ahead(&remote, &migration, &limits).await?;
    let items = to_fetch(&ahead);
    printer.talk(ahead.iter().map(Ahead::text).collect::<String>().trim_end());
    if items > 0 {
        let bytes = ahead.iter().map(|ahead| ahead.bytes).sum();
        let question = format!("Fetch {} ({})?", counted(items, "object"), size(bytes));
        if !agreed(&question, flags.yes, remote.site.may_ask())? {
            printer.talk("nothing was changed");
            return Ok(Exit::Drift);
        }
    }
    let paused = Paused::begin(&remote.site, &flags.pause).await?;
    let teller = Teller::new(printer, None, TransferState::default())?;
    let work = async {
        paused.settle(migration.home.as_ref(), &flags.pause).await?;
        let mut fetched = Vec::new();
        for part in &migration.parts {
            fetched.push(fetch(&remote, (&migration, part), (&limits, &teller)).await?);
        }
        Ok(fetched)
    };
    let ended = watched(Box::pin(work), &teller).await;
    teller.finish()?;
    paused.end().await?;
    let fetched = ended?;
    // Nothing may be left that would be served stale.
    let left = all_ahead(&remote, &migration, &limits).await?;
    tell(&remote, &fetched, &left)
}

/// What is newer in the bucket, in all parts.
async fn all_ahead(
    remote: &Remote,
    migration: &Migration<'_>,
    limits: &Limits,
) -> Result<Vec<Ahead>, Failure> {
    let mut all = Vec::new();
    for part in &migration.parts {
        all.push(ahead(remote, (migration, part), limits).await?);
    }
    Ok(all)
}

async fn ahead(
    remote: &Remote,
    (migration, part): (&Migration<'_>, &Part),
    limits: &Limits,
) -> Result<Ahead, Failure> {
    let open = migration.open(remote, part, true)?;
    let mut ahead = Ahead::nothing(part.kind);
    let (tree, _) = open.tree()?;
    let sink = |item: &Item<'_>, standing: Standing| ahead.add(item, standing);
    let left_out = open.left_out();
    let watch = Counting::new(Counts::new(part.kind, migration.words(part)), &left_out, sink);
    let route = Route::Down(&open.folder, tree);
    let looked = sync(&route, &options(part.kind, limits, true)?, &open.ports(), &watch).await;
    looked.map_err(|stopped| open.failure(remote, stopped))?;
    let counts = watch.counts();
    ahead.other_kinds = left_out.late_names();
    ahead.equal = counts.moved;
    ahead.bytes = counts.to_move().bytes;
    ahead.gone = gone(remote, &open, limits).await?;
    Ok(ahead)
}

/// Names that a migration has brought and the bucket has no more.
async fn gone(
    remote: &Remote,
    open: &OpenPart<'_>,
    limits: &Limits,
) -> Result<Vec<String>, Failure> {
    let gone = Gone::default();
    let found = open.verify(limits, false, &gone).await;
    found.map_err(|stopped| open.failure(remote, stopped))?;
    Ok(gone.0.into_inner().unwrap_or_default().into_iter().collect())
}

async fn fetch(
    remote: &Remote,
    (migration, part): (&Migration<'_>, &Part),
    (limits, teller): (&Limits, &Teller),
) -> Result<Fetched, Failure> {
    let open = migration.open(remote, part, false)?;
    let (tree, folder) = open.tree()?;
    let (beside, name) = kept_beside(remote, part)?;
    let keeping = KeepingTree::new(tree, folder, beside, name);
    let route = Route::Down(&open.folder, &keeping);
    let left_out = open.left_out();
    let watch = Sparing { watch: teller, left_out: &left_out };
    let fetched = sync(&route, &options(part.kind, limits, false)?, &open.ports(), &watch).await;
    let summary = fetched.map_err(|stopped| open.failure(remote, stopped))?;
    teller.ended(&summary);
    Ok(Fetched {
        part: part.kind,
        objects: Sum {
            items: summary.new.items + summary.replaced.items,
            bytes: summary.new.bytes + summary.replaced.bytes,
        },
        failed: summary.failed.items.saturating_sub(left_out.late()),
        kept: keeping.kept(),
    })
}

/// The pickles' folder, and the name of that beside it for what is replaced, so that nothing takes
/// it for one of them.
fn kept_beside<'a>(remote: &Remote, part: &'a Part) -> Result<(&'a FolderPlace, String), Failure> {
    let none = || Failure::new(Exit::Usage, "objects of another place have no files here");
    let folder = part.folder().ok_or_else(none)?;
    let now = remote.site.clock.now().to_string().replace(':', "");
    Ok((folder, format!("{}-before-{now}", folder.name())))
}

fn options(part: PartKind, limits: &Limits, dry_run: bool) -> Result<Options, Failure> {
    let pattern = match part {
        PartKind::Assets | PartKind::Objects => RUNS,
        PartKind::OpOutputs => "compute_logs/",
        // Nothing but logs lies there.
        PartKind::Logs => "*.partial",
    };
    let filter = Filter::excluding([pattern]).map_err(|error| Failure::of(Exit::Bug, &error))?;
    let comparison = Comparison::KeepNewer;
    Ok(Options { comparison, filter, dry_run, limits: limits.clone(), ..Options::default() })
}

fn to_fetch(ahead: &[Ahead]) -> u64 {
    ahead.iter().map(|ahead| (ahead.newer.len() + ahead.alone.len()) as u64).sum()
}

fn tell(remote: &Remote, fetched: &[Fetched], left: &[Ahead]) -> Result<Exit, Failure> {
    let mut text = String::new();
    for part in fetched {
        let (word, sum) = (part.part.word(), part.objects);
        let items = counted(sum.items, "object");
        text.push_str(&format!("{word:<12}{items} fetched ({})\n", size(sum.bytes)));
        if let Some(kept) = &part.kept {
            text.push_str(&format!("{:<12}what they replaced is kept in {kept}\n", ""));
        }
    }
    Rows::new(remote.site.printer).row(MIGRATION_BACK, fetched, || text.trim_end().to_owned());
    let failed: u64 = fetched.iter().map(|part| part.failed).sum();
    let stale = to_fetch(left);
    if failed + stale > 0 {
        let items = counted(failed.max(stale), "object");
        let message = format!("{items} not fetched: their local files are stale or missing");
        return Err(Failure::new(Exit::Partly, message).hint(format!(
            "{} migrate back plan names them: fetch them again, or materialize them",
            remote.site.name
        )));
    }
    Ok(Exit::Done)
}
