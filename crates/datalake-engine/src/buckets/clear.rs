//! Many objects, versions and uploads deleted.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_core::usage::Tally;
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::walk::Walk;
use crate::objects::{
    AnyKey, DeleteTarget, Lake, ListAsk, ObjectEntry, PAGE, UploadPages, VersionEntry, VersionKind,
};

/// Requests that are under way at one time.
const AT_ONCE: usize = 8;

/// Of so many failures the keys are kept; all are counted.
pub const FAILURES_KEPT: usize = 20;

/// What is to go.
#[derive(Clone, Copy)]
pub struct Clear<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// Which of them.
    pub takes: &'a (dyn Fn(&str) -> bool + Send + Sync),
    /// What of them.
    pub extent: Extent,
}

/// What of an object goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What is current; a bucket that keeps versions gets a delete marker instead.
    Current,
    /// All its versions and delete markers, for good.
    AllVersions,
}

/// What has gone so far.
#[derive(Debug, Clone, Default)]
pub struct Cleared {
    /// Objects, versions and markers that have gone.
    pub gone: Tally,
    /// Uploads that were given up.
    pub uploads: u64,
    /// How many could not be deleted.
    pub failed: u64,
    /// The first of these, with the reason.
    pub failures: Vec<(AnyKey, Fault)>,
}

impl Cleared {
    fn fail(&mut self, key: AnyKey, fault: Fault) {
        self.failed += 1;
        if self.failures.len() < FAILURES_KEPT {
            self.failures.push((key, fault));
        }
    }
}

/// Deletes objects in batches, several at one time, and tells in `cleared` how far it came, after
/// each batch and after a fault.
///
/// One that cannot be deleted does not stop it: unless it is denied it is tried alone once more, and
/// counts as failed then. A listing or a whole batch that fails ends it with that fault.
pub async fn clear_objects(
    lake: &dyn Lake,
    what: &Clear<'_>,
    cleared: &mut Cleared,
    watch: &mut (dyn FnMut(&Cleared) + Send),
) -> Result<(), Fault> {
    match what.extent {
        Extent::Current => {
            let walk = Walk::objects(lake, what.bucket, what.prefix).await?;
            delete_batches(lake, what, walk, ClearingProgress { cleared, watch }).await
        }
        Extent::AllVersions => {
            let walk = Walk::versions(lake, what.bucket, what.prefix).await?;
            delete_batches(lake, what, walk, ClearingProgress { cleared, watch }).await
        }
    }
}

/// Which unfinished uploads are given up.
#[derive(Debug, Clone, Copy)]
pub struct OldUploads<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// Only those that began before this time.
    pub before: Option<Timestamp>,
}

/// Gives up unfinished uploads.
pub async fn abort_uploads(
    lake: &dyn Lake,
    which: &OldUploads<'_>,
    cleared: &mut Cleared,
) -> Result<(), Fault> {
    let OldUploads { bucket, prefix, before } = *which;
    let mut pages = UploadPages::new(lake, bucket, ListAsk::below(prefix));
    while let Some(page) = pages.next().await? {
        let old = |begun: Timestamp| before.is_none_or(|before| begun < before);
        let uploads = page.uploads.into_iter().filter(|(_, begun)| old(*begun));
        let mut aborting: FuturesUnordered<_> = FuturesUnordered::new();
        for (upload, _) in uploads {
            if aborting.len() == AT_ONCE {
                take_upload(aborting.next().await, cleared);
            }
            aborting.push(async move {
                let answer = lake.abort_upload(&upload).await;
                (upload.key, answer)
            });
        }
        while let Some(answer) = aborting.next().await {
            take_upload(Some(answer), cleared);
        }
    }
    Ok(())
}

fn take_upload(answer: Option<(AnyKey, Result<(), Fault>)>, cleared: &mut Cleared) {
    match answer {
        Some((_, Ok(()))) => cleared.uploads += 1,
        Some((key, Err(fault))) => cleared.fail(key, fault),
        None => (),
    }
}

/// Something in a listing that can be deleted.
trait Doom: super::walk::Keyed {
    fn doomed(self) -> (DeleteTarget, Tally);
}

impl Doom for ObjectEntry {
    fn doomed(self) -> (DeleteTarget, Tally) {
        let mut tally = Tally::default();
        tally.add(self.size);
        (DeleteTarget { key: self.key, version: None }, tally)
    }
}

impl Doom for VersionEntry {
    fn doomed(self) -> (DeleteTarget, Tally) {
        let mut tally = Tally::default();
        match self.kind {
            VersionKind::Content { size, .. } => tally.add(size),
            VersionKind::Marker => tally.count = 1,
        }
        (DeleteTarget { key: self.key, version: Some(self.version) }, tally)
    }
}

/// What has gone so far, and who is told of it.
struct ClearingProgress<'t> {
    cleared: &'t mut Cleared,
    watch: &'t mut (dyn FnMut(&Cleared) + Send),
}

impl ClearingProgress<'_> {
    /// Counts what became of a batch, and tells of it.
    fn take(&mut self, outcomes: Option<Outcomes>) -> Result<(), Fault> {
        for (key, tally, outcome) in outcomes.transpose()?.into_iter().flatten() {
            match outcome {
                Ok(()) => self.cleared.gone += tally,
                Err(fault) => self.cleared.fail(key, fault),
            }
        }
        (self.watch)(self.cleared);
        Ok(())
    }
}

async fn delete_batches<'a, T: Doom + Send + 'a>(
    lake: &'a dyn Lake,
    what: &Clear<'_>,
    mut walk: Walk<'a, T>,
    mut progress: ClearingProgress<'_>,
) -> Result<(), Fault> {
    let mut batch = Vec::new();
    let mut deleting = FuturesUnordered::new();
    let mut result = Ok(());
    while result.is_ok() {
        let page = match walk.next().await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(fault) => {
                result = Err(fault);
                break;
            }
        };
        batch.extend(page.into_iter().filter(|entry| (what.takes)(entry.key())).map(T::doomed));
        while batch.len() >= usize::from(PAGE) && result.is_ok() {
            if deleting.len() == AT_ONCE {
                result = progress.take(deleting.next().await);
            }
            let rest = batch.split_off(usize::from(PAGE));
            deleting.push(delete_batch(lake, what.bucket, std::mem::replace(&mut batch, rest)));
        }
    }
    if !batch.is_empty() && result.is_ok() {
        deleting.push(delete_batch(lake, what.bucket, batch));
    }
    while let Some(done) = deleting.next().await {
        result = result.and(progress.take(Some(done)));
    }
    result
}

/// What became of a batch.
type Outcomes = Result<Vec<(AnyKey, Tally, Result<(), Fault>)>, Fault>;

async fn delete_batch(
    lake: &dyn Lake,
    bucket: &BucketName,
    batch: Vec<(DeleteTarget, Tally)>,
) -> Outcomes {
    let (doomed, tallies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let answers = lake.delete_many(bucket, &doomed).await?;
    let mut outcomes = Vec::with_capacity(doomed.len());
    for ((doomed, tally), mut answer) in doomed.into_iter().zip(tallies).zip(answers) {
        if answer.as_ref().is_err_and(|fault| fault.kind != FaultKind::Denied) {
            let DeleteTarget { key, version } = &doomed;
            answer = lake.delete(bucket, key, version.as_ref()).await.map(drop);
        }
        outcomes.push((doomed.key, tally, answer));
    }
    Ok(outcomes)
}
