//! Uploads in parts in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::{BucketName, ByteSize, ETag, Fault, Timestamp};
use md5::{Digest as _, Md5};

use super::bucket::{Bucket, Content, tag};
use super::objects::{part, received};
use super::{MemoryStore, absent, held, refused};
use crate::objects::{
    AnyKey, Attributes, ByteRange, ListAsk, ObjectSource, PAGE, PageToken, Part, PartEntry,
    PartNumber, PartPage, Payload, Upload, UploadId, UploadPage, Uploads,
};
use crate::ports::Stored;

/// An upload that is not finished.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) begun: Timestamp,
    attributes: Attributes,
    parts: BTreeMap<PartNumber, UploadedPart>,
}

#[derive(Debug)]
struct UploadedPart {
    bytes: Bytes,
    etag: ETag,
    modified: Timestamp,
}

impl Bucket {
    fn upload(&mut self, upload: &Upload) -> Result<&mut Unfinished, Fault> {
        let name = (upload.key.clone(), upload.id.clone());
        self.uploads.get_mut(&name).ok_or_else(|| absent("NoSuchUpload"))
    }
}

impl Unfinished {
    /// The parts that were named, if they are here and in order.
    fn chosen(&self, named: &[Part], smallest: u64) -> Result<Vec<(PartNumber, &Bytes)>, Fault> {
        if named.is_empty() {
            return Err(refused("MalformedXML"));
        }
        if !named.is_sorted_by(|one, next| one.number < next.number) {
            return Err(refused("InvalidPartOrder"));
        }
        let find = |part: &Part| {
            let found = self.parts.get(&part.number).filter(|found| found.etag == part.etag);
            found.map(|found| (part.number, &found.bytes)).ok_or_else(|| refused("InvalidPart"))
        };
        let parts = named.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let (_, before_last) = parts.split_last().unzip();
        let small = |(_, bytes): &(PartNumber, &Bytes)| (bytes.len() as u64) < smallest;
        if before_last.is_some_and(|parts: &[_]| parts.iter().any(small)) {
            return Err(refused("EntityTooSmall"));
        }
        Ok(parts)
    }
}

impl MemoryStore {
    fn keep(&self, upload: &Upload, number: PartNumber, bytes: Bytes) -> Result<Part, Fault> {
        let etag = tag(&Md5::digest(&bytes), None);
        self.with(&upload.bucket, |bucket, modified| {
            let part = UploadedPart { bytes, etag: etag.clone(), modified };
            bucket.upload(upload)?.parts.insert(number, part);
            Ok(Part { number, etag })
        })
    }
}

#[async_trait]
impl Uploads for MemoryStore {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        self.with(bucket, |found, _| Ok(found.list_uploads(bucket, ask, token)))
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        self.with(&upload.bucket, |bucket, _| {
            let parts = &bucket.upload(upload)?.parts;
            let behind = |number: &PartNumber| after.is_none_or(|after| *number > after);
            let mut found = parts.iter().filter(|(number, _)| behind(number));
            let entry = |(number, part): (&PartNumber, &UploadedPart)| PartEntry {
                part: Part { number: *number, etag: part.etag.clone() },
                size: ByteSize(part.bytes.len() as u64),
                modified: part.modified,
            };
            let parts: Vec<_> = found.by_ref().take(usize::from(PAGE)).map(entry).collect();
            let last = parts.last().map(|entry| entry.part.number);
            let next = last.filter(|_| found.next().is_some());
            Ok(PartPage { parts, next })
        })
    }

    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault> {
        attributes.check()?;
        self.with(bucket, |found, begun| {
            let id = UploadId(format!("u{:08}", found.count()));
            let upload = Upload { bucket: bucket.clone(), key: key.clone(), id: id.clone() };
            let attributes = attributes.clone();
            let unfinished = Unfinished { begun, attributes, parts: BTreeMap::new() };
            found.uploads.insert((key.clone(), id), unfinished);
            Ok(upload)
        })
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<Part, Fault> {
        self.keep(upload, number, received(payload)?)
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<Part, Fault> {
        let (_, bytes) = part(&self.source(from.0)?.bytes, from.1)?;
        self.keep(upload, number, bytes)
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[Part]) -> Result<Stored, Fault> {
        let smallest = held(&self.0).smallest_part;
        self.with(&upload.bucket, |bucket, now| {
            let unfinished = bucket.upload(upload)?;
            let parts = unfinished.chosen(parts, smallest)?;
            let content = Content::joined(&parts, unfinished.attributes.clone());
            bucket.uploads.remove(&(upload.key.clone(), upload.id.clone()));
            Ok(bucket.store(&upload.key, content, now))
        })
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.with(&upload.bucket, |bucket, _| {
            bucket.uploads.remove(&(upload.key.clone(), upload.id.clone()));
            Ok(())
        })
    }
}
