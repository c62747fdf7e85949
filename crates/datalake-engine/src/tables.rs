//! Logs of tables, listed; and the commits in them that got lost.

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, FoundTable, TableKind};
use datalake_core::tables::{
    ListedTable, LogFile, LogPart, LogVersion, LostSearch, find_lost_commits,
};

use crate::objects::{ListAsk, ObjectPages, Objects, VersionEntry, VersionKind, VersionPages};

/// A table in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlace {
    /// What made it.
    pub kind: TableKind,
    /// Its folder: empty, or with `/` at its end.
    pub root: String,
}

impl TablePlace {
    /// What the keys of its log begin with.
    #[must_use]
    pub fn log_prefix(&self) -> String {
        format!("{}{}/", self.root, self.kind.log_folder())
    }

    /// The name of a key of its log, in the folder of the log.
    fn name<'k>(&self, prefix: &str, key: &'k str) -> &'k str {
        key.strip_prefix(prefix).unwrap_or(key)
    }
}

impl From<&FoundTable> for TablePlace {
    fn from(found: &FoundTable) -> Self {
        Self { kind: found.kind, root: found.root().to_owned() }
    }
}

impl From<&ListedTable> for TablePlace {
    fn from(listed: &ListedTable) -> Self {
        Self { kind: listed.kind, root: listed.root.clone() }
    }
}

/// Lists the files of a table's log, in the order of their names.
///
/// # Errors
///
/// The [`Fault`] of the listing.
pub async fn list_log(
    objects: &dyn Objects,
    bucket: &BucketName,
    table: &TablePlace,
) -> Result<Vec<LogFile>, Fault> {
    let prefix = table.log_prefix();
    let mut pages = ObjectPages::new(objects, bucket, ListAsk::below(prefix.as_str()));
    let mut files = Vec::new();
    while let Some(page) = pages.next().await? {
        files.extend(page.objects.into_iter().map(|object| {
            let name = table.name(&prefix, object.key.as_str()).to_owned();
            LogFile {
                part: LogPart::of_name(table.kind, &name),
                name,
                size: object.size.0,
                etag: object.etag,
                modified: object.modified,
            }
        }));
    }
    Ok(files)
}

/// Searches the logs of tables for commits that got lost, in at most so many pages of versions.
/// Iceberg's commits are its catalog's: they are not looked at.
///
/// # Errors
///
/// The [`Fault`] of a listing; what was not listed is never taken for whole.
pub async fn search_lost_commits(
    objects: &dyn Objects,
    bucket: &BucketName,
    tables: &[TablePlace],
    pages: usize,
) -> Result<LostSearch, Fault> {
    let mut search = LostSearch::default();
    let mut left = pages;
    for table in tables.iter().filter(|table| table.kind != TableKind::Iceberg) {
        let prefix = table.log_prefix();
        let mut listing = VersionPages::new(objects, bucket, ListAsk::below(prefix.as_str()));
        let (mut versions, mut is_whole) = (Vec::new(), false);
        while left > 0 && !is_whole {
            let page = listing.next().await?.unwrap_or_default();
            left -= 1;
            is_whole = page.next.is_none();
            let all = page.versions.into_iter();
            versions.extend(all.map(|entry| log_version(table, &prefix, entry)));
        }
        search.has_markers |= versions.iter().any(|version| version.etag.is_none());
        let lost = find_lost_commits(table.kind, &versions);
        if !lost.is_empty() {
            search.lost.push((table.root.clone(), lost));
        }
        if is_whole {
            search.tables += 1;
        } else {
            search.unseen.push(table.root.clone());
        }
    }
    Ok(search)
}

fn log_version(table: &TablePlace, prefix: &str, entry: VersionEntry) -> LogVersion {
    let size = entry.size().0;
    LogVersion {
        name: table.name(prefix, entry.key.as_str()).to_owned(),
        id: entry.version.0,
        etag: match entry.kind {
            VersionKind::Content { etag, .. } => Some(etag),
            VersionKind::Marker => None,
        },
        size,
        stored: entry.modified,
    }
}
