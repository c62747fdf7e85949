//! What is kept of a pair of places from run to run: a folder of its own with its own lock.

use datalake_engine::transfer::memory::MemoryLongFiles;
use datalake_engine::transfer::{LongFiles, RecordFolders};
use datalake_engine::{Lock, LockFault, Payload};

use crate::{HostContext, OperationError};

/// The name of a pair's manifest in its folder.
pub const MANIFEST: &str = "manifest";

/// The folder below datalake's own that has a folder for each pair.
pub(crate) const PAIRS: &str = "transfers";

/// Two places, in words and by an id that is the same however they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairOfPlaces {
    /// The id, as of [`identify_pair`].
    pub id: String,
    /// Where from, in words.
    pub source: String,
    /// Where to, in words.
    pub destination: String,
}

/// The records of one pair of places, locked.
pub struct PairRecords {
    files: Box<dyn LongFiles>,
    _lock: Option<Box<dyn Lock>>,
    /// The same pair is locked for those whose records lie elsewhere.
    _pair: Option<Box<dyn Lock>>,
}

impl PairRecords {
    /// Opens the records of the pair; a dry run of a new pair makes none.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where another run is at work on the same pair, or the folder cannot be
    /// used.
    pub fn open(
        context: &HostContext<'_>,
        folders: &dyn RecordFolders,
        pair: &PairOfPlaces,
        dry_run: bool,
    ) -> Result<Self, OperationError> {
        let unusable = |fault| context.state_error(fault);
        let folder = folders.open_folder(&format!("{PAIRS}/{}", pair.id)).map_err(unusable)?;
        if dry_run && !folder.is_there() {
            let files = Box::new(MemoryLongFiles::default());
            return Ok(Self { files, _lock: None, _pair: None });
        }
        let (process, now) = (std::process::id(), context.clock.now());
        let lock = folder.lock(&format!("process {process}, since {now}"));
        let lock = lock.map_err(|error| match error {
            LockFault::Unusable(fault) => unusable(fault),
            held => held.into(),
        })?;
        if dry_run {
            return Ok(Self { files: folder, _lock: Some(lock), _pair: None });
        }
        let other = folders.lock_pair(&pair.id)?;
        let about = serde_json::json!({
            "schema_version": 1,
            "kind": "transfer-pair",
            "source": pair.source,
            "destination": pair.destination,
        });
        folder.write("pair.json", format!("{about:#}\n").as_bytes()).map_err(unusable)?;
        Ok(Self { files: folder, _lock: Some(lock), _pair: Some(other) })
    }

    /// The files of the records.
    #[must_use]
    pub fn files(&self) -> &dyn LongFiles {
        self.files.as_ref()
    }
}

/// The id of what these parts name together.
#[must_use]
pub fn identify_pair(parts: &[Vec<u8>]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    let hex = Payload::of(bytes).hash().hex();
    hex.get(..24).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
