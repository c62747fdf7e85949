//! Moves what is new, until nothing is left, and has it proved.

use std::sync::atomic::{AtomicU64, Ordering};

use datalake_core::fault::Fault;
use datalake_core::migration::{FileTotal, LeftOutRow, MigrationVerdict, PartKind};
use datalake_core::size::ByteSize;
use datalake_core::text::printable;
use datalake_engine::transfer::{Item, Summary, TransferLimits, TransferWatch, VerifyWatch};
use schemars::JsonSchema;
use serde::Serialize;

use super::counting::find_verdict;
use super::left_behind::LeftBehind;
use super::moving_tables::move_tables;
use super::proving::{require_right, verify_part};
use super::telling_once::OnceToldFailures;
use super::{Migration, MigrationPart, PartPlaces, TableEnd};
use crate::{HostContext, OperationError};

/// Passes over a part, at most: each moves what has changed during the one before.
pub(super) const PASSES: u32 = 4;

/// What the last run was told, for the way back of a switch.
const LAST: &str = "migration/last";

/// Is told what a migration does as it does it.
pub trait MigrationReporter: VerifyWatch {
    /// A pass over a part has ended.
    fn end_pass(&self, summary: &Summary);

    /// A file stays where it is.
    fn leave(&self, name: &str, why: &str);
}

/// How a part ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MovedPart {
    /// The part of Dagster's files.
    pub part: PartKind,
    /// Where it was.
    pub source: String,
    /// Where it is now.
    pub destination: String,
    /// What was moved.
    pub moved: FileTotal,
    /// How often it was gone through: files that are written in the meantime take another pass.
    pub passes: u32,
    /// How many objects were left, since they are newer than the file.
    pub newer_there: u64,
    /// What was confirmed by the store or read back.
    pub proved: FileTotal,
    /// How many files could not be moved.
    pub failed: u64,
    /// What else is there: files of other kinds, which stay.
    pub left_out: Vec<LeftOutRow>,
    /// What became of each table, where the part holds their logs.
    pub tables: Vec<TableEnd>,
}

/// Moves all parts, one after the other.
///
/// # Errors
///
/// [`OperationError`]; what is done is done, and the same goes on from there.
pub async fn move_parts(
    migration: &Migration<'_>,
    limits: &TransferLimits,
    reporter: &dyn MigrationReporter,
) -> Result<Vec<MovedPart>, OperationError> {
    let once = OnceToldFailures::new(reporter);
    let (mut moved, reporter) = (Vec::new(), &once as &dyn MigrationReporter);
    for part in &migration.parts {
        match part.kind {
            PartKind::TableData => {
                moved.extend(move_tables(migration, part, limits, reporter).await?);
            }
            // They went with their data.
            PartKind::TableLogs => (),
            PartKind::Assets
            | PartKind::OpOutputs
            | PartKind::Logs
            | PartKind::Objects
            | PartKind::Frames => moved.push(move_part(migration, part, limits, reporter).await?),
        }
    }
    Ok(moved)
}

/// Moves a part, asks the store for it, and moves what has changed meanwhile, until nothing has.
async fn move_part(
    migration: &Migration<'_>,
    part: &MigrationPart,
    limits: &TransferLimits,
    reporter: &dyn MigrationReporter,
) -> Result<MovedPart, OperationError> {
    let mut ended = MovedPart::none(part.kind, migration.describe_places(part));
    if part.is_yet_to_come() {
        return Ok(ended);
    }
    let open = migration.open_part(part, false)?.naming();
    let left_out = open.left_out();
    let last = loop {
        ended.passes += 1;
        let watch = PassWatch { reporter, left_out: &left_out, newer_there: AtomicU64::new(0) };
        let pass = open.move_changed(limits, &watch).await;
        let summary = pass.map_err(|stopped| open.explain_stop(stopped))?;
        reporter.end_pass(&summary);
        let moved = FileTotal::from(summary.new).plus(summary.replaced.into());
        ended.moved = ended.moved.plus(moved);
        if moved.items == 0 || ended.passes == PASSES {
            ended.newer_there = watch.newer_there.into_inner();
            break summary;
        }
    };
    let findings = verify_part(&open, limits, false, reporter).await?;
    require_right(&findings)?;
    left_out.tell_each(|name, why| reporter.leave(name, why));
    ended.proved = findings.right.into();
    ended.failed = last.failed.items.saturating_sub(left_out.count_late());
    ended.left_out = left_out.list_rows();
    Ok(ended)
}

impl MovedPart {
    /// Nothing was moved.
    pub(super) fn none(part: PartKind, PartPlaces { source, destination }: PartPlaces) -> Self {
        Self {
            part,
            source,
            destination,
            moved: FileTotal::default(),
            passes: 0,
            newer_there: 0,
            proved: FileTotal::default(),
            failed: 0,
            left_out: Vec::new(),
            tables: Vec::new(),
        }
    }
}

/// Tells of a pass, and counts what is newer in the bucket.
pub(super) struct PassWatch<'a> {
    pub(super) reporter: &'a dyn MigrationReporter,
    pub(super) left_out: &'a LeftBehind,
    pub(super) newer_there: AtomicU64,
}

impl TransferWatch for PassWatch<'_> {
    fn item(&self, item: &Item<'_>) {
        match find_verdict(item) {
            MigrationVerdict::NewerThere => drop(self.newer_there.fetch_add(1, Ordering::Relaxed)),
            // It is of another kind, and told with those.
            MigrationVerdict::Failed if self.left_out.is_late(item.name) => return,
            _ => (),
        }
        self.reporter.item(item);
    }

    fn planned(&self, size: ByteSize) {
        self.reporter.planned(size);
    }

    fn planning_ended(&self) {
        self.reporter.planning_ended();
    }

    fn item_settled(&self, size: ByteSize) {
        self.reporter.item_settled(size);
    }

    fn moved(&self, bytes: u64) {
        self.reporter.moved(bytes);
    }

    fn repeated(&self, fault: &Fault) {
        self.reporter.repeated(fault);
    }
}

/// Keeps what a migration of this host's files was told, for the way back of a switch.
///
/// # Errors
///
/// [`OperationError`] where datalake's folder cannot be written to.
pub fn keep_last_choice(context: &HostContext<'_>, words: &str) -> Result<(), OperationError> {
    context.state.write(LAST, words.as_bytes()).map_err(|fault| context.state_error(fault))
}

/// What the last migration of this host's files was told; `None` where there was none.
#[must_use]
pub fn read_last_choice(context: &HostContext<'_>) -> Option<String> {
    let words = context.state.read(LAST).ok()?;
    Some(printable(&String::from_utf8_lossy(&words)))
}
