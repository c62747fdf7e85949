//! Keys listed: those of a folder, all that match, or all their versions.

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, KeyPattern};
use datalake_core::text::printable_key;
use datalake_core::time::Timestamp;
use datalake_engine::{FolderEntry, Lake, ObjectEntry, VersionEntry, VersionKind, Walk};
use schemars::JsonSchema;
use serde::Serialize;

use super::at_bucket;
use crate::{ErrorKind, OperationError};

/// How far a listing reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListingReach {
    /// Whether what is in folders is listed, too.
    pub recursive: bool,
    /// Whether old versions and delete markers are listed instead.
    pub versions: bool,
}

/// A listing of keys.
#[derive(Debug, Clone, Copy)]
pub struct ObjectListing<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The keys that are meant; without a wildcard those that begin so.
    pub pattern: &'a KeyPattern,
    /// The same as a person has named them; empty for all.
    pub named: &'a str,
    /// How far it reaches.
    pub reach: ListingReach,
}

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedObject<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// When it was stored.
    pub modified: Timestamp,
    /// Its `ETag`, without quotes.
    pub etag: &'a str,
}

/// Keys with the same beginning up to a slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedFolder<'a> {
    /// That beginning, with the slash.
    pub prefix: &'a str,
}

/// A version or delete marker in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedVersion<'a> {
    /// Its key.
    pub key: &'a str,
    /// What it is.
    #[serde(flatten)]
    pub facts: VersionFacts,
    /// Its `ETag`, without quotes; `null` for a marker.
    pub etag: Option<&'a str>,
}

/// A version or delete marker of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionFacts {
    /// Its id.
    pub version: String,
    /// Whether it is the latest of its key.
    pub latest: bool,
    /// Whether it is a delete marker.
    pub marker: bool,
    /// Its size in bytes; `null` for a marker.
    pub size: Option<u64>,
    /// When it was stored.
    pub modified: Timestamp,
    /// The same exactly as the service says it.
    pub stored: String,
}

/// What was listed, in sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct ListingTotals {
    /// How many objects.
    pub objects: u64,
    /// How many folders.
    pub folders: u64,
    /// How many versions and delete markers.
    pub versions: u64,
    /// The size of objects and versions, in bytes.
    pub bytes: u64,
}

/// Is told of keys as they are listed, in their order.
pub trait ListingReporter: Send {
    /// An object.
    fn object(&mut self, object: &ListedObject<'_>);

    /// A folder.
    fn folder(&mut self, folder: &ListedFolder<'_>);

    /// A version or delete marker.
    fn version(&mut self, version: &ListedVersion<'_>);

    /// A page more has been told; whether anybody wants to hear of more.
    fn page_ended(&mut self) -> bool {
        true
    }
}

impl ObjectListing<'_> {
    /// Lists the keys.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the listing fails, and where no key is what was named. What was told
    /// before is no whole listing then.
    pub async fn list(
        &self,
        lake: &dyn Lake,
        reporter: &mut dyn ListingReporter,
    ) -> Result<ListingTotals, OperationError> {
        let totals = if self.reach.versions {
            self.list_versions(lake, reporter).await
        } else if self.reach.recursive || !self.pattern.stays_in_one_folder() {
            self.list_objects(lake, reporter).await
        } else {
            self.list_folder(lake, reporter).await
        };
        let totals = totals.map_err(at_bucket(self.bucket))?;
        if totals == ListingTotals::default() && !self.named.is_empty() {
            return Err(no_match_error(self.bucket, self.named, self.pattern));
        }
        Ok(totals)
    }

    /// Without a wildcard a text means all that begin with it.
    fn takes(&self, key: &str) -> bool {
        !self.pattern.has_wildcards() || self.pattern.fits(key)
    }

    async fn list_objects(
        &self,
        lake: &dyn Lake,
        reporter: &mut dyn ListingReporter,
    ) -> Result<ListingTotals, Fault> {
        let mut totals = ListingTotals::default();
        let mut walk = Walk::objects(lake, self.bucket, self.pattern.literal()).await?;
        while let Some(page) = walk.next().await? {
            for object in page.iter().filter(|object| self.takes(object.key.as_str())) {
                totals.count_object(object, reporter);
            }
            if !reporter.page_ended() {
                break;
            }
        }
        Ok(totals)
    }

    async fn list_folder(
        &self,
        lake: &dyn Lake,
        reporter: &mut dyn ListingReporter,
    ) -> Result<ListingTotals, Fault> {
        let mut totals = ListingTotals::default();
        let mut walk = Walk::folder(lake, self.bucket, self.pattern.literal());
        while let Some(page) = walk.next().await? {
            for entry in &page {
                match entry {
                    FolderEntry::Object(object) if self.takes(object.key.as_str()) => {
                        totals.count_object(object, reporter);
                    }
                    FolderEntry::Folder(prefix) if self.takes(prefix.trim_end_matches('/')) => {
                        totals.folders += 1;
                        reporter.folder(&ListedFolder { prefix });
                    }
                    FolderEntry::Object(_) | FolderEntry::Folder(_) => (),
                }
            }
            if !reporter.page_ended() {
                break;
            }
        }
        Ok(totals)
    }

    async fn list_versions(
        &self,
        lake: &dyn Lake,
        reporter: &mut dyn ListingReporter,
    ) -> Result<ListingTotals, Fault> {
        let mut totals = ListingTotals::default();
        let mut walk = Walk::versions(lake, self.bucket, self.pattern.literal()).await?;
        while let Some(page) = walk.next().await? {
            for version in page.iter().filter(|version| self.takes(version.key.as_str())) {
                totals.versions += 1;
                reporter.version(&version.into());
            }
            if !reporter.page_ended() {
                break;
            }
        }
        Ok(totals)
    }
}

impl ListingTotals {
    fn count_object(&mut self, object: &ObjectEntry, reporter: &mut dyn ListingReporter) {
        self.objects += 1;
        self.bytes += object.size.0;
        reporter.object(&object.into());
    }
}

impl<'a> From<&'a ObjectEntry> for ListedObject<'a> {
    fn from(ObjectEntry { key, size, modified, etag, .. }: &'a ObjectEntry) -> Self {
        Self { key: key.as_str(), size: size.0, modified: *modified, etag: etag.as_str() }
    }
}

impl<'a> From<&'a VersionEntry> for ListedVersion<'a> {
    fn from(entry: &'a VersionEntry) -> Self {
        let etag = match &entry.kind {
            VersionKind::Content { etag, .. } => Some(etag.as_str()),
            VersionKind::Marker => None,
        };
        Self { key: entry.key.as_str(), facts: entry.into(), etag }
    }
}

impl From<&VersionEntry> for VersionFacts {
    fn from(entry: &VersionEntry) -> Self {
        let size = match &entry.kind {
            VersionKind::Content { size, .. } => Some(size.0),
            VersionKind::Marker => None,
        };
        Self {
            version: entry.version.0.clone(),
            latest: entry.latest,
            marker: size.is_none(),
            size,
            modified: entry.modified,
            stored: entry.stored.to_rfc3339(),
        }
    }
}

/// Nothing lies where a person has `named` a place.
pub(crate) fn no_match_error(
    bucket: &BucketName,
    named: &str,
    pattern: &KeyPattern,
) -> OperationError {
    let what = if pattern.has_wildcards() { "fits" } else { "begins with" };
    let message = format!("bucket `{bucket}`: no key {what} `{}`", printable_key(named));
    OperationError::new(ErrorKind::Absent, message)
}
