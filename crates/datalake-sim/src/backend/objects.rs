//! Writing objects.

use s3s::dto::{ObjectCannedACL, PutObjectInput, PutObjectOutput, ServerSideEncryption};
use s3s::{S3Request, S3Result, s3_error};

use super::conditions::WriteCheck;
use super::digests::{check_checksums, check_md5, prepare_hasher};
use super::{conditions, find_caller, locks, make_strong_etag};
use crate::errors::OrDisk as _;
use crate::front::Injected;
use crate::hex;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::body::receive_body;
use crate::state::{NewVersion, SimBucket, StoredContent, VersioningState};

/// What the headers of a write say about the object.
macro_rules! about_of {
    ($input:expr) => {
        crate::state::About {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone().map(Into::into),
            metadata: $input.metadata.clone().unwrap_or_default().into_iter().collect(),
            public_read: $crate::backend::objects::is_public($input.acl.as_ref()),
            tags: Vec::new(),
        }
    };
}
pub(super) use about_of;

pub(super) async fn put_object(
    sim: &Sim,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    refuse_encryption(sim, request.input.server_side_encryption.as_ref())?;
    let check = begin_check(sim, &request)?;
    let writer = find_caller(sim, &request).map(|key| key.project);
    let body = request.input.body.take();
    let injected = request.extensions.get::<Injected>().cloned().unwrap_or_default();
    let hasher = prepare_hasher(sim, &request);
    let mut received = receive_body(&sim.disk, body, hasher, injected.careless).await?;
    check_md5(&received, request.input.content_md5.as_deref())?;
    check_checksums(&received, &request)?;
    let input = request.input;
    if injected.alters() {
        received.alter().or_disk()?;
    }
    let etag = hex::encode_hex(&received.md5);
    if injected.loses() {
        return Ok(PutObjectOutput { e_tag: Some(make_strong_etag(&etag)), ..Default::default() });
    }
    if injected.flips() {
        received.flip_bit().or_disk()?;
    }
    check.linger(sim).await;
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    check.finish(sim, bucket, &input.key)?;
    let asked = locks::LockHeaders {
        mode: input.object_lock_mode.as_ref(),
        until: input.object_lock_retain_until_date,
        hold: input.object_lock_legal_hold_status.as_ref(),
    };
    let lock = locks::asked_for(sim, bucket, asked)?;
    let size = received.size;
    let segments = received.keep(&sim.disk, &input.bucket).or_disk()?.into_iter().collect();
    let about = about_of!(input);
    let content = StoredContent { etag: etag.clone(), size, segments, about, writer };
    let new = NewVersion { key: input.key, content: Some(content), lock, upload: None };
    let version = bucket.add(&sim.disk, sim.now(), new)?;
    Ok(PutObjectOutput {
        e_tag: Some(make_strong_etag(&etag)),
        version_id: show_version_id(bucket, version.id),
        ..Default::default()
    })
}

fn begin_check(sim: &Sim, request: &S3Request<PutObjectInput>) -> S3Result<WriteCheck> {
    let input = &request.input;
    let condition = conditions::of_write(
        sim,
        &request.headers,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    );
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    Ok(WriteCheck::begin(sim, bucket, &input.key, condition))
}

pub(super) fn is_public(acl: Option<&ObjectCannedACL>) -> bool {
    acl.is_some_and(|acl| acl.as_str() == ObjectCannedACL::PUBLIC_READ)
}

/// A version id as clients see it: buckets that never kept versions show none.
pub(super) fn show_version_id(bucket: &SimBucket, id: String) -> Option<String> {
    (bucket.meta.versioning != VersioningState::Never).then_some(id)
}

pub(super) fn refuse_encryption(sim: &Sim, wanted: Option<&ServerSideEncryption>) -> S3Result<()> {
    if wanted.is_some() && sim.has(Quirk::NoServerSideEncryption) {
        return Err(s3_error!(NotImplemented));
    }
    Ok(())
}
