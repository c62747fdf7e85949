//! Object lock: retention and legal holds.

use s3s::dto::{
    GetObjectLegalHoldInput, GetObjectLegalHoldOutput, GetObjectLockConfigurationInput,
    GetObjectLockConfigurationOutput, GetObjectRetentionInput, GetObjectRetentionOutput,
    ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention,
    ObjectLockRetentionMode, PutObjectLegalHoldInput, PutObjectLegalHoldOutput,
    PutObjectLockConfigurationInput, PutObjectLockConfigurationOutput, PutObjectRetentionInput,
    PutObjectRetentionOutput, Timestamp,
};
use s3s::{S3Request, S3Result, s3_error};

use super::find_caller;
use crate::access::AccessWish;
use crate::clock::Moment;
use crate::errors::OrDisk as _;
use crate::sim::Sim;
use crate::state::{LockedUntil, SimBucket, VersionLock};

/// What the headers of a write say about a lock.
pub(super) struct LockHeaders<'a> {
    pub(super) mode: Option<&'a ObjectLockMode>,
    pub(super) until: Option<Timestamp>,
    pub(super) hold: Option<&'a ObjectLockLegalHoldStatus>,
}

/// The lock of a new version: what its headers ask for, else the bucket's default.
pub(super) fn asked_for(
    sim: &Sim,
    bucket: &SimBucket,
    asked: LockHeaders<'_>,
) -> S3Result<VersionLock> {
    let LockHeaders { mode, until, hold } = asked;
    let legal_hold = hold.is_some_and(|hold| hold.as_str() == ObjectLockLegalHoldStatus::ON);
    let retention = match (mode, until) {
        (Some(mode), Some(until)) => {
            Some(LockedUntil { mode: mode.as_str().to_owned(), until: until.into() })
        }
        (None, None) => by_default(sim.now(), bucket),
        _ => return Err(s3_error!(InvalidArgument)),
    };
    if (mode.is_some() || legal_hold) && bucket.meta.lock.is_none() {
        return Err(s3_error!(InvalidRequest));
    }
    Ok(VersionLock { retention, legal_hold })
}

fn by_default(now: Moment, bucket: &SimBucket) -> Option<LockedUntil> {
    let rule = bucket.meta.lock.as_ref()?.rule.as_ref()?;
    let default = rule.default_retention.as_ref()?;
    let days = default.days.or_else(|| default.years.map(|years| years.saturating_mul(365)))?;
    let mode = default.mode.as_ref()?.as_str().to_owned();
    Some(LockedUntil { mode, until: now.after_days(days) })
}

pub(super) fn get_object_lock_configuration(
    sim: &Sim,
    request: &S3Request<GetObjectLockConfigurationInput>,
) -> S3Result<GetObjectLockConfigurationOutput> {
    let world = sim.world();
    let lock = world.bucket(&request.input.bucket)?.meta.lock.clone();
    let lock = lock.ok_or_else(|| s3_error!(ObjectLockConfigurationNotFoundError))?;
    Ok(GetObjectLockConfigurationOutput { object_lock_configuration: Some(lock) })
}

pub(super) fn put_object_lock_configuration(
    sim: &Sim,
    request: &S3Request<PutObjectLockConfigurationInput>,
) -> S3Result<PutObjectLockConfigurationOutput> {
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    if meta.lock.is_none() {
        return Err(s3_error!(InvalidBucketState));
    }
    meta.lock.clone_from(&request.input.object_lock_configuration);
    sim.disk.write_meta(meta).or_disk()?;
    Ok(PutObjectLockConfigurationOutput::default())
}

pub(super) fn get_object_retention(
    sim: &Sim,
    request: &S3Request<GetObjectRetentionInput>,
) -> S3Result<GetObjectRetentionOutput> {
    let input = &request.input;
    let world = sim.world();
    let version = world.bucket(&input.bucket)?.find(&input.key, input.version_id.as_deref())?;
    let retention = version.lock.retention.as_ref();
    let retention = retention.ok_or_else(|| s3_error!(NoSuchObjectLockConfiguration))?;
    Ok(GetObjectRetentionOutput {
        retention: Some(ObjectLockRetention {
            mode: Some(ObjectLockRetentionMode::from(retention.mode.clone())),
            retain_until_date: Some(retention.until.into()),
        }),
    })
}

/// A compliance lock is only ever made longer; a governance lock is shortened
/// by those who may bypass it.
pub(super) fn put_object_retention(
    sim: &Sim,
    request: &S3Request<PutObjectRetentionInput>,
) -> S3Result<PutObjectRetentionOutput> {
    let input = &request.input;
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    if bucket.meta.lock.is_none() {
        return Err(s3_error!(InvalidRequest));
    }
    let wish = AccessWish::for_key("s3:BypassGovernanceRetention", &input.key);
    let bypass = input.bypass_governance_retention == Some(true)
        && sim.demand(bucket, find_caller(sim, request).as_ref(), &wish).is_ok();
    let wanted = input.retention.as_ref().ok_or_else(|| s3_error!(MalformedXML))?;
    let new = match (&wanted.mode, &wanted.retain_until_date) {
        (Some(mode), Some(until)) => {
            Some(LockedUntil { mode: mode.as_str().to_owned(), until: until.clone().into() })
        }
        (None, None) => None,
        _ => return Err(s3_error!(MalformedXML)),
    };
    let version = bucket.find_mut(&input.key, input.version_id.as_deref())?;
    if let Some(old) = &version.lock.retention
        && sim.now() < old.until
        && !(bypass && old.mode == ObjectLockRetentionMode::GOVERNANCE)
        && new.as_ref().is_none_or(|new| new.until < old.until || new.mode != old.mode)
    {
        return Err(s3_error!(AccessDenied));
    }
    version.lock.retention = new;
    sim.disk.write_version(&input.bucket, version).or_disk()?;
    Ok(PutObjectRetentionOutput::default())
}

pub(super) fn get_object_legal_hold(
    sim: &Sim,
    request: &S3Request<GetObjectLegalHoldInput>,
) -> S3Result<GetObjectLegalHoldOutput> {
    let input = &request.input;
    let world = sim.world();
    let version = world.bucket(&input.bucket)?.find(&input.key, input.version_id.as_deref())?;
    let status = if version.lock.legal_hold {
        ObjectLockLegalHoldStatus::ON
    } else {
        ObjectLockLegalHoldStatus::OFF
    };
    let status = Some(ObjectLockLegalHoldStatus::from_static(status));
    Ok(GetObjectLegalHoldOutput { legal_hold: Some(ObjectLockLegalHold { status }) })
}

pub(super) fn put_object_legal_hold(
    sim: &Sim,
    request: &S3Request<PutObjectLegalHoldInput>,
) -> S3Result<PutObjectLegalHoldOutput> {
    let input = &request.input;
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    if bucket.meta.lock.is_none() {
        return Err(s3_error!(InvalidRequest));
    }
    let status = input.legal_hold.as_ref().and_then(|hold| hold.status.as_ref());
    let status = status.ok_or_else(|| s3_error!(MalformedXML))?;
    let version = bucket.find_mut(&input.key, input.version_id.as_deref())?;
    version.lock.legal_hold = status.as_str() == ObjectLockLegalHoldStatus::ON;
    sim.disk.write_version(&input.bucket, version).or_disk()?;
    Ok(PutObjectLegalHoldOutput::default())
}
