//! Objects on their way from bucket to bucket.

use std::ops::Range;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{
    ContentDigest, Evidence, Known, LARGEST_PUT, ObjectFacts, PartPlan, Side, TagForm,
};
use futures::StreamExt as _;

use super::haul::{Haul, Task};
use super::options::ObjectTarget;
use super::parts::{PartSource, PartedContent};
use super::upload::{PART, SENDINGS, SentFile, not_a_file, tag_fits};
use super::{BucketFolder, Hashes, Hashing, ItemFault, ReadFile};
use crate::{Attributes, ByteRange, NewObject, ObjectSource, Precondition, StoredObject};

/// Parts that the service copies itself may be large.
const COPIED_PART: ByteSize = ByteSize(512 << 20);

/// An object that the service copies itself, part by part.
struct Inside(ObjectSource);

/// An object that is read and sent again.
struct Relayed<'h, 'a> {
    haul: &'h Haul<'a>,
    from: SourceObject<'h>,
}

/// The object that is copied.
#[derive(Clone, Copy)]
struct SourceObject<'s> {
    name: &'s str,
    folder: &'s BucketFolder<'s>,
    source: &'s ObjectSource,
    facts: &'s ObjectFacts,
}

impl Haul<'_> {
    /// Copies an object; through this machine where the service will not.
    pub(crate) async fn copy<'t>(
        &self,
        task: &Task,
        from: &'t BucketFolder<'t>,
        to: &'t BucketFolder<'t>,
    ) -> Result<Known, ItemFault> {
        let Side::Object(facts) = &task.source else { return Err(not_a_file()) };
        let key =
            |folder: &BucketFolder<'_>| folder.key(&task.name).map_err(|_| ItemFault::TooLong);
        let source = &ObjectSource::current(&from.bucket, &key(from)?).if_match(facts.etag.clone());
        let from = SourceObject { name: &task.name, folder: from, source, facts };
        let to = ObjectTarget { folder: to, key: &key(to)? };
        let sent = match self.copy_inside(from, to).await {
            Err(ItemFault::Destination(fault)) if refuses_copy(fault.kind) => {
                self.relay(from, to).await?
            }
            copied => copied?,
        };
        let SentFile { stored, digest, evidence } = sent;
        let agree = facts.etag.agrees_with(&stored.etag) == Some(true);
        Ok(Known {
            size: facts.size,
            modified: facts.modified.into(),
            stamp: None,
            etag: stored.etag,
            version: stored.version.map(|version| version.0),
            source_etag: Some(facts.etag.clone()),
            digest,
            settled: true,
            evidence: if agree { Evidence::Compared } else { evidence },
        })
    }

    async fn copy_inside(
        &self,
        from: SourceObject<'_>,
        to: ObjectTarget<'_>,
    ) -> Result<SentFile, ItemFault> {
        let SourceObject { name, source, facts, .. } = from;
        if facts.size > LARGEST_PUT {
            // The source may lie in another service, which alone knows it.
            let object = self.courier.make_call(|| from.folder.objects.head(source)).await;
            let plan = PartPlan::new(facts.size, COPIED_PART).map_err(|_| ItemFault::TooLarge)?;
            let attributes = &made_of(plan, object.map_err(ItemFault::Source)?.attributes);
            let origin = &Inside(source.clone());
            return self.send_parts(name, to, PartedContent { origin, plan, attributes }).await;
        }
        let mut wrong = String::new();
        for copying in 0..SENDINGS {
            if copying > 0 && !self.courier.draw() {
                break;
            }
            let target = (&to.folder.bucket, to.key);
            let copy = || to.folder.objects.copy(source, target, None);
            let stored = self.courier.make_call(copy).await.map_err(ItemFault::Destination)?;
            if facts.etag.agrees_with(&stored.etag) != Some(false) {
                return Ok(SentFile { stored, digest: None, evidence: Evidence::Moved });
            }
            self.suspect(name, facts.size, &stored.etag);
            stored.etag.as_str().clone_into(&mut wrong);
        }
        Err(ItemFault::WrongTag(wrong))
    }

    async fn relay(
        &self,
        from: SourceObject<'_>,
        to: ObjectTarget<'_>,
    ) -> Result<SentFile, ItemFault> {
        let object = self.courier.make_call(|| from.folder.objects.head(from.source)).await;
        let StoredObject { attributes, etag, .. } = object.map_err(ItemFault::Source)?;
        // Only the object itself says whether its tag is a hash.
        let facts = &ObjectFacts { etag, ..from.facts.clone() };
        let part_size = self.options.limits.part_size;
        let plan = PartPlan::new(facts.size, part_size).map_err(|_| ItemFault::TooLarge)?;
        let relayed = Relayed { haul: self, from: SourceObject { facts, ..from } };
        if plan.count() > 1 {
            let attributes = &made_of(plan, attributes);
            let content = PartedContent { origin: &relayed, plan, attributes };
            let sent = self.send_parts(from.name, to, content).await?;
            // What was read is not known to be what the source is.
            return Ok(SentFile { evidence: Evidence::Moved, ..sent });
        }
        self.relay_whole(&relayed, to, &attributes).await
    }

    async fn relay_whole(
        &self,
        relayed: &Relayed<'_, '_>,
        to: ObjectTarget<'_>,
        attributes: &Attributes,
    ) -> Result<SentFile, ItemFault> {
        let SourceObject { name, facts, .. } = relayed.from;
        let _room = self.room_for(facts.size.0).await;
        let mut wrong = String::new();
        for sending in 0..SENDINGS {
            if sending > 0 && !self.courier.draw() {
                break;
            }
            let read = relayed.part(0..facts.size.0, Hashing::Both).await?;
            if matches!(facts.etag.form(), TagForm::Md5(_)) && !tag_fits(&facts.etag, read.md5) {
                continue;
            }
            let (bucket, key, payload) = (&to.folder.bucket, to.key, &read.payload);
            let object = NewObject { bucket, key, payload, attributes, when: &Precondition::None };
            let sent = self.courier.carry(facts.size.0, || to.folder.objects.put(&object)).await;
            let stored = sent.map_err(ItemFault::Destination)?;
            if tag_fits(&stored.etag, read.md5) {
                let digest = Some(ContentDigest { sha256: read.payload.hash().0, part: None });
                return Ok(SentFile { stored, digest, evidence: Evidence::Moved });
            }
            self.suspect(name, facts.size, &stored.etag);
            stored.etag.as_str().clone_into(&mut wrong);
        }
        Err(if wrong.is_empty() { ItemFault::WrongContent } else { ItemFault::WrongTag(wrong) })
    }
}

/// What the object carries along, and the size of its parts, without which its tag proves nothing.
fn made_of(plan: PartPlan, mut attributes: Attributes) -> Attributes {
    attributes.user.insert(PART.to_owned(), plan.part_size().0.to_string());
    attributes
}

fn refuses_copy(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Refused | FaultKind::Unsupported)
}

#[async_trait]
impl PartSource for Inside {
    fn inside(&self) -> Option<&ObjectSource> {
        Some(&self.0)
    }

    async fn part(&self, _: Range<u64>, _: Hashing) -> Result<ReadFile, ItemFault> {
        Err(ItemFault::Source(Fault::new(FaultKind::Unsupported, "the service copies it itself")))
    }
}

#[async_trait]
impl PartSource for Relayed<'_, '_> {
    async fn part(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, ItemFault> {
        let length = range.end - range.start;
        let part = ByteRange::try_from(range).ok();
        let get = || async move {
            let mut hashes = Hashes::begin(hashing);
            let (mut chunks, mut came) = (Vec::new(), 0);
            let mut download = self.from.folder.objects.get(self.from.source, part).await?;
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
