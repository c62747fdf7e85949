//! Whether there is anything where the sources are named; asked before anything is made.

use std::path::Path;

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, KeyPattern};
use datalake_core::text::printable_key;
use datalake_engine::transfer::{NamedKind, NamedPaths, SourceObject};
use datalake_engine::{ListAsk, ObjectPages, ObjectSource, Objects};

use super::job::describe_path;
use super::{JobDestination, JobSource, TransferContext, TransferJob};
use crate::lake::{explain_object_fault, require_folder};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// The most sources that are named where none exists.
const NAMED: usize = 20;

/// Sources that exist, and those that do not.
#[derive(Debug, Default)]
pub struct FoundSources {
    /// What has to be done.
    pub jobs: Vec<TransferJob>,
    /// What was named and does not exist.
    pub missing: Vec<MissingSource>,
}

/// A source that does not exist.
#[derive(Debug, Clone)]
pub struct MissingSource {
    /// Its name, fit for a terminal.
    pub name: String,
    /// What is to be said of it.
    pub error: OperationError,
}

/// Sorts out the sources that do not exist. Objects of which some exist stay together: the transfer
/// asks for each of them.
///
/// # Errors
///
/// [`OperationError`] where none exists, or nobody can tell.
pub(super) async fn find_sources(
    context: &TransferContext<'_>,
    jobs: Vec<TransferJob>,
) -> Result<FoundSources, OperationError> {
    let mut found = FoundSources::default();
    for mut job in jobs {
        let missing = take_missing(context, &mut job.source).await?;
        let is_left = match &job.source {
            JobSource::Files(files) => !files.is_empty(),
            _ => missing.is_empty(),
        };
        found.missing.extend(missing);
        if is_left {
            found.jobs.push(job);
        }
    }
    if !found.jobs.is_empty() {
        return Ok(found);
    }
    let errors = found.missing.into_iter().take(NAMED).map(|missing| missing.error);
    let no_source = || OperationError::new(ErrorKind::Bug, "a transfer without a source");
    Err(errors.reduce(OperationError::and).unwrap_or_else(no_source))
}

/// Refuses a destination on this machine that has a file where a folder is needed.
///
/// # Errors
///
/// [`OperationError`] of wrong use.
pub(super) fn refuse_file_in_the_way(
    paths: &dyn NamedPaths,
    jobs: &[TransferJob],
) -> Result<(), OperationError> {
    for job in jobs {
        let JobDestination::Folder(folder) = &job.dest else { continue };
        // Without a `/` at its end: a file with one would count as absent.
        let mut above = folder.components().as_path().ancestors();
        if let Some(file) = above.find(|path| paths.find_kind(path) == NamedKind::File) {
            let message =
                format!("`{}` is a file, and a folder is needed there", describe_path(file));
            return Err(
                OperationError::new(ErrorKind::Usage, message).advise("name another folder")
            );
        }
    }
    Ok(())
}

async fn take_missing(
    context: &TransferContext<'_>,
    source: &mut JobSource,
) -> Result<Vec<MissingSource>, OperationError> {
    let (lake, paths) = (context.client.retrying(), context.paths);
    let (name, found) = match source {
        JobSource::Files(files) => {
            let mut missing = Vec::new();
            files.retain(|file| match require_local(paths, &file.path, "file") {
                Ok(()) => true,
                Err(error) => {
                    missing.push(MissingSource { name: describe_path(&file.path), error });
                    false
                }
            });
            return Ok(missing);
        }
        JobSource::Folder(path) => (describe_path(path), require_local(paths, path, "folder")),
        JobSource::Prefix(bucket, prefix) => {
            (describe_key(bucket, prefix), require_folder(&lake, bucket, prefix).await)
        }
        JobSource::Matching(bucket, pattern) => {
            let name = describe_key(bucket, pattern.literal());
            (name, require_match(&lake, bucket, pattern).await)
        }
        JobSource::Objects(bucket, objects) => {
            let first = objects.first().map(|object| describe_key(bucket, object.key.as_str()));
            (first.unwrap_or_default(), require_any(&lake, bucket, objects).await)
        }
    };
    match found {
        Err(error) if error.kind == ErrorKind::Absent => Ok(vec![MissingSource { name, error }]),
        Err(error) => Err(error),
        Ok(()) => Ok(Vec::new()),
    }
}

/// Refuses a path at which nothing lies. What else is wrong with it is told as it is opened.
///
/// # Errors
///
/// [`OperationError`] of what does not exist.
pub(super) fn require_local(
    paths: &dyn NamedPaths,
    path: &Path,
    what: &str,
) -> Result<(), OperationError> {
    if paths.find_kind(path) != NamedKind::Absent {
        return Ok(());
    }
    let shown = describe_path(path);
    let message = if paths.is_taken(path) {
        format!("`{shown}` is a link that leads nowhere")
    } else {
        format!("there is no {what} `{shown}`")
    };
    Err(OperationError::new(ErrorKind::Absent, message))
}

/// Refuses a pattern that no key matches.
async fn require_match(
    objects: &dyn Objects,
    bucket: &BucketName,
    pattern: &KeyPattern,
) -> Result<(), OperationError> {
    let failed = |fault| OperationError::at_bucket(bucket, &fault).within("the listing failed");
    let mut pages = ObjectPages::new(objects, bucket, ListAsk::below(pattern.literal()));
    while let Some(page) = pages.next().await.map_err(failed)? {
        if page.objects.iter().any(|object| pattern.fits(object.key.as_str())) {
            return Ok(());
        }
    }
    let place = describe_key(bucket, pattern.literal());
    let message = format!("no key below `{place}` fits the wildcard");
    Err(OperationError::new(ErrorKind::Absent, message)
        .advise(Advice::naming("{} lists what exists", [AdvisedCommand::ListKeys(place)])))
}

/// Refuses objects of which none exists.
async fn require_any(
    objects: &dyn Objects,
    bucket: &BucketName,
    picked: &[SourceObject],
) -> Result<(), OperationError> {
    let mut first = None;
    for SourceObject { key, .. } in picked {
        match objects.head(&ObjectSource::current(bucket, key)).await {
            Ok(_) => return Ok(()),
            Err(fault) if fault.kind == FaultKind::Absent => {
                first.get_or_insert((key, fault));
            }
            Err(fault) => return Err(OperationError::at_object(bucket, key, &fault)),
        }
    }
    let Some((key, fault)) = first else { return Ok(()) };
    let error = explain_object_fault(objects, bucket, key, &fault).await;
    Err(match picked.len() {
        1 => error,
        count => error.within(format!("none of {count} objects is there")),
    })
}

fn describe_key(bucket: &BucketName, key: &str) -> String {
    format!("s3://{bucket}/{}", printable_key(key))
}
