//! Large contents, sent in parts.

mod completion;
mod opening;

use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use datalake_core::{ContentDigest, ETag, PartPlan};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use self::completion::expected;
use super::haul::Haul;
use super::manifest::Record;
use super::upload::{SENDINGS, fits};
use super::{BucketFolder, Hashing, ItemFault, OpenFile, ReadFile, TagCheck};
use crate::{AnyKey, Attributes, ByteRange, ObjectSource, Part, PartEntry, PartNumber, Upload};

/// How often a whole content is sent anew because the tag of the whole is wrong.
const WHOLES: u32 = 3;

/// Where the parts of a content come from.
#[async_trait]
pub(crate) trait Origin: Send + Sync {
    /// The object that the service itself copies from.
    fn inside(&self) -> Option<&ObjectSource> {
        None
    }

    /// Reads a part.
    async fn part(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, ItemFault>;
}

#[async_trait]
impl Origin for dyn OpenFile + '_ {
    async fn part(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, ItemFault> {
        self.read(range, hashing).await.map_err(ItemFault::Source)
    }
}

/// A content on its way.
struct Shipment<'s, O: Origin + ?Sized> {
    origin: &'s O,
    plan: PartPlan,
    folder: &'s BucketFolder<'s>,
    upload: &'s Upload,
}

/// A part that has arrived.
#[derive(Debug, Clone)]
struct Arrived {
    part: Part,
    sha256: [u8; 32],
}

impl Haul<'_> {
    /// Sends a content in parts; goes on with an upload that a killed run has left.
    pub(crate) async fn send_parts<O: Origin + ?Sized>(
        &self,
        name: &str,
        (folder, key): (&BucketFolder<'_>, &AnyKey),
        (origin, plan, attributes): (&O, PartPlan, &Attributes),
    ) -> Result<(ETag, Option<ContentDigest>), ItemFault> {
        let mut wrong = String::new();
        for whole in 0..WHOLES {
            if whole > 0 && !self.courier.draw() {
                break;
            }
            let opened = self.open_upload(name, (folder, key), attributes).await;
            let opened = opened.map_err(ItemFault::Destination)?;
            let shipment = Shipment { origin, plan, folder, upload: &opened.upload };
            let sent = self.ship(&shipment, &opened.present).await;
            let clear = sent.is_ok() && !opened.unclear;
            if clear || (self.courier.stopped().is_none() && self.give_up(name, folder).await) {
                self.record(&Record::Ended(name.to_owned()));
            }
            match sent? {
                Ok(done) => return Ok(done),
                Err(etag) => {
                    self.suspect(name, plan.size(), &etag);
                    etag.as_str().clone_into(&mut wrong);
                }
            }
        }
        Err(ItemFault::WrongTag(wrong))
    }

    /// Sends all parts and makes the object of them. The inner error is a tag that is wrong.
    async fn ship<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        present: &BTreeMap<PartNumber, PartEntry>,
    ) -> Result<Result<(ETag, Option<ContentDigest>), ETag>, ItemFault> {
        let numbers = (1..=shipment.plan.count()).filter_map(|number| PartNumber::new(number).ok());
        let parts = stream::iter(numbers)
            .map(|number| self.ship_part(shipment, number, present.get(&number)))
            .buffer_unordered(self.options.limits.parts.max(1));
        let mut parts: Vec<Arrived> = parts.try_collect().await?;
        parts.sort_by_key(|arrived| arrived.part.number);
        let (etag, parts) = self.complete(shipment, parts).await?;
        match expected(&parts) {
            Some(expected) if expected != etag => Ok(Err(etag)),
            _ => Ok(Ok((etag, digest(shipment, &parts)))),
        }
    }

    async fn ship_part<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        number: PartNumber,
        present: Option<&PartEntry>,
    ) -> Result<Arrived, ItemFault> {
        let range = shipment.plan.range(number.get());
        let length = range.end - range.start;
        if let Some(source) = shipment.origin.inside() {
            return self.copy_part(shipment, number, (source, range)).await;
        }
        let present = present.filter(|entry| entry.size.0 == length);
        let check = present.is_some() || self.options.tags == TagCheck::All;
        let hashing = if check { Hashing::Both } else { Hashing::Sha256 };
        let _room = self.room_for(length).await;
        let read = shipment.origin.part(range, hashing).await?;
        match present {
            Some(entry) if read.md5.map(ETag::of_md5).as_ref() == Some(&entry.part.etag) => {
                Ok(Arrived { part: entry.part.clone(), sha256: read.payload.hash().0 })
            }
            _ => self.put_part(shipment, number, &read).await,
        }
    }

    async fn put_part<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        number: PartNumber,
        read: &ReadFile,
    ) -> Result<Arrived, ItemFault> {
        let uploads = shipment.folder.uploads;
        let length = read.payload.size().0;
        let mut wrong = String::new();
        for sending in 0..SENDINGS {
            if sending > 0 && !self.courier.draw() {
                break;
            }
            let put = || uploads.put_part(shipment.upload, number, &read.payload);
            let part = self.courier.carry(length, put).await.map_err(ItemFault::Destination)?;
            if fits(&part.etag, read.md5) {
                return Ok(Arrived { part, sha256: read.payload.hash().0 });
            }
            part.etag.as_str().clone_into(&mut wrong);
        }
        Err(ItemFault::WrongTag(wrong))
    }

    async fn copy_part<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        number: PartNumber,
        (source, range): (&ObjectSource, Range<u64>),
    ) -> Result<Arrived, ItemFault> {
        let range = ByteRange::try_from(range).ok();
        let uploads = shipment.folder.uploads;
        let copy = || uploads.copy_part(shipment.upload, number, (source, range));
        let part = self.courier.call(copy).await.map_err(ItemFault::Destination)?;
        Ok(Arrived { part, sha256: [0; 32] })
    }
}

fn digest<O: Origin + ?Sized>(
    shipment: &Shipment<'_, O>,
    parts: &[Arrived],
) -> Option<ContentDigest> {
    if shipment.origin.inside().is_some() {
        return None;
    }
    let mut whole = Sha256::new();
    for arrived in parts {
        whole.update(arrived.sha256);
    }
    let part = Some(shipment.plan.part_size());
    Some(ContentDigest { sha256: whole.finalize().into(), part })
}
