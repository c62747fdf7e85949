//! What lies where, and what of it is moved: looked at, and nothing changed.

use std::sync::Arc;

use datalake_core::migration::{FileTotal, LeftOutRow, MigrationVerdict, PartCounts};
use datalake_core::text::printable;
use datalake_core::transfer::Comparison;
use datalake_engine::transfer::{Item, TransferLimits};
use schemars::JsonSchema;
use serde::Serialize;

use super::counting::CountingWatch;
use super::left_behind::LeftBehind;
use super::{CodeFindings, CodeManager, DuckDbExport, FileLines, Migration, MigrationPart};
use crate::{LogsFolder, OperationError};

/// What a migration finds and would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MigrationOutlook {
    /// Dagster's home on this host.
    pub home: Option<String>,
    /// The same as its processes see it.
    pub home_inside: Option<String>,
    /// Where the logs go.
    pub logs: Option<String>,
    /// The parts.
    pub parts: Vec<PartCounts>,
    /// What stays, and why.
    pub stays: Vec<StayingEntry>,
    /// What is unknown.
    pub unknown: Vec<String>,
    /// The I/O managers that the code makes, with what would have to change in it.
    pub managers: Vec<CodeManager>,
    /// Databases of `DuckDB`, which are exported and never copied.
    pub exports: Vec<DuckDbExport>,
    /// I/O managers in code that read from another place: Dagster would find nothing of what is moved.
    pub elsewhere: Vec<String>,
}

/// Something that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StayingEntry {
    /// Its name, or that of the first.
    pub name: String,
    /// How many files, where they are counted.
    pub items: Option<u64>,
    /// Why.
    pub why: String,
}

/// A look at one part.
#[derive(Clone, Copy)]
pub(crate) struct PartLook<'l> {
    pub(crate) part: &'l MigrationPart,
    pub(crate) limits: &'l TransferLimits,
    /// Whether every name that stays is kept.
    pub(crate) is_named: bool,
}

/// What a look at one part has found.
pub(crate) struct PartFound {
    /// How its files stand.
    pub(crate) counts: PartCounts,
    /// What else lies among them.
    pub(crate) left_out: Arc<LeftBehind>,
}

/// Counts how the files of all parts stand, and what else lies among them; writes a line for each,
/// where lines are wanted.
///
/// # Errors
///
/// [`OperationError`] where a part cannot be looked through.
pub async fn count_parts(
    migration: &Migration<'_>,
    limits: &TransferLimits,
    mut lines: Option<&mut (dyn FileLines + '_)>,
) -> Result<Vec<PartCounts>, OperationError> {
    let mut counted = Vec::new();
    for part in &migration.parts {
        let look = PartLook { part, limits, is_named: lines.is_some() };
        let sink = |item: &Item<'_>, verdict: MigrationVerdict| {
            if let Some(lines) = lines.as_mut() {
                lines.write_line(verdict.mark(), item.name, &item.reason.to_string());
            }
        };
        let PartFound { counts, left_out } = count_part(migration, look, sink).await?;
        if let Some(lines) = lines.as_mut() {
            left_out.tell_each(|name, why| lines.write_line('.', name, why));
        }
        counted.push(counts);
    }
    Ok(counted)
}

/// Counts how the files of one part stand, and tells each.
pub(crate) async fn count_part(
    migration: &Migration<'_>,
    look: PartLook<'_>,
    sink: impl FnMut(&Item<'_>, MigrationVerdict) + Send,
) -> Result<PartFound, OperationError> {
    let PartLook { part, limits, is_named } = look;
    let counts = migration.begin_counts(part);
    if part.is_yet_to_come() {
        return Ok(PartFound { counts, left_out: Arc::default() });
    }
    let open = migration.open_part(part, true)?;
    let open = if is_named { open.naming() } else { open };
    let left_out = open.left_out();
    let watch = CountingWatch::new(counts, &left_out, sink);
    let summary = open.look_at_changes(limits, Comparison::KeepNewer, &watch).await;
    let summary = summary.map_err(|stopped| open.explain_stop(stopped))?;
    // Frames, data and logs share a prefix: what only the bucket has may be any of them.
    let is_shared = part.kind.is_tabular();
    let there_alone = if is_shared { FileTotal::default() } else { summary.surplus.into() };
    Ok(PartFound { counts: PartCounts { there_alone, ..watch.finish() }, left_out })
}

/// Puts together what was counted and what lies beside it; `read_code` tells of I/O managers.
///
/// # Errors
///
/// [`OperationError`] where Dagster's home cannot be read.
pub fn describe_outlook(
    migration: &Migration<'_>,
    parts: Vec<PartCounts>,
    code: CodeFindings,
) -> Result<MigrationOutlook, OperationError> {
    let Some(home) = &migration.home else {
        return Ok(MigrationOutlook {
            home: None,
            home_inside: None,
            logs: None,
            parts,
            stays: Vec::new(),
            unknown: Vec::new(),
            managers: Vec::new(),
            exports: Vec::new(),
            elsewhere: Vec::new(),
        });
    };
    let mut stays: Vec<_> =
        parts.iter().flat_map(|part| &part.left_out).map(StayingEntry::of_row).collect();
    stays.extend(super::beside::list_staying_beside(home)?);
    Ok(MigrationOutlook {
        home: Some(home.folder.shown()),
        home_inside: Some(printable(&home.inside)),
        logs: Some(match &home.logs {
            LogsFolder::Here(folder) => folder.shown(),
            LogsFolder::Bucket(_) => "in a bucket already".to_owned(),
            LogsFolder::Unknown(why) => format!("unknown: {}", printable(why)),
        }),
        parts,
        stays,
        unknown: code.unknown,
        elsewhere: code.elsewhere,
        managers: code.managers,
        exports: Vec::new(),
    })
}

impl StayingEntry {
    fn of_row(row: &LeftOutRow) -> Self {
        Self { name: row.name.clone(), items: Some(row.items), why: row.why.clone() }
    }
}
