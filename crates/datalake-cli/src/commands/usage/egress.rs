//! What left a bucket: entered by the operator, or brought here by a command of ours.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_engine::{Clock as _, EgressBy, EgressNote, UsageLog as _, UsagePlace};
use datalake_host::UsageDb;
use datalake_operations::costs::remove_entered_egress;
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

/// Egress that was entered by hand, or removed again.
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

pub(super) async fn change_egress(
    cli: &Cli,
    flags: &EgressFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let place = read_place(&site)?;
    match (flags.remove, flags.size) {
        (Some(at), size) => remove_egress(&site, &place, at, size),
        (None, size) => enter_egress(&site, &place, flags, size.unwrap_or_default()),
    }
}

fn remove_egress(
    site: &Site,
    place: &UsagePlace,
    at: Timestamp,
    size: Option<ByteSize>,
) -> Result<Exit, Failure> {
    let log = UsageDb::open_existing(&site.state).map_err(|fault| log_failure(&fault))?;
    let Some(mut log) = log else {
        return Err(Failure::new(Exit::Absent, "nothing was recorded on this machine"));
    };
    let note = remove_entered_egress(&mut log, place, at, size)?;
    let text = format!("Removed {}.\n", describe_note(place, &note));
    tell_egress(site, place, &note, &text);
    Ok(Exit::Done)
}

fn describe_note(place: &UsagePlace, note: &EgressNote) -> String {
    let EgressNote { at, size: bytes, note: text, .. } = note;
    let text = if text.is_empty() { String::new() } else { format!(": {}", key_text(text)) };
    format!("{} of egress from s3://{} at {at}{text}", size(bytes.0), place.bucket)
}

fn tell_egress(site: &Site, place: &UsagePlace, note: &EgressNote, text: &str) {
    let (bucket, at) = (place.bucket.as_str(), note.at.to_string());
    let entered = Entered { bucket, at, bytes: note.size.0, note: &note.note };
    site.printer.result(USAGE_EGRESS, entered, text);
}

fn enter_egress(
    site: &Site,
    place: &UsagePlace,
    flags: &EgressFlags,
    size: ByteSize,
) -> Result<Exit, Failure> {
    let (at, by) = (flags.at.unwrap_or_else(|| site.clock.now()), EgressBy::Operator);
    let note = EgressNote { at, size, by, note: flags.note.clone() };
    let kept = UsageDb::open(&site.state).and_then(|mut log| log.record_egress(place, &note));
    kept.map_err(|fault| log_failure(&fault))?;
    let text = format!("Entered {}.\n", describe_note(place, &note));
    tell_egress(site, place, &note, &text);
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
