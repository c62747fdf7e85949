//! All that is known of an object.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_engine::{AnyKey, Lake, ObjectSource, StoredObject, VersionId};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    VersionFacts, at_object, explain_object_fault, list_versions_of_key, refuse_absent_wildcard,
};
use crate::OperationError;

/// All that is known of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectReport {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was stored.
    pub modified: Timestamp,
    /// Its `ETag`, without quotes.
    pub etag: String,
    /// The id of this version; `null` without versioning.
    pub version: Option<String>,
    /// What the service sends along: type, encoding, cache.
    pub headers: BTreeMap<String, String>,
    /// What was stored with it, by name.
    pub metadata: BTreeMap<String, String>,
    /// All versions of the key, the latest first; `null` where they could not be listed.
    pub versions: Option<Vec<VersionFacts>>,
    /// Why they could not.
    #[serde(skip)]
    pub unlisted: Option<Fault>,
}

/// Asks for an object, or one version of it, and for all versions of its key.
///
/// # Errors
///
/// [`OperationError`] where there is no such object, and where the service does not answer.
pub async fn find_object(
    lake: &dyn Lake,
    bucket: &BucketName,
    key: &AnyKey,
    version: Option<VersionId>,
) -> Result<ObjectReport, OperationError> {
    let source = ObjectSource { version, ..ObjectSource::current(bucket, key) };
    let object = match lake.head(&source).await {
        Ok(object) => object,
        Err(fault) => {
            refuse_absent_wildcard(key, &fault)?;
            return Err(explain_object_fault(lake, bucket, key, &fault).await);
        }
    };
    let report = ObjectReport::of_object(bucket, key, object);
    match list_versions_of_key(lake, bucket, key).await {
        Err(fault) if is_about_listing(fault.kind) => {
            Ok(ObjectReport { unlisted: Some(fault), ..report })
        }
        found => {
            let versions = found.map_err(at_object(bucket, key))?;
            let versions = versions.iter().map(VersionFacts::from).collect();
            Ok(ObjectReport { versions: Some(versions), ..report })
        }
    }
}

/// Whether a fault says nothing of the object, which was answered for: a key that may read it may
/// not be allowed to list, and not every service has versions, or says in words of S3 that it has not.
fn is_about_listing(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Denied
            | FaultKind::Unsupported
            | FaultKind::Unreadable
            | FaultKind::Refused
            | FaultKind::Absent
    )
}

impl ObjectReport {
    fn of_object(bucket: &BucketName, key: &AnyKey, object: StoredObject) -> Self {
        let headers = object.attributes.headers();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self {
            bucket: bucket.to_string(),
            key: key.as_str().to_owned(),
            size: object.size.0,
            modified: object.modified,
            etag: object.etag.as_str().to_owned(),
            version: object.version.map(|version| version.0),
            headers,
            metadata: object.attributes.user,
            versions: None,
            unlisted: None,
        }
    }
}
