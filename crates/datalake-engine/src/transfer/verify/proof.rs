//! Contents read again, and whether they are what they should be.

use std::ops::Range;

use datalake_core::{ByteSize, Fault, FaultKind, Known, ObjectFacts, PartPlan, TagForm};
use futures::StreamExt as _;

use super::Check;
use crate::transfer::compare::part_sizes;
use crate::transfer::courier::Tries;
use crate::transfer::fits::are_right;
use crate::transfer::upload::part_told;
use crate::transfer::{Hashes, Hashing};
use crate::{AnyKey, ByteRange, ObjectSource};

/// The ways in which a content may have been cut, of which one has to fit.
pub(super) struct Proof {
    pub(super) plans: Vec<PartPlan>,
    pub(super) by: Hashing,
    /// Whether a content that fits none of them is another one: cuts may be guesses.
    pub(super) certain: bool,
}

impl Check<'_> {
    /// How a content can be proved: by what was sent, else by its tag.
    pub(super) async fn proof(
        &self,
        name: &str,
        object: &ObjectFacts,
        known: &Known,
    ) -> Result<Proof, Fault> {
        let (size, whole) = (object.size, ByteSize(object.size.0.max(1)));
        let exactly = |part, by| {
            let plans: Vec<_> = PartPlan::exactly(size, part).into_iter().collect();
            Proof { certain: !plans.is_empty(), plans, by }
        };
        Ok(match (known.digest, object.etag.form()) {
            (Some(digest), _) => exactly(digest.part.unwrap_or(whole), Hashing::Sha256),
            (None, TagForm::Md5(_) | TagForm::Parts(_, 1)) => exactly(whole, Hashing::Md5),
            (None, TagForm::Parts(_, count)) => {
                // Of the parts of a copied object at most the object itself tells.
                let told =
                    self.part_of(name).await?.map(|part| part_sizes(size, count, Some(part)));
                let mut plans: Vec<_> = told.into_iter().flatten().collect();
                let certain = !plans.is_empty();
                plans.extend(part_sizes(size, count, None));
                Proof { plans, by: Hashing::Md5, certain }
            }
            (None, TagForm::Other) => Proof { plans: Vec::new(), by: Hashing::Md5, certain: false },
        })
    }

    async fn part_of(&self, name: &str) -> Result<Option<ByteSize>, Fault> {
        let source = ObjectSource::current(&self.folder.bucket, &self.key(name)?);
        let object = self.courier.call(|| self.folder.objects.head(&source)).await?;
        Ok(part_told(&object))
    }

    /// Whether the content, cut like this, is what it should be.
    pub(super) async fn fits(
        &self,
        name: &str,
        (object, known): (&ObjectFacts, &Known),
        (plan, by): (&PartPlan, Hashing),
    ) -> Result<bool, Fault> {
        let mut hashes = Vec::new();
        for number in 1..=plan.count() {
            hashes.push(self.hash(name, object, (plan.range(number), by)).await?);
        }
        Ok(are_right(by, &hashes, (known.digest, &object.etag)))
    }

    fn key(&self, name: &str) -> Result<AnyKey, Fault> {
        self.folder.key(name).map_err(|_| Fault::new(FaultKind::Refused, "no key"))
    }

    /// Reads a range and hashes it; goes on behind what has come when a connection breaks.
    async fn hash(
        &self,
        name: &str,
        object: &ObjectFacts,
        (range, hashing): (Range<u64>, Hashing),
    ) -> Result<Hashes, Fault> {
        let source = ObjectSource::current(&self.folder.bucket, &self.key(name)?);
        let source = source.if_match(object.etag.clone());
        let (mut hashes, mut place) = (Hashes::begin(hashing), range.start);
        let mut tries = Tries::default();
        while place < range.end {
            let pouring = self.pour(&source, (&mut place, range.end, &mut hashes));
            if let Err(fault) = self.courier.once(0, pouring).await {
                self.courier.again(&mut tries, fault).await?;
            }
        }
        Ok(hashes)
    }

    async fn pour(
        &self,
        source: &ObjectSource,
        (place, end, hashes): (&mut u64, u64, &mut Hashes),
    ) -> Result<(), Fault> {
        let range = ByteRange::try_from(*place..end).ok();
        let mut download = self.folder.objects.get(source, range).await?;
        while let Some(chunk) = download.content.next().await {
            let chunk = chunk?;
            hashes.update(&chunk);
            *place += chunk.len() as u64;
            self.courier.spend(chunk.len() as u64).await;
            self.courier.note(chunk.len() as u64);
        }
        if *place == end {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Unreachable, "the content broke off"))
    }
}
