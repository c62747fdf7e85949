//! Parts on their way, and the comparison of what has arrived.

use std::collections::BTreeMap;

use datalake_core::s3::ETag;
use datalake_core::transfer::{Evidence, TagForm};
use futures::future::try_join;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::completion::{Whole, compare_whole};
use super::{ArrivedPart, PartSource, Shipment, UploadPlace, digest_parts};
use crate::transfer::hashes::parts_side_by_side;
use crate::transfer::haul::Haul;
use crate::transfer::upload::{SentFile, evidence_of, tag_fits};
use crate::transfer::{Hashing, ItemFault, ReadFile};
use crate::{PartEntry, PartNumber};

/// So many groups of parts are compared at once: one, and one that waits for it.
const COMPARED_AT_ONCE: usize = 2;

/// What is sent as one.
enum Load {
    Part(PartNumber),
    /// Two are hashed in little more time than one.
    Pair([PartNumber; 2]),
}

/// How what is sent is hashed and compared.
#[derive(Clone, Copy)]
struct PartHashing {
    hashing: Hashing,
    /// Whether it is compared when it has arrived, by reading it from the file once more.
    later: bool,
}

/// A part that was read, and how it is compared.
struct ReadPart<'r> {
    read: &'r ReadFile,
    care: PartHashing,
}

