//! What is known of both sides of a name.

use super::{FileTime, TagForm};
use crate::s3::ETag;
use crate::size::ByteSize;
use crate::time::Timestamp;

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Its length.
    pub size: ByteSize,
    /// When it was changed, as far as it says itself: programs may set it.
    pub modified: FileTime,
    /// What no program can set.
    pub stamp: FileStamp,
}

/// What the file system says of a file and no program can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileStamp {
    /// When content, name or mode were last changed (`st_ctime`).
    pub changed: FileTime,
    /// Its number in the file system (`st_ino`).
    pub inode: u64,
}

/// What a listing tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFacts {
    /// Its length.
    pub size: ByteSize,
    /// When it was stored; a fraction of a second is cut off.
    pub modified: Timestamp,
    /// The tag of its content.
    pub etag: ETag,
}

/// A file or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A file.
    File(FileFacts),
    /// An object.
    Object(ObjectFacts),
}

/// The SHA-256 of a content, or of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest {
    /// The hash of the content; with parts, of the hashes of the parts one behind the other.
    pub sha256: [u8; 32],
    /// The size of the parts that were hashed; `None` for the content as a whole.
    pub part: Option<ByteSize>,
}

/// How it is known that two sides are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The destination may hold something else than was sent.
    Suspect,
    /// Equal by size and time; the contents were never compared.
    Assumed,
    /// Moved by a run; only the service's own check of what it receives vouches for the content.
    Moved,
    /// The whole content was compared: by a hash, or by a tag that is made of one.
    Compared,
}

/// What a run left of a name: both sides had the same content then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The length of the content.
    pub size: ByteSize,
    /// The file's time; between two buckets, that of the source.
    pub modified: FileTime,
    /// The file's stamp; `None` between two buckets, and in records of datalake 0.1.0.
    pub stamp: Option<FileStamp>,
    /// The object's tag; between two buckets, that of the destination.
    pub etag: ETag,
    /// The object's version, where the bucket keeps versions and the service told it.
    pub version: Option<String>,
    /// Between two buckets, the tag of the source.
    pub source_etag: Option<ETag>,
    /// The content, where it was hashed.
    pub digest: Option<ContentDigest>,
    /// Whether the file's time was so far away when it was read that a later change must show in it.
    pub settled: bool,
    /// How it is known.
    pub evidence: Evidence,
}

impl FileFacts {
    /// The facts of a file of which no stamp is known.
    #[must_use]
    pub fn new(size: ByteSize, modified: FileTime) -> Self {
        Self { size, modified, stamp: FileStamp::default() }
    }
}

impl Side {
    /// Whether it was changed or stored later. The time of an object is cut to the second.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.modified() > other.modified()
    }

    /// The length of the content.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        match self {
            Self::File(file) => file.size,
            Self::Object(object) => object.size,
        }
    }

    /// When it was changed or stored.
    #[must_use]
    pub fn modified(&self) -> FileTime {
        match self {
            Self::File(file) => file.modified,
            Self::Object(object) => object.modified.into(),
        }
    }
}

impl Known {
    /// What is known of a pair now; `None` for two files.
    #[must_use]
    pub fn of(source: &Side, destination: &Side, evidence: Evidence) -> Option<Self> {
        let (modified, stamp, etag, source_etag) = match (source, destination) {
            (Side::File(file), Side::Object(object)) | (Side::Object(object), Side::File(file)) => {
                (file.modified, Some(file.stamp), object.etag.clone(), None)
            }
            (Side::Object(from), Side::Object(to)) => {
                (from.modified.into(), None, to.etag.clone(), Some(from.etag.clone()))
            }
            (Side::File(_), Side::File(_)) => return None,
        };
        let (size, version, digest, settled) = (source.size(), None, None, true);
        Some(Self { size, modified, stamp, etag, version, source_etag, digest, settled, evidence })
    }

    /// Whether a file is still the one that is known: its size, time and stamp.
    #[must_use]
    pub fn is_file(&self, file: &FileFacts) -> bool {
        let FileFacts { size, modified, stamp } = *file;
        size == self.size && modified == self.modified && self.stamp == Some(stamp)
    }

    /// Whether the source is still the one that is known.
    #[must_use]
    pub fn is_source(&self, side: &Side) -> bool {
        self.is(side, self.source_etag.as_ref().unwrap_or(&self.etag))
    }

    /// Whether the destination is still the one that is known.
    #[must_use]
    pub fn is_destination(&self, side: &Side) -> bool {
        self.is(side, &self.etag)
    }

    fn is(&self, side: &Side, etag: &ETag) -> bool {
        match side {
            Side::File(file) => self.is_file(file),
            Side::Object(object) => object.size == self.size && object.etag == *etag,
        }
    }
}

impl ETag {
    /// Whether the contents of two tags are the same; `None` where the tags do not tell.
    ///
    /// Tags of parts differ with the size of the parts: only equal ones tell something.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> Option<bool> {
        match (self.form(), other.form()) {
            (TagForm::Md5(one), TagForm::Md5(other)) => Some(one == other),
            (one @ TagForm::Parts(..), other) if one == other => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_are_no_hashes_tell_nothing() {
        let tag = |text: &str| text.parse::<ETag>().unwrap();
        let (md5, other) = ("0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f");

        assert_eq!(tag(md5).agrees_with(&tag(md5)), Some(true));
        assert_eq!(tag(md5).agrees_with(&tag(other)), Some(false));
        let parts = tag(&format!("{md5}-2"));
        assert_eq!(parts.agrees_with(&parts), Some(true));
        assert_eq!(parts.agrees_with(&tag(&format!("{other}-2"))), None);
        assert_eq!(parts.agrees_with(&tag(md5)), None);
        assert_eq!(tag("opaque").agrees_with(&tag("opaque")), None);
        assert_eq!(tag(md5).opaque().agrees_with(&tag(md5)), None);
    }
}
