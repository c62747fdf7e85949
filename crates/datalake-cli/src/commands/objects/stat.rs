//! `stat`: all that is known of an object.

use datalake_engine::{Clock, VersionId};
use datalake_operations::lake::{ObjectReport, describe_object, find_object};

use crate::args::{Cli, objects::Stat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, age};

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
