//! A whole folder in one file: a `.tar.zst` with the hash of each file in it.
//!
//! Files go in as they are read, so memory stays flat. Databases of `SQLite` are copied by `SQLite`
//! itself, since the files of a live one are never whole. What was written while it was read goes
//! in again; as in any tar file, the last one of a name counts. The hashes come as the last entry.

mod database;
mod entry;
mod left_out;
mod manifest;
mod reading;
mod restoring;
mod writing;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use datalake_core::Fault;

pub use self::database::dagster_asset_keys;
pub(crate) use self::database::{copy_confined_database, print_confined_keys};
pub use self::left_out::{LeftOut, LeftOutFor};
pub use self::reading::check_archive;
pub use self::restoring::restore_archive;
pub use self::writing::{NewArchive, archive};

/// The name of the hashes in the archive.
const MANIFEST: &str = "datalake-backup.jsonl";
/// The folder that the archive holds.
const FOLDER: &str = "home";
/// The form of the hashes.
const SCHEMA: u32 = 1;

/// How far it is; both may be read while it goes on.
#[derive(Debug, Default)]
pub struct ArchiveProgress {
    total: AtomicU64,
    done: AtomicU64,
}

/// What was put into an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Plain files.
    pub files: u64,
    /// Databases, copied by `SQLite`.
    pub databases: u64,
    /// The length of both.
    pub bytes: u64,
    /// The length of the archive.
    pub packed: u64,
    /// Files that were written all the while: what is in the archive may be half of them.
    pub disturbed: Vec<String>,
    /// What stays out.
    pub left_out: Vec<LeftOut>,
}

/// What was read from an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unarchived {
    /// Files, databases too.
    pub files: u64,
    /// Their length.
    pub bytes: u64,
    /// Files that are not what the hashes say, or of which there is one without the other.
    pub wrong: Vec<String>,
    /// Files that were written while they were put into the archive.
    pub disturbed: Vec<String>,
}

/// Why an archive could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveFault {
    /// Something at this path.
    #[error("`{}`", .0.display())]
    At(PathBuf, #[source] Fault),
    /// The archive would be a part of itself.
    #[error("`{}` lies in the folder that it is made of", .0.display())]
    Inside(PathBuf),
    /// There is something already.
    #[error("`{}` is there already", .0.display())]
    Exists(PathBuf),
    /// It ends before its time, or is none of datalake's archives.
    #[error("`{}` is no whole archive of datalake: {}", .0.display(), .1)]
    NotWhole(PathBuf, String),
}

impl ArchiveProgress {
    /// Bytes in all, as far as they are known, and bytes done.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.total.load(Ordering::Relaxed), self.done.load(Ordering::Relaxed))
    }

    fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }
}
