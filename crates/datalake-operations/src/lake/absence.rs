//! Whether something lies at a place that a command names, and what is told where nothing does.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, KeyPattern};
use datalake_core::text::printable_key;
use datalake_engine::{AnyKey, ListAsk, ObjectPages, ObjectSource, Objects};

use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// Whether any key begins so.
///
/// # Errors
///
/// A [`Fault`] where the listing fails.
pub async fn has_key_below(
    objects: &dyn Objects,
    bucket: &BucketName,
    prefix: &str,
) -> Result<bool, Fault> {
    let ask = ListAsk { page_size: 1, ..ListAsk::below(prefix) };
    let mut pages = ObjectPages::new(objects, bucket, ask);
    while let Some(page) = pages.next().await? {
        if !page.objects.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses a source that should be a folder of a bucket and is none. A bucket without a prefix may
/// be empty.
///
/// # Errors
///
/// [`OperationError`]: nothing lies there, what was named is a wildcard, or the service's fault.
pub async fn require_folder(
    objects: &dyn Objects,
    bucket: &BucketName,
    prefix: &str,
) -> Result<(), OperationError> {
    let failed = |fault| OperationError::at_bucket(bucket, &fault).within("the listing failed");
    if has_key_below(objects, bucket, prefix).await.map_err(failed)? || prefix.is_empty() {
        return Ok(());
    }
    let key = prefix.strip_suffix('/').unwrap_or(prefix);
    refuse_wildcard(key)?;
    let shown = format!("s3://{bucket}/{}", printable_key(key));
    if let Ok(key) = AnyKey::try_from(key)
        && objects.head(&ObjectSource::current(bucket, &key)).await.is_ok()
    {
        return Err(OperationError::new(
            ErrorKind::Absent,
            format!("`{shown}` is an object, not a folder"),
        )
        .advise(Advice::naming("for one object: {}", [AdvisedCommand::CopyFrom(shown)])));
    }
    let whole = format!("s3://{bucket}/");
    Err(OperationError::new(ErrorKind::Absent, format!("there is no folder `{shown}/`"))
        .advise(Advice::naming("{} lists what exists", [AdvisedCommand::ListKeys(whole)])))
}

/// Refuses a wildcard where a command takes none; a key of that very name is not there.
///
/// # Errors
///
/// [`OperationError`] for a wildcard.
pub fn refuse_wildcard(key: &str) -> Result<(), OperationError> {
    if !KeyPattern::new(key).is_ok_and(|pattern| pattern.has_wildcards()) {
        return Ok(());
    }
    let message = format!("`{}` has a wildcard, and none is accepted here", printable_key(key));
    Err(OperationError::new(ErrorKind::Usage, message).advise(
        "`ls`, `rm`, `get`, `cp` and `mv` accept wildcards, the last three without --recursive",
    ))
}

/// The same for a key at which a fault was met.
///
/// # Errors
///
/// As [`refuse_wildcard`], where no object has the key.
pub fn refuse_absent_wildcard(key: &AnyKey, fault: &Fault) -> Result<(), OperationError> {
    if fault.kind == FaultKind::Absent { refuse_wildcard(key.as_str()) } else { Ok(()) }
}

/// What is told of a fault met at an object; of one that is not there, what lies there instead.
pub async fn explain_object_fault(
    objects: &dyn Objects,
    bucket: &BucketName,
    key: &AnyKey,
    fault: &Fault,
) -> OperationError {
    let error = OperationError::at_object(bucket, key, fault);
    if fault.kind != FaultKind::Absent {
        return error;
    }
    let folder = match key.as_str() {
        folder if folder.ends_with('/') => folder.to_owned(),
        key => format!("{key}/"),
    };
    match has_key_below(objects, bucket, &folder).await {
        Ok(true) => {
            let place = format!("s3://{bucket}/{}", printable_key(&folder));
            let message = format!("`{place}` is a folder, not an object");
            OperationError::new(ErrorKind::Absent, message).advise(Advice::naming(
                "{} lists it; {} fetches it",
                [AdvisedCommand::ListKeys(place.clone()), AdvisedCommand::FetchFolder(place)],
            ))
        }
        // The answer about an object does not tell which of the two is not there.
        Err(listing) if listing.kind == FaultKind::Absent => {
            OperationError::at_bucket(bucket, &listing)
        }
        // A key that may read an object may still not be allowed to list.
        Ok(false) | Err(_) => error,
    }
}
