//! Which pairs of places have files of this machine in common.

use std::path::Path;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{OtherRecords, RecordFolder, SharedFiles};
use serde::{Deserialize, Serialize};

use super::records::identify_job;
use super::{JobDestination, JobSource, TransferContext, TransferJob};
use crate::pair_records::PAIRS;
use crate::{MANIFEST, OperationError};

/// The folder below datalake's own with what is kept of places.
const PLACES: &str = "places";

/// Where the files of a pair are on this machine.
#[derive(Serialize, Deserialize)]
struct PlaceRecord {
    schema_version: u32,
    kind: String,
    /// The folder that its names count from.
    folder: String,
}

/// The pairs that share files with a job.
pub(super) struct SharedPlaces {
    /// datalake's own folder, below which the records of all pairs lie.
    records: Box<dyn RecordFolder>,
    pairs: Vec<SharingPair>,
}

/// A pair that shares files with a job.
struct SharingPair {
    id: String,
    shared: SharedFiles,
}

/// Keeps where the files of a pair are.
///
/// # Errors
///
/// A fault of datalake's own folder.
pub(super) fn keep_place(
    context: &TransferContext<'_>,
    job: &TransferJob,
    id: &str,
) -> Result<(), Fault> {
    let Some(folder) = find_folder(context, job) else { return Ok(()) };
    let places = context.records.open_folder(PLACES)?;
    let name = format!("{id}.json");
    if places.names("")?.contains(&name) {
        return Ok(());
    }
    let record = PlaceRecord { schema_version: 1, kind: "transfer-place".to_owned(), folder };
    let text = serde_json::to_string_pretty(&record).unwrap_or_default();
    places.write(&name, format!("{text}\n").as_bytes())
}

impl SharedPlaces {
    /// All other pairs with files below the folder that a job fetches to.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where datalake's own folder cannot be read.
    pub(super) fn find(
        context: &TransferContext<'_>,
        job: &TransferJob,
    ) -> Result<Self, OperationError> {
        let folder = match &job.dest {
            JobDestination::Folder(_) => find_folder(context, job),
            JobDestination::Prefix(..) => None,
        };
        let failed = |fault| context.host.state_error(fault);
        let records = context.records.open_folder("").map_err(failed)?;
        let own = identify_job(context, job);
        let pairs = match folder {
            Some(folder) => read_pairs(context, Path::new(&folder), &own).map_err(failed)?,
            None => Vec::new(),
        };
        Ok(Self { records, pairs })
    }

    /// Their records, of which none is opened yet.
    pub(super) fn list_records(&self) -> Vec<OtherRecords<'_>> {
        let records = self.pairs.iter().map(|pair| OtherRecords {
            files: self.records.as_ref(),
            manifest: format!("{PAIRS}/{}/{MANIFEST}", pair.id),
            shared: pair.shared.clone(),
        });
        records.collect()
    }
}

fn read_pairs(
    context: &TransferContext<'_>,
    folder: &Path,
    own: &str,
) -> Result<Vec<SharingPair>, Fault> {
    let places = context.records.open_folder(PLACES)?;
    let mut pairs = Vec::new();
    for name in places.names("")? {
        let Some(id) = name.strip_suffix(".json").filter(|id| *id != own) else { continue };
        let record: PlaceRecord =
            serde_json::from_slice(&places.read(&name)?).map_err(|error| {
                Fault::new(FaultKind::Unreadable, format!("places/{name}: {error}"))
            })?;
        if let Some(shared) = find_shared_files(folder, Path::new(&record.folder)) {
            pairs.push(SharingPair { id: id.to_owned(), shared });
        }
    }
    Ok(pairs)
}

/// Which names a folder shares with another one.
fn find_shared_files(folder: &Path, other: &Path) -> Option<SharedFiles> {
    let as_prefix = |path: &Path| {
        let text = path.to_str()?;
        Some(if text.is_empty() { String::new() } else { format!("{text}/") })
    };
    match (folder.strip_prefix(other), other.strip_prefix(folder)) {
        (Ok(below), _) => as_prefix(below).map(SharedFiles::Prefixed),
        (_, Ok(below)) => as_prefix(below).map(SharedFiles::Stripped),
        (Err(_), Err(_)) => None,
    }
}

/// The folder on this machine that the names of a job count from. Files that were picked one by one
/// to be sent have none; neither has a folder that no JSON can name.
fn find_folder(context: &TransferContext<'_>, job: &TransferJob) -> Option<String> {
    let ((_, JobDestination::Folder(path)) | (JobSource::Folder(path), JobDestination::Prefix(..))) =
        (&job.source, &job.dest)
    else {
        return None;
    };
    context.paths.find_identity(path).to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_share_what_is_below_both() {
        let shared =
            |folder: &str, other: &str| find_shared_files(Path::new(folder), Path::new(other));
        let prefixed = |text: &str| Some(SharedFiles::Prefixed(text.to_owned()));

        assert_eq!(shared("/a/b", "/a/b"), prefixed(""));
        assert_eq!(shared("/a/b/c", "/a"), prefixed("b/c/"));
        assert_eq!(shared("/a", "/a/b"), Some(SharedFiles::Stripped("b/".to_owned())));
        assert_eq!(shared("/a", "/ab"), None);
    }
}
