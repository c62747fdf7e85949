//! Large contents, sent in parts.

mod completion;
mod opening;
mod sending;

use std::ops::Range;

use async_trait::async_trait;
use datalake_core::fault::FaultKind;
use datalake_core::transfer::{ContentDigest, Evidence, PartPlan};
use sha2::{Digest as _, Sha256};

pub(super) use self::completion::{MadeBefore, Whole, compare_whole};
use super::courier::Courier;
use super::haul::Haul;
use super::manifest::ManifestRecord;
use super::options::ObjectTarget;
use super::upload::{SENDINGS, SentFile, evidence_of, tag_fits};
use super::{BucketFolder, Hashing, ItemFault, OpenFile, ReadFile};
use crate::{Attributes, ByteRange, ObjectSource, PartNumber, TakenPart, Upload, Uploads};

/// How often a whole content is sent anew because the tag of the whole is wrong.
const WHOLES: u32 = 3;

/// Where the parts of a content come from.
#[async_trait]
pub(crate) trait PartSource: Send + Sync {
    /// The object that the service itself copies from.
    fn inside(&self) -> Option<&ObjectSource> {
        None
    }

    /// Reads a part.
    async fn part(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, ItemFault>;

    /// Reads two parts.
    async fn pair(
        &self,
        [one, other]: [Range<u64>; 2],
        hashing: Hashing,
    ) -> Result<[ReadFile; 2], ItemFault> {
        Ok([self.part(one, hashing).await?, self.part(other, hashing).await?])
    }

    /// The file that parts can be read from once more at little cost.
    fn file(&self) -> Option<&dyn OpenFile> {
        None
    }
}

#[async_trait]
impl PartSource for dyn OpenFile + '_ {
    async fn part(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, ItemFault> {
        self.read(range, hashing).await.map_err(ItemFault::Source)
    }

    async fn pair(
        &self,
        ranges: [Range<u64>; 2],
        hashing: Hashing,
    ) -> Result<[ReadFile; 2], ItemFault> {
        self.read_pair(ranges, hashing).await.map_err(ItemFault::Source)
    }

    fn file(&self) -> Option<&dyn OpenFile> {
        Some(self)
    }
}

/// A content that is sent in parts, and what its object carries along.
pub(crate) struct PartedContent<'c, O: PartSource + ?Sized> {
    pub(crate) origin: &'c O,
    pub(crate) plan: PartPlan,
    pub(crate) attributes: &'c Attributes,
}

/// A content on its way.
struct Shipment<'s, O: PartSource + ?Sized> {
    origin: &'s O,
    plan: PartPlan,
    folder: &'s BucketFolder<'s>,
    upload: &'s Upload,
}

/// A part that has arrived.
#[derive(Debug, Clone)]
pub(super) struct ArrivedPart {
    pub(super) part: TakenPart,
    sha256: [u8; 32],
    evidence: Evidence,
    /// Whether its tag is still to be compared with the file.
    is_owed: bool,
}

impl Haul<'_> {
    /// Sends a content in parts; goes on with an upload that a killed run has left.
    pub(crate) async fn send_parts<O: PartSource + ?Sized>(
        &self,
        name: &str,
        to: ObjectTarget<'_>,
        content: PartedContent<'_, O>,
    ) -> Result<SentFile, ItemFault> {
        let PartedContent { origin, plan, attributes } = content;
        let folder = to.folder;
        let mut wrong = String::new();
        for whole in 0..WHOLES {
            if whole > 0 && !self.courier.draw() {
                break;
            }
            let opened = self.open_upload(name, to, attributes).await;
            let opened = opened.map_err(ItemFault::Destination)?;
            let shipment = Shipment { origin, plan, folder, upload: &opened.upload };
            let was_asked = self.was_asked();
            let sent = self.ship(&shipment, &opened.present).await;
            let clear = sent.is_ok() && !opened.unclear;
            if clear || (self.courier.find_stop().is_none() && self.give_up(name, folder).await) {
                self.record(&ManifestRecord::Ended(name.to_owned()));
            }
            // Some services take each part once: the question has used one up.
            let is_unsupported = |fault: &ItemFault| matches!(fault, ItemFault::Destination(fault) if fault.kind == FaultKind::Unsupported);
            if !was_asked && sent.as_ref().is_err_and(is_unsupported) && self.stop_asking() {
                continue;
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

    async fn copy_part<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        number: PartNumber,
        source: &ObjectSource,
    ) -> Result<ArrivedPart, ItemFault> {
        let range = ByteRange::try_from(shipment.plan.range(number.get())).ok();
        let uploads = shipment.folder.uploads;
        let copy = || uploads.copy_part(shipment.upload, number, (source, range));
        let part = self.courier.make_call(copy).await.map_err(ItemFault::Destination)?;
        Ok(ArrivedPart { part, sha256: [0; 32], evidence: Evidence::Moved, is_owed: false })
    }
}

/// Which part of which upload.
#[derive(Clone, Copy)]
pub(super) struct UploadPlace<'p> {
    pub(super) uploads: &'p dyn Uploads,
    pub(super) upload: &'p Upload,
    pub(super) number: PartNumber,
}

impl Courier<'_> {
    /// Sends a part until its tag is that of what was sent.
    pub(super) async fn put_part(
        &self,
        place: UploadPlace<'_>,
        read: &ReadFile,
    ) -> Result<ArrivedPart, ItemFault> {
        let UploadPlace { uploads, upload, number } = place;
        let length = read.payload.size().0;
        let mut wrong = String::new();
        for sending in 0..SENDINGS {
            if sending > 0 && !self.draw() {
                break;
            }
            let put = || uploads.put_part(upload, number, &read.payload);
            let part = self.carry(length, put).await.map_err(ItemFault::Destination)?;
            if tag_fits(&part.etag, read.md5) {
                let evidence = evidence_of(&part.etag, read.md5);
                let sha256 = read.payload.hash().0;
                return Ok(ArrivedPart { part, sha256, evidence, is_owed: false });
            }
            part.etag.as_str().clone_into(&mut wrong);
        }
        Err(ItemFault::WrongTag(wrong))
    }
}

fn digest_parts<O: PartSource + ?Sized>(
    shipment: &Shipment<'_, O>,
    parts: &[ArrivedPart],
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
