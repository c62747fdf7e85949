//! The port to what transfers leave in datalake's own folder.

use datalake_core::fault::Fault;

use super::LongFiles;
use crate::ports::{Lock, LockFault, StateFolder};

/// The folders that transfers keep records in: datalake's own, and those below it.
pub trait RecordFolders: Send + Sync {
    /// Opens a folder, which need not exist yet; the empty name is that of datalake's own.
    fn open_folder(&self, name: &str) -> Result<Box<dyn RecordFolder>, Fault>;

    /// Takes the lock of a pair of places for as long as the answer lives, wherever its records lie:
    /// nobody else of this machine whose files they may be works on the same pair.
    fn lock_pair(&self, id: &str) -> Result<Box<dyn Lock>, LockFault>;
}

/// A folder with records, of which some may be longer than memory.
pub trait RecordFolder: StateFolder + LongFiles {
    /// Whether the folder exists by now.
    fn is_there(&self) -> bool;
}
