//! Objects on their way from bucket to bucket.

use std::ops::Range;

use async_trait::async_trait;
use datalake_core::{
    ByteSize, ETag, Fault, FaultKind, Known, LARGEST_PUT, ObjectFacts, PartPlan, Side, TagForm,
};
use futures::StreamExt as _;

use super::haul::{Haul, Task};
use super::parts::Origin;
use super::upload::{PART, SENDINGS, fits, not_a_file};
use super::{BucketFolder, Hashes, Hashing, ItemFault, ReadFile};
use crate::{AnyKey, Attributes, ByteRange, NewObject, ObjectSource, Precondition};

/// Parts that the service copies itself may be large.
const COPIED_PART: ByteSize = ByteSize(512 << 20);

/// An object that the service copies itself, part by part.
struct Inside(ObjectSource);

/// An object that is read and sent again.
struct Relayed<'h, 'a> {
    haul: &'h Haul<'a>,
    from: &'h BucketFolder<'h>,
    source: &'h ObjectSource,
}

impl Haul<'_> {
    /// Copies an object; through this machine where the service will not.
    pub(crate) async fn copy<'t>(
        &self,
        task: &Task,
        (from, to): (&'t BucketFolder<'t>, &'t BucketFolder<'t>),
    ) -> Result<Known, ItemFault> {
        let Side::Object(facts) = &task.source else { return Err(not_a_file()) };
        let key =
            |folder: &BucketFolder<'_>| folder.key(&task.name).map_err(|_| ItemFault::TooLong);
        let source = ObjectSource::current(&from.bucket, &key(from)?).if_match(facts.etag.clone());
        let target = key(to)?;
        let etag = match self.copy_inside(&task.name, (from, &source, facts), (to, &target)).await {
            Err(ItemFault::Destination(fault)) if wont(fault.kind) => {
                self.relay(&task.name, (from, &source, facts), (to, &target)).await?
            }
            copied => copied?,
        };
        let (size, modified) = (facts.size, facts.modified.into());
        let source_etag = Some(facts.etag.clone());
        Ok(Known { size, modified, etag, source_etag, digest: None, settled: true })
    }

    async fn copy_inside(
        &self,
        name: &str,
        (from, source, facts): (&BucketFolder<'_>, &ObjectSource, &ObjectFacts),
        (to, key): (&BucketFolder<'_>, &AnyKey),
    ) -> Result<ETag, ItemFault> {
        if facts.size > LARGEST_PUT {
            // The source may lie in another service, which alone knows it.
            let object = self.courier.call(|| from.objects.head(source)).await;
            let plan = PartPlan::new(facts.size, COPIED_PART).map_err(|_| ItemFault::TooLarge)?;
            let attributes = made_of(plan, object.map_err(ItemFault::Source)?.attributes);
            let inside = Inside(source.clone());
            let sent = self.send_parts(name, (to, key), (&inside, plan, &attributes)).await;
            return sent.map(|(etag, _)| etag);
        }
        let mut wrong = String::new();
        for copying in 0..SENDINGS {
            if copying > 0 && !self.courier.draw() {
                break;
            }
            let copy = || to.objects.copy(source, (&to.bucket, key), None);
            let etag = self.courier.call(copy).await.map_err(ItemFault::Destination)?.etag;
            match (facts.etag.form(), etag.form()) {
                (TagForm::Md5(was), TagForm::Md5(is)) if was != is => {
                    self.suspect(name, facts.size, &etag);
                    etag.as_str().clone_into(&mut wrong);
                }
                _ => return Ok(etag),
            }
        }
        Err(ItemFault::WrongTag(wrong))
    }

    async fn relay(
        &self,
        name: &str,
        (from, source, facts): (&BucketFolder<'_>, &ObjectSource, &ObjectFacts),
        (to, key): (&BucketFolder<'_>, &AnyKey),
    ) -> Result<ETag, ItemFault> {
        let object = self.courier.call(|| from.objects.head(source)).await;
        let attributes = object.map_err(ItemFault::Source)?.attributes;
        let part_size = self.options.limits.part_size;
        let plan = PartPlan::new(facts.size, part_size).map_err(|_| ItemFault::TooLarge)?;
        let relayed = Relayed { haul: self, from, source };
        if plan.count() > 1 {
            let attributes = made_of(plan, attributes);
            let sent = self.send_parts(name, (to, key), (&relayed, plan, &attributes)).await;
            return sent.map(|(etag, _)| etag);
        }
        self.relay_whole(name, (&relayed, facts), (to, key, &attributes)).await
    }

    async fn relay_whole(
        &self,
        name: &str,
        (relayed, facts): (&Relayed<'_, '_>, &ObjectFacts),
        (to, key, attributes): (&BucketFolder<'_>, &AnyKey, &Attributes),
    ) -> Result<ETag, ItemFault> {
        let _room = self.room_for(facts.size.0).await;
        let mut wrong = String::new();
        for sending in 0..SENDINGS {
            if sending > 0 && !self.courier.draw() {
                break;
            }
            let read = relayed.part(0..facts.size.0, Hashing::Both).await?;
            if matches!(facts.etag.form(), TagForm::Md5(_)) && !fits(&facts.etag, read.md5) {
                continue;
            }
            let (bucket, payload) = (&to.bucket, &read.payload);
            let object = NewObject { bucket, key, payload, attributes, when: &Precondition::None };
            let sent = self.courier.carry(facts.size.0, || to.objects.put(&object)).await;
            let etag = sent.map_err(ItemFault::Destination)?.etag;
            if fits(&etag, read.md5) {
                return Ok(etag);
            }
            self.suspect(name, facts.size, &etag);
            etag.as_str().clone_into(&mut wrong);
        }
        Err(if wrong.is_empty() { ItemFault::WrongContent } else { ItemFault::WrongTag(wrong) })
    }
}

/// What the object carries along, and the size of its parts, without which its tag proves nothing.
fn made_of(plan: PartPlan, mut attributes: Attributes) -> Attributes {
    attributes.user.insert(PART.to_owned(), plan.part_size().0.to_string());
    attributes
}

fn wont(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Refused | FaultKind::Unsupported)
}

#[async_trait]
impl Origin for Inside {
    fn inside(&self) -> Option<&ObjectSource> {
        Some(&self.0)
    }

    async fn part(&self, _: Range<u64>, _: Hashing) -> Result<ReadFile, ItemFault> {
        Err(ItemFault::Source(Fault::new(FaultKind::Unsupported, "the service copies it itself")))
    }
}

#[async_trait]
impl Origin for Relayed<'_, '_> {
    async fn part(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, ItemFault> {
        let length = range.end - range.start;
        let part = ByteRange::try_from(range).ok();
        let get = || async move {
            let mut hashes = Hashes::begin(hashing);
            let (mut chunks, mut came) = (Vec::new(), 0);
            let mut download = self.from.objects.get(self.source, part).await?;
            while let Some(chunk) = download.content.next().await {
                let chunk = chunk?;
                hashes.update(&chunk);
                came += chunk.len() as u64;
                chunks.push(chunk);
            }
            if came == length {
                return Ok(ReadFile::new(chunks, &hashes, true));
            }
            Err(Fault::new(FaultKind::Unreadable, "the content has another length than listed"))
        };
        self.haul.courier.carry(length, get).await.map_err(ItemFault::Source)
    }
}
