//! `bucket versioning`.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Versioning};
use datalake_engine::ObjectStore;
use datalake_operations::lake::at_bucket;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::VersioningCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, versioning_text};

pub(super) const VERSIONING: DocumentKind = DocumentKind::of::<Report<'static>>("versioning");

/// Whether a bucket keeps old versions.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// The bucket.
    bucket: &'a BucketName,
    /// What holds now.
    versioning: Versioning,
    /// Whether that was changed.
    changed: bool,
}

pub(super) async fn versioning(remote: &Remote, what: &VersioningCommand) -> Result<Exit, Failure> {
    let (named, to) = match what {
        VersioningCommand::Show(named) => (named, None),
        VersioningCommand::Enable(named) => (named, Some(Versioning::Enabled)),
        VersioningCommand::Suspend(named) => (named, Some(Versioning::Suspended)),
    };
    let bucket = remote.client().choose_bucket(named.bucket.as_ref())?;
    let (lake, printer) = (remote.lake(), remote.site.printer);
    let failed = at_bucket(&bucket);
    let is = lake.versioning(&bucket).await.map_err(&failed)?;
    let to = match (is, to) {
        // Suspending what never was would only stop the lifecycle rules.
        (Versioning::Never, Some(Versioning::Suspended)) | (_, None) => is,
        (_, Some(to)) => to,
    };
    if to == Versioning::Enabled && to != is {
        require_no_table(&bucket, &lake).await?;
    }
    if to != is {
        lake.set_versioning(&bucket, to).await.map_err(&failed)?;
    }
    let was = if to == is { "" } else { ", changed" };
    let text = format!("bucket {bucket}: versioning {}{was}\n", versioning_text(to));
    printer.result(
        VERSIONING,
        Report { bucket: &bucket, versioning: to, changed: to != is },
        &text,
    );
    if to == Versioning::Suspended {
        printer.talk("lifecycle rules do nothing while versioning is suspended");
    }
    Ok(Exit::Done)
}

/// Refuses to keep old versions of a table: its commits would get lost.
async fn require_no_table(bucket: &BucketName, store: &dyn ObjectStore) -> Result<(), Failure> {
    let search = store.tables(bucket).await.map_err(at_bucket(bucket))?;
    let Some(table) = search.found else { return Ok(()) };
    Err(at_bucket(bucket)(Fault::new(FaultKind::HoldsTables, table.to_string())).into())
}
