//! Objects deleted, after a count of what goes.

use datalake_core::fault::Fault;
use datalake_core::job::is_own_key;
use datalake_core::s3::{BucketName, KeyPattern, Versioning};
use datalake_core::text::{group_digits, printable_key};
use datalake_core::usage::Usage;
use datalake_engine::{
    AnyKey, Clear, Cleared, Extent, FAILURES_KEPT, Lake, ObjectSource, VersionKind, Walk,
    clear_objects,
};

use super::{explain_object_fault, list_versions_of_key};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// How far a deletion reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeletionReach {
    /// Whether all that is in a folder is meant.
    pub recursive: bool,
    /// Whether old versions and delete markers go as well.
    pub versions: bool,
}

/// What is to be deleted.
#[derive(Debug, Clone)]
pub struct DeletionTarget {
    bucket: BucketName,
    /// The one key that is meant; otherwise it is the pattern.
    key: Option<AnyKey>,
    pattern: KeyPattern,
    extent: Extent,
}

/// Whether what is deleted can come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finality {
    /// All versions go.
    AllVersions,
    /// The bucket keeps versions, or not.
    Bucket(Versioning),
    /// The bucket does not tell whether it keeps versions.
    Unknown,
}

/// How far a deletion came.
#[derive(Debug, Clone)]
pub struct DeletionEnd {
    /// What has gone.
    pub cleared: Cleared,
    /// Why not all has gone, if so.
    pub error: Option<OperationError>,
}

impl DeletionTarget {
    /// What keys of a bucket mean.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a folder that is not named whole, and for a key that is none.
    pub fn choose(
        bucket: BucketName,
        pattern: KeyPattern,
        reach: DeletionReach,
    ) -> Result<Self, OperationError> {
        if reach.recursive {
            require_whole_folder(&pattern)?;
        }
        let is_many = reach.recursive || pattern.has_wildcards();
        let key = if is_many { None } else { Some(parse_single_key(&pattern)?) };
        let extent = if reach.versions { Extent::AllVersions } else { Extent::Current };
        Ok(Self { bucket, key, pattern, extent })
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &BucketName {
        &self.bucket
    }

    /// What of each object goes.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Whether it is all that the bucket holds.
    #[must_use]
    pub fn is_whole_bucket(&self) -> bool {
        self.key.is_none() && self.pattern.means_everything()
    }

    /// The keys, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("s3://{}/{}", self.bucket, printable_key(self.pattern.literal()))
            + if self.pattern.has_wildcards() { "… (by pattern)" } else { "" }
    }

    /// Whether a key is meant; datalake's own objects are where they are named as such.
    fn takes(&self, key: &str) -> bool {
        let is_meant = is_own_key(self.pattern.literal()) || !is_own_key(key);
        is_meant && (!self.pattern.has_wildcards() || self.pattern.fits(key))
    }

    /// Counts what would go; `watch` is told how far the count is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the one key does not exist, or a listing fails.
    pub async fn count(
        &self,
        lake: &dyn Lake,
        watch: &mut (dyn FnMut(&Usage) + Send),
    ) -> Result<Usage, OperationError> {
        let mut usage = Usage::default();
        match &self.key {
            Some(key) => self.count_key(lake, key, &mut usage).await?,
            None => {
                let counted = self.count_matching(lake, &mut usage, watch).await;
                counted.map_err(|fault| OperationError::at_bucket(&self.bucket, &fault))?;
            }
        }
        Ok(usage)
    }

    async fn count_key(
        &self,
        lake: &dyn Lake,
        key: &AnyKey,
        usage: &mut Usage,
    ) -> Result<(), OperationError> {
        if self.extent == Extent::Current {
            let source = ObjectSource::current(&self.bucket, key);
            return match lake.head(&source).await {
                Ok(object) => {
                    usage.current.add(object.size);
                    Ok(())
                }
                Err(fault) => Err(explain_object_fault(lake, &self.bucket, key, &fault).await),
            };
        }
        let failed = |fault| OperationError::at_object(&self.bucket, key, &fault);
        let versions = list_versions_of_key(lake, &self.bucket, key).await.map_err(failed)?;
        for version in versions {
            version.count_in(usage);
        }
        Ok(())
    }

