//! Uploads in parts in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, ETag};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use md5::{Digest as _, Md5};

use super::bucket::{MemoryBucket, MemoryContent, make_tag};
use super::objects::{cut_part, receive_payload};
use super::{MemoryStore, absent, refused};
use crate::hold_mutex;
use crate::objects::{
    AnyKey, Attributes, ByteRange, ListAsk, ObjectSource, PAGE, PageToken, PartEntry, PartNumber,
    PartPage, Payload, TakenPart, Upload, UploadId, UploadPage, Uploads,
};
use crate::ports::Stored;

/// An upload that is not finished.
#[derive(Debug)]
pub(super) struct MemoryUpload {
    pub(super) begun: Timestamp,
    attributes: Attributes,
    parts: BTreeMap<PartNumber, MemoryPart>,
}

#[derive(Debug)]
struct MemoryPart {
    bytes: Bytes,
    etag: ETag,
    modified: Timestamp,
}

impl MemoryBucket {
    fn upload(&mut self, upload: &Upload) -> Result<&mut MemoryUpload, Fault> {
        let name = (upload.key.clone(), upload.id.clone());
        self.uploads.get_mut(&name).ok_or_else(|| absent("NoSuchUpload"))
    }
}

impl MemoryUpload {
    /// The parts that were named, if they are here and in order.
    fn chosen(
        &self,
        named: &[TakenPart],
        smallest: u64,
    ) -> Result<Vec<(PartNumber, &Bytes)>, Fault> {
        if named.is_empty() {
            return Err(refused("MalformedXML"));
        }
        if !named.is_sorted_by(|one, next| one.number < next.number) {
            return Err(refused("InvalidPartOrder"));
        }
        let find = |part: &TakenPart| {
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
    fn keep(&self, upload: &Upload, number: PartNumber, bytes: Bytes) -> Result<TakenPart, Fault> {
        let etag = make_tag(&Md5::digest(&bytes), None);
        self.with(&upload.bucket, |bucket, modified| {
            let part = MemoryPart { bytes, etag: etag.clone(), modified };
            bucket.upload(upload)?.parts.insert(number, part);
            Ok(TakenPart { number, etag })
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
            let entry = |(number, part): (&PartNumber, &MemoryPart)| PartEntry {
                part: TakenPart { number: *number, etag: part.etag.clone() },
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
            let unfinished = MemoryUpload { begun, attributes, parts: BTreeMap::new() };
            found.uploads.insert((key.clone(), id), unfinished);
            Ok(upload)
        })
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault> {
        self.keep(upload, number, receive_payload(payload)?)
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault> {
        let (_, bytes) = cut_part(&self.source(from.0)?.bytes, from.1)?;
        self.keep(upload, number, bytes)
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault> {
        let smallest = hold_mutex(&self.0).smallest_part;
        self.with(&upload.bucket, |bucket, now| {
            let unfinished = bucket.upload(upload)?;
            let parts = unfinished.chosen(parts, smallest)?;
            let content = MemoryContent::joined(&parts, unfinished.attributes.clone());
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
