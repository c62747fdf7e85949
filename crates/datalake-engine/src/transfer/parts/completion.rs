//! The object that is made of parts.

use datalake_core::{ETag, Fault, FaultKind, TagForm};

use super::{Arrived, Origin, Shipment};
use crate::transfer::courier::Tries;
use crate::transfer::haul::Haul;
use crate::transfer::{Hashing, ItemFault};
use crate::{ObjectSource, Part};

impl Haul<'_> {
    /// Makes the object of its parts.
    pub(super) async fn complete<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        mut parts: Vec<Arrived>,
    ) -> Result<(ETag, Vec<Arrived>), ItemFault> {
        let (mut tries, mut mended, mut unclear) = (Tries::default(), false, false);
        loop {
            let list: Vec<Part> = parts.iter().map(|arrived| arrived.part.clone()).collect();
            let complete = shipment.folder.uploads.complete_upload(shipment.upload, &list);
            let fault = match self.courier.once(0, complete).await {
                Ok(stored) => return Ok((stored.etag, parts)),
                Err(fault) => fault,
            };
            match fault.kind {
                // An earlier try may have done it.
                FaultKind::Absent if unclear => {
                    let etag = self.done_before(shipment, &parts, fault).await;
                    return etag.map(|etag| (etag, parts)).map_err(ItemFault::Destination);
                }
                FaultKind::Refused | FaultKind::Damaged if !mended => {
                    mended = true;
                    parts = self.mend(shipment, parts).await?;
                }
                _ => {
                    unclear = true;
                    self.courier.again(&mut tries, fault).await.map_err(ItemFault::Destination)?;
                }
            }
        }
    }

    /// The tag of the object, if it is the one that these parts make.
    async fn done_before<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        parts: &[Arrived],
        fault: Fault,
    ) -> Result<ETag, Fault> {
        let source = ObjectSource::current(&shipment.folder.bucket, &shipment.upload.key);
        let object = self.courier.call(|| shipment.folder.objects.head(&source)).await?;
        if expected(parts).is_some_and(|expected| expected == object.etag) {
            return Ok(object.etag);
        }
        Err(fault)
    }

    /// Sends those parts anew of which the service has something else than it said.
    async fn mend<O: Origin + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        parts: Vec<Arrived>,
    ) -> Result<Vec<Arrived>, ItemFault> {
        let listed = self.parts_of(shipment.folder, shipment.upload).await;
        let listed = listed.map_err(ItemFault::Destination)?;
        let mut mended = Vec::with_capacity(parts.len());
        for arrived in parts {
            let number = arrived.part.number;
            if listed.get(&number).is_some_and(|entry| entry.part == arrived.part) {
                mended.push(arrived);
                continue;
            }
            let range = shipment.plan.range(number.get());
            if let Some(source) = shipment.origin.inside() {
                mended.push(self.copy_part(shipment, number, (source, range)).await?);
                continue;
            }
            let _room = self.room_for(range.end - range.start).await;
            let read = shipment.origin.part(range, Hashing::Both).await?;
            mended.push(self.put_part(shipment, number, &read).await?);
        }
        Ok(mended)
    }
}

/// The tag that an object of these parts has; `None` where their tags tell nothing.
pub(super) fn expected(parts: &[Arrived]) -> Option<ETag> {
    let md5 = |arrived: &Arrived| match arrived.part.etag.form() {
        TagForm::Md5(md5) => Some(md5),
        TagForm::Parts(..) | TagForm::Other => None,
    };
    let tags: Option<Vec<_>> = parts.iter().map(md5).collect();
    tags.map(|tags| ETag::of_parts(&tags))
}
