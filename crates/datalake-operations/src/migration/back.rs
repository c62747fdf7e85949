//! What is newer in the bucket than its local file, fetched.

use datalake_core::migration::{FileTotal, MigrationVerdict, PartKind};
use datalake_core::transfer::{Comparison, Filter};
use datalake_engine::transfer::{Item, Options, Route, TagCheck, TransferLimits, sync};
use schemars::JsonSchema;
use serde::Serialize;

use super::counting::{CountingWatch, SparingWatch};
use super::keeping::{KeepingTree, KeptBeside};
use super::looking::{PartLook, count_part};
use super::newer_there::{GoneNames, PartAhead};
use super::open_part::{FilesOfPart, OpenPart};
use super::{Migration, MigrationPart, MigrationReporter};
use crate::{ErrorKind, OperationError};

/// Objects of runs, which lie among the assets.
const RUNS: &str = "/storage/????????-????-????-????-????????????/";

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FetchedPart {
    /// The part of Dagster's files.
    pub part: PartKind,
    /// What was fetched.
    pub objects: FileTotal,
    /// How many objects could not be fetched.
    pub failed: u64,
    /// Where what was replaced is kept.
    pub kept: Option<String>,
}

/// Tells what is newer in the bucket, in all parts.
///
/// # Errors
///
/// [`OperationError`] where a part cannot be looked through.
pub async fn find_ahead(
    migration: &Migration<'_>,
    limits: &TransferLimits,
) -> Result<Vec<PartAhead>, OperationError> {
    let mut ahead = Vec::new();
    for part in &migration.parts {
        ahead.push(find_part_ahead(migration, part, limits).await?);
    }
    Ok(ahead)
}

async fn find_part_ahead(
    migration: &Migration<'_>,
    part: &MigrationPart,
    limits: &TransferLimits,
) -> Result<PartAhead, OperationError> {
    if part.kind.is_tabular() {
        return find_tables_ahead(migration, part, limits).await;
    }
    let open = migration.open_part(part, true)?;
    let mut ahead = PartAhead::none(part.kind);
    let files = open.files()?.files;
    let sink = |item: &Item<'_>, verdict: MigrationVerdict| ahead.add(item.name, verdict);
    let left_out = open.left_out();
    let watch = CountingWatch::new(migration.begin_counts(part), &left_out, sink);
    let route = Route::Down(&open.folder, files);
    let options = choose_options(part.kind, limits, true)?;
    let looked = sync(&route, &options, &open.ports(), &watch).await;
    looked.map_err(|stopped| open.explain_stop(stopped))?;
    let counts = watch.finish();
    ahead.other_kinds = left_out.list_late();
    ahead.equal = counts.moved;
    ahead.bytes = counts.to_move().bytes;
    ahead.gone = find_gone(&open, limits).await?;
    Ok(ahead)
}

/// Frames and tables that are newer in the bucket. They are named and not fetched: only their own
/// clients can tell which objects make one table.
async fn find_tables_ahead(
    migration: &Migration<'_>,
    part: &MigrationPart,
    limits: &TransferLimits,
) -> Result<PartAhead, OperationError> {
    let mut ahead = PartAhead::none(part.kind);
    let sink = |item: &Item<'_>, verdict: MigrationVerdict| {
        if verdict == MigrationVerdict::NewerThere {
            ahead.newer.push(item.name.to_owned());
        }
    };
    let look = PartLook { part, limits, is_named: false };
    let counts = count_part(migration, look, sink).await?.counts;
    (ahead.equal, ahead.bytes) = (counts.moved, counts.newer_there.bytes);
    Ok(ahead)
}

/// Names that a migration has brought and the bucket has no more.
async fn find_gone(
    open: &OpenPart<'_>,
    limits: &TransferLimits,
) -> Result<Vec<String>, OperationError> {
    let gone = GoneNames::default();
    let found = open.verify(limits, false, &gone).await;
    found.map_err(|stopped| open.explain_stop(stopped))?;
    Ok(gone.into_names())
}

/// Fetches what is newer in the bucket, in all parts; what that replaces is kept beside the folder.
///
/// # Errors
///
/// [`OperationError`]; what is done is done, and the same goes on from there.
pub async fn fetch_parts(
    migration: &Migration<'_>,
    limits: &TransferLimits,
    reporter: &dyn MigrationReporter,
) -> Result<Vec<FetchedPart>, OperationError> {
    let mut fetched = Vec::new();
    for part in &migration.parts {
        fetched.push(fetch_part(migration, part, limits, reporter).await?);
    }
    Ok(fetched)
}

async fn fetch_part(
    migration: &Migration<'_>,
    part: &MigrationPart,
    limits: &TransferLimits,
    reporter: &dyn MigrationReporter,
) -> Result<FetchedPart, OperationError> {
    if part.kind.is_tabular() {
        let (part, objects) = (part.kind, FileTotal::default());
        return Ok(FetchedPart { part, objects, failed: 0, kept: None });
    }
    let open = migration.open_part(part, false)?;
    let FilesOfPart { files, tree } = open.files()?;
    let keeping = KeepingTree::new(files, tree, choose_kept_beside(migration, part)?);
    let route = Route::Down(&open.folder, &keeping);
    let left_out = open.left_out();
    let watch = SparingWatch { watch: reporter, left_out: &left_out };
    let options = choose_options(part.kind, limits, false)?;
    let fetched = sync(&route, &options, &open.ports(), &watch).await;
    let summary = fetched.map_err(|stopped| open.explain_stop(stopped))?;
    reporter.end_pass(&summary);
    Ok(FetchedPart {
        part: part.kind,
        objects: FileTotal::from(summary.new).plus(summary.replaced.into()),
        failed: summary.failed.items.saturating_sub(left_out.count_late()),
        kept: keeping.name_of_kept(),
    })
}

/// The pickles' folder, and the name of that beside it for what is replaced, so that nothing takes
/// it for one of them.
fn choose_kept_beside(
    migration: &Migration<'_>,
    part: &MigrationPart,
) -> Result<KeptBeside, OperationError> {
    let none = || {
        let message = "objects of another place have no files here";
        OperationError::new(ErrorKind::Usage, message)
    };
    let folder = part.folder().ok_or_else(none)?;
    let now = migration.context.clock.now().to_string().replace(':', "");
    Ok(KeptBeside { name: format!("{}-before-{now}", folder.name()), folder: folder.clone() })
}

fn choose_options(
    part: PartKind,
    limits: &TransferLimits,
    dry_run: bool,
) -> Result<Options, OperationError> {
    let pattern = match part {
        PartKind::Assets | PartKind::Objects => RUNS,
        PartKind::OpOutputs => "compute_logs/",
        PartKind::Frames | PartKind::TableData | PartKind::TableLogs => "*.tmp",
        // Nothing but logs lies there.
        PartKind::Logs => "*.partial",
    };
    let filter =
        Filter::excluding([pattern]).map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
    let comparison = Comparison::KeepNewer;
    let (tags, limits) = (TagCheck::All, limits.clone());
    Ok(Options { comparison, filter, dry_run, tags, limits, ..Options::default() })
}
