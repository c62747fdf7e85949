//! Whether a bucket still has what was brought there.

use std::ops::Range;

use datalake_core::{
    ByteSize, Fault, FaultKind, Known, ObjectFacts, PartPlan, Side, Subset, TagForm,
};
use futures::future::join;
use futures::{StreamExt as _, stream};

use super::compare::part_sizes;
use super::courier::{Courier, Tries};
use super::feed::{Feed, Found, feed, list};
use super::fetch::{md5_fits, sha256_fits};
use super::manifest::{Entries, Ledger};
use super::merge::{Merge, Pair};
use super::upload::PART;
use super::{
    BucketFolder, Hashes, Hashing, Limits, StopCause, Stopped, Summary, Tally, TransferPorts,
    TransferWatch,
};
use crate::{AnyKey, ByteRange, ObjectSource};

/// How a bucket is verified.
#[derive(Debug, Clone)]
pub struct Verification {
    /// Whether contents are read again, or only asked for.
    pub deep: bool,
    /// Which names are looked at.
    pub subset: Subset,
    /// What is kept within.
    pub limits: Limits,
}

/// What a verification has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// As it should be.
    pub right: Tally,
    /// Not there.
    pub missing: Tally,
    /// There with another size or tag.
    pub changed: Tally,
    /// There, and with another content than its tag says or was sent.
    pub damaged: Tally,
    /// There, and could not be read.
    pub unreadable: Tally,
    /// There, and nothing tells what its content should be.
    pub unproved: Tally,
    /// There, and not brought by any run.
    pub foreign: u64,
}

/// What was found out about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Right,
    /// It is not there.
    Missing,
    /// Size or tag are others than the last run left.
    Changed,
    /// Its content is not what it should be.
    Damaged,
    /// Its content could not be read.
    Unreadable(Fault),
    /// It was read, and nothing tells what its content should be.
    Unproved,
}

/// Sees what a verification finds.
pub trait VerifyWatch: TransferWatch {
    /// An object was looked at.
    fn found(&self, name: &str, finding: &Finding);
}

impl Findings {
    /// How many objects were looked at; none is no proof of anything.
    #[must_use]
    pub fn looked_at(&self) -> u64 {
        let all =
            [self.right, self.missing, self.changed, self.damaged, self.unreadable, self.unproved];
        all.iter().map(|tally| tally.items).sum()
    }

    /// Whether at least one object was looked at and all were right.
    #[must_use]
    pub fn proved(&self) -> bool {
        self.right.items > 0 && self.looked_at() == self.right.items
    }

    fn count(&mut self, size: ByteSize, finding: &Finding) {
        match finding {
            Finding::Right => self.right.add(size),
            Finding::Missing => self.missing.add(size),
            Finding::Changed => self.changed.add(size),
            Finding::Damaged => self.damaged.add(size),
            Finding::Unreadable(_) => self.unreadable.add(size),
            Finding::Unproved => self.unproved.add(size),
        }
    }
}

/// One verification.
struct Check<'a> {
    folder: &'a BucketFolder<'a>,
    how: &'a Verification,
    courier: Courier<'a>,
}

/// The ways in which a content may have been cut, of which one has to fit.
struct Proof {
    plans: Vec<PartPlan>,
    by: Hashing,
    /// Whether a content that fits none of them is another one: cuts may be guesses.
    certain: bool,
}

/// Compares a bucket with what the runs of a manifest have left there.
///
/// # Errors
///
/// [`Stopped`] when the listing breaks off or the manifest cannot be read.
pub async fn verify(
    folder: &BucketFolder<'_>,
    how: &Verification,
    ports: &TransferPorts<'_>,
    watch: &dyn VerifyWatch,
) -> Result<Findings, Stopped> {
    let stopped = |cause| Stopped { summary: Box::<Summary>::default(), cause };
    // What a killed run has left is merged first.
    let ledger = Ledger::open(ports.files, ports.manifest).map_err(stopped)?;
    let entries = ledger.entries().map_err(stopped)?;
    let check = Check { folder, how, courier: Courier::new(ports.clock, watch, &how.limits) };
    let mut findings = Findings::default();
    let looked = check.look(entries, &mut findings, watch).await;
    looked.map_err(stopped)?;
    match check.courier.stopped() {
        None => Ok(findings),
        Some(cause) => Err(stopped(cause)),
    }
}

