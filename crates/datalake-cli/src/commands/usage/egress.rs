//! What left a bucket: entered by the operator, or brought here by a command of ours.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_engine::{Clock as _, EgressBy, EgressNote, UsageLog as _, UsagePlace};
use datalake_host::UsageDb;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Cli;
use crate::args::cost::EgressFlags;
use crate::commands::cost::{log_failure, read_place};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, key_text, size};
use crate::site::Site;

pub(super) const USAGE_EGRESS: DocumentKind = DocumentKind::of::<Entered<'static>>("usage-egress");

/// Egress that was entered by hand.
#[derive(Serialize, JsonSchema)]
struct Entered<'a> {
    /// The bucket.
    bucket: &'a str,
    /// When.
    at: String,
    /// How much, in bytes.
    bytes: u64,
    /// What it was.
    note: &'a str,
}

pub(super) async fn enter(
    cli: &Cli,
    flags: &EgressFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let place = read_place(&site)?;
    let (at, by) = (flags.at.unwrap_or_else(|| site.clock.now()), EgressBy::Operator);
    let note = EgressNote { at, size: flags.size, by, note: flags.note.clone() };
    let kept = UsageDb::open(&site.state).and_then(|mut log| log.record_egress(&place, &note));
    kept.map_err(|fault| log_failure(&fault))?;
    let text = format!(
        "Entered {} of egress from s3://{} at {at}{}.\n",
        size(flags.size.0),
        place.bucket,
        if flags.note.is_empty() { String::new() } else { format!(": {}", key_text(&flags.note)) },
    );
    let (bucket, at) = (place.bucket.as_str(), at.to_string());
    let entered = Entered { bucket, at, bytes: flags.size.0, note: &flags.note };
    printer.result(USAGE_EGRESS, entered, &text);
    Ok(Exit::Done)
}

/// Keeps in mind what a command has brought from a bucket to this machine. That it cannot is told, and
/// no failure of the command.
pub(in crate::commands) fn note_download(
    remote: &Remote,
    bucket: &BucketName,
    bytes: u64,
    command: &str,
) {
    if bytes == 0 {
        return;
    }
    let site = &remote.site;
    let place = UsagePlace { endpoint: remote.spec.endpoint.clone(), bucket: bucket.clone() };
    let note = EgressNote {
        at: site.clock.now(),
        size: ByteSize(bytes),
        by: EgressBy::Datalake,
        note: command.to_owned(),
    };
    let kept = UsageDb::open(&site.state).and_then(|mut log| log.record_egress(&place, &note));
    let told = |fault: Fault| {
        site.printer.talk(&format!(
            "note: {} of egress could not be kept in the history of usage: {fault}",
            size(bytes)
        ));
    };
    kept.unwrap_or_else(told);
}
