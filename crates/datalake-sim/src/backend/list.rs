//! Listing the keys of a bucket.

use std::ops::Bound;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use s3s::dto::{
    CommonPrefix, CommonPrefixList, EncodingType, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Object, ObjectList, ObjectStorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

use super::{convert_size, make_strong_etag};
use crate::query;
use crate::sim::{Sim, name_owner};
use crate::state::{SimBucket, SimVersion};

/// What a listing asks for.
pub(super) struct Ask<'a> {
    pub(super) prefix: &'a str,
    pub(super) delimiter: &'a str,
    /// The key or common prefix after which the listing goes on.
    pub(super) after: Option<&'a str>,
    pub(super) most: usize,
}

/// A piece of a listing.
#[derive(Default)]
pub(super) struct ObjectsPage<'a> {
    versions: Vec<&'a SimVersion>,
    prefixes: Vec<String>,
    /// Where the next page goes on.
    next: Option<String>,
}

/// The common prefix that a key disappears in.
pub(super) fn common_prefix<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(prefix)?;
    let end = prefix.len() + rest.find(delimiter)? + delimiter.len();
    key.get(..end)
}

/// The first place behind everything that starts with `prefix`.
pub(super) fn find_prefix_end(prefix: &str) -> Bound<String> {
    // The highest code point is no character, so nothing sensible starts with it.
    Bound::Excluded(format!("{prefix}\u{10FFFF}"))
}

/// Where a listing begins.
pub(super) fn find_listing_start(
    prefix: &str,
    delimiter: &str,
    after: Option<&str>,
) -> Bound<String> {
    match after {
        Some(after) if after >= prefix => match common_prefix(after, prefix, delimiter) {
            Some(whole) if whole == after => find_prefix_end(after),
            _ => Bound::Excluded(after.to_owned()),
        },
        _ => Bound::Included(prefix.to_owned()),
    }
}

fn list_page<'a>(bucket: &'a SimBucket, ask: &Ask<'_>) -> ObjectsPage<'a> {
    let mut page = ObjectsPage::default();
    let mut last = None;
    let mut from = find_listing_start(ask.prefix, ask.delimiter, ask.after);
    'jump: loop {
        for (key, versions) in bucket.keys.range((from, Bound::Unbounded)) {
            if !key.starts_with(ask.prefix) {
                return page;
            }
            let newest = versions.last().filter(|version| version.content.is_some());
            let Some(version) = newest else { continue };
            if page.versions.len() + page.prefixes.len() == ask.most {
                page.next = last;
                return page;
            }
            if let Some(whole) = common_prefix(key, ask.prefix, ask.delimiter) {
                page.prefixes.push(whole.to_owned());
                last = Some(whole.to_owned());
                from = find_prefix_end(whole);
                continue 'jump;
            }
            page.versions.push(version);
            last = Some(key.clone());
        }
        return page;
    }
}

impl ObjectsPage<'_> {
    /// The objects; each with its owner where `bucket_project` is given.
    fn list_contents(&self, text: Text, bucket_project: Option<u64>) -> ObjectList {
        let shown = self.versions.iter().filter_map(|version| {
            let content = version.content.as_ref()?;
            Some(Object {
                key: Some(text.show(&version.key)),
                e_tag: Some(make_strong_etag(&content.etag)),
                size: Some(convert_size(content.size)),
                last_modified: Some(version.modified.into()),
                owner: bucket_project.map(|own| name_owner(content.writer.unwrap_or(own))),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Default::default()
            })
        });
        shown.collect()
    }

    fn prefixes(&self, text: Text) -> Option<CommonPrefixList> {
        text.prefixes(&self.prefixes)
    }
}

/// How names are written in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Plain,
    Url,
}

impl Text {
    pub(super) fn of(encoding: Option<&EncodingType>) -> Self {
        if encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL) {
            Self::Url
        } else {
            Self::Plain
        }
    }

    pub(super) fn show(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Url => query::encode_query(text),
        }
    }

    pub(super) fn prefixes(self, prefixes: &[String]) -> Option<CommonPrefixList> {
        let shown = prefixes.iter().map(|p| CommonPrefix { prefix: Some(self.show(p)) });
        (!prefixes.is_empty()).then(|| shown.collect())
    }
}

/// The page size that a request gets: at most 1000.
pub(super) fn limit_page(wanted: Option<i32>) -> usize {
    usize::try_from(wanted.unwrap_or(1000).max(0)).unwrap_or(0).min(1000)
}

pub(super) fn list_objects(
    sim: &Sim,
    request: &S3Request<ListObjectsInput>,
) -> S3Result<ListObjectsOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let ask = Ask {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().unwrap_or_default(),
        after: input.marker.as_deref(),
        most: limit_page(input.max_keys),
    };
    let page = list_page(bucket, &ask);
    let text = Text::of(input.encoding_type.as_ref());
    Ok(ListObjectsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(text.show(ask.prefix)),
        marker: Some(text.show(ask.after.unwrap_or_default())),
        max_keys: Some(i32::try_from(ask.most).unwrap_or(i32::MAX)),
        is_truncated: Some(page.next.is_some()),
        contents: Some(page.list_contents(text, Some(bucket.meta.project))),
        common_prefixes: page.prefixes(text),
        delimiter: input.delimiter.as_deref().map(|delimiter| text.show(delimiter)),
        next_marker: page.next.as_deref().map(|next| text.show(next)),
        encoding_type: input.encoding_type.clone(),
        request_charged: None,
    })
}

pub(super) fn list_objects_v2(
    sim: &Sim,
    request: &S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let token = match input.continuation_token.as_deref() {
        None | Some("") => None,
        Some(token) => Some(read_token(token)?),
    };
    let ask = Ask {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().unwrap_or_default(),
        after: token.as_deref().or(input.start_after.as_deref()),
        most: limit_page(input.max_keys),
    };
    let page = list_page(bucket, &ask);
    let text = Text::of(input.encoding_type.as_ref());
    let owner = (input.fetch_owner == Some(true)).then_some(bucket.meta.project);
    let count = page.versions.len() + page.prefixes.len();
    Ok(ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(text.show(ask.prefix)),
        max_keys: Some(i32::try_from(ask.most).unwrap_or(i32::MAX)),
        key_count: Some(i32::try_from(count).unwrap_or(i32::MAX)),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_deref().map(|n| BASE64_URL_SAFE_NO_PAD.encode(n)),
        contents: Some(page.list_contents(text, owner)),
        common_prefixes: page.prefixes(text),
        delimiter: input.delimiter.as_deref().map(|delimiter| text.show(delimiter)),
        encoding_type: input.encoding_type.clone(),
        start_after: input.start_after.as_deref().map(|after| text.show(after)),
        request_charged: None,
    })
}

fn read_token(token: &str) -> S3Result<String> {
    BASE64_URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument))
}
