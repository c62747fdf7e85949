//! Writing and deleting objects.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    Error, ObjectCannedACL, PutObjectInput, PutObjectOutput, ServerSideEncryption,
};
use s3s::{S3Request, S3Result, TrailingHeaders, s3_error};

use super::{caller, conditions, locks, strong};
use crate::access::Wish;
use crate::config::Key;
use crate::errors::{BODYLESS, OrDisk as _, coded};
use crate::front::Injected;
use crate::hex;
use crate::policy::action_of;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::body::{Received, receive};
use crate::state::{About, Bucket, Content, Lock, NULL_VERSION, NewVersion, Versioning};

pub(super) async fn put_object(
    sim: &Sim,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    refuse_encryption(sim, request.input.server_side_encryption.as_ref())?;
    sim.world().bucket(&request.input.bucket)?;
    let body = request.input.body.take();
    let received = receive(&sim.disk, body, hasher(sim, &request)).await?;
    check_md5(&received, request.input.content_md5.as_deref())?;
    check_checksums(&received, &request)?;
    let injected = request.extensions.get::<Injected>().copied().unwrap_or_default();
    let input = request.input;
    let condition = conditions::of_write(
        sim,
        &request.headers,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    );
    let etag = hex::encode(&received.md5);
    if injected.lose {
        return Ok(PutObjectOutput { e_tag: Some(strong(&etag)), ..Default::default() });
    }
    if injected.flip {
        received.flip_bit().or_disk()?;
    }
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    bucket.check(&input.key, condition.as_ref())?;
    let asked = locks::Asked {
        mode: input.object_lock_mode.as_ref(),
        until: input.object_lock_retain_until_date,
        hold: input.object_lock_legal_hold_status.as_ref(),
    };
    let lock = locks::asked_for(sim, bucket, asked)?;
    let size = received.size;
    let segments = received.keep(&sim.disk, &input.bucket).or_disk()?.into_iter().collect();
    let about = About {
        content_type: input.content_type,
        cache_control: input.cache_control,
        content_disposition: input.content_disposition,
        content_encoding: input.content_encoding,
        content_language: input.content_language,
        expires: input.expires.map(Into::into),
        metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        public_read: is_public(input.acl.as_ref()),
        tags: Vec::new(),
    };
    let content = Content { etag: etag.clone(), size, segments, about };
    let new = NewVersion { key: input.key, content: Some(content), lock, upload: None };
    let version = bucket.add(&sim.disk, sim.now(), new)?;
    Ok(PutObjectOutput {
        e_tag: Some(strong(&etag)),
        version_id: shown(bucket, version.id),
        ..Default::default()
    })
}

pub(super) fn is_public(acl: Option<&ObjectCannedACL>) -> bool {
    acl.is_some_and(|acl| acl.as_str() == ObjectCannedACL::PUBLIC_READ)
}

/// A version id as clients see it: buckets that never kept versions show none.
pub(super) fn shown(bucket: &Bucket, id: String) -> Option<String> {
    (bucket.meta.versioning != Versioning::Never).then_some(id)
}

pub(super) fn refuse_encryption(sim: &Sim, wanted: Option<&ServerSideEncryption>) -> S3Result<()> {
    if wanted.is_some() && sim.has(Quirk::NoServerSideEncryption) {
        return Err(s3_error!(NotImplemented));
    }
    Ok(())
}

pub(super) fn check_md5(received: &Received, wanted: Option<&str>) -> S3Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    match BASE64_STANDARD.decode(wanted) {
        Ok(digest) if digest == received.md5 => Ok(()),
        Ok(digest) if digest.len() == received.md5.len() => Err(s3_error!(BadDigest)),
        _ => Err(s3_error!(InvalidDigest)),
    }
}

const CHECKSUMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/// Prepares the checksums that the client promises, unless they are ignored.
pub(super) fn hasher<T>(sim: &Sim, request: &S3Request<T>) -> ChecksumHasher {
    let mut hasher = ChecksumHasher::default();
    if sim.has(Quirk::IgnoresChecksums) {
        return hasher;
    }
    let trailer = request.headers.get("x-amz-trailer").and_then(|value| value.to_str().ok());
    for name in CHECKSUMS {
        let header = format!("x-amz-checksum-{name}");
        if !request.headers.contains_key(&header) && trailer != Some(header.as_str()) {
            continue;
        }
        match name {
            "crc32" => hasher.crc32 = Some(Crc32::default()),
            "crc32c" => hasher.crc32c = Some(Crc32c::default()),
            "crc64nvme" => hasher.crc64nvme = Some(Crc64Nvme::default()),
            "sha1" => hasher.sha1 = Some(Sha1::default()),
            _ => hasher.sha256 = Some(Sha256::default()),
        }
    }
    hasher
}