    async fn count_matching(
        &self,
        lake: &dyn Lake,
        usage: &mut Usage,
        watch: &mut (dyn FnMut(&Usage) + Send),
    ) -> Result<(), Fault> {
        let (bucket, prefix) = (&self.bucket, self.pattern.literal());
        if self.extent == Extent::AllVersions {
            let mut walk = Walk::versions(lake, bucket, prefix).await?;
            while let Some(page) = walk.next().await? {
                let taken = page.iter().filter(|version| self.takes(version.key.as_str()));
                taken.for_each(|version| version.count_in(usage));
                watch(usage);
            }
            return Ok(());
        }
        let mut walk = Walk::objects(lake, bucket, prefix).await?;
        while let Some(page) = walk.next().await? {
            let taken = page.iter().filter(|object| self.takes(object.key.as_str()));
            taken.for_each(|object| usage.current.add(object.size));
            watch(usage);
        }
        Ok(())
    }

    /// Whether what is deleted can come back.
    pub async fn find_finality(&self, lake: &dyn Lake) -> Finality {
        if self.extent == Extent::AllVersions {
            return Finality::AllVersions;
        }
        // A key that may delete may still not be allowed to ask this.
        lake.versioning(&self.bucket).await.map_or(Finality::Unknown, Finality::Bucket)
    }

    /// Deletes what was counted as `found`; `watch` is told how far it is.
    pub async fn delete(
        &self,
        lake: &dyn Lake,
        found: &Usage,
        watch: &mut (dyn FnMut(&Cleared) + Send),
    ) -> DeletionEnd {
        let mut cleared = Cleared::default();
        let ended = match &self.key {
            Some(key) if self.extent == Extent::Current => {
                let deleted = lake.delete(&self.bucket, key, None).await;
                deleted.map(|_| cleared.gone = found.current)
            }
            Some(key) => self.delete_versions(lake, key, &mut cleared).await,
            None => {
                let takes = |key: &str| self.takes(key);
                let (bucket, prefix) = (&self.bucket, self.pattern.literal());
                let what = Clear { bucket, prefix, takes: &takes, extent: self.extent };
                clear_objects(lake, &what, &mut cleared, watch).await
            }
        };
        let error = match ended {
            Err(fault) => {
                let error = OperationError::at_bucket(&self.bucket, &fault);
                let is_partly = cleared.gone.count > 0;
                Some(if is_partly { error.under(ErrorKind::Partly) } else { error })
            }
            Ok(()) if cleared.failed > 0 => Some(undeleted_error(&self.bucket, &cleared)),
            Ok(()) => None,
        };
        DeletionEnd { cleared, error }
    }

    async fn delete_versions(
        &self,
        lake: &dyn Lake,
        key: &AnyKey,
        cleared: &mut Cleared,
    ) -> Result<(), Fault> {
        for version in list_versions_of_key(lake, &self.bucket, key).await? {
            lake.delete(&self.bucket, key, Some(&version.version)).await?;
            cleared.gone.count += 1;
            if let VersionKind::Content { size, .. } = version.kind {
                cleared.gone.bytes += size.0;
            }
        }
        Ok(())
    }
}

/// A folder is named whole: `assets` would mean `assets-of-others/`, too.
fn require_whole_folder(pattern: &KeyPattern) -> Result<(), OperationError> {
    let prefix = pattern.literal();
    if pattern.has_wildcards() || prefix.is_empty() || prefix.ends_with('/') {
        return Ok(());
    }
    let prefix = printable_key(prefix);
    let message = format!("`{prefix}` is not a folder: a folder ends with `/`");
    Err(OperationError::new(ErrorKind::Usage, message)
        .advise(format!("`{prefix}/` means its contents, `{prefix}**` every key with this prefix")))
}

fn parse_single_key(pattern: &KeyPattern) -> Result<AnyKey, OperationError> {
    AnyKey::try_from(pattern.literal()).map_err(|error| {
        OperationError::of(ErrorKind::Usage, &error)
            .advise("--recursive removes all that is in a bucket or folder")
    })
}

/// What could not be deleted.
#[must_use]
pub fn undeleted_error(bucket: &BucketName, cleared: &Cleared) -> OperationError {
    if cleared.failures.is_empty() {
        let message = "something could not be deleted, and nothing says what";
        return OperationError::new(ErrorKind::Bug, message);
    }
    let failed = group_digits(cleared.failed);
    let mut message = format!("bucket `{bucket}`: {failed} could not be deleted:");
    for (key, fault) in &cleared.failures {
        message.push_str(&format!("\n  {}: {fault}", printable_key(key.as_str())));
    }
    if cleared.failed > FAILURES_KEPT as u64 {
        message.push_str("\n  …");
    }
    let words = "what is locked goes only when its lock has run out: {}";
    OperationError::new(ErrorKind::Partly, message)
        .advise(Advice::naming(words, [AdvisedCommand::ShowBucketLock]))
}
