//! Listing versions and delete markers.

use std::ops::Bound;

use s3s::dto::{
    DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass,
};
use s3s::{S3Request, S3Result};

use super::list::{Text, beginning, behind, common_prefix, limit};
use super::{size, strong};
use crate::sim::{Sim, owner};
use crate::state::{Bucket as State, Version};

pub(super) fn list_object_versions(
    sim: &Sim,
    request: &S3Request<ListObjectVersionsInput>,
) -> S3Result<ListObjectVersionsOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let most = limit(input.max_keys);
    let text = Text::of(input.encoding_type.as_ref());
    let page = page(bucket, input, most);
    let owner = owner(bucket.meta.project);
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    for Entry { version, newest } in page.entries {
        match &version.content {
            Some(content) => versions.push(ObjectVersion {
                e_tag: Some(strong(&content.etag)),
                is_latest: Some(newest),
                key: Some(text.show(&version.key)),
                last_modified: Some(version.modified.into()),
                owner: Some(owner.clone()),
                size: Some(size(content.size)),
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
struct Entry<'a> {
    version: &'a Version,
    newest: bool,
}

#[derive(Default)]
struct Page<'a> {
    entries: Vec<Entry<'a>>,
    prefixes: Vec<String>,
    /// The key, or common prefix, and version after which the next page goes on.
    next: Option<(String, Option<String>)>,
}

fn page<'a>(bucket: &'a State, input: &ListObjectVersionsInput, most: usize) -> Page<'a> {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().unwrap_or_default();
    let key_marker = input.key_marker.as_deref().filter(|key| !key.is_empty());
    let version_marker = input.version_id_marker.as_deref().filter(|id| !id.is_empty());
    let mut from = match (key_marker, version_marker) {
        (Some(key), Some(_)) => Bound::Included(key.to_owned()),
        _ => beginning(prefix, delimiter, key_marker),
    };
    let mut page = Page::default();
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
                from = behind(whole);
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
    versions: &'a [Version],
    after: Option<&str>,
) -> impl Iterator<Item = Entry<'a>> {
    let end = match after {
        None => versions.len(),
        Some(id) => versions.iter().position(|version| version.id == id).unwrap_or(0),
    };
    let newest = versions.last().map(|version| version.number);
    versions
        .iter()
        .take(end)
        .rev()
        .map(move |version| Entry { version, newest: Some(version.number) == newest })
}
