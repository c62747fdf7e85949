//! `bucket`: buckets and their settings, one file for each group of commands.

mod cors;
mod create;
mod delete;
mod lifecycle;
mod lock;
mod show;
mod uploads;
mod versioning;

use datalake_core::s3::BucketName;
use datalake_engine::ObjectStore;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Cli, bucket::BucketCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer};

pub(super) const BUCKETS: DocumentKind = DocumentKind::of::<Vec<Listed<'static>>>("buckets");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    BUCKETS,
    cors::CORS,
    create::BUCKET_CREATE,
    delete::BUCKET_DELETE,
    lifecycle::LIFECYCLE,
    lock::LOCK,
    show::BUCKET,
    uploads::UPLOAD,
    uploads::UPLOADS_ABORT,
    uploads::UPLOADS_END,
    versioning::VERSIONING,
];

/// A bucket of the key's project.
#[derive(Serialize, JsonSchema)]
struct Listed<'a> {
    /// Its name.
    bucket: &'a BucketName,
    /// Whether it is the one of the spec.
    in_spec: bool,
}

pub(super) async fn bucket(
    cli: &Cli,
    what: &BucketCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    match what {
        BucketCommand::Create(flags) => create::create(&remote, flags).await,
        BucketCommand::List => list(&remote).await,
        BucketCommand::Show(flags) => show::show(&remote, flags).await,
        BucketCommand::Delete(flags) => delete::delete(&remote, flags).await,
        BucketCommand::Versioning { what } => versioning::versioning(&remote, what).await,
        BucketCommand::Lifecycle { what } => lifecycle::lifecycle(&remote, what).await,
        BucketCommand::Cors { what } => cors::cors(&remote, what).await,
        BucketCommand::Lock { what } => lock::lock(&remote, what).await,
        BucketCommand::Uploads { what } => uploads::uploads(&remote, what).await,
    }
}

async fn list(remote: &Remote) -> Result<Exit, Failure> {
    let at_service = |fault| Failure::at(&datalake_core::fault::Target::Service, &fault);
    let names = remote.lake().buckets().await.map_err(at_service)?;
    let in_spec = |bucket: &BucketName| remote.spec.bucket.as_ref() == Some(bucket);
    let listed: Vec<_> =
        names.iter().map(|bucket| Listed { bucket, in_spec: in_spec(bucket) }).collect();
    let line = |listed: &Listed<'_>| {
        let mark = if listed.in_spec { "  (the spec's)" } else { "" };
        format!("{}{mark}\n", listed.bucket)
    };
    let text: String = listed.iter().map(line).collect();
    remote.site.printer.result(BUCKETS, &listed, &text);
    Ok(Exit::Done)
}