/// Compares the checksums that [`hasher`] prepared.
pub(super) fn check_checksums<T>(received: &Received, request: &S3Request<T>) -> S3Result<()> {
    let found = &received.checksum;
    let trailers = request.trailing_headers.as_ref().and_then(TrailingHeaders::take);
    let values = [
        &found.checksum_crc32,
        &found.checksum_crc32c,
        &found.checksum_crc64nvme,
        &found.checksum_sha1,
        &found.checksum_sha256,
    ];
    for (name, value) in CHECKSUMS.into_iter().zip(values) {
        let header = format!("x-amz-checksum-{name}");
        let promised = request
            .headers
            .get(&header)
            .or_else(|| trailers.as_ref().and_then(|trailers| trailers.get(&header)));
        if let (Some(value), Some(promised)) = (value, promised)
            && promised.as_bytes() != value.as_bytes()
        {
            return Err(s3_error!(BadDigest));
        }
    }
    Ok(())
}

pub(super) fn delete_object(
    sim: &Sim,
    request: &S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let input = &request.input;
    let condition = conditions::of_write(sim, &request.headers, input.if_match.as_ref(), None);
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    bucket.check(&input.key, condition.as_ref())?;
    let bypass = input.bypass_governance_retention == Some(true)
        && may_bypass(sim, bucket, caller(sim, request), &input.key);
    let doomed = Doomed { key: &input.key, version_id: input.version_id.as_deref(), bypass };
    let deleted = delete(sim, bucket, &doomed)?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version_id,
        ..Default::default()
    })
}

/// What is to be deleted.
struct Doomed<'a> {
    key: &'a str,
    version_id: Option<&'a str>,
    /// Whether a governance lock gives way.
    bypass: bool,
}

/// What a deletion did.
struct Deleted {
    /// A marker was made or removed.
    marker: bool,
    version_id: Option<String>,
}

fn delete(sim: &Sim, bucket: &mut Bucket, doomed: &Doomed<'_>) -> S3Result<Deleted> {
    let Doomed { key, version_id, bypass } = *doomed;
    if let Some(id) = version_id {
        // Deleting what is not there is a success.
        let Ok(version) = bucket.find(key, Some(id)) else {
            return Ok(Deleted { marker: false, version_id: Some(id.to_owned()) });
        };
        if version.is_locked(sim.now(), bypass) {
            return Err(s3_error!(AccessDenied));
        }
        let (number, marker) = (version.number, version.content.is_none());
        bucket.remove(&sim.disk, key, number)?;
        return Ok(Deleted { marker, version_id: Some(id.to_owned()) });
    }
    if bucket.meta.versioning == Versioning::Never {
        let number = bucket.find(key, Some(NULL_VERSION)).map(|version| version.number);
        if let Ok(number) = number {
            bucket.remove(&sim.disk, key, number)?;
        }
        return Ok(Deleted { marker: false, version_id: None });
    }
    let marker =
        NewVersion { key: key.to_owned(), content: None, lock: Lock::default(), upload: None };
    let version = bucket.add(&sim.disk, sim.now(), marker)?;
    Ok(Deleted { marker: true, version_id: Some(version.id) })
}

fn may_bypass(sim: &Sim, bucket: &Bucket, caller: Option<&Key>, key: &str) -> bool {
    let wish = Wish { action: "s3:BypassGovernanceRetention", key: Some(key), prefix: None };
    sim.demand(bucket, caller, &wish).is_ok()
}

/// How many keys one request may delete.
const MOST_KEYS: usize = 1000;

pub(super) fn delete_objects(
    sim: &Sim,
    request: &S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let input = &request.input;
    if input.delete.objects.len() > MOST_KEYS {
        return Err(coded(http::StatusCode::BAD_REQUEST, BODYLESS));
    }
    let caller = caller(sim, request);
    let wants_bypass = input.bypass_governance_retention == Some(true);
    let quiet = input.delete.quiet == Some(true);
    let mut output = DeleteObjectsOutput::default();
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in &input.delete.objects {
        // The lock is taken anew for each key, so that others get their turn.
        let mut world = sim.world();
        let bucket = world.bucket_mut(&input.bucket)?;
        let version_id = object.version_id.as_deref();
        let action = action_of("DeleteObject", version_id.is_some());
        let wish = Wish { action: &action, key: Some(&object.key), prefix: None };
        let bypass = wants_bypass && may_bypass(sim, bucket, caller, &object.key);
        let doomed = Doomed { key: &object.key, version_id, bypass };
        let outcome = sim.demand(bucket, caller, &wish).and_then(|()| delete(sim, bucket, &doomed));
        match outcome {
            Ok(_) if quiet => (),
            Ok(done) => deleted.push(DeletedObject {
                key: Some(object.key.clone()),
                version_id: object.version_id.clone(),
                delete_marker: done.marker.then_some(true),
                delete_marker_version_id: done.version_id.filter(|_| done.marker),
            }),
            Err(error) => errors.push(Error {
                code: Some(error.code().as_str().to_owned()),
                key: Some(object.key.clone()),
                message: None,
                version_id: object.version_id.clone(),
            }),
        }
    }
    output.deleted = Some(deleted);
    output.errors = Some(errors);
    Ok(output)
}
