//! Reading objects.

use http::{HeaderMap, HeaderValue};
use s3s::dto::{
    ContentType, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Metadata,
    ObjectLockLegalHoldStatus, ObjectLockMode, Timestamp,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::conditions::OfRead;
use super::objects::show_version_id;
use super::{convert_size, make_strong_etag};
use crate::errors::OrDisk as _;
use crate::sim::Sim;
use crate::state::body;
use crate::state::{SimBucket, SimVersion, StoredContent};

pub(super) fn get_object(
    sim: &Sim,
    request: &S3Request<GetObjectInput>,
) -> S3Result<GetObjectOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let (version, content) = find_readable(bucket, &input.key, input.version_id.as_deref())?;
    let conditions = OfRead {
        matches: input.if_match.as_ref(),
        differs_from: input.if_none_match.as_ref(),
        modified_since: input.if_modified_since.as_ref(),
        unmodified_since: input.if_unmodified_since.as_ref(),
    };
    conditions.check(version)?;
    let range = match &input.range {
        None => 0..content.size,
        Some(range) => range.check(content.size).map_err(|_| s3_error!(InvalidRange))?,
    };
    let content_range = input
        .range
        .is_some()
        .then(|| format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), content.size));
    let length = range.end - range.start;
    let bytes = body::send_content(&sim.disk, &input.bucket, content, range).or_disk()?;
    let about = &content.about;
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(bytes),
        content_length: Some(convert_size(length)),
        content_range,
        cache_control: about.cache_control.clone(),
        content_disposition: about.content_disposition.clone(),
        content_encoding: about.content_encoding.clone(),
        content_language: about.content_language.clone(),
        content_type: Some(content_type(content)),
        expires: about.expires.map(Into::into),
        e_tag: Some(make_strong_etag(&content.etag)),
        last_modified: Some(version.modified.into()),
        metadata: read_metadata(content),
        object_lock_legal_hold_status: legal_hold(version),
        object_lock_mode: read_lock_mode(version),
        object_lock_retain_until_date: read_lock_end(version),
        version_id: show_version_id(bucket, version.id.clone()),
        ..Default::default()
    })
}

pub(super) fn head_object(
    sim: &Sim,
    request: &S3Request<HeadObjectInput>,
) -> S3Result<HeadObjectOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let (version, content) = find_readable(bucket, &input.key, input.version_id.as_deref())?;
    let conditions = OfRead {
        matches: input.if_match.as_ref(),
        differs_from: input.if_none_match.as_ref(),
        modified_since: input.if_modified_since.as_ref(),
        unmodified_since: input.if_unmodified_since.as_ref(),
    };
    conditions.check(version)?;
    let about = &content.about;
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(convert_size(content.size)),
        cache_control: about.cache_control.clone(),
        content_disposition: about.content_disposition.clone(),
        content_encoding: about.content_encoding.clone(),
        content_language: about.content_language.clone(),
        content_type: Some(content_type(content)),
        expires: about.expires.map(Into::into),
        e_tag: Some(make_strong_etag(&content.etag)),
        last_modified: Some(version.modified.into()),
        metadata: read_metadata(content),
        object_lock_legal_hold_status: legal_hold(version),
        object_lock_mode: read_lock_mode(version),
        object_lock_retain_until_date: read_lock_end(version),
        version_id: show_version_id(bucket, version.id.clone()),
        ..Default::default()
    })
}

/// The version that a read means, with its bytes.
pub(super) fn find_readable<'a>(
    bucket: &'a SimBucket,
    key: &str,
    version_id: Option<&str>,
) -> S3Result<(&'a SimVersion, &'a StoredContent)> {
    let version = bucket.find(key, version_id)?;
    match (&version.content, version_id) {
        (Some(content), _) => Ok((version, content)),
        (None, None) => Err(mark_error(s3_error!(NoSuchKey), version)),
        (None, Some(_)) => Err(mark_error(s3_error!(MethodNotAllowed), version)),
    }
}

/// Says in the headers that a delete marker is in the way.
fn mark_error(mut error: S3Error, marker: &SimVersion) -> S3Error {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(&marker.id) {
        headers.insert("x-amz-version-id", id);
    }
    error.set_headers(headers);
    error
}

fn content_type(content: &StoredContent) -> ContentType {
    content.about.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned())
}

fn read_metadata(content: &StoredContent) -> Option<Metadata> {
    let metadata = &content.about.metadata;
    (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect())
}

fn legal_hold(version: &SimVersion) -> Option<ObjectLockLegalHoldStatus> {
    version
        .lock
        .legal_hold
        .then(|| ObjectLockLegalHoldStatus::from_static(ObjectLockLegalHoldStatus::ON))
}

fn read_lock_mode(version: &SimVersion) -> Option<ObjectLockMode> {
    version.lock.retention.as_ref().map(|retention| ObjectLockMode::from(retention.mode.clone()))
}

fn read_lock_end(version: &SimVersion) -> Option<Timestamp> {
    version.lock.retention.as_ref().map(|retention| retention.until.into())
}
