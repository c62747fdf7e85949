//! A search for what versioning has left in a bucket.

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, VersionTraces};

use super::{ListAsk, Objects, VersionEntry, VersionKind, VersionPages};

/// Looks for delete markers and old versions, and ends with the page of a listing that has some.
///
/// A bucket with none is listed to its end: a request for each thousand objects.
///
/// # Errors
///
/// The [`Fault`] of a listing; what was not listed is never taken for empty.
pub async fn search_version_traces(
    objects: &dyn Objects,
    bucket: &BucketName,
) -> Result<VersionTraces, Fault> {
    let mut pages = VersionPages::new(objects, bucket, ListAsk::below(""));
    while let Some(page) = pages.next().await? {
        let traces = count_traces(&page.versions);
        if !traces.is_empty() {
            return Ok(VersionTraces { may_be_more: page.next.is_some(), ..traces });
        }
    }
    Ok(VersionTraces::default())
}

fn count_traces(entries: &[VersionEntry]) -> VersionTraces {
    let mut traces = VersionTraces::default();
    for entry in entries {
        match entry.kind {
            VersionKind::Marker => traces.markers += 1,
            VersionKind::Content { .. } if !entry.latest => traces.old_versions += 1,
            VersionKind::Content { .. } => continue,
        }
        let key = entry.key.as_str().to_owned();
        if traces.keys.len() < VersionTraces::NAMED && !traces.keys.contains(&key) {
            traces.keys.push(key);
        }
    }
    traces
}
