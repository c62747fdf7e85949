//! `bucket create`.

use datalake_core::fault::{FaultKind, Target};
use datalake_engine::{BucketLock, BucketSettings, NewBucket, create_bucket};
use datalake_operations::lake::at_bucket;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::Create;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::DocumentKind;
use crate::silence::{Wait, tell_wait};

pub(super) const BUCKET_CREATE: DocumentKind = DocumentKind::of::<Report>("bucket-create");

/// A bucket that is there now.
#[derive(Serialize, JsonSchema)]
struct Report {
    /// Its name.
    bucket: String,
    /// Whether it was made now; else it was there already.
    created: bool,
    /// Whether versions can be locked in it.
    lock: bool,
}

pub(super) async fn create(remote: &Remote, flags: &Create) -> Result<Exit, Failure> {
    let bucket = remote.client().choose_bucket(flags.named.bucket.as_ref())?;
    let lake = remote.lake();
    let waiting = remote.store.waiting();
    let wait = Wait {
        printer: remote.site.printer,
        what: format!("bucket `{bucket}` to be known to all of `{}`", remote.spec.endpoint),
        service: Some(&waiting),
    };
    let new = tell_wait(&wait, create_bucket(&lake, &remote.site.clock, &bucket, flags.lock)).await;
    let new = new.map_err(|fault| match fault.kind {
        FaultKind::TakenBucket => Failure::at(&Target::Bucket(bucket.clone()), &fault),
        _ => at_bucket(&bucket)(fault).into(),
    })?;
    let created = new == NewBucket::Made;
    if flags.lock && !created {
        let lock = lake.lock(&bucket).await.map_err(at_bucket(&bucket))?;
        if lock == BucketLock::Never {
            let message = format!("bucket `{bucket}` already exists, and has no lock");
            return Err(Failure::new(Exit::Mismatch, message)
                .hint("locks are chosen when a bucket is created: take another name"));
        }
    }
    let text = if created {
        format!("Created bucket `{bucket}` in {}.\n", remote.spec.region)
    } else {
        format!("Bucket `{bucket}` already exists.\n")
    };
    let report = Report { bucket: bucket.to_string(), created, lock: flags.lock };
    remote.site.printer.result(BUCKET_CREATE, report, &text);
    Ok(Exit::Done)
}
