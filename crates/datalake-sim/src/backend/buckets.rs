//! Buckets as a whole.

use s3s::dto::{
    Bucket, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, DeleteBucketInput,
    DeleteBucketOutput, GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsInput, ListBucketsOutput, ObjectLockConfiguration,
    ObjectLockEnabled, Owner,
};
use s3s::{S3Request, S3Result, s3_error};

use super::find_caller;
use crate::errors::OrDisk as _;
use crate::quirks::Quirk;
use crate::sim::{Sim, name_owner};
use crate::state::{BucketMeta, PolicySlot, SimBucket, SimPublicAccess, VersioningState};

/// An anonymous caller owns nothing and is called so.
#[expect(clippy::unnecessary_wraps, reason = "all operations have one shape")]
pub(super) fn list_buckets(
    sim: &Sim,
    request: &S3Request<ListBucketsInput>,
) -> S3Result<ListBucketsOutput> {
    let Some(key) = find_caller(sim, request) else {
        let anonymous = Some("anonymous".to_owned());
        let owner = Owner { id: anonymous.clone(), display_name: anonymous };
        return Ok(ListBucketsOutput {
            owner: Some(owner),
            buckets: Some(Vec::new()),
            ..Default::default()
        });
    };
    let world = sim.world();
    let own = world.buckets.values().filter(|bucket| bucket.meta.project == key.project);
    let buckets = own.map(|bucket| Bucket {
        name: Some(bucket.meta.name.clone()),
        creation_date: Some(bucket.meta.created.into()),
        bucket_region: None,
    });
    Ok(ListBucketsOutput {
        owner: Some(name_owner(key.project)),
        buckets: Some(buckets.collect()),
        ..Default::default()
    })
}

pub(super) fn create_bucket(
    sim: &Sim,
    request: &S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let key = find_caller(sim, request).ok_or_else(|| s3_error!(AccessDenied))?;
    let input = &request.input;
    let wanted = input.create_bucket_configuration.as_ref();
    if let Some(region) = wanted.and_then(|wanted| wanted.location_constraint.as_ref())
        && ![sim.region.as_str(), ""].contains(&region.as_str())
    {
        return Err(s3_error!(InvalidLocationConstraint));
    }
    let location = Some(format!("/{}", input.bucket));
    let mut world = sim.world();
    if let Some(bucket) = world.buckets.get(&input.bucket) {
        let own = bucket.meta.project == key.project;
        if own && !sim.has(Quirk::OwnBucketAlreadyExists) {
            return Ok(CreateBucketOutput { location });
        }
        return Err(s3_error!(BucketAlreadyExists));
    }
    let locked = input.object_lock_enabled_for_bucket == Some(true);
    let enabled = ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED);
    let meta = BucketMeta {
        name: input.bucket.clone(),
        project: key.project,
        created: sim.now(),
        public_read: input.acl.as_ref().is_some_and(|acl| acl.as_str() == "public-read"),
        versioning: if locked { VersioningState::Enabled } else { VersioningState::Never },
        policy: PolicySlot::default(),
        public_access: SimPublicAccess::default(),
        lifecycle: None,
        cors: None,
        lock: locked
            .then_some(ObjectLockConfiguration { object_lock_enabled: Some(enabled), rule: None }),
        tags: None,
    };
    sim.disk.create_bucket(&meta).or_disk()?;
    world.buckets.insert(input.bucket.clone(), SimBucket::new(meta));
    Ok(CreateBucketOutput { location })
}

pub(super) fn head_bucket(
    sim: &Sim,
    request: &S3Request<HeadBucketInput>,
) -> S3Result<HeadBucketOutput> {
    sim.world().bucket(&request.input.bucket)?;
    Ok(HeadBucketOutput { bucket_region: Some(sim.region.clone()), ..Default::default() })
}

pub(super) fn delete_bucket(
    sim: &Sim,
    request: &S3Request<DeleteBucketInput>,
) -> S3Result<DeleteBucketOutput> {
    let name = &request.input.bucket;
    let mut world = sim.world();
    let bucket = world.bucket(name)?;
    if !bucket.keys.is_empty() || !bucket.uploads.is_empty() {
        return Err(s3_error!(BucketNotEmpty));
    }
    sim.disk.remove_bucket(name).or_disk()?;
    world.buckets.remove(name);
    Ok(DeleteBucketOutput::default())
}

pub(super) fn get_bucket_location(
    sim: &Sim,
    request: &S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    sim.world().bucket(&request.input.bucket)?;
    let region = BucketLocationConstraint::from(sim.region.clone());
    Ok(GetBucketLocationOutput { location_constraint: Some(region) })
}
