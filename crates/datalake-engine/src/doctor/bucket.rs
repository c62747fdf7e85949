//! What a key opens, how a bucket stands, and what in it costs money.

use datalake_core::doctor::{
    HeadAnswer, KeyEvidence, Look, MoneyEvidence, StoreEvidence, UnfinishedUpload, read_policy,
};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::LOGS_PREFIX;
use datalake_core::s3::{BucketName, KeyPrefix, Lifecycle};
use datalake_core::usage::Usage;

use crate::objects::{Lake, ListAsk, VersionKind};
use crate::ports::ObjectStore;

/// What is asked of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketQuestion {
    /// Its name.
    pub bucket: BucketName,
    /// The prefix of the assets' keys.
    pub prefix: KeyPrefix,
    /// Whether old versions are wanted.
    pub wants_versioning: bool,
    /// The lifecycle rules that are wanted.
    pub wanted_lifecycle: Lifecycle,
}

/// How often a bucket is asked for: gateways that disagree show within a few answers.
const HEADS: usize = 5;

/// Of so many other buckets it is asked whether the key opens them.
const OTHERS: usize = 10;

/// So many pages of versions are counted.
const PAGES: usize = 10;

/// Asks the service for the key, its buckets, and those besides the spec's `own` that it opens.
pub async fn look_at_key(own: &[BucketName], store: &dyn ObjectStore, seen: &mut KeyEvidence) {
    seen.service = store.reach().await.into();
    if !matches!(seen.service, Look::Saw(_)) {
        return;
    }
    seen.buckets = match store.buckets().await {
        // A key that may not list has none to tell.
        Err(fault) if fault.kind == FaultKind::Denied => Look::Saw(Vec::new()),
        answer => answer.into(),
    };
    seen.opens = match &seen.buckets {
        Look::Saw(all) => list_opened(all.iter().filter(|name| !own.contains(name)), store).await,
        other => other.clone(),
    };
}

async fn list_opened(
    others: impl Iterator<Item = &BucketName>,
    store: &dyn ObjectStore,
) -> Look<Vec<BucketName>> {
    let mut opens = Vec::new();
    for other in others.take(OTHERS) {
        match store.head_bucket(other).await {
            Ok(()) => opens.push(other.clone()),
            Err(fault) if [FaultKind::Denied, FaultKind::Absent].contains(&fault.kind) => (),
            Err(fault) => return Look::Unknown(fault),
        }
    }
    Look::Saw(opens)
}

/// Asks for the bucket several times, `once` without any repetition, and for its settings.
pub async fn look_at_bucket(
    question: &BucketQuestion,
    once: &dyn ObjectStore,
    lake: &dyn Lake,
) -> StoreEvidence {
    let bucket = &question.bucket;
    let mut seen = StoreEvidence {
        bucket: bucket.to_string(),
        prefix: question.prefix.to_string().trim_end_matches('/').to_owned(),
        wants_versioning: question.wants_versioning,
        wanted_lifecycle: question.wanted_lifecycle.clone(),
        heads: ask_for_bucket(bucket, once).await,
        ..StoreEvidence::default()
    };
    if !matches!(&seen.heads, Look::Saw(heads) if heads.contains(&HeadAnswer::Here)) {
        return seen;
    }
    seen.versioning = lake.versioning(bucket).await.into();
    seen.tables = lake.tables(bucket).await.into();
    seen.lifecycle = lake.lifecycle(bucket).await.into();
    seen.policy = match lake.policy(bucket).await {
        Err(fault) if fault.kind == FaultKind::Unsupported => Look::Saw(None),
        answer => Look::from(answer).map(|policy| policy.map(|json| read_policy(json.as_str()))),
    };
    let page = lake.list(bucket, &ListAsk::below("migrated/"), None).await;
    seen.migrated = Look::from(page).map(|page| page.objects.len() as u64);
    seen
}

async fn ask_for_bucket(bucket: &BucketName, store: &dyn ObjectStore) -> Look<Vec<HeadAnswer>> {
    let mut heads = Vec::new();
    for _ in 0..HEADS {
        heads.push(match store.head_bucket(bucket).await {
            Ok(()) => HeadAnswer::Here,
            Err(fault) if fault.kind == FaultKind::Absent => HeadAnswer::Absent,
            Err(fault) if fault.kind == FaultKind::Denied => HeadAnswer::Denied,
            Err(fault) => return Look::Unknown(fault),
        });
    }
    Look::Saw(heads)
}

/// Counts what lies in the bucket, up to ten thousand versions, and its unfinished uploads.
pub async fn look_at_costs(bucket: &BucketName, lake: &dyn Lake, seen: &mut MoneyEvidence) {
    seen.uploads = list_unfinished_uploads(bucket, lake).await.into();
    seen.usage = count_usage(bucket, "", lake).await.into();
    seen.logs = count_usage(bucket, LOGS_PREFIX, lake).await.into();
}

async fn list_unfinished_uploads(
    bucket: &BucketName,
    lake: &dyn Lake,
) -> Result<Vec<UnfinishedUpload>, Fault> {
    let page = lake.list_uploads(bucket, &ListAsk::below(""), None).await?;
    let uploads = page.uploads.into_iter();
    let upload = |(upload, begun): (crate::Upload, _)| UnfinishedUpload {
        key: upload.key.as_str().to_owned(),
        begun,
    };
    Ok(uploads.map(upload).collect())
}

async fn count_usage(bucket: &BucketName, prefix: &str, lake: &dyn Lake) -> Result<Usage, Fault> {
    let mut usage = Usage::default();
    let mut token = None;
    for _ in 0..PAGES {
        let page = lake.list_versions(bucket, &ListAsk::below(prefix), token.as_ref()).await?;
        for version in page.versions {
            match version.kind {
                VersionKind::Content { size, .. } if version.latest => usage.current.add(size),
                VersionKind::Content { size, .. } => usage.noncurrent.add(size),
                VersionKind::Marker => usage.markers.add(datalake_core::size::ByteSize(0)),
            }
        }
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    Ok(usage)
}
