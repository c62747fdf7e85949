//! How much lies where, and how much of it is billed.

use datalake_core::s3::{BucketName, KeyPattern};
use datalake_core::usage::{Tally, Usage};
use datalake_engine::{CountedFolder, Lake, Scope, measure_prefix};
use schemars::JsonSchema;
use serde::Serialize;

use super::{at_bucket, no_match_error, refuse_wildcard};
use crate::OperationError;

/// What a prefix holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrefixUsage<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The folder, or what all keys begin with.
    pub prefix: &'a str,
    /// How much lies there.
    #[serde(flatten)]
    pub usage: UsageReport,
}

/// Usage in exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsageReport {
    /// Objects that can be read.
    pub current: UsageAmount,
    /// Old versions.
    pub noncurrent: UsageAmount,
    /// Delete markers.
    pub delete_markers: UsageAmount,
    /// Parts of uploads that were not finished.
    pub unfinished_uploads: UsageAmount,
    /// All together.
    pub total: UsageAmount,
}

/// A number of things, and their size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsageAmount {
    /// How many.
    pub count: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// What is billed, in bytes: a small object counts as 64 kB.
    pub billed_bytes: u64,
}

/// Counts what lies below a prefix, and tells each folder as soon as it is complete.
///
/// # Errors
///
/// [`OperationError`] where a listing fails, and where no key begins so.
pub async fn measure_usage(
    lake: &dyn Lake,
    scope: &Scope<'_>,
    sink: &mut (dyn FnMut(CountedFolder<'_>) + Send),
) -> Result<Usage, OperationError> {
    let Scope { bucket, prefix, .. } = *scope;
    let all = measure_prefix(lake, scope, sink).await.map_err(at_bucket(bucket))?;
    require_something(&all, bucket, prefix)?;
    Ok(all)
}

/// Refuses a prefix that a person has named where nothing was counted below it. A whole bucket may
/// be empty.
///
/// # Errors
///
/// [`OperationError`] that says so.
pub fn require_something(
    counted: &Usage,
    bucket: &BucketName,
    prefix: &str,
) -> Result<(), OperationError> {
    if !counted.is_empty() || prefix.is_empty() {
        return Ok(());
    }
    refuse_wildcard(prefix)?;
    Err(no_match_error(bucket, prefix, &KeyPattern::plain(prefix)))
}

impl<'a> PrefixUsage<'a> {
    /// What lies below this prefix of a bucket.
    #[must_use]
    pub fn new(bucket: &'a BucketName, prefix: &'a str, usage: &Usage) -> Self {
        Self { bucket: bucket.as_str(), prefix, usage: usage.into() }
    }
}

impl From<&Usage> for UsageReport {
    fn from(usage: &Usage) -> Self {
        Self {
            current: usage.current.into(),
            noncurrent: usage.noncurrent.into(),
            delete_markers: usage.markers.into(),
            unfinished_uploads: usage.uploads.into(),
            total: usage.total().into(),
        }
    }
}

impl From<Tally> for UsageAmount {
    fn from(Tally { count, bytes, billed }: Tally) -> Self {
        Self { count, bytes, billed_bytes: billed }
    }
}
