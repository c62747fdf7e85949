//! `stat`: all that is known of an object.

use datalake_core::fault::FaultKind;
use datalake_core::text::printable;
use datalake_engine::{Clock, VersionId};
use datalake_operations::lake::{ObjectReport, find_object};

use super::listed::version_line;
use crate::args::{Cli, objects::Stat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, age, count, key_text, size};

pub(super) const STAT: DocumentKind = DocumentKind::of::<ObjectReport>("stat");

pub(in crate::commands) async fn stat(
    cli: &Cli,
    flags: &Stat,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, key) = remote.client().parse_key(&flags.keys)?;
    let version = flags.version_id.clone().map(VersionId);
    let report = find_object(&remote.lake(), &bucket, &key, version).await?;
    let age = age(report.modified, remote.site.clock.now());
    printer.result(STAT, &report, &describe_object(&report, &age));
    Ok(Exit::Done)
}

fn describe_object(report: &ObjectReport, age: &str) -> String {
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        text.push_str(&format!("{name:<20} {}\n", printable(value)));
    };
    add("key", &key_text(&report.key));
    add("bucket", &report.bucket);
    add("size", &format!("{} ({} bytes)", size(report.size), count(report.size)));
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
            add("versions", &count(versions.len() as u64));
            for version in versions {
                text.push_str(version_line(version).trim_end());
                text.push('\n');
            }
        }
    }
    text
}
