//! Uploads in parts, from their beginning to their end.

use std::collections::BTreeSet;

use md5::{Digest as _, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedMultipartUpload, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};
use uuid::Uuid;

use super::digests::{check_checksums, check_md5, prepare_hasher};
use super::objects::{about_of, refuse_encryption, show_version_id};
use super::{conditions, find_caller, locks, make_strong_etag};
use crate::errors::OrDisk as _;
use crate::front::Injected;
use crate::hex;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::body::{Received, receive_body};
use crate::state::{NewVersion, SimBucket, SimPart, SimUpload, StoredContent};

pub(super) fn create_multipart_upload(
    sim: &Sim,
    request: &S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let input = &request.input;
    refuse_encryption(sim, input.server_side_encryption.as_ref())?;
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    let asked = locks::LockHeaders {
        mode: input.object_lock_mode.as_ref(),
        until: input.object_lock_retain_until_date.clone(),
        hold: input.object_lock_legal_hold_status.as_ref(),
    };
    let lock = locks::asked_for(sim, bucket, asked)?;
    let upload = SimUpload {
        // The shape of Ceph's ids.
        id: format!("2~{}", Uuid::new_v4().simple()),
        key: input.key.clone(),
        initiated: sim.now(),
        about: about_of!(input),
        lock,
        parts: std::collections::BTreeMap::new(),
    };
    sim.disk.write_upload(&input.bucket, &upload).or_disk()?;
    let upload_id = Some(upload.id.clone());
    bucket.uploads.insert(upload.id.clone(), upload);
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id,
        ..Default::default()
    })
}

pub(super) async fn upload_part(
    sim: &Sim,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let body = request.input.body.take();
    let input = &request.input;
    let place = PartAddress {
        bucket: &input.bucket,
        key: &input.key,
        upload: &input.upload_id,
        number: input.part_number,
    };
    place.find(sim.world().bucket_mut(&input.bucket)?)?;
    let injected = request.extensions.get::<Injected>().cloned().unwrap_or_default();
    let hasher = prepare_hasher(sim, &request);
    let mut received = receive_body(&sim.disk, body, hasher, injected.careless).await?;
    check_md5(&received, input.content_md5.as_deref())?;
    check_checksums(&received, &request)?;
    if injected.loses() {
        let etag = hex::encode_hex(&received.md5);
        return Ok(UploadPartOutput { e_tag: Some(make_strong_etag(&etag)), ..Default::default() });
    }
    if injected.alters() {
        received.alter().or_disk()?;
    }
    if injected.flips() {
        received.flip_bit().or_disk()?;
    }
    let part = place.keep(sim, received)?;
    Ok(UploadPartOutput { e_tag: Some(make_strong_etag(&part.etag)), ..Default::default() })
}

/// Where a part belongs.
pub(super) struct PartAddress<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) upload: &'a str,
    pub(super) number: i32,
}

impl PartAddress<'_> {
    fn find<'b>(&self, bucket: &'b mut SimBucket) -> S3Result<&'b mut SimUpload> {
        if !(1..=10_000).contains(&self.number) {
            return Err(s3_error!(InvalidArgument));
        }
        bucket
            .uploads
            .get_mut(self.upload)
            .filter(|upload| upload.key == self.key)
            .ok_or_else(|| s3_error!(NoSuchUpload))
    }

    /// Stores a part; it takes the place of an older one with its number.
    pub(super) fn keep(&self, sim: &Sim, received: Received) -> S3Result<SimPart> {
        let etag = hex::encode_hex(&received.md5);
        let mut world = sim.world();
        let upload = self.find(world.bucket_mut(self.bucket)?)?;
        let part = SimPart {
            upload: self.upload.to_owned(),
            number: self.number,
            etag,
            modified: sim.now(),
            segment: received.keep(&sim.disk, self.bucket).or_disk()?,
        };
        sim.disk.write_part(self.bucket, &part).or_disk()?;
        if let Some(old) = upload.parts.insert(self.number, part.clone())
            && let Some(segment) = old.segment
        {
            sim.disk.remove_body(self.bucket, &segment.file).or_disk()?;
        }
        Ok(part)
    }
}

