//! Lost commits that somebody has dealt with: their versions removed.

use std::iter;

use datalake_engine::{AnyKey, Lake, VersionId};

use super::RecoveryReport;
use crate::{ErrorKind, OperationError};

/// Removes the old versions that hold these lost commits, for good; gives how many commits. The files that
/// they had added stay.
///
/// # Errors
///
/// [`OperationError`] for the first that cannot be removed.
pub async fn forget_commits(
    lake: &dyn Lake,
    report: &RecoveryReport,
) -> Result<u64, OperationError> {
    let mut forgotten = 0;
    for lost in &report.lost {
        let bucket = &lost.bucket;
        let key = AnyKey::try_from(lost.key.as_str());
        let key = key.map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        for id in iter::once(&lost.version_id).chain(&lost.resent_ids) {
            let version = VersionId(id.clone());
            let deleted = lake.delete(bucket, &key, Some(&version)).await;
            deleted.map_err(|fault| OperationError::at_object(bucket, &key, &fault))?;
        }
        forgotten += 1;
    }
    Ok(forgotten)
}
