//! Who may do what, key by key and prefix by prefix.

use std::collections::BTreeSet;

use super::arn::split_resource;
use super::call::AccessCall;
use super::document::AccessPolicy;
use super::principal::{PrincipalForm, ProjectId};
use super::request::{AccessRequest, AccessScene, Caller};
use super::simulate::{AccessVerdict, simulate_access};

/// What a policy lets each key do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySurvey {
    /// The keys that it names, then an unnamed key of the bucket's project, then everybody without a
    /// key.
    pub keys: Vec<KeyAccess>,
}

/// What one key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAccess {
    /// Whose it is; `None` for everybody without a key.
    pub project: Option<ProjectId>,
    /// The key; `None` for any that the policy does not name.
    pub key: Option<String>,
    /// What it may do with the bucket.
    pub bucket: Vec<AccessCall>,
    /// What it may do with objects, for each prefix that the policy names.
    pub prefixes: Vec<PrefixAccess>,
}

/// What a key may do with the objects below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixAccess {
    /// The prefix; empty for all that no other one fits.
    pub prefix: String,
    /// The calls.
    pub calls: Vec<AccessCall>,
}

/// The calls that are told for objects.
const OBJECT_CALLS: [AccessCall; 5] = [
    AccessCall::GetObject,
    AccessCall::PutObject,
    AccessCall::DeleteObject,
    AccessCall::ListObjects,
    AccessCall::DeleteObjectVersion,
];

/// The calls that are told for the bucket.
const BUCKET_CALLS: [AccessCall; 7] = [
    AccessCall::ListObjects,
    AccessCall::PutBucketPolicy,
    AccessCall::DeleteBucketPolicy,
    AccessCall::PutBucketAcl,
    AccessCall::PutBucketLifecycle,
    AccessCall::PutBucketVersioning,
    AccessCall::DeleteBucket,
];

/// Goes through all keys and prefixes that the scene's policy names.
#[must_use]
pub fn survey_policy(scene: &AccessScene<'_>) -> PolicySurvey {
    let prefixes = list_prefixes(scene);
    let mut callers: Vec<Caller> = scene.policy.map(list_named_keys).unwrap_or_default();
    let named = callers.len();
    callers.extend(
        "UNNAMEDKEYOFTHEBUCKET"
            .parse()
            .ok()
            .map(|key| Caller::Key { project: scene.owner.clone(), key }),
    );
    callers.push(Caller::Anonymous);
    let keys = callers.iter().enumerate().map(|(index, caller)| KeyAccess {
        project: caller.project().cloned(),
        key: match caller {
            Caller::Key { key, .. } if index < named => Some(key.to_string()),
            _ => None,
        },
        bucket: list_bucket_calls(scene, caller),
        prefixes: prefixes.iter().map(|prefix| look_below(scene, caller, prefix)).collect(),
    });
    PolicySurvey { keys: keys.collect() }
}

fn list_named_keys(policy: &AccessPolicy) -> Vec<Caller> {
    let mut names = BTreeSet::new();
    for statement in &policy.statements {
        for text in statement.principals.iter().chain(&statement.not_principals) {
            if let PrincipalForm::Key { project, key } = PrincipalForm::read(text) {
                names.insert((project.to_owned(), key.to_owned()));
            }
        }
    }
    let callers = names.into_iter().filter_map(|(project, key)| {
        Some(Caller::Key { project: project.parse().ok()?, key: key.parse().ok()? })
    });
    callers.collect()
}

/// What stands before the first wildcard of each resource in this bucket.
fn list_prefixes(scene: &AccessScene<'_>) -> BTreeSet<String> {
    let mut prefixes = BTreeSet::from([String::new()]);
    for statement in scene.policy.iter().flat_map(|policy| &policy.statements) {
        for resource in statement.resources.iter().chain(&statement.not_resources) {
            let Some(parts) = split_resource(resource) else { continue };
            if let Some((bucket, key)) = parts.name.split_once('/')
                && bucket == scene.bucket.as_str()
            {
                prefixes.insert(key.split(['*', '?']).next().unwrap_or_default().to_owned());
            }
        }
    }
    prefixes
}

fn list_bucket_calls(scene: &AccessScene<'_>, caller: &Caller) -> Vec<AccessCall> {
    let is_allowed = |call: &AccessCall| {
        let request = AccessRequest::new(caller.clone(), *call);
        simulate_access(scene, &request).verdict == AccessVerdict::Allowed
    };
    BUCKET_CALLS.into_iter().filter(is_allowed).collect()
}

/// A name that nobody has written down stands for all keys below a prefix.
fn look_below(scene: &AccessScene<'_>, caller: &Caller, prefix: &str) -> PrefixAccess {
    let key = format!("{prefix}0f3a9c/object");
    let is_allowed = |call: &AccessCall| {
        let request = AccessRequest::new(caller.clone(), *call);
        let request = match call {
            AccessCall::ListObjects => request.with_value("s3:prefix", prefix),
            _ => request.of_object(&key, &scene.owner),
        };
        simulate_access(scene, &request).verdict == AccessVerdict::Allowed
    };
    let calls = OBJECT_CALLS.into_iter().filter(is_allowed).collect();
    PrefixAccess { prefix: prefix.to_owned(), calls }
}