impl Check<'_> {
    async fn look(
        &self,
        entries: Entries,
        findings: &mut Findings,
        watch: &dyn VerifyWatch,
    ) -> Result<(), StopCause> {
        let (sender, listed) = feed();
        let merge = Merge::new(listed, Feed::empty(), entries);
        let pairs = stream::unfold((merge, false), |(mut merge, ended)| async move {
            if ended {
                return None;
            }
            match merge.next().await {
                Ok(None) => None,
                Ok(Some(pair)) => Some((Ok(pair), (merge, false))),
                Err(cause) => Some((Err(cause), (merge, true))),
            }
        });
        let judged = pairs
            .map(|pair| async move {
                match pair {
                    Ok(pair) => Ok(self.judge(pair).await),
                    Err(cause) => Err(cause),
                }
            })
            .buffer_unordered(self.how.limits.items.max(1));
        let gather = async {
            let mut judged = std::pin::pin!(judged);
            while let Some(outcome) = judged.next().await {
                match outcome? {
                    None => (),
                    Some((_, None)) => findings.foreign += 1,
                    Some((name, Some((size, finding)))) => {
                        findings.count(size, &finding);
                        watch.found(&name, &finding);
                    }
                }
            }
            Ok(())
        };
        join(list(&self.courier, self.folder, sender), gather).await.1
    }

    /// What is so with a name; no finding for one that no run has brought.
    async fn judge(&self, pair: Pair) -> Option<(String, Option<(ByteSize, Finding)>)> {
        let Pair { name, source, known, .. } = pair;
        let Some(known) = known else { return Some((name, None)) };
        if !self.how.subset.holds(&name) {
            return None;
        }
        let size = known.size;
        let finding = match source {
            Some(Found::Side(Side::Object(object))) => self.compare(&name, &object, &known).await,
            Some(_) | None => Finding::Missing,
        };
        Some((name, Some((size, finding))))
    }

    async fn compare(&self, name: &str, object: &ObjectFacts, known: &Known) -> Finding {
        // What no run could prove was noted as unsettled and without a digest.
        let suspect = !known.settled && known.digest.is_none();
        if suspect || object.size != known.size || object.etag != known.etag {
            return Finding::Changed;
        }
        if !self.how.deep {
            return Finding::Right;
        }
        let proof = match self.proof(name, object, known).await {
            Ok(proof) => proof,
            Err(fault) => return Finding::Unreadable(fault),
        };
        for plan in &proof.plans {
            match self.fits(name, (object, known), (plan, proof.by)).await {
                Ok(true) => return Finding::Right,
                Ok(false) => (),
                Err(fault) => return Finding::Unreadable(fault),
            }
        }
        if proof.certain { Finding::Damaged } else { Finding::Unproved }
    }

    /// How a content can be proved: by what was sent, else by its tag.
    async fn proof(&self, name: &str, object: &ObjectFacts, known: &Known) -> Result<Proof, Fault> {
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
        Ok(object.attributes.user.get(PART).and_then(|part| part.parse().ok()).map(ByteSize))
    }

    /// Whether the content, cut like this, is what it should be.
    async fn fits(
        &self,
        name: &str,
        (object, known): (&ObjectFacts, &Known),
        (plan, by): (&PartPlan, Hashing),
    ) -> Result<bool, Fault> {
        let mut hashes = Vec::new();
        for number in 1..=plan.count() {
            hashes.push(self.hash(name, object, (plan.range(number), by)).await?);
        }
        Ok(match by {
            Hashing::Sha256 => {
                let parts: Vec<_> = hashes.iter().filter_map(Hashes::sha256).collect();
                sha256_fits(known.digest, &parts)
            }
            Hashing::Md5 | Hashing::Both => {
                let parts: Vec<_> = hashes.iter().filter_map(Hashes::md5).collect();
                md5_fits(&object.etag, &parts)
            }
        })
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
