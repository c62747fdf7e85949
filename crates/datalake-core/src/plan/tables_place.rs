//! Whether tables lose no commit where the spec wants them.

use crate::fault::{Fault, FaultKind, Target};
use crate::plan::bucket_steps::require_known;
use crate::plan::{Blocker, DesiredBucket, Found, Observed};
use crate::s3::{BucketName, KeyPrefix, Versioning};

/// Refuses a place for tables, all keys of `bucket` that begin with `prefix`, where a rule that stays has
/// objects expire: a table without some of its files cannot be read any more. Rules for old versions
/// and unfinished uploads take nothing from it.
///
/// # Errors
///
/// A [`Blocker`] with the rule's id. Rules that nobody knows are told with the bucket's settings.
pub(super) fn require_no_expiry(
    bucket: &DesiredBucket,
    prefix: &str,
    observed: &Observed,
) -> Result<(), Blocker> {
    let Found::Present(state) = observed.bucket(&bucket.name) else { return Ok(()) };
    let Found::Present(rules) = &state.lifecycle else { return Ok(()) };
    let rules = rules.with_own(&bucket.lifecycle);
    let Some((id, rule)) = rules.find_expiry(prefix) else { return Ok(()) };
    let after = rule.expire.map(|days| format!(" after {days}")).unwrap_or_default();
    let keys = match rule.prefix.as_str() {
        "" => "all keys".to_owned(),
        prefix => format!("keys below `{prefix}`"),
    };
    let told = format!("rule `{id}`: {keys}{after}");
    Err(block(&bucket.name, Fault::new(FaultKind::ExpiresTables, told)))
}

/// Refuses a bucket for tables that keeps old versions, or in which something of earlier ones is left:
/// a suspended bucket is not one that never had any. One that is not there yet is fine.
///
/// # Errors
///
/// A [`Blocker`], also where nobody knows.
pub(super) fn require_place_for_tables(
    bucket: &BucketName,
    observed: &Observed,
) -> Result<(), Blocker> {
    let state = match observed.bucket(bucket) {
        Found::Present(state) => state,
        Found::Absent => return Ok(()),
        Found::Unknown(fault) => return Err(block(bucket, fault)),
    };
    match require_known(bucket, &state.versioning)? {
        Versioning::Never => Ok(()),
        Versioning::Suspended => require_no_traces(bucket, observed),
        Versioning::Enabled => Err(block(bucket, Fault::new(FaultKind::KeepsVersions, ""))),
    }
}

fn require_no_traces(bucket: &BucketName, observed: &Observed) -> Result<(), Blocker> {
    let found = observed.version_traces(bucket);
    let traces = require_known(bucket, &found)?;
    if traces.is_empty() {
        return Ok(());
    }
    Err(block(bucket, Fault::new(FaultKind::HoldsVersions, traces.to_string())))
}

/// Refuses a prefix for tables in a bucket that keeps old versions, or is to keep them, unless a test
/// has shown that its conditional writes hold.
///
/// # Errors
///
/// A [`Blocker`], also where nobody knows.
pub(super) fn require_safe_prefix(
    prefix: &KeyPrefix,
    assets: &DesiredBucket,
    observed: &Observed,
) -> Result<(), Blocker> {
    let name = &assets.name;
    let unsafe_place = |why: &str| {
        block(name, Fault::new(FaultKind::UnsafeCommits, format!("tables below `{prefix}`: {why}")))
    };
    let untested = || unsafe_place("it is to keep old versions, which cannot be tested before");
    let state = match observed.bucket(name) {
        Found::Present(state) => state,
        Found::Absent if assets.versioning => return Err(untested()),
        // An unknown bucket is told with the bucket of the assets.
        Found::Absent | Found::Unknown(_) => return Ok(()),
    };
    match require_known(name, &state.versioning)? {
        Versioning::Enabled => {
            let found = observed.conditional_puts(name);
            let puts = require_known(name, &found)?;
            if puts.keep_commits() { Ok(()) } else { Err(unsafe_place(&puts.to_string())) }
        }
        Versioning::Never | Versioning::Suspended if assets.versioning => Err(untested()),
        Versioning::Never => Ok(()),
        Versioning::Suspended => require_no_traces(name, observed),
    }
}

fn block(bucket: &BucketName, fault: Fault) -> Blocker {
    Blocker { target: Target::Bucket(bucket.clone()), fault }
}