pub(super) fn complete_multipart_upload(
    sim: &Sim,
    request: &S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let input = &request.input;
    let condition = if sim.has(Quirk::LateConditionsIgnored) {
        None
    } else {
        let (if_match, if_none_match) = (input.if_match.as_ref(), input.if_none_match.as_ref());
        conditions::of_write(sim, &request.headers, if_match, if_none_match)
    };
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    let place =
        PartAddress { bucket: &input.bucket, key: &input.key, upload: &input.upload_id, number: 1 };
    let upload = place.find(bucket)?.clone();
    let parts = choose_parts(sim, &upload, input.multipart_upload.as_ref())?;
    conditions::check_write(sim, bucket, &input.key, condition.as_ref())?;
    let etag = joint_etag(&parts);
    let mut output = CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        e_tag: Some(make_strong_etag(&etag)),
        ..Default::default()
    };
    if request.extensions.get::<Injected>().is_some_and(Injected::loses) {
        bucket.abort(&sim.disk, &upload.id)?;
        return Ok(output);
    }
    let content = StoredContent {
        etag,
        size: parts.iter().map(|part| part.size()).sum(),
        segments: parts.iter().filter_map(|part| part.segment.clone()).collect(),
        about: upload.about.clone(),
        writer: find_caller(sim, request).map(|key| key.project),
    };
    let numbers: BTreeSet<i32> = parts.iter().map(|part| part.number).collect();
    let new = NewVersion {
        key: input.key.clone(),
        content: Some(content),
        lock: upload.lock.clone(),
        upload: Some(upload.id.clone()),
    };
    let version = bucket.add(&sim.disk, sim.now(), new)?;
    forget_upload(sim, bucket, &upload, &numbers)?;
    output.version_id = show_version_id(bucket, version.id);
    Ok(output)
}

/// Forgets an upload; the bytes of the parts in `used` belong to an object now.
fn forget_upload(
    sim: &Sim,
    bucket: &mut SimBucket,
    upload: &SimUpload,
    used: &BTreeSet<i32>,
) -> S3Result<()> {
    bucket.uploads.remove(&upload.id);
    sim.disk.forget_upload(&bucket.meta.name, upload).or_disk()?;
    for part in upload.parts.values().filter(|part| !used.contains(&part.number)) {
        if let Some(segment) = &part.segment {
            sim.disk.remove_body(&bucket.meta.name, &segment.file).or_disk()?;
        }
    }
    Ok(())
}

/// The smallest part that plain S3 takes before the last one.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// The parts that the client names, when they are there and in order.
fn choose_parts<'a>(
    sim: &Sim,
    upload: &'a SimUpload,
    named: Option<&CompletedMultipartUpload>,
) -> S3Result<Vec<&'a SimPart>> {
    let named = named.and_then(|named| named.parts.as_deref()).unwrap_or_default();
    if named.is_empty() {
        return Err(s3_error!(MalformedXML));
    }
    if !named.is_sorted_by(|one, next| one.part_number < next.part_number) {
        return Err(s3_error!(InvalidPartOrder));
    }
    let find = |name: &CompletedPart| {
        let part = upload.parts.get(&name.part_number.unwrap_or_default())?;
        let same = name.e_tag.as_ref().is_some_and(|etag| etag.value() == part.etag);
        same.then_some(part)
    };
    let parts: Option<Vec<_>> = named.iter().map(find).collect();
    let parts = parts.ok_or_else(|| s3_error!(InvalidPart))?;
    let before_last = parts.split_last().map_or(&[] as &[_], |(_, others)| others);
    if !sim.has(Quirk::SmallParts) && before_last.iter().any(|part| part.size() < SMALLEST_PART) {
        return Err(s3_error!(EntityTooSmall));
    }
    Ok(parts)
}

/// The MD5 of the parts' MD5s, and their number.
fn joint_etag(parts: &[&SimPart]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(hex::decode_hex(&part.etag).unwrap_or_default());
    }
    format!("{}-{}", hex::encode_hex(&md5.finalize()), parts.len())
}

pub(super) fn abort_multipart_upload(
    sim: &Sim,
    request: &S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = &request.input;
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    let place =
        PartAddress { bucket: &input.bucket, key: &input.key, upload: &input.upload_id, number: 1 };
    place.find(bucket)?;
    bucket.abort(&sim.disk, &input.upload_id)?;
    Ok(AbortMultipartUploadOutput::default())
}
