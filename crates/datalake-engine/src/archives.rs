//! The port to archives: a whole folder in one file, with the hash of each file in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use datalake_core::fault::Fault;

use crate::Owners;

/// How an archive of a folder is made.
#[derive(Debug, Clone)]
pub struct NewArchive {
    /// What the folder is called.
    pub name: PathBuf,
    /// Whose files go in; those of others that were linked into the folder stay out.
    pub owners: Owners,
    /// The file; there must be none yet.
    pub to: PathBuf,
    /// When it is made, as text.
    pub created: String,
}

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

/// Something that stays out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path below the folder.
    pub path: String,
    /// Why.
    pub reason: LeftOutFor,
}

/// Why something stays out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOutFor {
    /// It is neither a file nor a folder nor a link, but this.
    Kind(&'static str),
    /// It is a file of this user, whom nothing of the folder belongs to, under a second name.
    Foreign(u32),
    /// It is a file of next to nothing but holes.
    Hollow,
    /// The link is in the archive; what it leads to lies outside of the folder.
    Behind(String),
}

/// Why an archive could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveFault {
    /// Something at this path.
    #[error("`{}`", .0.display())]
    At(PathBuf, #[source] Fault),
    /// The archive would be a part of itself.
    #[error("`{}` is inside the folder that it is made of", .0.display())]
    Inside(PathBuf),
    /// There is something already.
    #[error("`{}` already exists", .0.display())]
    Exists(PathBuf),
    /// It ends early, or is none of datalake's archives.
    #[error("`{}` is not a complete datalake archive: {}", .0.display(), .1)]
    NotWhole(PathBuf, String),
    /// The work itself broke off: a bug.
    #[error("the work on the archive broke off: {0}")]
    BrokenOff(String),
}

/// Reads archives; a [`HeldFolder`](crate::HeldFolder) writes its own.
#[async_trait]
pub trait Archives: Send + Sync {
    /// Compares an archive with the hashes in it.
    ///
    /// # Errors
    ///
    /// [`ArchiveFault`] where it cannot be read to its end.
    async fn check_archive(
        &self,
        path: &Path,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Unarchived, ArchiveFault>;

    /// Unpacks an archive into a folder that is empty or not there, and compares every byte with the
    /// hashes in it.
    ///
    /// # Errors
    ///
    /// [`ArchiveFault`] where it cannot be read to its end or something cannot be written.
    async fn restore_archive(
        &self,
        path: &Path,
        into: &Path,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Unarchived, ArchiveFault>;
}

impl ArchiveProgress {
    /// Bytes in all, as far as they are known, and bytes done.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.total.load(Ordering::Relaxed), self.done.load(Ordering::Relaxed))
    }

    /// So many more bytes are to come.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many more bytes are done.
    pub fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl LeftOutFor {
    /// Whether there is content that the archive lacks, wherever it lies in the folder.
    #[must_use]
    pub fn is_content(&self) -> bool {
        match self {
            Self::Foreign(_) | Self::Hollow => true,
            Self::Kind(_) | Self::Behind(_) => false,
        }
    }
}

impl fmt::Display for LeftOutFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => f.write_str(kind),
            Self::Foreign(user) => {
                write!(f, "a file of another user (uid {user}): it is a hard link")
            }
            Self::Hollow => f.write_str("a file that is next to all holes"),
            Self::Behind(target) => {
                write!(f, "a symbolic link to `{target}`: only the link is in the archive")
            }
        }
    }
}
