//! What transfers leave in datalake's own folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::Fault;
use datalake_engine::transfer::{RecordFolder, RecordFolders};
use datalake_engine::{Lock, LockFault, NoCheckpoints};

use crate::{StateDir, lock_target};

/// The folders below datalake's own in which transfers keep records.
pub struct StateRecords {
    path: PathBuf,
    /// For whom a pair is locked.
    users: Vec<u32>,
    holder: String,
}

/// The locks of a pair of places.
struct PairLocks {
    _locks: Vec<Box<dyn Lock>>,
}

impl Lock for PairLocks {}

impl StateRecords {
    /// The folders below `path`. A pair is locked for each of these `users`, with what `holder`
    /// tells of this process.
    #[must_use]
    pub fn new(path: &Path, users: Vec<u32>, holder: String) -> Self {
        Self { path: path.to_owned(), users, holder }
    }
}

impl RecordFolders for StateRecords {
    fn open_folder(&self, name: &str) -> Result<Box<dyn RecordFolder>, Fault> {
        let folder = StateDir::open(&self.path.join(name), Arc::new(NoCheckpoints))?;
        Ok(Box::new(folder))
    }

    fn lock_pair(&self, id: &str) -> Result<Box<dyn Lock>, LockFault> {
        let target = format!("pair-{id}");
        let lock = |user: &u32| lock_target(*user, &target, &self.holder);
        let locks = self.users.iter().map(lock).collect::<Result<_, _>>()?;
        Ok(Box::new(PairLocks { _locks: locks }))
    }
}

impl RecordFolder for StateDir {
    fn is_there(&self) -> bool {
        Self::is_there(self)
    }
}
