//! What is kept of a job's pair of places from run to run.

use std::os::unix::ffi::OsStrExt as _;

use super::shared_places::keep_place;
use super::{JobDestination, JobPlaces, JobSource, TransferContext, TransferJob};
use crate::{OperationError, PairOfPlaces, PairRecords, identify_pair};

/// Opens the records of a job's pair, locked; a dry run of a new pair makes none.
///
/// # Errors
///
/// [`OperationError`] where another run is at work on the same pair, or the folder cannot be used.
pub(super) fn open_job_records(
    context: &TransferContext<'_>,
    job: &TransferJob,
    dry_run: bool,
) -> Result<PairRecords, OperationError> {
    let JobPlaces { source, destination } = job.describe();
    let pair = PairOfPlaces { id: identify_job(context, job), source, destination };
    let records = PairRecords::open(&context.host, context.records, &pair, dry_run)?;
    if !dry_run {
        let kept = keep_place(context, job, &pair.id);
        kept.map_err(|fault| context.host.state_error(fault))?;
    }
    Ok(records)
}

/// The id of a job's pair: the same for the same two places, however they are written.
pub(super) fn identify_job(context: &TransferContext<'_>, job: &TransferJob) -> String {
    let mut parts = vec![context.client.spec.endpoint.to_string().into_bytes()];
    let mut add = |part: &[u8]| parts.push(part.to_owned());
    let identity = |path| context.paths.find_identity(path);
    match &job.source {
        JobSource::Folder(path) => add(identity(path).as_os_str().as_bytes()),
        JobSource::Files(files) => {
            for file in files {
                add(file.name.as_bytes());
                add(identity(&file.path).as_os_str().as_bytes());
            }
        }
        JobSource::Prefix(bucket, prefix) => {
            add(bucket.as_str().as_bytes());
            add(prefix.as_bytes());
        }
        JobSource::Matching(bucket, pattern) => {
            add(bucket.as_str().as_bytes());
            add(format!("{pattern:?}").as_bytes());
        }
        JobSource::Objects(bucket, objects) => {
            add(bucket.as_str().as_bytes());
            for object in objects {
                add(object.name.as_bytes());
                add(object.key.as_str().as_bytes());
            }
        }
    }
    match &job.dest {
        JobDestination::Folder(path) => add(identity(path).as_os_str().as_bytes()),
        JobDestination::Prefix(bucket, prefix) => {
            add(bucket.as_str().as_bytes());
            add(prefix.as_bytes());
        }
    }
    identify_pair(&parts)
}
