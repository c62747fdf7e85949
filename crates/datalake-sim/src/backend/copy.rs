//! Copying inside the service.

use std::fs;

use http::header::IF_NONE_MATCH;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETagCondition,
    MetadataDirective, Range, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::objects::{about_of, is_public, refuse_encryption, shown};
use super::read::readable;
use super::{caller, locks, multipart, strong};
use crate::access::Wish;
use crate::config::Key;
use crate::errors::OrDisk as _;
use crate::policy::action_of;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::body::{receive, send};
use crate::state::{Condition, Content, NewVersion, Segment, World};

pub(super) fn copy_object(
    sim: &Sim,
    request: &S3Request<CopyObjectInput>,
) -> S3Result<CopyObjectOutput> {
    let input = &request.input;
    refuse_encryption(sim, input.server_side_encryption.as_ref())?;
    let source = Source::of(&input.copy_source)?;
    let mut world = sim.world();
    let (old, source_version) = source.read(sim, &world, caller(sim, request))?;
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
    bucket.check(&input.key, only_new.then_some(&Condition::Absent))?;
    let asked = locks::Asked {
        mode: input.object_lock_mode.as_ref(),
        until: input.object_lock_retain_until_date.clone(),
        hold: input.object_lock_legal_hold_status.as_ref(),
    };
    let lock = locks::asked_for(sim, bucket, asked)?;
    let segments = link(sim, source.bucket, &input.bucket, &old)?;
    let mut about = if replace { about_of!(input) } else { old.about.clone() };
    about.public_read = is_public(input.acl.as_ref());
    let content = Content { etag: old.etag.clone(), size: old.size, segments, about };
    let new = NewVersion { key: input.key.clone(), content: Some(content), lock, upload: None };
    let version = bucket.add(&sim.disk, sim.now(), new)?;
    Ok(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            e_tag: Some(strong(&old.etag)),
            last_modified: Some(version.modified.into()),
            ..Default::default()
        }),
        copy_source_version_id: source_version,
        version_id: shown(bucket, version.id),
        ..Default::default()
    })
}

/// Gives the bytes of an object a second name.
fn link(sim: &Sim, from: &str, to: &str, content: &Content) -> S3Result<Vec<Segment>> {
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
    let source = Source::of(&input.copy_source)?;
    let (bytes, source_version) = {
        let world = sim.world();
        let (content, version) = source.read(sim, &world, caller(sim, &request))?;
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
        (send(&sim.disk, source.bucket, &content, range).or_disk()?, version)
    };
    let received = receive(&sim.disk, Some(bytes), ChecksumHasher::default()).await?;
    let place = multipart::Place {
        bucket: &input.bucket,
        key: &input.key,
        upload: &input.upload_id,
        number: input.part_number,
    };
    let part = place.keep(sim, received)?;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(strong(&part.etag)),
            last_modified: Some(part.modified.into()),
            ..Default::default()
        }),
        copy_source_version_id: source_version,
        ..Default::default()
    })
}

/// What `x-amz-copy-source` names.
struct Source<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
}

impl<'a> Source<'a> {
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
        world: &World,
        caller: Option<&Key>,
    ) -> S3Result<(Content, Option<String>)> {
        let bucket = world.bucket(self.bucket)?;
        let action = action_of("GetObject", self.version.is_some());
        let wish = Wish { action: &action, key: Some(self.key), prefix: None };
        sim.demand(bucket, caller, &wish)?;
        let (version, content) = readable(bucket, self.key, self.version)?;
        Ok((content.clone(), shown(bucket, version.id.clone())))
    }
}

fn check_source(
    content: &Content,
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
