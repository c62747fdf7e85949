//! `bucket uploads`: uploads that nobody has ended.

use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_engine::{Cleared, Clock};
use datalake_operations::lake::{ListedUpload, UploadSearch, UploadTotals, choose_upload_age};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::{UploadsAbort, UploadsCommand, UploadsList};
use crate::commands::agreed;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Rows, age, counted, key_text, size};

pub(super) const UPLOAD: DocumentKind = DocumentKind::of::<ListedUpload<'static>>("upload");
pub(super) const UPLOADS_END: DocumentKind = DocumentKind::of::<UploadTotals>("uploads-end");
pub(super) const UPLOADS_ABORT: DocumentKind = DocumentKind::of::<Report<'static>>("uploads-abort");

/// What was aborted.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// The bucket.
    bucket: &'a BucketName,
    /// The uploads that were old enough.
    found: UploadTotals,
    /// How many of them are aborted.
    aborted: u64,
}

pub(super) async fn uploads(remote: &Remote, what: &UploadsCommand) -> Result<Exit, Failure> {
    match what {
        UploadsCommand::List(flags) => list(remote, flags).await,
        UploadsCommand::Abort(flags) => abort(remote, flags).await,
    }
}

async fn list(remote: &Remote, flags: &UploadsList) -> Result<Exit, Failure> {
    let bucket = remote.client().choose_bucket(flags.named.bucket.as_ref())?;
    let (printer, now) = (remote.site.printer, remote.site.clock.now());
    let mut rows = Rows::new(printer);
    let before = choose_upload_age(flags.older_than, now)?;
    let search = UploadSearch { lake: &remote.lake(), bucket: &bucket, before };
    let totals = search.find(&mut |upload| print_upload(&mut rows, upload, now)).await?;
    if printer.is_json() {
        rows.row(UPLOADS_END, totals, String::new);
    } else {
        rows.flush();
        printer.talk(&describe_totals(&totals));
    }
    Ok(Exit::Done)
}

async fn abort(remote: &Remote, flags: &UploadsAbort) -> Result<Exit, Failure> {
    let bucket = remote.client().choose_bucket(flags.which.named.bucket.as_ref())?;
    let printer = remote.site.printer;
    let before = choose_upload_age(flags.which.older_than, remote.site.clock.now())?;
    let search = UploadSearch { lake: &remote.lake(), bucket: &bucket, before };
    let found = search.find(&mut |_| ()).await?;
    printer.talk(&format!("bucket {bucket}: {}", describe_totals(&found)));
    let mut cleared = Cleared::default();
    if found.uploads > 0 {
        if !agreed("Give up these uploads?", flags.yes, remote.site.may_ask())? {
            return Ok(Exit::Done);
        }
        if let Err(error) = search.abort(&mut cleared).await {
            printer.talk(&format!("Aborted {}.", counted(cleared.uploads, "upload")));
            return Err(error.into());
        }
    }
    let aborted = cleared.uploads;
    let text = format!("Aborted {}, {}.\n", counted(aborted, "upload"), size(found.bytes));
    printer.result(UPLOADS_ABORT, Report { bucket: &bucket, found, aborted }, &text);
    Ok(Exit::Done)
}

fn print_upload(rows: &mut Rows, upload: &ListedUpload<'_>, now: Timestamp) {
    rows.row(UPLOAD, upload, || {
        let ListedUpload { key, begun, bytes, .. } = upload;
        let age = age(*begun, now);
        format!("{:>10}  {begun}  {age:>8}  {}", size(*bytes), key_text(key))
    });
}

fn describe_totals(totals: &UploadTotals) -> String {
    format!("{}, {}", counted(totals.uploads, "unfinished upload"), size(totals.bytes))
}
