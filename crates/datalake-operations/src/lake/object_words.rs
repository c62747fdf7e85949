//! Objects and their versions, as text.

use datalake_core::fault::FaultKind;
use datalake_core::size::format_size;
use datalake_core::text::{group_digits, printable, printable_key};

use super::{ObjectReport, VersionFacts};

/// A version or delete marker without its key.
#[must_use]
pub fn describe_version(facts: &VersionFacts) -> String {
    let VersionFacts { version, latest, marker, size, modified, .. } = facts;
    let size = size.map_or("-".to_owned(), |size| size.to_string());
    let state = match (marker, latest) {
        (false, true) => "current",
        (false, false) => "old",
        (true, true) => "deleted",
        (true, false) => "marker",
    };
    format!("{size:>14}  {modified}  {state:<7}  {:<32}  ", printable_key(version))
}

/// All that is known of an object, line by line; `age` is how long ago it was stored.
#[must_use]
pub fn describe_object(report: &ObjectReport, age: &str) -> String {
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        text.push_str(&format!("{name:<20} {}\n", printable(value)));
    };
    add("key", &printable_key(&report.key));
    add("bucket", &report.bucket);
    add("size", &format!("{} ({} bytes)", format_size(report.size), group_digits(report.size)));
    add("modified", &format!("{}, {age} ago", report.modified));
    add("etag", &report.etag);
    if let Some(version) = &report.version {
        add("version", version);
    }
    report.headers.iter().for_each(|(name, value)| add(name, value));
    for (name, value) in &report.metadata {
        add(&format!("metadata {}", printable(name)), value);
    }
    match &report.unlisted {
        Some(fault) if fault.kind == FaultKind::Unsupported => {
            add("versions", "the service does not offer this");
        }
        Some(fault) => add("versions", &format!("unknown: {fault}")),
        None => {
            let versions = report.versions.as_deref().unwrap_or_default();
            add("versions", &group_digits(versions.len() as u64));
            for version in versions {
                text.push_str(describe_version(version).trim_end());
                text.push('\n');
            }
        }
    }
    text
}
