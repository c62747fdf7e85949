//! Lifecycle rules as clients put and get them.

use std::collections::BTreeSet;

use s3s::dto::{
    DeleteBucketLifecycleInput, DeleteBucketLifecycleOutput, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, LifecycleRule, LifecycleRuleFilter,
    PutBucketLifecycleConfigurationInput, PutBucketLifecycleConfigurationOutput,
};
use s3s::{S3Request, S3Result, s3_error};
use uuid::Uuid;

use crate::errors::OrDisk as _;
use crate::quirks::Quirk;
use crate::sim::Sim;

pub(super) fn get_bucket_lifecycle_configuration(
    sim: &Sim,
    request: &S3Request<GetBucketLifecycleConfigurationInput>,
) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let world = sim.world();
    let rules = world.bucket(&request.input.bucket)?.meta.lifecycle.clone();
    let mut rules = rules.ok_or_else(|| s3_error!(NoSuchLifecycleConfiguration))?;
    if sim.has(Quirk::LifecycleReshaped) {
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        rules.iter_mut().for_each(reshape_rule);
    }
    Ok(GetBucketLifecycleConfigurationOutput { rules: Some(rules), ..Default::default() })
}

/// Turns an empty filter into an empty prefix of the rule.
fn reshape_rule(rule: &mut LifecycleRule) {
    let empty = rule.filter.as_ref().is_some_and(|filter| {
        let LifecycleRuleFilter { and, object_size_greater_than, object_size_less_than, .. } =
            filter;
        and.is_none()
            && object_size_greater_than.is_none()
            && object_size_less_than.is_none()
            && filter.tag.is_none()
            && filter.prefix.as_deref().unwrap_or_default().is_empty()
    });
    if empty {
        rule.filter = None;
        rule.prefix = Some(String::new());
    }
}

/// How many rules a bucket may have.
const MOST_RULES: usize = 1000;

pub(super) fn put_bucket_lifecycle_configuration(
    sim: &Sim,
    request: &S3Request<PutBucketLifecycleConfigurationInput>,
) -> S3Result<PutBucketLifecycleConfigurationOutput> {
    let configuration =
        request.input.lifecycle_configuration.as_ref().ok_or_else(|| s3_error!(MalformedXML))?;
    let mut rules = configuration.rules.clone();
    let mut ids = BTreeSet::new();
    for rule in &mut rules {
        check_rule(rule)?;
        let id = rule.id.get_or_insert_with(|| Uuid::new_v4().simple().to_string());
        if !ids.insert(id.clone()) {
            return Err(s3_error!(InvalidArgument));
        }
    }
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(s3_error!(MalformedXML));
    }
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    meta.lifecycle = Some(rules);
    sim.disk.write_meta(meta).or_disk()?;
    Ok(PutBucketLifecycleConfigurationOutput::default())
}

fn check_rule(rule: &LifecycleRule) -> S3Result<()> {
    let expiration = rule.expiration.as_ref();
    let days = [
        expiration.and_then(|expiration| expiration.days),
        rule.noncurrent_version_expiration.as_ref().and_then(|rule| rule.noncurrent_days),
        rule.abort_incomplete_multipart_upload.as_ref().and_then(|rule| rule.days_after_initiation),
    ];
    if days.into_iter().flatten().any(|days| days < 1) {
        return Err(s3_error!(InvalidArgument));
    }
    let marker = expiration.is_some_and(|expiration| {
        expiration.expired_object_delete_marker.is_some() || expiration.date.is_some()
    });
    if !marker && days.iter().all(Option::is_none) && rule.transitions.is_none() {
        return Err(s3_error!(MalformedXML));
    }
    if rule.filter.is_some() && rule.prefix.is_some() {
        return Err(s3_error!(MalformedXML));
    }
    Ok(())
}

pub(super) fn delete_bucket_lifecycle(
    sim: &Sim,
    request: &S3Request<DeleteBucketLifecycleInput>,
) -> S3Result<DeleteBucketLifecycleOutput> {
    let mut world = sim.world();
    let meta = &mut world.bucket_mut(&request.input.bucket)?.meta;
    meta.lifecycle = None;
    sim.disk.write_meta(meta).or_disk()?;
    Ok(DeleteBucketLifecycleOutput::default())
}
