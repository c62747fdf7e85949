//! Pages of keys, versions and uploads.

use std::ops::Bound;

use datalake_core::s3::BucketName;

use super::bucket::MemoryBucket;
use crate::objects::{
    AnyKey, ListAsk, ObjectEntry, ObjectPage, PageToken, Upload, UploadPage, VersionEntry,
    VersionKind, VersionPage,
};

impl MemoryBucket {
    /// A page of the current objects.
    pub(super) fn list(&self, ask: &ListAsk, token: Option<&PageToken>) -> ObjectPage {
        let mut page = ObjectPage::default();
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let mut last: Option<String> = None;
        for (key, versions) in
            self.objects.range::<str, _>((find_listing_start(ask, after), Bound::Unbounded))
        {
            if !key.as_str().starts_with(&ask.prefix) {
                break;
            }
            let newest = versions.last();
            let Some((version, content)) =
                newest.and_then(|version| Some((version, version.content.as_ref()?)))
            else {
                continue;
            };
            let folder = common_prefix(key.as_str(), ask);
            if folder.is_some() && (folder == after || folder == last.as_deref()) {
                continue;
            }
            if page.objects.len() + page.prefixes.len() >= usize::from(ask.page_size) {
                page.next = last.map(|text| PageToken { text, id: None });
                break;
            }
            last = Some(folder.unwrap_or(key.as_str()).to_owned());
            match folder {
                Some(folder) => page.prefixes.push(folder.to_owned()),
                None => page.objects.push(ObjectEntry {
                    key: key.clone(),
                    size: content.size(),
                    etag: content.etag.clone(),
                    modified: version.modified,
                }),
            }
        }
        page
    }

    /// A page of versions and markers.
    pub(super) fn list_versions(&self, ask: &ListAsk, token: Option<&PageToken>) -> VersionPage {
        let mut page = VersionPage::default();
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let behind = token.and_then(|token| token.id.as_deref());
        let start = match (after, behind) {
            (Some(key), Some(_)) => Bound::Included(key),
            _ => find_listing_start(ask, after),
        };
        for (key, versions) in self.objects.range::<str, _>((start, Bound::Unbounded)) {
            if !key.as_str().starts_with(&ask.prefix) {
                break;
            }
            let mut newest_first = versions.iter().rev().enumerate().peekable();
            if let (Some(_), Some(id)) = (after.filter(|after| *after == key.as_str()), behind) {
                while newest_first.next_if(|(_, version)| version.id().0 != id).is_some() {}
                newest_first.next();
            }
            for (place, version) in newest_first {
                if page.versions.len() >= usize::from(ask.page_size) {
                    let last = page.versions.last();
                    page.next = last.map(|last| PageToken {
                        text: last.key.as_str().to_owned(),
                        id: Some(last.version.0.clone()),
                    });
                    return page;
                }
                let kind = match &version.content {
                    None => VersionKind::Marker,
                    Some(content) => {
                        VersionKind::Content { size: content.size(), etag: content.etag.clone() }
                    }
                };
                page.versions.push(VersionEntry {
                    key: key.clone(),
                    version: version.id(),
                    latest: place == 0,
                    modified: version.modified,
                    stored: version.modified.into(),
                    owner: None,
                    kind,
                });
            }
        }
        page
    }

    /// A page of unfinished uploads.
    pub(super) fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> UploadPage {
        let mut page = UploadPage::default();
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let behind = token.and_then(|token| token.id.as_deref());
        let is_behind = |key: &AnyKey, id: &str| match (after, behind) {
            (None, _) => true,
            (Some(after), None) => key.as_str() > after,
            (Some(after), Some(behind)) => (key.as_str(), id) > (after, behind),
        };
        let found = self.uploads.iter().filter(|((key, id), _)| {
            key.as_str().starts_with(&ask.prefix) && is_behind(key, &id.0)
        });
        for ((key, id), unfinished) in found {
            if page.uploads.len() >= usize::from(ask.page_size) {
                let last = page.uploads.last();
                page.next = last.map(|(last, _)| PageToken {
                    text: last.key.as_str().to_owned(),
                    id: Some(last.id.0.clone()),
                });
                break;
            }
            let upload = Upload { bucket: bucket.clone(), key: key.clone(), id: id.clone() };
            page.uploads.push((upload, unfinished.begun));
        }
        page
    }
}

/// Where a listing begins.
fn find_listing_start<'a>(ask: &'a ListAsk, after: Option<&'a str>) -> Bound<&'a str> {
    match after {
        Some(after) if after >= ask.prefix.as_str() => Bound::Excluded(after),
        _ => Bound::Included(&ask.prefix),
    }
}

/// The common prefix that a key disappears in.
fn common_prefix<'k>(key: &'k str, ask: &ListAsk) -> Option<&'k str> {
    let delimiter = ask.delimiter.as_deref()?;
    let rest = key.strip_prefix(ask.prefix.as_str())?;
    key.get(..ask.prefix.len() + rest.find(delimiter)? + delimiter.len())
}
