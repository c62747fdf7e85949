//! Which keys are to be restored.

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, KeyPattern};
use datalake_core::text::printable_key;
use datalake_engine::{AnyKey, Lake, VersionEntry, Walk};

use crate::lake::{has_key_below, list_versions_of_key};
use crate::{ErrorKind, OperationError};

/// Which keys of a bucket are to be restored: one, those below a folder, or those that fit.
#[derive(Debug, Clone)]
pub struct RestoreTarget {
    bucket: BucketName,
    /// The one key that is meant; otherwise it is the pattern.
    key: Option<AnyKey>,
    pattern: KeyPattern,
}

/// The versions of all keys that are meant, page by page.
pub(super) enum TargetVersions<'a> {
    /// Of one key.
    Single(Option<Vec<VersionEntry>>),
    /// Of many.
    Many(Walk<'a, VersionEntry>),
}

impl RestoreTarget {
    /// What an address means: with a wildcard the keys that fit, with a `/` at the end (or empty) a
    /// folder, otherwise that key alone.
    #[must_use]
    pub fn choose(bucket: BucketName, pattern: KeyPattern) -> Self {
        let text = pattern.literal();
        let is_many = pattern.has_wildcards() || text.is_empty() || text.ends_with('/');
        let key = if is_many { None } else { AnyKey::try_from(text).ok() };
        Self { bucket, key, pattern }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &BucketName {
        &self.bucket
    }

    /// The keys, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("s3://{}/{}", self.bucket, printable_key(self.pattern.literal()))
            + if self.pattern.has_wildcards() { "… (by pattern)" } else { "" }
    }

    pub(super) fn takes(&self, key: &str) -> bool {
        !self.pattern.has_wildcards() || self.pattern.fits(key)
    }

    pub(super) async fn list_versions<'a>(
        &'a self,
        lake: &'a dyn Lake,
    ) -> Result<TargetVersions<'a>, Fault> {
        Ok(match &self.key {
            Some(key) => {
                let versions = list_versions_of_key(lake, &self.bucket, key).await?;
                TargetVersions::Single(Some(versions))
            }
            None => {
                let prefix = self.pattern.literal();
                TargetVersions::Many(Walk::versions(lake, &self.bucket, prefix).await?)
            }
        })
    }

    /// Why no key was found.
    pub(super) async fn explain_absence(&self, lake: &dyn Lake) -> OperationError {
        let message = format!("{}: there is nothing, and no old version", self.describe());
        let error = OperationError::new(ErrorKind::Absent, message);
        let Some(key) = &self.key else { return error };
        let folder = format!("{}/", key.as_str());
        match has_key_below(lake, &self.bucket, &folder).await {
            Ok(true) => {
                error.advise(format!("`{}` is a folder: end it with `/`", printable_key(&folder)))
            }
            Ok(false) | Err(_) => error,
        }
    }
}

impl TargetVersions<'_> {
    /// The next page; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<VersionEntry>>, Fault> {
        match self {
            Self::Single(versions) => Ok(versions.take()),
            Self::Many(walk) => walk.next().await,
        }
    }
}
