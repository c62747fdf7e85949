//! Listing versions and delete markers.

use std::ops::Bound;

use s3s::dto::{
    DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass,
};
use s3s::{S3Request, S3Result};

use super::list::{Text, common_prefix, find_listing_start, find_prefix_end, limit_page};
use super::{convert_size, make_strong_etag};
use crate::sim::{Sim, name_owner};
use crate::state::{SimBucket, SimVersion};

pub(super) fn list_object_versions(
    sim: &Sim,
    request: &S3Request<ListObjectVersionsInput>,
) -> S3Result<ListObjectVersionsOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let most = limit_page(input.max_keys);
    let text = Text::of(input.encoding_type.as_ref());
    let page = list_versions_page(bucket, input, most);
    let owner = name_owner(bucket.meta.project);
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    for ListedVersion { version, newest } in page.entries {
        match &version.content {
            Some(content) => versions.push(ObjectVersion {
                e_tag: Some(make_strong_etag(&content.etag)),
                is_latest: Some(newest),
                key: Some(text.show(&version.key)),
                last_modified: Some(version.modified.into()),
                owner: Some(content.writer.map_or_else(|| owner.clone(), name_owner)),
                size: Some(convert_size(content.size)),
                storage_class: Some(ObjectVersionStorageClass::from_static(
                    ObjectVersionStorageClass::STANDARD,
                )),
                version_id: Some(version.id.clone()),
                ..Default::default()
            }),
            None => markers.push(DeleteMarkerEntry {
                is_latest: Some(newest),
                key: Some(text.show(&version.key)),
                last_modified: Some(version.modified.into()),
                owner: Some(owner.clone()),
                version_id: Some(version.id.clone()),
            }),
        }
    }
    let (next_key, next_version) = page.next.unzip();
    Ok(ListObjectVersionsOutput {
        common_prefixes: text.prefixes(&page.prefixes),
        delete_markers: Some(markers),
        delimiter: input.delimiter.as_deref().map(|delimiter| text.show(delimiter)),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(next_key.is_some()),
        key_marker: Some(text.show(input.key_marker.as_deref().unwrap_or_default())),
        max_keys: Some(i32::try_from(most).unwrap_or(i32::MAX)),
        name: Some(input.bucket.clone()),
        next_key_marker: next_key.map(|key| text.show(&key)),
        next_version_id_marker: next_version.flatten(),
        prefix: Some(text.show(input.prefix.as_deref().unwrap_or_default())),
        version_id_marker: input.version_id_marker.clone(),
        versions: Some(versions),
        request_charged: None,
    })
}

/// A version as a listing sees it.
struct ListedVersion<'a> {
    version: &'a SimVersion,
    newest: bool,
}

#[derive(Default)]
struct VersionsPage<'a> {
    entries: Vec<ListedVersion<'a>>,
    prefixes: Vec<String>,
    /// The key, or common prefix, and version after which the next page goes on.
    next: Option<(String, Option<String>)>,
}

fn list_versions_page<'a>(
    bucket: &'a SimBucket,
    input: &ListObjectVersionsInput,
    most: usize,
) -> VersionsPage<'a> {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().unwrap_or_default();
    let key_marker = input.key_marker.as_deref().filter(|key| !key.is_empty());
    let version_marker = input.version_id_marker.as_deref().filter(|id| !id.is_empty());
    let mut from = match (key_marker, version_marker) {
        (Some(key), Some(_)) => Bound::Included(key.to_owned()),
        _ => find_listing_start(prefix, delimiter, key_marker),
    };
    let mut page = VersionsPage::default();
    let mut last = None;
    'jump: loop {
        for (key, versions) in bucket.keys.range((from, Bound::Unbounded)) {
            if !key.starts_with(prefix) {
                return page;
            }
            if let Some(whole) = common_prefix(key, prefix, delimiter) {
                if page.entries.len() + page.prefixes.len() == most {
                    page.next = last;
                    return page;
                }
                page.prefixes.push(whole.to_owned());
                last = Some((whole.to_owned(), None));
                from = find_prefix_end(whole);
                continue 'jump;
            }
            let resumed = version_marker.filter(|_| key_marker == Some(key));
            for entry in newest_first(versions, resumed) {
                if page.entries.len() + page.prefixes.len() == most {
                    page.next = last;
                    return page;
                }
                last = Some((key.clone(), Some(entry.version.id.clone())));
                page.entries.push(entry);
            }
        }
        return page;
    }
}

/// The versions of one key, after the one with the id `after`.
fn newest_first<'a>(
    versions: &'a [SimVersion],
    after: Option<&str>,
) -> impl Iterator<Item = ListedVersion<'a>> {
    let end = match after {
        None => versions.len(),
        Some(id) => versions.iter().position(|version| version.id == id).unwrap_or(0),
    };
    let newest = versions.last().map(|version| version.number);
    versions
        .iter()
        .take(end)
        .rev()
        .map(move |version| ListedVersion { version, newest: Some(version.number) == newest })
}
