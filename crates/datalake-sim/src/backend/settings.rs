//! Versioning, policy, public access block and CORS of a bucket.

use s3s::dto::{
    BucketVersioningStatus, DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketPolicyInput,
    DeleteBucketPolicyOutput, DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput,
    GetBucketCorsInput, GetBucketCorsOutput, GetBucketPolicyInput, GetBucketPolicyOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, GetPublicAccessBlockInput,
    GetPublicAccessBlockOutput, PublicAccessBlockConfiguration, PutBucketCorsInput,
    PutBucketCorsOutput, PutBucketPolicyInput, PutBucketPolicyOutput, PutBucketVersioningInput,
    PutBucketVersioningOutput, PutPublicAccessBlockInput, PutPublicAccessBlockOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use crate::errors::{OrDisk as _, make_coded_error};
use crate::policy::{BucketPolicy, InvalidPolicy};
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::{SimPublicAccess, VersioningState};

pub(super) fn get_bucket_versioning(
    sim: &Sim,
    request: &S3Request<GetBucketVersioningInput>,
) -> S3Result<GetBucketVersioningOutput> {
    let world = sim.world();
    let status = match world.bucket(&request.input.bucket)?.meta.versioning {
        VersioningState::Never => None,
        VersioningState::Enabled => Some(BucketVersioningStatus::ENABLED),
        VersioningState::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    let status = status.map(BucketVersioningStatus::from_static);
    Ok(GetBucketVersioningOutput { status, ..Default::default() })
}

pub(super) fn put_bucket_versioning(
    sim: &Sim,
    request: &S3Request<PutBucketVersioningInput>,
) -> S3Result<PutBucketVersioningOutput> {
    let input = &request.input;
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&input.bucket)?.meta;
    let status = input.versioning_configuration.status.as_ref().map(BucketVersioningStatus::as_str);
    meta.versioning = match status {
        Some(BucketVersioningStatus::ENABLED) => VersioningState::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) if meta.lock.is_some() => {
            return Err(s3_error!(InvalidBucketState));
        }
        Some(BucketVersioningStatus::SUSPENDED) => VersioningState::Suspended,
        _ => return Err(s3_error!(MalformedXML)),
    };
    sim.disk.write_meta(meta).or_disk()?;
    Ok(PutBucketVersioningOutput::default())
}

pub(super) fn get_bucket_policy(
    sim: &Sim,
    request: &S3Request<GetBucketPolicyInput>,
) -> S3Result<GetBucketPolicyOutput> {
    let world = sim.world();
    let stored = world.bucket(&request.input.bucket)?.meta.policy.stored.as_ref();
    let policy = stored.ok_or_else(|| s3_error!(NoSuchBucketPolicy))?;
    Ok(GetBucketPolicyOutput { policy: Some(policy.text().to_owned()) })
}

pub(super) fn put_bucket_policy(
    sim: &Sim,
    request: &S3Request<PutBucketPolicyInput>,
) -> S3Result<PutBucketPolicyOutput> {
    let policy = BucketPolicy::parse(&request.input.policy).map_err(|problem| match problem {
        InvalidPolicy::UnknownAction if sim.has(Quirk::UnknownActionIs503) => {
            make_coded_error(http::StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable")
        }
        InvalidPolicy::UnknownAction | InvalidPolicy::Malformed => s3_error!(MalformedPolicy),
    })?;
    let confirmed = request.input.confirm_remove_self_bucket_access == Some(true);
    replace_policy(sim, &request.input.bucket, Some(policy))?;
    if confirmed {
        let mut world = sim.world();
        let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
        meta.policy.binds_owner = true;
        sim.disk.write_meta(meta).or_disk()?;
    }
    Ok(PutBucketPolicyOutput::default())
}

pub(super) fn delete_bucket_policy(
    sim: &Sim,
    request: &S3Request<DeleteBucketPolicyInput>,
) -> S3Result<DeleteBucketPolicyOutput> {
    replace_policy(sim, &request.input.bucket, None)?;
    Ok(DeleteBucketPolicyOutput::default())
}

fn replace_policy(sim: &Sim, bucket: &str, policy: Option<BucketPolicy>) -> S3Result<()> {
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(bucket)?.meta;
    let now = sim.now();
    meta.policy.replace(policy, now, now.after(sim.quirks.policy_delay));
    sim.disk.write_meta(meta).or_disk()
}

pub(super) fn get_public_access_block(
    sim: &Sim,
    request: &S3Request<GetPublicAccessBlockInput>,
) -> S3Result<GetPublicAccessBlockOutput> {
    let world = sim.world();
    let block = world.bucket(&request.input.bucket)?.meta.public_access;
    if block == SimPublicAccess::default() {
        return Err(make_coded_error(
            http::StatusCode::NOT_FOUND,
            "NoSuchPublicAccessBlockConfiguration",
        ));
    }
    let public_access_block_configuration = Some(PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        block_public_policy: Some(block.block_public_policy),
        ignore_public_acls: Some(block.ignore_public_acls),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    });
    Ok(GetPublicAccessBlockOutput { public_access_block_configuration })
}

pub(super) fn put_public_access_block(
    sim: &Sim,
    request: &S3Request<PutPublicAccessBlockInput>,
) -> S3Result<PutPublicAccessBlockOutput> {
    let asked = &request.input.public_access_block_configuration;
    let block = SimPublicAccess {
        block_public_acls: asked.block_public_acls == Some(true),
        ignore_public_acls: asked.ignore_public_acls == Some(true),
        block_public_policy: asked.block_public_policy == Some(true),
        restrict_public_buckets: asked.restrict_public_buckets == Some(true),
    };
    set_public_access(sim, &request.input.bucket, block)?;
    Ok(PutPublicAccessBlockOutput::default())
}

pub(super) fn delete_public_access_block(
    sim: &Sim,
    request: &S3Request<DeletePublicAccessBlockInput>,
) -> S3Result<DeletePublicAccessBlockOutput> {
    set_public_access(sim, &request.input.bucket, SimPublicAccess::default())?;
    Ok(DeletePublicAccessBlockOutput::default())
}

fn set_public_access(sim: &Sim, bucket: &str, block: SimPublicAccess) -> S3Result<()> {
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(bucket)?.meta;
    meta.public_access = block;
    sim.disk.write_meta(meta).or_disk()
}

pub(super) fn get_bucket_cors(
    sim: &Sim,
    request: &S3Request<GetBucketCorsInput>,
) -> S3Result<GetBucketCorsOutput> {
    let world = sim.world();
    let rules = world.bucket(&request.input.bucket)?.meta.cors.clone();
    let rules = rules.ok_or_else(|| s3_error!(NoSuchCORSConfiguration))?;
    Ok(GetBucketCorsOutput { cors_rules: Some(rules) })
}

pub(super) fn put_bucket_cors(
    sim: &Sim,
    request: &S3Request<PutBucketCorsInput>,
) -> S3Result<PutBucketCorsOutput> {
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    meta.cors = Some(request.input.cors_configuration.cors_rules.clone());
    sim.disk.write_meta(meta).or_disk()?;
    Ok(PutBucketCorsOutput::default())
}

pub(super) fn delete_bucket_cors(
    sim: &Sim,
    request: &S3Request<DeleteBucketCorsInput>,
) -> S3Result<DeleteBucketCorsOutput> {
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    meta.cors = None;
    sim.disk.write_meta(meta).or_disk()?;
    Ok(DeleteBucketCorsOutput::default())
}
