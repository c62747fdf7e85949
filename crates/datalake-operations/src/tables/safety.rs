//! Whether commits of tables hold in a bucket.

use datalake_core::s3::{KeyPrefix, Versioning};
use datalake_engine::{
    Clock, ConditionProbe, Lake, ListAsk, VersionKind, VersionPages, probe_conditional_put,
};

use super::TablesFolder;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// Where commits are about to be brought.
pub(crate) struct CommitDestination<'a> {
    /// The service, asked once.
    pub(crate) once: &'a dyn Lake,
    /// The same, asked again where that can help.
    pub(crate) lake: &'a dyn Lake,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) folder: &'a TablesFolder,
}

/// Refuses a bucket where commits do not hold, or delete markers stand in their way.
///
/// # Errors
///
/// [`OperationError`] for such a bucket, and faults of the service.
pub(crate) async fn require_kept_commits(to: &CommitDestination<'_>) -> Result<(), OperationError> {
    let TablesFolder { bucket, prefix } = to.folder;
    let at_bucket = |fault| OperationError::at_bucket(bucket, &fault);
    match to.lake.versioning(bucket).await.map_err(at_bucket)? {
        Versioning::Never => Ok(()),
        Versioning::Enabled => {
            let root = KeyPrefix::default();
            let probe = ConditionProbe::usual(bucket, &root, to.clock.random());
            let puts = probe_conditional_put(to.once, &probe).await.map_err(at_bucket)?;
            if puts.keep_commits() {
                return Ok(());
            }
            Err(unsafe_error(format!("bucket `{bucket}` keeps old versions: {puts}")))
        }
        Versioning::Suspended => {
            let mut pages = VersionPages::new(to.lake, bucket, ListAsk::below(prefix.as_str()));
            while let Some(page) = pages.next().await.map_err(at_bucket)? {
                if page.versions.iter().any(|version| version.kind == VersionKind::Marker) {
                    let message = format!(
                        "versioning of bucket `{bucket}` is suspended, and delete markers below \
                         `{}` refuse commits",
                        to.folder.describe()
                    );
                    return Err(unsafe_error(message));
                }
            }
            Ok(())
        }
    }
}

fn unsafe_error(message: String) -> OperationError {
    OperationError::new(ErrorKind::Config, message).advise(Advice::naming(
        "tables belong in a bucket that never had versions: give the spec a `tables:`, then {}",
        [AdvisedCommand::Provision],
    ))
}
