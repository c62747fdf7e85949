//! The spec turned into exact things.

use crate::{BucketName, FileBody, FileState, HostPath, Lifecycle, Mode, ObjectKey, Owner};

/// The world as the operator wants it, down to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The bucket and how it is set.
    pub bucket: DesiredBucket,
    /// The key under which access is proved; nothing stays there.
    pub probe: ObjectKey,
    /// Folders that have to be there, parents first.
    pub folders: Vec<DesiredFolder>,
    /// Files that have to be there, in the order in which they are written.
    pub files: Vec<DesiredFile>,
}

/// A bucket and how it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredBucket {
    /// Its name.
    pub name: BucketName,
    /// Whether old versions have to be kept. `false` leaves the bucket as it is, since there is no
    /// way back to a bucket that never kept any.
    pub versioning: bool,
    /// datalake's own lifecycle rules; those of others stay.
    pub lifecycle: Lifecycle,
}

/// A folder that has to be there; one that is there already stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredFolder {
    /// Where.
    pub path: HostPath,
    /// The permission bits of a new one.
    pub mode: Mode,
    /// The owner of a new one.
    pub owner: Owner,
}

/// A file that has to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredFile {
    /// Where.
    pub path: HostPath,
    /// How its content comes about.
    pub body: FileBody,
    /// What it has to be.
    pub file: FileState,
    /// Why, for people.
    pub why: String,
}
