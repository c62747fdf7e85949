//! Deleting objects, one by one and many at once.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    Error,
};
use s3s::{S3Request, S3Result, s3_error};

use super::{conditions, find_caller};
use crate::access::AccessWish;
use crate::config::SimKey;
use crate::errors::{BODYLESS, make_coded_error};
use crate::policy::action_of;
use crate::sim::Sim;
use crate::state::{NULL_VERSION, NewVersion, SimBucket, VersionLock, VersioningState};

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
        && may_bypass(sim, bucket, find_caller(sim, request).as_ref(), &input.key);
    let doomed = DoomedObject { key: &input.key, version_id: input.version_id.as_deref(), bypass };
    let deleted = delete_from_bucket(sim, bucket, &doomed)?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version_id,
        ..Default::default()
    })
}

/// What is to be deleted.
struct DoomedObject<'a> {
    key: &'a str,
    version_id: Option<&'a str>,
    /// Whether a governance lock gives way.
    bypass: bool,
}

/// What a deletion did.
struct DeletionAnswer {
    /// A marker was made or removed.
    marker: bool,
    version_id: Option<String>,
}

fn delete_from_bucket(
    sim: &Sim,
    bucket: &mut SimBucket,
    doomed: &DoomedObject<'_>,
) -> S3Result<DeletionAnswer> {
    let DoomedObject { key, version_id, bypass } = *doomed;
    if let Some(id) = version_id {
        // Deleting what is not there is a success.
        let Ok(version) = bucket.find(key, Some(id)) else {
            return Ok(DeletionAnswer { marker: false, version_id: Some(id.to_owned()) });
        };
        if version.is_locked(sim.now(), bypass) {
            return Err(s3_error!(AccessDenied));
        }
        let (number, marker) = (version.number, version.content.is_none());
        bucket.remove(&sim.disk, key, number)?;
        return Ok(DeletionAnswer { marker, version_id: Some(id.to_owned()) });
    }
    if bucket.meta.versioning == VersioningState::Never {
        let number = bucket.find(key, Some(NULL_VERSION)).map(|version| version.number);
        if let Ok(number) = number {
            bucket.remove(&sim.disk, key, number)?;
        }
        return Ok(DeletionAnswer { marker: false, version_id: None });
    }
    let marker = NewVersion {
        key: key.to_owned(),
        content: None,
        lock: VersionLock::default(),
        upload: None,
    };
    let version = bucket.add(&sim.disk, sim.now(), marker)?;
    Ok(DeletionAnswer { marker: true, version_id: Some(version.id) })
}

fn may_bypass(sim: &Sim, bucket: &SimBucket, caller: Option<&SimKey>, key: &str) -> bool {
    let wish = AccessWish::for_key("s3:BypassGovernanceRetention", key);
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
        return Err(make_coded_error(http::StatusCode::BAD_REQUEST, BODYLESS));
    }
    let caller = find_caller(sim, request);
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
        let wish = AccessWish::for_key(&action, &object.key);
        let bypass = wants_bypass && may_bypass(sim, bucket, caller.as_ref(), &object.key);
        let doomed = DoomedObject { key: &object.key, version_id, bypass };
        let outcome = sim
            .demand(bucket, caller.as_ref(), &wish)
            .and_then(|()| delete_from_bucket(sim, bucket, &doomed));
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
