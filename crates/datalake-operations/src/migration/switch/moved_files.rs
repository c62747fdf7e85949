//! What was moved, and whether the bucket has it.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::{MigrationVerdict, PartKind};
use datalake_core::transfer::Comparison;
use datalake_engine::transfer::{
    Hashes, Hashing, Item, TransferLimits, TransferWatch, VerifyFinding, VerifyWatch,
};
use datalake_engine::{ContentHash, hold_mutex};

use super::super::counting::find_verdict;
use super::super::open_part::OpenPart;
use super::super::{Migration, MigrationPart};
use crate::{MANIFEST, OperationError};

/// Nothing tells the size of what is not here any more: of a manager's files it is tried as the last.
const UNKNOWN_SIZE: u64 = u64::MAX >> 1;

/// How the bucket has a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MovedStanding {
    /// It has the same, by size and hash.
    Same,
    /// It has a newer one, which Dagster has stored there.
    Newer,
    /// It has nothing there.
    Missing,
    /// It has something else there.
    Other,
    /// Nobody can tell.
    Unsure(String),
}

/// A file that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MovedFile {
    pub(super) size: u64,
    pub(super) standing: MovedStanding,
    /// Whether it is a frame: those go into the place of the tables.
    pub(super) is_frame: bool,
}

/// What was moved.
pub(super) struct MovedFiles {
    /// Each file, by its name below both places.
    pub(super) files: BTreeMap<String, MovedFile>,
    /// How many files are here and were not moved yet.
    pub(super) left: u64,
    /// What the runs have noted of the pickles, as one hash; `None` where they have noted nothing.
    pub(super) manifest: Option<String>,
}

/// Takes down what a look tells of each file.
#[derive(Default)]
struct MovedWatch {
    is_frame: bool,
    files: Mutex<BTreeMap<String, MovedFile>>,
    left: Mutex<u64>,
}

/// Looks for what was moved, here and in the records of the runs, and asks the bucket for it.
///
/// # Errors
///
/// [`OperationError`] where the files or the bucket cannot be looked through.
pub(super) async fn find_moved_files(
    migration: &Migration<'_>,
    part: &MigrationPart,
    limits: &TransferLimits,
) -> Result<MovedFiles, OperationError> {
    let watch = MovedWatch { is_frame: part.kind == PartKind::Frames, ..MovedWatch::default() };
    let open = migration.open_part(part, true)?;
    let verified = open.verify(limits, false, &watch).await;
    verified.map_err(|stopped| open.explain_stop(stopped))?;
    let seen = open.look_at_changes(limits, Comparison::KeepNewer, &watch).await;
    seen.map_err(|stopped| open.explain_stop(stopped))?;
    let manifest = hash_manifest(&open)?;
    let MovedWatch { files, left, .. } = watch;
    let files = files.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let left = *hold_mutex(&left);
    Ok(MovedFiles { files, left, manifest })
}

impl MovedFiles {
    /// Adds what was moved of another part of the same folder.
    pub(super) fn add_files(&mut self, other: Self) {
        self.files.extend(other.files);
        self.left += other.left;
    }
}

/// What the runs have noted, as one hash; `None` where they have noted nothing.
pub(super) fn hash_manifest(open: &OpenPart<'_>) -> Result<Option<String>, OperationError> {
    let unusable = |fault: Fault| open.context.home.context.state_error(fault);
    let mut hashes = Hashes::begin(Hashing::Sha256);
    let mut length = 0;
    // What is noted last is not in the sorted part yet.
    for name in [format!("{MANIFEST}.manifest"), format!("{MANIFEST}.journal")] {
        if let Some(mut file) = open.records.files().open(&name).map_err(unusable)? {
            length += hash_file(&mut file, &mut hashes).map_err(unusable)?;
        }
    }
    let hash = hashes.digests().sha256.filter(|_| length > 0);
    Ok(hash.map(|hash| ContentHash(hash).hex()))
}

/// Hashes a file to its end; gives its length.
fn hash_file(file: &mut dyn Read, hashes: &mut Hashes) -> Result<usize, Fault> {
    let (mut buffer, mut whole) = (vec![0; 64 << 10], 0);
    loop {
        let read = file.read(&mut buffer);
        let length = read.map_err(|error| Fault::new(FaultKind::Unreadable, error.to_string()))?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else {
            return Ok(whole);
        };
        hashes.update(bytes);
        whole += length;
    }
}

impl MovedWatch {
    fn put_file(&self, name: &str, size: u64, standing: MovedStanding) {
        let file = MovedFile { size, standing, is_frame: self.is_frame };
        hold_mutex(&self.files).insert(name.to_owned(), file);
    }

    /// A file that is yet to be moved is none that was, unless its object is gone or damaged.
    fn leave(&self, name: &str) {
        let mut files = hold_mutex(&self.files);
        let is_lost = files.get(name).is_some_and(|file| {
            matches!(file.standing, MovedStanding::Missing | MovedStanding::Other)
        });
        if !is_lost {
            files.remove(name);
            *hold_mutex(&self.left) += 1;
        }
    }
}

impl TransferWatch for MovedWatch {
    /// A file that is here: what it is now counts more than what runs have noted.
    fn item(&self, item: &Item<'_>) {
        let standing = match find_verdict(item) {
            MigrationVerdict::Moved => MovedStanding::Same,
            MigrationVerdict::NewerThere => MovedStanding::Newer,
            MigrationVerdict::Left | MigrationVerdict::Changed => {
                return self.leave(item.name);
            }
            MigrationVerdict::NoFile | MigrationVerdict::Failed => return,
        };
        self.put_file(item.name, item.size.0, standing);
    }
}

impl VerifyWatch for MovedWatch {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        let standing = match finding {
            VerifyFinding::Right | VerifyFinding::Edited => MovedStanding::Same,
            VerifyFinding::Changed => MovedStanding::Newer,
            VerifyFinding::Missing => MovedStanding::Missing,
            VerifyFinding::Damaged => MovedStanding::Other,
            VerifyFinding::Assumed => {
                MovedStanding::Unsure("only size and time were compared".to_owned())
            }
            VerifyFinding::Unreadable(fault) => MovedStanding::Unsure(fault.to_string()),
            VerifyFinding::Unsent => return,
        };
        self.put_file(name, UNKNOWN_SIZE, standing);
    }
}