impl Haul<'_> {
    /// Sends all parts and makes the object of them. The inner error is a tag that is wrong.
    pub(super) async fn ship<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        present: &BTreeMap<PartNumber, PartEntry>,
    ) -> Result<Result<SentFile, ETag>, ItemFault> {
        let (loads, at_once) = self.load_parts(shipment, present.is_empty());
        let compared_together = parts_side_by_side(&shipment.plan).unwrap_or(1);
        let parts: Vec<Vec<ArrivedPart>> = stream::iter(loads)
            .map(|load| self.ship_load(shipment, load, present))
            .buffer_unordered(at_once)
            .map_ok(|arrived| stream::iter(arrived.into_iter().map(Ok)))
            .try_flatten()
            .try_chunks(compared_together)
            .map_err(|broken| broken.1)
            .map_ok(|arrived| self.compare_arrived(shipment, arrived))
            .try_buffer_unordered(COMPARED_AT_ONCE)
            .try_collect()
            .await?;
        let mut parts = parts.concat();
        parts.sort_by_key(|arrived| arrived.part.number);
        let (stored, parts) = self.complete(shipment, parts).await?;
        let Whole::Fits(evidence) = compare_whole(&parts, &stored.etag) else {
            return Ok(Err(stored.etag));
        };
        let digest = digest_parts(shipment, &parts);
        Ok(Ok(SentFile { stored, digest, evidence }))
    }

    /// What is sent as one, and how much of that at once: pairs where two of them are in memory
    /// at a time, so that one is read while another one is on its way.
    fn load_parts<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        is_new: bool,
    ) -> (Vec<Load>, usize) {
        let limits = &self.options.limits;
        let numbers: Vec<_> =
            (1..=shipment.plan.count()).filter_map(|number| PartNumber::new(number).ok()).collect();
        let has_room = limits.parts >= 4 && shipment.plan.part_size().0 * 4 <= limits.buffers.0;
        if !is_new || !has_room || shipment.origin.file().is_none() {
            return (numbers.into_iter().map(Load::Part).collect(), limits.parts.max(1));
        }
        let (pairs, last) = numbers.as_chunks();
        let pairs = pairs.iter().map(|pair| Load::Pair(*pair));
        let loads = pairs.chain(last.iter().map(|number| Load::Part(*number)));
        (loads.collect(), limits.parts / 2)
    }

    async fn ship_load<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        load: Load,
        present: &BTreeMap<PartNumber, PartEntry>,
    ) -> Result<Vec<ArrivedPart>, ItemFault> {
        match load {
            Load::Part(number) => {
                let part = self.ship_part(shipment, number, present.get(&number)).await;
                part.map(|arrived| vec![arrived])
            }
            Load::Pair(numbers) => self.ship_pair(shipment, numbers).await,
        }
    }

    async fn ship_part<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        number: PartNumber,
        present: Option<&PartEntry>,
    ) -> Result<ArrivedPart, ItemFault> {
        let range = shipment.plan.range(number.get());
        let length = range.end - range.start;
        if let Some(source) = shipment.origin.inside() {
            return self.copy_part(shipment, number, source).await;
        }
        let present = present.filter(|entry| entry.size.0 == length);
        let care = match present {
            Some(_) => PartHashing { hashing: Hashing::Both, later: false },
            None => self.choose_care(shipment),
        };
        let _room = self.room_for(length).await;
        let read = shipment.origin.part(range, care.hashing).await?;
        match present {
            Some(entry) if read.md5.map(ETag::of_md5).as_ref() == Some(&entry.part.etag) => {
                let (part, sha256) = (entry.part.clone(), read.payload.hash().0);
                Ok(ArrivedPart { part, sha256, evidence: Evidence::Compared, is_owed: false })
            }
            _ => self.send_part(shipment, number, ReadPart { read: &read, care }).await,
        }
    }

    async fn ship_pair<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        numbers: [PartNumber; 2],
    ) -> Result<Vec<ArrivedPart>, ItemFault> {
        let ranges = numbers.map(|number| shipment.plan.range(number.get()));
        let care = self.choose_care(shipment);
        let length = ranges.iter().map(|range| range.end - range.start).sum();
        let _room = self.room_for(length).await;
        let ([one, other], [first, second]) =
            (shipment.origin.pair(ranges, care.hashing).await?, numbers);
        let sendings = try_join(
            self.send_part(shipment, first, ReadPart { read: &one, care }),
            self.send_part(shipment, second, ReadPart { read: &other, care }),
        );
        sendings.await.map(|(one, other)| vec![one, other])
    }

    fn choose_care<O: PartSource + ?Sized>(&self, shipment: &Shipment<'_, O>) -> PartHashing {
        if !self.compares_parts() {
            return PartHashing { hashing: Hashing::Sha256, later: false };
        }
        let later = shipment.origin.file().is_some();
        if later && parts_side_by_side(&shipment.plan).is_some() {
            return PartHashing { hashing: Hashing::Sha256, later };
        }
        PartHashing { hashing: Hashing::Both, later: false }
    }

    async fn send_part<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        number: PartNumber,
        sending: ReadPart<'_>,
    ) -> Result<ArrivedPart, ItemFault> {
        let ReadPart { read, care } = sending;
        let place = place_of(shipment, number);
        self.probe_hash_check(place, &read.payload).await;
        let arrived = self.courier.put_part(place, read).await?;
        Ok(ArrivedPart { is_owed: care.later, ..arrived })
    }

    /// Compares the tags of parts with the file, as far as that was left for later, and sends anew
    /// what has arrived wrong.
    async fn compare_arrived<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        mut parts: Vec<ArrivedPart>,
    ) -> Result<Vec<ArrivedPart>, ItemFault> {
        let Some(file) = shipment.origin.file() else { return Ok(parts) };
        parts.sort_by_key(|arrived| arrived.part.number);
        let owed = |arrived: &&mut ArrivedPart| arrived.is_owed && arrived.tells_hash();
        let range = |arrived: &mut ArrivedPart| shipment.plan.range(arrived.part.number.get());
        let ranges: Vec<_> = parts.iter_mut().filter(owed).map(range).collect();
        if ranges.is_empty() {
            return Ok(parts);
        }
        let digests = file.hash_all(ranges, Hashing::Md5).await.map_err(ItemFault::Source)?;
        for (arrived, digests) in parts.iter_mut().filter(owed).zip(digests) {
            if tag_fits(&arrived.part.etag, digests.md5) {
                arrived.evidence = evidence_of(&arrived.part.etag, digests.md5);
            } else {
                *arrived = self.send_again(shipment, arrived).await?;
            }
        }
        Ok(parts)
    }

    async fn send_again<O: PartSource + ?Sized>(
        &self,
        shipment: &Shipment<'_, O>,
        wrong: &ArrivedPart,
    ) -> Result<ArrivedPart, ItemFault> {
        if !self.courier.draw() {
            return Err(ItemFault::WrongTag(wrong.part.etag.as_str().to_owned()));
        }
        let number = wrong.part.number;
        let range = shipment.plan.range(number.get());
        let _room = self.room_for(range.end - range.start).await;
        let read = shipment.origin.part(range, Hashing::Both).await?;
        self.courier.put_part(place_of(shipment, number), &read).await
    }
}

impl ArrivedPart {
    /// Whether its tag tells something of its content.
    fn tells_hash(&self) -> bool {
        self.part.etag.form() != TagForm::Other
    }
}

/// Where a part goes.
pub(super) fn place_of<'s, O: PartSource + ?Sized>(
    shipment: &Shipment<'s, O>,
    number: PartNumber,
) -> UploadPlace<'s> {
    UploadPlace { uploads: shipment.folder.uploads, upload: shipment.upload, number }
}
