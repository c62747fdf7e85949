//! Listing unfinished uploads and their parts.

use s3s::dto::{
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput,
    MultipartUpload, Part, Parts, StorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

use super::list::{Text, limit_page};
use super::{convert_size, make_strong_etag};
use crate::sim::{Sim, name_owner};

pub(super) fn list_parts(
    sim: &Sim,
    request: &S3Request<ListPartsInput>,
) -> S3Result<ListPartsOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let upload = bucket
        .uploads
        .get(&input.upload_id)
        .filter(|upload| upload.key == input.key)
        .ok_or_else(|| s3_error!(NoSuchUpload))?;
    let most = limit_page(input.max_parts);
    let after = input.part_number_marker.unwrap_or(0);
    let mut found = upload.parts.range(after.saturating_add(1)..).map(|(_, part)| part);
    let parts: Parts = found
        .by_ref()
        .take(most)
        .map(|part| Part {
            e_tag: Some(make_strong_etag(&part.etag)),
            last_modified: Some(part.modified.into()),
            part_number: Some(part.number),
            size: Some(convert_size(part.size())),
            ..Default::default()
        })
        .collect();
    Ok(ListPartsOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(input.upload_id.clone()),
        is_truncated: Some(found.next().is_some()),
        max_parts: Some(i32::try_from(most).unwrap_or(i32::MAX)),
        part_number_marker: Some(after),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        owner: Some(name_owner(bucket.meta.project)),
        parts: Some(parts),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..Default::default()
    })
}

pub(super) fn list_multipart_uploads(
    sim: &Sim,
    request: &S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let after = input.key_marker.as_deref().map(|key| (key, input.upload_id_marker.as_deref()));
    let mut found: Vec<_> = bucket
        .uploads
        .values()
        .filter(|upload| upload.key.starts_with(prefix))
        .filter(|upload| match after {
            None => true,
            Some((key, None)) => upload.key.as_str() > key,
            Some((key, Some(id))) => (upload.key.as_str(), upload.id.as_str()) > (key, id),
        })
        .collect();
    found.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
    let most = limit_page(input.max_uploads);
    let truncated = found.len() > most;
    found.truncate(most);
    let text = Text::of(input.encoding_type.as_ref());
    let uploads = found.iter().map(|upload| MultipartUpload {
        initiated: Some(upload.initiated.into()),
        key: Some(text.show(&upload.key)),
        owner: Some(name_owner(bucket.meta.project)),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(upload.id.clone()),
        ..Default::default()
    });
    let last = found.last().filter(|_| truncated);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket.clone()),
        uploads: Some(uploads.collect()),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(truncated),
        key_marker: input.key_marker.clone(),
        upload_id_marker: input.upload_id_marker.clone(),
        max_uploads: Some(i32::try_from(most).unwrap_or(i32::MAX)),
        next_key_marker: last.map(|upload| text.show(&upload.key)),
        next_upload_id_marker: last.map(|upload| upload.id.clone()),
        prefix: Some(text.show(prefix)),
        ..Default::default()
    })
}
