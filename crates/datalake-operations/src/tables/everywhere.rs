//! Tables of several folders.

use datalake_core::fault::FaultKind;
use datalake_engine::{Clock, Lake, ListAsk};

use super::TablesFolder;
use super::listing::{TablesReport, list_tables};
use super::recovery::{RecoveryReport, recover_commits};
use crate::OperationError;

/// Lists the tables of these folders; `watch` is told how many keys of one have come by. A bucket that the
/// spec names for tables and that is not made yet has none.
///
/// # Errors
///
/// [`OperationError`], as of [`list_tables`].
pub async fn list_all_tables(
    lake: &dyn Lake,
    folders: &[TablesFolder],
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<TablesReport, OperationError> {
    let mut report = TablesReport::default();
    for folder in keep_existing(lake, folders).await? {
        let found = list_tables(lake, folder, watch).await?;
        report.tables.extend(found.tables);
        report.other_objects += found.other_objects;
        report.other_bytes += found.other_bytes;
    }
    Ok(report)
}

/// Searches the tables of these folders for lost commits.
///
/// # Errors
///
/// [`OperationError`], as of [`recover_commits`].
pub async fn recover_all_commits(
    lake: &dyn Lake,
    clock: &dyn Clock,
    folders: &[TablesFolder],
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<RecoveryReport, OperationError> {
    let mut report = RecoveryReport::default();
    for folder in keep_existing(lake, folders).await? {
        let found = recover_commits(lake, clock, folder, watch).await?;
        report.tables += found.tables;
        report.lost.extend(found.lost);
    }
    Ok(report)
}

/// The first folder, and those of the others whose buckets exist.
async fn keep_existing<'f>(
    lake: &dyn Lake,
    folders: &'f [TablesFolder],
) -> Result<Vec<&'f TablesFolder>, OperationError> {
    let mut kept: Vec<_> = folders.iter().take(1).collect();
    for folder in folders.iter().skip(1) {
        let ask = ListAsk { page_size: 1, ..ListAsk::below(folder.prefix.as_str()) };
        match lake.list(&folder.bucket, &ask, None).await {
            Ok(_) => kept.push(folder),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => return Err(OperationError::at_bucket(&folder.bucket, &fault)),
        }
    }
    Ok(kept)
}
