//! Copying inside the service.

use std::fs;

use http::header::IF_NONE_MATCH;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETagCondition,
    MetadataDirective, Range, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::conditions::check_write;
use super::objects::{about_of, is_public, refuse_encryption, show_version_id};
use super::read::find_readable;
use super::{find_caller, locks, make_strong_etag, multipart};
use crate::access::AccessWish;
use crate::config::SimKey;
use crate::errors::OrDisk as _;
use crate::policy::action_of;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::body::{receive_body, send_content};
use crate::state::{AllBuckets, Condition, NewVersion, Segment, StoredContent};

pub(super) fn copy_object(
    sim: &Sim,
    request: &S3Request<CopyObjectInput>,
) -> S3Result<CopyObjectOutput> {
    let input = &request.input;
    refuse_encryption(sim, input.server_side_encryption.as_ref())?;
    let source = NamedSource::of(&input.copy_source)?;
    let mut world = sim.world();
    let (old, source_version) = source.read(sim, &world, find_caller(sim, request).as_ref())?;
    check_source(
        &old,
        input.copy_source_if_match.as_ref(),
        input.copy_source_if_none_match.as_ref(),
    )?;
    let replace = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    let onto_itself = (source.bucket, source.key) == (&input.bucket, &input.key);
    if onto_itself && source.version.is_none() && !replace {
        return Err(s3_error!(InvalidRequest, "a copy onto itself must change something"));
    }
    // s3s does not know this header on copies.
    let only_new = request.headers.get(IF_NONE_MATCH).is_some_and(|value| value == "*")
        && !sim.has(Quirk::LateConditionsIgnored);
    let bucket = world.bucket_mut(&input.bucket)?;
    check_write(sim, bucket, &input.key, only_new.then_some(&Condition::Absent))?;
    let asked = locks::LockHeaders {
        mode: input.object_lock_mode.as_ref(),
        until: input.object_lock_retain_until_date.clone(),
        hold: input.object_lock_legal_hold_status.as_ref(),
    };
    let lock = locks::asked_for(sim, bucket, asked)?;
    let segments = link_content(sim, source.bucket, &input.bucket, &old)?;
    let mut about = if replace { about_of!(input) } else { old.about.clone() };
    about.public_read = is_public(input.acl.as_ref());
    let writer = find_caller(sim, request).map(|key| key.project);
    let etag = old.etag.clone();
    let content = StoredContent { etag, size: old.size, segments, about, writer };
    let new = NewVersion { key: input.key.clone(), content: Some(content), lock, upload: None };
    let version = bucket.add(&sim.disk, sim.now(), new)?;
    Ok(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            e_tag: Some(make_strong_etag(&old.etag)),
            last_modified: Some(version.modified.into()),
            ..Default::default()
        }),
        copy_source_version_id: source_version,
        version_id: show_version_id(bucket, version.id),
        ..Default::default()
    })
}

/// Gives the bytes of an object a second name.
fn link_content(
    sim: &Sim,
    from: &str,
    to: &str,
    content: &StoredContent,
) -> S3Result<Vec<Segment>> {
    let mut segments = Vec::with_capacity(content.segments.len());
    for segment in &content.segments {
        let file = sim.disk.fresh().to_string();
        fs::hard_link(sim.disk.body(from, &segment.file), sim.disk.body(to, &file)).or_disk()?;
        segments.push(Segment { file, size: segment.size });
    }
    Ok(segments)
}

pub(super) async fn upload_part_copy(
    sim: &Sim,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = &request.input;
    let source = NamedSource::of(&input.copy_source)?;
    let (bytes, source_version) = {
        let world = sim.world();
        let (content, version) = source.read(sim, &world, find_caller(sim, &request).as_ref())?;
        check_source(
            &content,
            input.copy_source_if_match.as_ref(),
            input.copy_source_if_none_match.as_ref(),
        )?;
        let range = match &input.copy_source_range {
            None => 0..content.size,
            Some(text) => Range::parse(text)
                .map_err(|_| s3_error!(InvalidArgument))?
                .check(content.size)
                .map_err(|_| s3_error!(InvalidRange))?,
        };
        (send_content(&sim.disk, source.bucket, &content, range).or_disk()?, version)
    };
    let received = receive_body(&sim.disk, Some(bytes), ChecksumHasher::default(), false).await?;
    let place = multipart::PartAddress {
        bucket: &input.bucket,
        key: &input.key,
        upload: &input.upload_id,
        number: input.part_number,
    };
    let part = place.keep(sim, received)?;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(make_strong_etag(&part.etag)),
            last_modified: Some(part.modified.into()),
            ..Default::default()
        }),
        copy_source_version_id: source_version,
        ..Default::default()
    })
}

/// What `x-amz-copy-source` names.
struct NamedSource<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
}

impl<'a> NamedSource<'a> {
    fn of(header: &'a CopySource) -> S3Result<Self> {
        match header {
            CopySource::Bucket { bucket, key, version_id } => {
                Ok(Self { bucket, key, version: version_id.as_deref() })
            }
            CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
                Err(s3_error!(NotImplemented))
            }
        }
    }

    /// The content and, where it is shown, the id of its version.
    fn read(
        &self,
        sim: &Sim,
        world: &AllBuckets,
        caller: Option<&SimKey>,
    ) -> S3Result<(StoredContent, Option<String>)> {
        let bucket = world.bucket(self.bucket)?;
        let action = action_of("GetObject", self.version.is_some());
        let wish = AccessWish { version: self.version, ..AccessWish::for_key(&action, self.key) };
        sim.demand(bucket, caller, &wish)?;
        let (version, content) = find_readable(bucket, self.key, self.version)?;
        Ok((content.clone(), show_version_id(bucket, version.id.clone())))
    }
}

fn check_source(
    content: &StoredContent,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let is = |condition: &ETagCondition| {
        condition.as_etag().is_none_or(|wanted| wanted.value() == content.etag)
    };
    if if_match.is_some_and(|wanted| !is(wanted)) || if_none_match.is_some_and(is) {
        return Err(s3_error!(PreconditionFailed));
    }
    Ok(())
}
