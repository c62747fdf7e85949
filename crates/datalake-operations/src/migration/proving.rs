//! Whether the bucket still has what was brought there.

use datalake_core::migration::{FileTotal, LeftOutRow, PartKind};
use datalake_core::text::count_things;
use datalake_dagster::StoredKind;
use datalake_engine::transfer::{Findings, ItemTally, LocalTree as _, TransferLimits};
use schemars::JsonSchema;
use serde::Serialize;

use super::open_part::OpenPart;
use super::{Migration, MigrationPart, MigrationReporter};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// What a verification of a part has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartProof {
    /// The part of Dagster's files.
    pub part: PartKind,
    /// Whether content was read, not only what the store says of it.
    pub deep: bool,
    /// What the bucket has as it was moved.
    pub right: FileTotal,
    /// What it has not.
    pub missing: FileTotal,
    /// What has other content, written later.
    pub changed: FileTotal,
    /// What has other content, and nobody wrote it.
    pub damaged: FileTotal,
    /// What could not be told.
    pub unproved: FileTotal,
    /// Pickles here whose partition has a part `..`: they are not moved, whatever was proved.
    pub left_out: Vec<LeftOutRow>,
}

/// Asks the store for what was moved of a part; reads its content too, if `deep`.
///
/// # Errors
///
/// [`OperationError`] where it does not tell.
pub async fn find_proof(
    migration: &Migration<'_>,
    part: &MigrationPart,
    how: &ProofDepth<'_>,
    reporter: &dyn MigrationReporter,
) -> Result<Findings, OperationError> {
    let open = migration.open_part(part, true)?;
    verify_part(&open, how.limits, how.deep, reporter).await
}

/// Pickles of a part whose names do not fit into a key: their partition has a part `..`.
///
/// # Errors
///
/// [`OperationError`] where the folder cannot be read.
pub async fn find_unfit_names(
    migration: &Migration<'_>,
    part: &MigrationPart,
) -> Result<Vec<LeftOutRow>, OperationError> {
    if part.kind != PartKind::Assets || part.is_yet_to_come() {
        return Ok(Vec::new());
    }
    let open = migration.open_part(part, true)?;
    let mut walk = open.files()?.files.walk();
    let unread = |fault| OperationError::about("the folder cannot be read", &fault);
    while walk.next().await.map_err(unread)?.is_some() {}
    let rows = open.left_out().list_rows().into_iter();
    Ok(rows.filter(|row| row.kind == StoredKind::DotPartition.slug()).collect())
}

/// How deep a proof goes, and what it keeps within.
#[derive(Debug, Clone, Copy)]
pub struct ProofDepth<'l> {
    /// Whether contents are read, or the store's tags are proof enough.
    pub deep: bool,
    /// What is kept within.
    pub limits: &'l TransferLimits,
}

pub(crate) async fn verify_part(
    open: &OpenPart<'_>,
    limits: &TransferLimits,
    deep: bool,
    reporter: &dyn MigrationReporter,
) -> Result<Findings, OperationError> {
    let found = open.verify(limits, deep, reporter).await;
    found.map_err(|stopped| open.explain_stop(stopped))
}

/// Fails unless the store has all that was moved.
///
/// # Errors
///
/// [`OperationError`] where something is missing or damaged, or nobody can tell.
pub fn require_right(findings: &Findings) -> Result<(), OperationError> {
    let count = |tallies: &[ItemTally]| tallies.iter().map(|tally| tally.items).sum::<u64>();
    let missed = count(&[findings.missing, findings.damaged]);
    if missed > 0 {
        let message = format!("{} not as it was moved", count_things(missed, "object"));
        let words = "the same {} moves them again, where their files are still here";
        return Err(OperationError::new(ErrorKind::Mismatch, message)
            .advise(Advice::naming(words, [AdvisedCommand::RunMigration])));
    }
    let unsure = count(&[findings.unreadable, findings.assumed]);
    if unsure > 0 {
        let message = format!("{} could not be proved", count_things(unsure, "object"));
        return Err(OperationError::new(ErrorKind::Partly, message));
    }
    Ok(())
}

impl PartProof {
    /// What was found, in sums.
    #[must_use]
    pub fn of(part: PartKind, deep: bool, found: &Findings) -> Self {
        Self {
            part,
            deep,
            right: found.right.into(),
            missing: found.missing.into(),
            changed: found.changed.into(),
            damaged: found.damaged.into(),
            unproved: FileTotal::from(found.assumed).plus(found.unreadable.into()),
            left_out: Vec::new(),
        }
    }
}
