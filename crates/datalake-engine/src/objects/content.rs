//! Contents of objects, on their way in and out.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, ETag};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use futures::stream::BoxStream;
use sha2::{Digest as _, Sha256};

use super::{AnyKey, Attributes};
use crate::ports::VersionId;

/// The SHA-256 of a content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash as 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        let digit =
            |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value });
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// A content in memory that can be sent again: shared buffers and the hash of all of them.
///
/// Sending neither copies nor hashes it. Buffers of a pool come in by `Bytes::from_owner`; they
/// go back when the payload and every request with it are gone.
#[derive(Debug, Clone)]
pub struct Payload {
    chunks: Vec<Bytes>,
    size: u64,
    hash: ContentHash,
}

impl Payload {
    /// A content whose hash was taken while it was read. With a wrong hash the service refuses it
    /// as `Damaged`.
    #[must_use]
    pub fn hashed(chunks: Vec<Bytes>, hash: ContentHash) -> Self {
        let size = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { chunks, size, hash }
    }

    /// A content in one piece; hashes it.
    pub fn of(content: impl Into<Bytes>) -> Self {
        let content = content.into();
        let hash = ContentHash(Sha256::digest(&content).into());
        Self::hashed(vec![content], hash)
    }

    /// The buffers in order.
    #[must_use]
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// The length of the content.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        ByteSize(self.size)
    }

    /// The hash of the content.
    #[must_use]
    pub fn hash(&self) -> &ContentHash {
        &self.hash
    }
}

/// A part of an object's content, not empty: from the first byte to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteRange {
    start: u64,
    end: u64,
}

/// The range holds no byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a range holds at least one byte")]
pub struct InvalidRange;

impl ByteRange {
    /// The place of the first byte.
    #[must_use]
    pub fn start(self) -> u64 {
        self.start
    }

    /// The place behind the last byte.
    #[must_use]
    pub fn end(self) -> u64 {
        self.end
    }

    /// How many bytes it holds.
    #[must_use]
    pub fn size(self) -> ByteSize {
        ByteSize(self.end - self.start)
    }
}

impl TryFrom<Range<u64>> for ByteRange {
    type Error = InvalidRange;

    fn try_from(range: Range<u64>) -> Result<Self, Self::Error> {
        let Range { start, end } = range;
        if start < end { Ok(Self { start, end }) } else { Err(InvalidRange) }
    }
}

/// An object, or one version of it, that is read or copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSource {
    /// Its bucket.
    pub bucket: BucketName,
    /// Its key.
    pub key: AnyKey,
    /// Its version; `None` for the current one.
    pub version: Option<VersionId>,
    /// Only if it has this tag; else `Disturbed`.
    pub if_match: Option<ETag>,
}

impl ObjectSource {
    /// The current version of an object, whatever its tag.
    #[must_use]
    pub fn current(bucket: &BucketName, key: &AnyKey) -> Self {
        Self { bucket: bucket.clone(), key: key.clone(), version: None, if_match: None }
    }

    /// The same, only if it still has this tag.
    #[must_use]
    pub fn if_match(self, etag: ETag) -> Self {
        Self { if_match: Some(etag), ..self }
    }
}

/// An object that is to be stored in one go.
#[derive(Debug, Clone, Copy)]
pub struct NewObject<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// Its key.
    pub key: &'a AnyKey,
    /// Its content.
    pub payload: &'a Payload,
    /// What it carries besides.
    pub attributes: &'a Attributes,
    /// What must hold of the one that it replaces.
    pub when: &'a Precondition,
}

/// What must hold of the object that is about to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// There is none.
    Absent,
    /// It has this tag.
    Tag(ETag),
}

/// What a service tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The length of the whole content.
    pub size: ByteSize,
    /// The tag of its content.
    pub etag: ETag,
    /// When it was stored.
    pub modified: Timestamp,
    /// Its version, where the bucket keeps versions.
    pub version: Option<VersionId>,
    /// What it carries along.
    pub attributes: Attributes,
}

/// An object that is being read.
pub struct Download {
    /// The object.
    pub object: StoredObject,
    /// The part of it that comes: what was asked for, as far as it is there; all of it where no
    /// range was asked for. `0..0` for an empty object.
    pub range: Range<u64>,
    /// Its bytes, in pieces as they come. Dropping it ends the request.
    pub content: BoxStream<'static, Result<Bytes, Fault>>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Download");
        debug.field("object", &self.object).field("range", &self.range).finish_non_exhaustive()
    }
}

/// What a deletion did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeletedObject {
    /// The version that was deleted, or the marker that was made.
    pub version: Option<VersionId>,
    /// Whether a delete marker was made, or deleted.
    pub marker: bool,
}

/// An object or version that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteTarget {
    /// Its key.
    pub key: AnyKey,
    /// Its version; `None` for what is current.
    pub version: Option<VersionId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_in_hex() {
        let hash = Payload::of("abc").hash.hex();

        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_payload_knows_its_size_without_joining_its_chunks() {
        let chunks = vec![Bytes::from_static(b"ab"), Bytes::new(), Bytes::from_static(b"c")];

        let payload = Payload::hashed(chunks, ContentHash([0; 32]));

        assert_eq!(payload.size(), ByteSize(3));
        assert_eq!(payload.chunks().len(), 3);
    }

    #[test]
    fn a_range_is_never_empty() {
        let range = ByteRange::try_from(3..7).unwrap();

        assert_eq!((range.start(), range.end(), range.size()), (3, 7, ByteSize(4)));
        assert_eq!(ByteRange::try_from(3..3), Err(InvalidRange));
    }
}
