//! `stat`: all that is known of an object.

use std::collections::BTreeMap;

use datalake_core::{BucketName, Fault, FaultKind};
use datalake_engine::{
    AnyKey, Clock, ObjectSource, Objects, StoredObject, VersionEntry, VersionId, VersionKind,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::listed::version_line;
use super::versions::versions_of;
use crate::args::{Cli, objects::Stat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_object};
use crate::render::{DocumentKind, Printer, age, count, key_text, printable, size};

pub(super) const STAT: DocumentKind = DocumentKind::of::<Report<'static>>("stat");

/// All that is known of an object.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// The bucket.
    bucket: &'a str,
    /// The key.
    key: &'a str,
    /// Its size in bytes.
    size: u64,
    /// When it was stored.
    modified: String,
    /// Its `ETag`, without quotes.
    etag: &'a str,
    /// The id of this version; `null` without versioning.
    version: Option<&'a str>,
    /// What the service sends along: type, encoding, cache.
    headers: BTreeMap<&'a str, &'a str>,
    /// What was stored with it, by name.
    metadata: &'a BTreeMap<String, String>,
    /// All versions of the key, the latest first; `null` where they could not be listed.
    versions: Option<Vec<Entry<'a>>>,
}

/// A version or delete marker of an object.
#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    /// Its id.
    version: &'a str,
    /// Whether it is the latest.
    latest: bool,
    /// Whether it is a delete marker.
    marker: bool,
    /// Its size in bytes; `null` for a marker.
    size: Option<u64>,
    /// When it was stored.
    modified: String,
}

pub(in crate::commands) async fn stat(
    cli: &Cli,
    flags: &Stat,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, key) = remote.key(&flags.keys)?;
    let lake = remote.lake();
    let source = ObjectSource {
        version: flags.version_id.clone().map(VersionId),
        ..ObjectSource::current(&bucket, &key)
    };
    let failed = at_object(&bucket, &key);
    let object = lake.head(&source).await.map_err(&failed)?;
    // A key that may read an object may still not be allowed to list.
    let versions = match versions_of(&lake, &bucket, &key).await {
        Err(fault) if fault.kind == FaultKind::Denied => Err(fault),
        found => Ok(found.map_err(&failed)?),
    };
    let report = report((&bucket, &key), &object, versions.as_deref().ok());
    let age = age(object.modified, remote.site.clock.now());
    printer.result(STAT, &report, &text(&report, &age, &versions));
    Ok(Exit::Done)
}

fn report<'a>(
    (bucket, key): (&'a BucketName, &'a AnyKey),
    object: &'a StoredObject,
    versions: Option<&'a [VersionEntry]>,
) -> Report<'a> {
    let version = |entry: &'a VersionEntry| {
        let size = match &entry.kind {
            VersionKind::Content { size, .. } => Some(size.0),
            VersionKind::Marker => None,
        };
        Entry {
            version: &entry.version.0,
            latest: entry.latest,
            marker: size.is_none(),
            size,
            modified: entry.modified.to_string(),
        }
    };
    Report {
        bucket: bucket.as_str(),
        key: key.as_str(),
        size: object.size.0,
        modified: object.modified.to_string(),
        etag: object.etag.as_str(),
        version: object.version.as_ref().map(|version| version.0.as_str()),
        headers: object.attributes.headers().collect(),
        metadata: &object.attributes.user,
        versions: versions.map(|versions| versions.iter().map(version).collect()),
    }
}

fn text(report: &Report<'_>, age: &str, versions: &Result<Vec<VersionEntry>, Fault>) -> String {
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        text.push_str(&format!("{name:<20} {}\n", printable(value)));
    };
    add("key", &key_text(report.key));
    add("bucket", report.bucket);
    add("size", &format!("{} ({} bytes)", size(report.size), count(report.size)));
    add("modified", &format!("{}, {age} ago", report.modified));
    add("etag", report.etag);
    if let Some(version) = report.version {
        add("version", version);
    }
    report.headers.iter().for_each(|(name, value)| add(name, value));
    for (name, value) in report.metadata {
        add(&format!("metadata {}", printable(name)), value);
    }
    match versions {
        Err(fault) => add("versions", &format!("unknown: {fault}")),
        Ok(versions) => {
            add("versions", &count(versions.len() as u64));
            for version in versions {
                let line = version_line(version);
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
    }
    text
}
