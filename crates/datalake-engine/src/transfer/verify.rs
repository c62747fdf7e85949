//! Whether a bucket still has what was brought there.

mod findings;
mod proof;

use datalake_core::{ByteSize, Known, ObjectFacts, Side, Subset};
use futures::future::join;
use futures::{StreamExt as _, stream};

use super::courier::Courier;
use super::feed::{Feed, Found, feed, list};
use super::manifest::{Entries, Ledger};
use super::merge::{Merge, Pair};
use super::{BucketFolder, Limits, StopCause, Stopped, Summary, TransferPorts, TransferWatch};

pub use findings::{Finding, Findings};

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

/// Sees what a verification finds.
pub trait VerifyWatch: TransferWatch {
    /// An object was looked at.
    fn found(&self, name: &str, finding: &Finding);
}

/// One verification.
struct Check<'a> {
    folder: &'a BucketFolder<'a>,
    how: &'a Verification,
    courier: Courier<'a>,
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
}
