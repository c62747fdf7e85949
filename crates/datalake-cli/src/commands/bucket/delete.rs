//! `bucket delete`: the end of a bucket.

use datalake_core::{BucketName, Fault, Timestamp, Usage};
use datalake_engine::{
    BucketSettings, Clear, Cleared, Clock, Extent, Lake, ListAsk, UploadPages, Walk, abort_uploads,
    clear, sized,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::Delete;
use crate::commands::objects::Sums;
use crate::commands::{name_typed, not_deleted};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{DocumentKind, Ticker, age, count, counted, usage, usage_words};

pub(super) const BUCKET_DELETE: DocumentKind = DocumentKind::of::<Report<'static>>("bucket-delete");

/// A bucket that is gone.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// Its name.
    bucket: &'a BucketName,
    /// What lay in it.
    contents: Sums,
    /// How many versions and delete markers were deleted.
    deleted_versions: u64,
    /// How many unfinished uploads were aborted.
    aborted_uploads: u64,
}

pub(super) async fn delete(remote: &Remote, flags: &Delete) -> Result<Exit, Failure> {
    let bucket = &remote.bucket(flags.named.bucket.as_ref())?;
    let (lake, printer) = (remote.lake(), remote.site.printer);
    let failed = at_bucket(bucket);
    let Contents { usage: found, times } =
        Contents::of(&lake, bucket, Ticker::new(printer)).await.map_err(&failed)?;
    printer.talk(&format!("bucket {bucket}:\n{}", usage(&found).trim_end()));
    if let Some((oldest, newest)) = times {
        let now = remote.site.clock.now();
        let (since, until) = (age(oldest, now), age(newest, now));
        printer.talk(&format!("  stored between {since} ({oldest}) and {until} ({newest}) ago"));
    }
    if !found.is_empty() && !flags.empty {
        let message = format!("bucket `{bucket}` is not empty: {}", usage_words(&found));
        return Err(Failure::new(Exit::Mismatch, message)
            .hint("--empty deletes all that is in it, too; `datalake du` tells what there is"));
    }
    name_typed(bucket, flags.confirm.as_deref(), remote.site.may_ask())?;
    let mut cleared = Cleared::default();
    if let Err(fault) = empty(remote, (&lake, bucket), &found, &mut cleared).await {
        return Err(partly(&cleared, failed(fault), remote));
    }
    if cleared.failed > 0 {
        return Err(not_deleted(bucket, &cleared));
    }
    lake.delete_bucket(bucket).await.map_err(|fault| partly(&cleared, failed(fault), remote))?;
    let report = Report {
        bucket,
        contents: Sums::from(&found),
        deleted_versions: cleared.gone.count,
        aborted_uploads: cleared.uploads,
    };
    let text =
        format!("Deleted bucket `{bucket}`. Its name comes free later, and for everybody.\n");
    printer.result(BUCKET_DELETE, report, &text);
    Ok(Exit::Done)
}

/// What lies in a bucket, and from when it is.
#[derive(Default)]
struct Contents {
    usage: Usage,
    /// The oldest and the newest time.
    times: Option<(Timestamp, Timestamp)>,
}

impl Contents {
    async fn of(lake: &dyn Lake, bucket: &BucketName, mut ticker: Ticker) -> Result<Self, Fault> {
        let mut contents = Self::default();
        let mut walk = Walk::versions(lake, bucket, "").await?;
        while let Some(page) = walk.next().await? {
            for version in page {
                version.count_in(&mut contents.usage);
                contents.saw(version.modified);
            }
            ticker.tell(|| usage_words(&contents.usage));
        }
        let mut pages = UploadPages::new(lake, bucket, ListAsk::below(""));
        while let Some(page) = pages.next().await? {
            for upload in sized(lake, page.uploads).await? {
                contents.usage.add_upload(upload.size);
                contents.saw(upload.begun);
            }
        }
        Ok(contents)
    }

    fn saw(&mut self, time: Timestamp) {
        let (oldest, newest) = self.times.unwrap_or((time, time));
        self.times = Some((oldest.min(time), newest.max(time)));
    }
}

async fn empty(
    remote: &Remote,
    (lake, bucket): (&dyn Lake, &BucketName),
    found: &Usage,
    cleared: &mut Cleared,
) -> Result<(), Fault> {
    if found.is_empty() {
        return Ok(());
    }
    let mut ticker = Ticker::new(remote.site.printer);
    let all = found.total().count;
    let mut tell = |cleared: &Cleared| {
        ticker.tell(|| format!("deleted {} of {}", count(cleared.gone.count), count(all)));
    };
    abort_uploads(lake, (bucket, ""), None, cleared).await?;
    let what = Clear { bucket, prefix: "", takes: &|_| true, extent: Extent::AllVersions };
    clear(lake, &what, cleared, &mut tell).await
}

/// A failure on the way, when something has gone already.
fn partly(cleared: &Cleared, failure: Failure, remote: &Remote) -> Failure {
    if cleared.gone.count + cleared.uploads == 0 {
        return failure;
    }
    let gone = counted(cleared.gone.count, "version");
    let uploads = counted(cleared.uploads, "unfinished upload");
    remote.site.printer.talk(&format!("deleted so far: {gone}, {uploads}"));
    failure.under(Exit::Partly).hint("the same command goes on from here")
}
