//! Objects in memory.

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, ETag};
use futures::StreamExt as _;
use futures::stream;
use sha2::{Digest as _, Sha256};

use super::bucket::{MemoryContent, MemoryVersion};
use super::{MemoryStore, refused};
use crate::objects::{
    AnyKey, Attributes, ByteRange, DeleteTarget, DeletedObject, Download, ListAsk, NewObject,
    ObjectPage, ObjectSource, Objects, PAGE, PageToken, Payload, Precondition, StoredObject,
    VersionPage,
};
use crate::ports::{Stored, VersionId};

/// How long the pieces are that a content is read in.
const PIECE: usize = 256 * 1024;

impl MemoryStore {
    /// What a copy or a part of one is made from.
    pub(super) fn source(&self, source: &ObjectSource) -> Result<MemoryContent, Fault> {
        self.with(&source.bucket, |bucket, _| {
            let version = bucket.find(source.key.as_str(), source.version.as_ref())?;
            require_matching(version, source.if_match.as_ref()).cloned()
        })
    }
}

fn require_matching<'v>(
    version: &'v MemoryVersion,
    etag: Option<&ETag>,
) -> Result<&'v MemoryContent, Fault> {
    let content = version.readable()?;
    match etag {
        Some(etag) if *etag != content.etag => Err(changed()),
        _ => Ok(content),
    }
}

fn changed() -> Fault {
    Fault::new(FaultKind::Disturbed, "PreconditionFailed")
}

/// The content of a payload, if its hash is right.
pub(super) fn receive_payload(payload: &Payload) -> Result<Bytes, Fault> {
    let content = Bytes::from(payload.chunks().concat());
    let hash: [u8; 32] = Sha256::digest(&content).into();
    if hash == payload.hash().0 {
        return Ok(content);
    }
    Err(Fault::new(FaultKind::Damaged, "XAmzContentSHA256Mismatch"))
}

/// The part of a content that a range asks for, with its place.
pub(super) fn cut_part(content: &Bytes, range: Option<ByteRange>) -> Result<(usize, Bytes), Fault> {
    let Some(range) = range else { return Ok((0, content.clone())) };
    let place = |place| usize::try_from(place).unwrap_or(usize::MAX).min(content.len());
    let (start, end) = (place(range.start()), place(range.end()));
    if start == content.len() {
        return Err(refused("InvalidRange"));
    }
    Ok((start, content.slice(start..end)))
}

#[async_trait]
impl Objects for MemoryStore {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.list(ask, token)))
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.list_versions(ask, token)))
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.with(&source.bucket, |bucket, _| {
            let version = bucket.find(source.key.as_str(), source.version.as_ref())?;
            require_matching(version, source.if_match.as_ref())?;
            version.shown()
        })
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        let object = self.head(source).await?;
        let (start, bytes) = cut_part(&self.source(source)?.bytes, range)?;
        let range = start as u64..(start + bytes.len()) as u64;
        let pieces = (0..bytes.len())
            .step_by(PIECE)
            .map(move |from| Ok(bytes.slice(from..bytes.len().min(from + PIECE))));
        Ok(Download { object, range, content: stream::iter(pieces).boxed() })
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        object.attributes.check()?;
        let content =
            MemoryContent::single(receive_payload(object.payload)?, object.attributes.clone());
        let conditions = self.conditions();
        self.with(object.bucket, |bucket, now| {
            let current = bucket.find(object.key.as_str(), None).and_then(MemoryVersion::readable);
            let holds = match object.when {
                Precondition::None => true,
                Precondition::Absent => {
                    let is_absent = current.is_err();
                    bucket.lets_through(object.key, is_absent, conditions)
                }
                Precondition::Tag(etag) => current.is_ok_and(|content| content.etag == *etag),
            };
            if holds { Ok(bucket.store(object.key, content, now)) } else { Err(changed()) }
        })
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        let itself = (&source.bucket, &source.key) == to && source.version.is_none();
        if itself && attributes.is_none() {
            return Err(refused("InvalidRequest"));
        }
        attributes.map_or(Ok(()), Attributes::check)?;
        let old = self.source(source)?;
        let attributes = attributes.cloned().unwrap_or(old.attributes);
        let content = MemoryContent { bytes: old.bytes, etag: old.etag, attributes };
        self.with(to.0, |bucket, now| Ok(bucket.store(to.1, content, now)))
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        self.with(bucket, |bucket, now| bucket.delete(key, version, now))
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        if doomed.len() > usize::from(PAGE) {
            return Err(refused("MalformedXML"));
        }
        self.with(bucket, |bucket, now| {
            let outcome = |DeleteTarget { key, version }: &DeleteTarget| {
                if key.fits_xml() {
                    return bucket.delete(key, version.as_ref(), now).map(drop);
                }
                Err(Fault::new(FaultKind::Unsupported, "XML cannot hold this key"))
            };
            Ok(doomed.iter().map(outcome).collect())
        })
    }
}
