//! Whether two sides are still equal, or a bucket still has what was brought there.

mod findings;
mod pair;
mod recorded;

use datalake_core::size::ByteSize;
use datalake_core::transfer::{Filter, Subset};
use futures::channel::mpsc::Sender;
use futures::future::{OptionFuture, join3};
use futures::{StreamExt as _, stream};

use super::courier::Courier;
use super::feed::{Feed, FeedNews, FoundName, list_bucket, make_feed, walk_tree};
use super::manifest::Ledger;
use super::merge::{Merge, NamePair, SparedNames};
use super::{
    BucketFolder, Oddity, Route, StopCause, Summary, TransferLimits, TransferPorts,
    TransferStopped, TransferWatch,
};
use crate::hold_mutex;

pub use findings::{Findings, VerifyFinding};

/// What is verified.
#[derive(Clone, Copy)]
pub enum Verified<'a> {
    /// Two sides, with each other and with what the runs have left.
    Pair(&'a Route<'a>),
    /// A bucket, with what the runs have left there; where it came from is not looked at.
    Bucket(&'a BucketFolder<'a>),
}

/// How it is verified.
#[derive(Debug, Clone)]
pub struct Verification {
    /// How much is read.
    pub depth: Depth,
    /// Which names are looked at.
    pub subset: Subset,
    /// Which names take part.
    pub filter: Filter,
    /// What is kept within.
    pub limits: TransferLimits,
}

/// How much a verification reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Sizes, times and tags; files where those do not tell.
    Listed,
    /// The contents of which no run has compared all.
    Doubtful,
    /// All contents.
    Content,
}

/// Sees what a verification finds.
pub trait VerifyWatch: TransferWatch {
    /// A name was looked at.
    fn found(&self, name: &str, finding: &VerifyFinding);
}

/// One verification.
struct VerificationRun<'a> {
    what: &'a Verified<'a>,
    how: &'a Verification,
    courier: Courier<'a>,
    ledger: Ledger<'a>,
}

/// What is so with a name; no finding for one that no run has brought, or that is not looked at.
struct Judged {
    name: String,
    size: ByteSize,
    /// Whether a run has left something of it.
    is_known: bool,
    finding: Option<VerifyFinding>,
}

/// Verifies two sides, or a bucket, by what the runs of a manifest have left. What is read and equal
/// is kept as compared.
///
/// # Errors
///
/// [`TransferStopped`] when a listing or walk breaks off or the manifest cannot be read.
pub async fn verify(
    what: &Verified<'_>,
    how: &Verification,
    ports: &TransferPorts<'_>,
    watch: &dyn VerifyWatch,
) -> Result<Findings, TransferStopped> {
    let stopped = |cause| TransferStopped { summary: Box::<Summary>::default(), cause };
    // What a killed run has left is merged first.
    let ledger = Ledger::open(ports.files, ports.manifest).map_err(stopped)?;
    let courier = Courier::new(ports.clock, watch, &how.limits);
    let check = VerificationRun { what, how, courier, ledger };
    let mut findings = Findings::default();
    let looked = check.look(&mut findings, watch).await;
    let ended = check.courier.find_stop();
    findings.requests = check.courier.counts().requests;
    let closed = check.ledger.close();
    match looked.err().or(ended).or(closed.err()) {
        None => Ok(findings),
        Some(cause) => Err(stopped(cause)),
    }
}

impl VerificationRun<'_> {
    async fn look(
        &self,
        findings: &mut Findings,
        watch: &dyn VerifyWatch,
    ) -> Result<(), StopCause> {
        let (to_source, source) = make_feed();
        let (to_destination, destination) = make_feed();
        let (source, has_source) = match self.what {
            Verified::Pair(_) => (source, true),
            Verified::Bucket(_) => (Feed::empty(), false),
        };
        let spared = match self.what {
            Verified::Pair(route) => SparedNames::of_route(route),
            Verified::Bucket(folder) => SparedNames::of_folders([*folder]),
        };
        let merge = Merge::new(source, destination, self.ledger.entries()?).without_names(spared);
        // What has no name that a key could have is told on the side.
        let nameless = std::sync::Mutex::new(Vec::new());
        let note = |name: &str, _| hold_mutex(&nameless).push(name.to_owned());
        let feed_source = OptionFuture::from(has_source.then(|| self.feed_source(to_source, note)));
        let feed_destination = self.feed_destination(to_destination);
        let gather = Box::pin(self.gather_findings(merge, findings, watch));
        join3(feed_source, feed_destination, gather).await.2?;
        for name in nameless.into_inner().unwrap_or_default() {
            findings.count(ByteSize(0), &VerifyFinding::Unsent);
            watch.found(&name, &VerifyFinding::Unsent);
        }
        Ok(())
    }

    async fn feed_source(&self, sender: Sender<FeedNews>, nameless: impl Fn(&str, Oddity)) {
        match self.what {
            Verified::Bucket(_) => (),
            Verified::Pair(Route::Up(tree, _)) => walk_tree(*tree, sender, nameless).await,
            Verified::Pair(Route::Down(folder, _) | Route::Across(folder, _)) => {
                list_bucket(&self.courier, folder, sender).await;
            }
        }
    }

    async fn feed_destination(&self, sender: Sender<FeedNews>) {
        match self.what {
            Verified::Pair(Route::Down(_, tree)) => walk_tree(*tree, sender, |_, _| ()).await,
            Verified::Bucket(folder)
            | Verified::Pair(Route::Up(_, folder) | Route::Across(_, folder)) => {
                list_bucket(&self.courier, folder, sender).await;
            }
        }
    }

    async fn gather_findings(
        &self,
        merge: Merge,
        findings: &mut Findings,
        watch: &dyn VerifyWatch,
    ) -> Result<(), StopCause> {
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
                    Ok(pair) => Ok(self.judge_name(pair).await),
                    Err(cause) => Err(cause),
                }
            })
            .buffer_unordered(self.how.limits.items.max(1));
        let mut judged = std::pin::pin!(judged);
        while let Some(outcome) = judged.next().await {
            let Some(Judged { name, size, is_known, finding }) = outcome? else { continue };
            findings.known += u64::from(is_known);
            match finding {
                None if is_known => (),
                None => findings.foreign += 1,
                Some(finding) => {
                    findings.count(size, &finding);
                    watch.found(&name, &finding);
                }
            }
        }
        Ok(())
    }

    async fn judge_name(&self, pair: NamePair) -> Option<Judged> {
        let (name, is_known) = (pair.name.clone(), pair.known.is_some());
        if !self.how.subset.holds(&name) || !self.how.filter.takes(&name) {
            let size = ByteSize(0);
            return is_known.then_some(Judged { name, size, is_known, finding: None });
        }
        let size = match (&pair.known, &pair.source, &pair.destination) {
            (Some(known), ..) => known.size,
            (None, Some(FoundName::Side(side)), _) | (None, None, Some(FoundName::Side(side))) => {
                side.size()
            }
            _ => ByteSize(0),
        };
        let finding = match self.what {
            Verified::Bucket(folder) => self.judge_object(folder, pair).await,
            Verified::Pair(route) => self.judge_pair(route, pair).await?,
        };
        Some(Judged { name, size, is_known, finding })
    }
}
