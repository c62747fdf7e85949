//! The object that is made of parts.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::ETag;
use datalake_core::transfer::{Evidence, TagForm};

use super::sending::place_of;
use super::{ArrivedPart, PartSource, Shipment};
use crate::transfer::courier::{Courier, Tries};
use crate::transfer::haul::Haul;
use crate::transfer::{Hashing, ItemFault};
use crate::{ObjectSource, Objects, Stored, TakenPart, Upload};

impl Haul<'_> {
    /// Makes the object of its parts.
    pub(super) async fn complete<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        mut parts: Vec<ArrivedPart>,
    ) -> Result<(Stored, Vec<ArrivedPart>), ItemFault> {
        let (mut tries, mut mended, mut unclear) = (Tries::default(), false, false);
        loop {
            let list: Vec<TakenPart> = parts.iter().map(|arrived| arrived.part.clone()).collect();
            let complete = shipment.folder.uploads.complete_upload(shipment.upload, &list);
            let fault = match self.courier.once(0, complete).await {
                Ok(stored) => return Ok((stored, parts)),
                Err(fault) => fault,
            };
            match fault.kind {
                // An earlier try may have done it.
                FaultKind::Absent if unclear => {
                    let made = MadeBefore {
                        objects: shipment.folder.objects,
                        upload: shipment.upload,
                        parts: &parts,
                    };
                    let stored = self.courier.find_made_before(made, fault).await;
                    return stored.map(|stored| (stored, parts)).map_err(ItemFault::Destination);
                }
                FaultKind::Refused | FaultKind::Damaged if !mended => {
                    mended = true;
                    parts = self.mend(shipment, parts).await?;
                }
                _ => {
                    unclear = true;
                    self.courier
                        .try_again(&mut tries, fault)
                        .await
                        .map_err(ItemFault::Destination)?;
                }
            }
        }
    }

    /// Sends those parts anew of which the service has something else than it said.
    async fn mend<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        parts: Vec<ArrivedPart>,
    ) -> Result<Vec<ArrivedPart>, ItemFault> {
        let listed = self.parts_of(shipment.folder, shipment.upload).await;
        let listed = listed.map_err(ItemFault::Destination)?;
        let mut mended = Vec::with_capacity(parts.len());
        for arrived in parts {
            let number = arrived.part.number;
            if listed.get(&number).is_some_and(|entry| entry.part == arrived.part) {
                mended.push(arrived);
                continue;
            }
            if let Some(source) = shipment.origin.inside() {
                mended.push(self.copy_part(shipment, number, source).await?);
                continue;
            }
            let range = shipment.plan.range(number.get());
            let _room = self.room_for(range.end - range.start).await;
            let read = shipment.origin.part(range, Hashing::Both).await?;
            mended.push(self.courier.put_part(place_of(shipment, number), &read).await?);
        }
        Ok(mended)
    }
}

/// An object that an earlier try may have made.
#[derive(Clone, Copy)]
pub(in crate::transfer) struct MadeBefore<'m> {
    pub(in crate::transfer) objects: &'m dyn Objects,
    pub(in crate::transfer) upload: &'m Upload,
    pub(in crate::transfer) parts: &'m [ArrivedPart],
}

impl Courier<'_> {
    /// The object, if its tag is the one that these parts make.
    pub(in crate::transfer) async fn find_made_before(
        &self,
        made: MadeBefore<'_>,
        fault: Fault,
    ) -> Result<Stored, Fault> {
        let MadeBefore { objects, upload, parts } = made;
        let source = ObjectSource::current(&upload.bucket, &upload.key);
        let object = self.make_call(|| objects.head(&source)).await?;
        if expected_tag(parts).is_some_and(|expected| expected == object.etag) {
            return Ok(Stored { etag: object.etag, version: object.version });
        }
        Err(fault)
    }
}

/// What the tag of an object says of the parts that it was made of.
pub(in crate::transfer) enum Whole {
    /// It may be theirs; what that proves.
    Fits(Evidence),
    /// It is that of other parts.
    Differs,
}

/// Compares the tag of an object with those of its parts. Only a tag that is made of theirs says
/// that all of them are in it.
pub(in crate::transfer) fn compare_whole(parts: &[ArrivedPart], etag: &ETag) -> Whole {
    match expected_tag(parts) {
        Some(all) if all == *etag => {
            let least = parts.iter().map(|part| part.evidence).min();
            Whole::Fits(least.unwrap_or(Evidence::Moved))
        }
        Some(_) if matches!(etag.form(), TagForm::Parts(..)) => Whole::Differs,
        _ => Whole::Fits(Evidence::Moved),
    }
}

/// The tag that an object of these parts has; `None` where their tags tell nothing.
fn expected_tag(parts: &[ArrivedPart]) -> Option<ETag> {
    let md5 = |arrived: &ArrivedPart| match arrived.part.etag.form() {
        TagForm::Md5(md5) => Some(md5),
        TagForm::Parts(..) | TagForm::Other => None,
    };
    let tags: Option<Vec<_>> = parts.iter().map(md5).collect();
    tags.map(|tags| ETag::of_parts(&tags))
}
