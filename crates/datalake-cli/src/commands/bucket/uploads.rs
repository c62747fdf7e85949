//! `bucket uploads`: uploads that nobody has ended.

use datalake_core::{BucketName, Days, Fault, Timestamp};
use datalake_engine::{
    Cleared, Clock, Lake, ListAsk, SizeTotal, SizedUpload, UploadPages, abort_uploads, sized,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::{self, UploadsAbort, UploadsList};
use crate::commands::{agreed, not_deleted};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{DocumentKind, Rows, age, counted, key_text, size};

pub(super) const UPLOAD: DocumentKind = DocumentKind::of::<Listed<'static>>("upload");
pub(super) const UPLOADS_END: DocumentKind = DocumentKind::of::<Sum>("uploads-end");
pub(super) const UPLOADS_ABORT: DocumentKind = DocumentKind::of::<Report<'static>>("uploads-abort");

/// An unfinished upload.
#[derive(Serialize, JsonSchema)]
struct Listed<'a> {
    /// The key that it is meant for.
    key: &'a str,
    /// Its id.
    upload: &'a str,
    /// When it was begun.
    begun: String,
    /// The size of the parts that are there, in bytes.
    bytes: u64,
}

/// Unfinished uploads together.
#[derive(Serialize, JsonSchema, Default)]
struct Sum {
    /// How many.
    uploads: u64,
    /// The size of their parts, in bytes.
    bytes: u64,
}

/// What was aborted.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// The bucket.
    bucket: &'a BucketName,
    /// The uploads that were old enough.
    found: Sum,
    /// How many of them are aborted.
    aborted: u64,
}

pub(super) async fn uploads(remote: &Remote, what: &bucket::Uploads) -> Result<Exit, Failure> {
    match what {
        bucket::Uploads::List(flags) => list(remote, flags).await,
        bucket::Uploads::Abort(flags) => abort(remote, flags).await,
    }
}

async fn list(remote: &Remote, flags: &UploadsList) -> Result<Exit, Failure> {
    let bucket = remote.bucket(flags.named.bucket.as_ref())?;
    let (printer, now) = (remote.site.printer, remote.site.clock.now());
    let mut rows = Rows::new(printer);
    let show = |upload: &SizedUpload| row(&mut rows, upload, now);
    let lake = remote.lake();
    let sum = each(&lake, &bucket, before(flags.older_than, now)?, show).await;
    let sum = sum.map_err(|fault| {
        rows.flush();
        at_bucket(&bucket)(fault)
    })?;
    if printer.is_json() {
        rows.row(UPLOADS_END, &sum, String::new);
    } else {
        rows.flush();
        printer.talk(&sum.text());
    }
    Ok(Exit::Done)
}

async fn abort(remote: &Remote, flags: &UploadsAbort) -> Result<Exit, Failure> {
    let bucket = remote.bucket(flags.which.named.bucket.as_ref())?;
    let (printer, now) = (remote.site.printer, remote.site.clock.now());
    let (lake, failed) = (remote.lake(), at_bucket(&bucket));
    let before = before(flags.which.older_than, now)?;
    let found = each(&lake, &bucket, before, |_| ()).await.map_err(&failed)?;
    printer.talk(&format!("bucket {bucket}: {}", found.text()));
    let mut cleared = Cleared::default();
    if found.uploads > 0 {
        if !agreed("Give up these uploads?", flags.yes, remote.site.may_ask())? {
            return Ok(Exit::Done);
        }
        let ended = abort_uploads(&lake, (&bucket, ""), before, &mut cleared).await;
        ended.map_err(|fault| {
            printer.talk(&format!("Aborted {}.", counted(cleared.uploads, "upload")));
            failed(fault)
        })?;
    }
    let aborted = cleared.uploads;
    if cleared.failed > 0 {
        printer.talk(&format!("Aborted {}.", counted(aborted, "upload")));
        return Err(not_deleted(&bucket, &cleared));
    }
    let text = format!("Aborted {}, {}.\n", counted(aborted, "upload"), size(found.bytes));
    printer.result(UPLOADS_ABORT, Report { bucket: &bucket, found, aborted }, &text);
    Ok(Exit::Done)
}

/// Goes through all uploads that began before a time.
async fn each(
    lake: &dyn Lake,
    bucket: &BucketName,
    before: Option<Timestamp>,
    mut show: impl FnMut(&SizedUpload),
) -> Result<Sum, Fault> {
    let (mut sum, mut total) = (Sum::default(), SizeTotal::default());
    let mut pages = UploadPages::new(lake, bucket, ListAsk::below(""));
    while let Some(page) = pages.next().await? {
        let mut uploads = page.uploads;
        uploads.retain(|(_, begun)| before.is_none_or(|before| *begun < before));
        for upload in sized(lake, uploads).await? {
            sum.uploads += 1;
            total.add(upload.upload.key.as_str(), upload.size.unwrap_or_default())?;
            sum.bytes += upload.size.map_or(0, |size| size.0);
            show(&upload);
        }
    }
    Ok(sum)
}

fn row(rows: &mut Rows, upload: &SizedUpload, now: Timestamp) {
    let (key, id) = (upload.upload.key.as_str(), upload.upload.id.0.as_str());
    let bytes = upload.size.map_or(0, |size| size.0);
    let begun = upload.begun.to_string();
    let data = Listed { key, upload: id, begun: begun.clone(), bytes };
    rows.row(UPLOAD, data, || {
        let age = age(upload.begun, now);
        format!("{:>10}  {begun}  {age:>8}  {}", size(bytes), key_text(key))
    });
}

fn before(older_than: Option<Days>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let before = |days: Days| Timestamp::from_unix(now.unix() - i64::from(days.count()) * 86_400);
    let before = older_than.map(before).transpose();
    before.map_err(|error| Failure::of(Exit::Usage, &error))
}

impl Sum {
    fn text(&self) -> String {
        format!("{}, {}", counted(self.uploads, "unfinished upload"), size(self.bytes))
    }
}
