//! `bucket delete`: the end of a bucket.

use datalake_core::s3::BucketName;
use datalake_engine::{BucketSettings, Cleared, Clock};
use datalake_operations::lake::{
    BucketContents, UsageReport, at_bucket, empty_bucket, undeleted_error,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::Delete;
use crate::commands::name_typed;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Ticker, age, count, counted, usage, usage_words};

pub(super) const BUCKET_DELETE: DocumentKind = DocumentKind::of::<Report<'static>>("bucket-delete");

/// A bucket that is gone.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// Its name.
    bucket: &'a BucketName,
    /// What lay in it.
    contents: UsageReport,
    /// How many versions and delete markers were deleted.
    deleted_versions: u64,
    /// How many unfinished uploads were aborted.
    aborted_uploads: u64,
}

pub(super) async fn delete(remote: &Remote, flags: &Delete) -> Result<Exit, Failure> {
    let bucket = &remote.client().choose_bucket(flags.named.bucket.as_ref())?;
    let (lake, printer) = (remote.lake(), remote.site.printer);
    let (failed, mut ticker) = (at_bucket(bucket), Ticker::new(printer));
    let BucketContents { usage: found, times } =
        BucketContents::count(&lake, bucket, move |usage| ticker.tell(|| usage_words(usage)))
            .await
            .map_err(&failed)?;
    printer.talk(&format!("bucket {bucket}:\n{}", usage(&found).trim_end()));
    if let Some((oldest, newest)) = times {
        let now = remote.site.clock.now();
        let (since, until) = (age(oldest, now), age(newest, now));
        printer.talk(&format!("  stored between {since} ({oldest}) and {until} ({newest}) ago"));
    }
    if !found.is_empty() && !flags.empty {
        let message = format!("bucket `{bucket}` is not empty: {}", usage_words(&found));
        return Err(Failure::new(Exit::Mismatch, message)
            .hint("--empty deletes everything in it as well; `datalake du` shows what it holds"));
    }
    name_typed(bucket, flags.confirm.as_deref(), remote.site.may_ask())?;
    let mut cleared = Cleared::default();
    let (all, mut ticker) = (found.total().count, Ticker::new(printer));
    let mut tell = |cleared: &Cleared| {
        ticker.tell(|| format!("deleted {} of {}", count(cleared.gone.count), count(all)));
    };
    if !found.is_empty()
        && let Err(fault) = empty_bucket(&lake, bucket, &mut cleared, &mut tell).await
    {
        return Err(fail_partly(&cleared, failed(fault).into(), remote));
    }
    if cleared.failed > 0 {
        return Err(undeleted_error(bucket, &cleared).into());
    }
    lake.delete_bucket(bucket)
        .await
        .map_err(|fault| fail_partly(&cleared, failed(fault).into(), remote))?;
    let report = Report {
        bucket,
        contents: UsageReport::from(&found),
        deleted_versions: cleared.gone.count,
        aborted_uploads: cleared.uploads,
    };
    let text =
        format!("Deleted bucket `{bucket}`. Its name comes free later, and for everybody.\n");
    printer.result(BUCKET_DELETE, report, &text);
    Ok(Exit::Done)
}

/// A failure on the way, when something has gone already.
fn fail_partly(cleared: &Cleared, failure: Failure, remote: &Remote) -> Failure {
    if cleared.gone.count + cleared.uploads == 0 {
        return failure;
    }
    let gone = counted(cleared.gone.count, "version");
    let uploads = counted(cleared.uploads, "unfinished upload");
    remote.site.printer.talk(&format!("deleted so far: {gone}, {uploads}"));
    failure.under(Exit::Partly).hint("the same command continues from here")
}
