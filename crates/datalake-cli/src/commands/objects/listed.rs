//! Rows of listings, as text and for programs.

use datalake_core::Timestamp;
use datalake_engine::{ObjectEntry, VersionEntry, VersionKind};
use schemars::JsonSchema;
use serde::Serialize;

use crate::render::{DocumentKind, Rows, key_text};

pub(super) const FOLDER: DocumentKind = DocumentKind::of::<Folder<'static>>("folder");
pub(super) const OBJECT: DocumentKind = DocumentKind::of::<Object<'static>>("object");
pub(super) const VERSION: DocumentKind = DocumentKind::of::<Row<'static>>("version");

/// How a key is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The key alone, escaped.
    Short,
    /// With size and time.
    Long,
    /// The key as it is, with a zero byte behind it.
    Null,
}

/// An object.
#[derive(Serialize, JsonSchema)]
struct Object<'a> {
    /// Its key.
    key: &'a str,
    /// Its size in bytes.
    size: u64,
    /// When it was stored.
    modified: Timestamp,
    /// Its `ETag`, without quotes.
    etag: &'a str,
}

/// Keys with the same beginning up to a slash.
#[derive(Serialize, JsonSchema)]
struct Folder<'a> {
    /// That beginning, with the slash.
    prefix: &'a str,
}

/// A version or delete marker.
#[derive(Serialize, JsonSchema)]
struct Row<'a> {
    /// Its key.
    key: &'a str,
    /// Its id.
    version: &'a str,
    /// Whether it is the latest of its key.
    latest: bool,
    /// Whether it is a delete marker.
    marker: bool,
    /// Its size in bytes; `null` for a marker.
    size: Option<u64>,
    /// When it was stored.
    modified: Timestamp,
    /// Its `ETag`, without quotes; `null` for a marker.
    etag: Option<&'a str>,
}

/// Adds an object.
pub(super) fn object(rows: &mut Rows, form: Form, object: &ObjectEntry) {
    let key = object.key.as_str();
    if form == Form::Null {
        return null(rows, key);
    }
    let (size, modified) = (object.size.0, object.modified);
    let data = Object { key, size, modified, etag: object.etag.as_str() };
    rows.row(OBJECT, data, || match form {
        Form::Long => format!("{size:>14}  {modified}  {}", key_text(key)),
        Form::Short | Form::Null => key_text(key),
    });
}

/// Adds a folder.
pub(super) fn folder(rows: &mut Rows, form: Form, prefix: &str) {
    if form == Form::Null {
        return null(rows, prefix);
    }
    rows.row(FOLDER, Folder { prefix }, || match form {
        Form::Long => format!("{:>14}  {:20}  {}", "-", "", key_text(prefix)),
        Form::Short | Form::Null => key_text(prefix),
    });
}

/// Adds a version or delete marker.
pub(super) fn version(rows: &mut Rows, version: &VersionEntry) {
    let (size, etag) = match &version.kind {
        VersionKind::Content { size, etag } => (Some(size.0), Some(etag.as_str())),
        VersionKind::Marker => (None, None),
    };
    let data = Row {
        key: version.key.as_str(),
        version: &version.version.0,
        latest: version.latest,
        marker: size.is_none(),
        size,
        modified: version.modified,
        etag,
    };
    rows.row(VERSION, data, || version_line(version) + &key_text(version.key.as_str()));
}

/// A version or delete marker without its key.
pub(super) fn version_line(version: &VersionEntry) -> String {
    let size = match &version.kind {
        VersionKind::Content { size, .. } => size.0.to_string(),
        VersionKind::Marker => "-".to_owned(),
    };
    let state = match (&version.kind, version.latest) {
        (VersionKind::Content { .. }, true) => "current",
        (VersionKind::Content { .. }, false) => "old",
        (VersionKind::Marker, true) => "deleted",
        (VersionKind::Marker, false) => "marker",
    };
    let modified = version.modified;
    format!("{size:>14}  {modified}  {state:<7}  {:<32}  ", key_text(&version.version.0))
}

fn null(rows: &mut Rows, key: &str) {
    rows.raw(key.as_bytes());
    rows.raw(&[0]);
}
