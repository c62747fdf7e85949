//! Tags of buckets and objects, where the service has them at all.

use s3s::dto::{
    DeleteBucketTaggingInput, DeleteBucketTaggingOutput, DeleteObjectTaggingInput,
    DeleteObjectTaggingOutput, GetBucketTaggingInput, GetBucketTaggingOutput,
    GetObjectTaggingInput, GetObjectTaggingOutput, PutBucketTaggingInput, PutBucketTaggingOutput,
    PutObjectTaggingInput, PutObjectTaggingOutput, TagSet,
};
use s3s::{S3Request, S3Result, s3_error};

use crate::errors::OrDisk as _;
use crate::quirks::Quirk;
use crate::sim::Sim;

fn require_tagging(sim: &Sim) -> S3Result<()> {
    if sim.has(Quirk::NoTagging) { Err(s3_error!(NotImplemented)) } else { Ok(()) }
}

pub(super) fn get_bucket_tagging(
    sim: &Sim,
    request: &S3Request<GetBucketTaggingInput>,
) -> S3Result<GetBucketTaggingOutput> {
    require_tagging(sim)?;
    let tags = sim.world().bucket(&request.input.bucket)?.meta.tags.clone();
    Ok(GetBucketTaggingOutput { tag_set: tags.ok_or_else(|| s3_error!(NoSuchTagSet))? })
}

pub(super) fn put_bucket_tagging(
    sim: &Sim,
    request: &S3Request<PutBucketTaggingInput>,
) -> S3Result<PutBucketTaggingOutput> {
    require_tagging(sim)?;
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    meta.tags = Some(request.input.tagging.tag_set.clone());
    sim.disk.write_meta(meta).or_disk()?;
    Ok(PutBucketTaggingOutput::default())
}

pub(super) fn delete_bucket_tagging(
    sim: &Sim,
    request: &S3Request<DeleteBucketTaggingInput>,
) -> S3Result<DeleteBucketTaggingOutput> {
    require_tagging(sim)?;
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    meta.tags = None;
    sim.disk.write_meta(meta).or_disk()?;
    Ok(DeleteBucketTaggingOutput::default())
}

pub(super) fn get_object_tagging(
    sim: &Sim,
    request: &S3Request<GetObjectTaggingInput>,
) -> S3Result<GetObjectTaggingOutput> {
    require_tagging(sim)?;
    let input = &request.input;
    let world = sim.world();
    let version = world.bucket(&input.bucket)?.find(&input.key, input.version_id.as_deref())?;
    let tags = version.content.as_ref().map(|content| content.about.tags.clone());
    Ok(GetObjectTaggingOutput { tag_set: tags.unwrap_or_default(), ..Default::default() })
}

pub(super) fn put_object_tagging(
    sim: &Sim,
    request: &S3Request<PutObjectTaggingInput>,
) -> S3Result<PutObjectTaggingOutput> {
    let input = &request.input;
    let tags = input.tagging.tag_set.clone();
    let tagged = TaggedVersion { key: &input.key, id: input.version_id.as_deref() };
    replace_tags(sim, &input.bucket, tagged, tags)?;
    Ok(PutObjectTaggingOutput::default())
}

pub(super) fn delete_object_tagging(
    sim: &Sim,
    request: &S3Request<DeleteObjectTaggingInput>,
) -> S3Result<DeleteObjectTaggingOutput> {
    let input = &request.input;
    let tagged = TaggedVersion { key: &input.key, id: input.version_id.as_deref() };
    replace_tags(sim, &input.bucket, tagged, Vec::new())?;
    Ok(DeleteObjectTaggingOutput::default())
}

/// The version of an object whose tags change; the current one without an id.
#[derive(Clone, Copy)]
struct TaggedVersion<'a> {
    key: &'a str,
    id: Option<&'a str>,
}

fn replace_tags(sim: &Sim, bucket: &str, tagged: TaggedVersion<'_>, tags: TagSet) -> S3Result<()> {
    require_tagging(sim)?;
    let mut world = sim.world();
    let version = world.bucket_mut(bucket)?.find_mut(tagged.key, tagged.id)?;
    if let Some(content) = &mut version.content {
        content.about.tags = tags;
    }
    sim.disk.write_version(bucket, version).or_disk()
}
