//! What listings are asked with, and their pages.

use datalake_core::s3::{BucketName, ETag};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::transfer::FileTime;

use super::{AnyKey, PAGE};
use crate::ports::VersionId;

/// What part of a bucket is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAsk {
    /// Only keys that begin so; empty for all.
    pub prefix: String,
    /// Keys that go on behind the prefix up to this text are told as one common prefix.
    pub delimiter: Option<String>,
    /// Only keys behind this one, which need not exist. Used without a token only.
    pub after: Option<String>,
    /// The most entries of a page, common prefixes included; 1 to [`PAGE`].
    pub page_size: u16,
}

impl ListAsk {
    /// All keys below a prefix, in pages as large as they get.
    pub fn below(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), delimiter: None, after: None, page_size: PAGE }
    }

    /// The keys and folders directly below a prefix: those up to the next `/`.
    pub fn directly_below(prefix: impl Into<String>) -> Self {
        Self { delimiter: Some("/".to_owned()), ..Self::below(prefix) }
    }
}

/// Where a listing goes on; it fits only the store and the question that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken {
    /// The service's token, or the key that its next page begins behind.
    pub text: String,
    /// In listings of versions and uploads: the id that it begins behind.
    pub id: Option<String>,
}

/// A page of current objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectPage {
    /// The objects, by key.
    pub objects: Vec<ObjectEntry>,
    /// The common prefixes, in order; each ends with the delimiter.
    pub prefixes: Vec<String>,
    /// The way to the next page; `None` on the last one.
    pub next: Option<PageToken>,
}

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its key.
    pub key: AnyKey,
    /// The length of its content.
    pub size: ByteSize,
    /// The tag of its content.
    pub etag: ETag,
    /// When it was stored; a fraction of a second is cut off.
    pub modified: Timestamp,
}

/// A page of versions and delete markers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionPage {
    /// The versions and markers, by key, the newest of a key first.
    pub versions: Vec<VersionEntry>,
    /// The way to the next page; `None` on the last one.
    pub next: Option<PageToken>,
}

/// A version or delete marker in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionEntry {
    /// Its object's key.
    pub key: AnyKey,
    /// Its id; `null` for one from before versions were kept.
    pub version: VersionId,
    /// Whether it is the current one of its key.
    pub latest: bool,
    /// When it was stored; a fraction of a second is cut off.
    pub modified: Timestamp,
    /// The same as exactly as the service tells it: Ceph 16 and 18 to the millisecond, 20 to the second.
    pub stored: FileTime,
    /// The project that wrote it, as `p` and its number at Hetzner; `None` where the service does not tell.
    pub owner: Option<String>,
    /// What it is.
    pub kind: VersionKind,
}

impl VersionEntry {
    /// The length of its content; a delete marker has none.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        match &self.kind {
            VersionKind::Content { size, .. } => *size,
            VersionKind::Marker => ByteSize(0),
        }
    }
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionKind {
    /// It has content.
    Content {
        /// The length of its content.
        size: ByteSize,
        /// The tag of its content.
        etag: ETag,
    },
    /// It says that the object is deleted.
    Marker,
}

/// A page of unfinished uploads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadPage {
    /// The uploads with the time when they began, by key and id.
    pub uploads: Vec<(Upload, Timestamp)>,
    /// The way to the next page; `None` on the last one.
    pub next: Option<PageToken>,
}

/// An upload in parts that is not finished.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upload {
    /// The bucket.
    pub bucket: BucketName,
    /// The key of the object that it becomes.
    pub key: AnyKey,
    /// Its id.
    pub id: UploadId,
}

/// The id of an upload in parts; a text of the service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(pub String);
