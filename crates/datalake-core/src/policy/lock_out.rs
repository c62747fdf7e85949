//! Whether a policy shuts the key out that has to change it.

use super::call::AccessCall;
use super::document::{AccessPolicy, AccessStatement, StatementEffect};
use super::principal::ProjectId;
use super::request::{AccessRequest, AccessScene, Caller};
use super::simulate::{AccessVerdict, simulate_access};
use super::statement::{has_action, has_resource, speaks_to};
use super::version::CephVersion;
use crate::s3::BucketName;
use crate::secret::AccessKeyId;

/// The key that has to go on working, and its bucket.
#[derive(Debug, Clone)]
pub struct PolicyActor {
    /// The bucket.
    pub bucket: BucketName,
    /// The project that owns it.
    pub owner: ProjectId,
    /// The key that stores the policy.
    pub key: AccessKeyId,
}

/// Who could not change the policy any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockOut {
    /// This key; a new key of the project gets in and can remove the policy.
    ThisKey,
    /// Every key of the project, present and future: only the provider can help.
    WholeProject,
}

impl PolicyActor {
    fn caller(&self) -> Caller {
        Caller::Key { project: self.owner.clone(), key: self.key.clone() }
    }

    /// A key of the project that no policy names yet.
    fn new_key(&self) -> Option<Caller> {
        let key = "NEWKEYTHATNOBODYNAMED".parse().ok()?;
        Some(Caller::Key { project: self.owner.clone(), key })
    }
}

/// Whether the policy, once stored, keeps its own key from reading, replacing or removing it, on any of
/// the three versions and however it is stored. A Deny under a condition counts: what holds today need
/// not hold when the policy has to go.
#[must_use]
pub fn find_lock_out(policy: &AccessPolicy, actor: &PolicyActor) -> Option<LockOut> {
    let policy = &strip_conditions(policy);
    // The versions differ in conditions, which are gone, and in what binds the owner, which is on.
    let scene = AccessScene {
        bucket: actor.bucket.clone(),
        owner: actor.owner.clone(),
        policy: Some(policy),
        version: CephVersion::Tentacle,
        binds_owner: true,
    };
    let is_shut_out = |caller: &Caller| {
        [AccessCall::GetBucketPolicy, AccessCall::PutBucketPolicy, AccessCall::DeleteBucketPolicy]
            .iter()
            .any(|call| {
                let request = AccessRequest::new(caller.clone(), *call);
                simulate_access(&scene, &request).verdict != AccessVerdict::Allowed
            })
    };
    if actor.new_key().is_some_and(|caller| is_shut_out(&caller)) {
        return Some(LockOut::WholeProject);
    }
    is_shut_out(&actor.caller()).then_some(LockOut::ThisKey)
}

/// The same policy with every Deny in force.
fn strip_conditions(policy: &AccessPolicy) -> AccessPolicy {
    let mut policy = policy.clone();
    for statement in &mut policy.statements {
        if statement.effect == StatementEffect::Deny {
            statement.conditions.clear();
        }
    }
    policy
}

/// The number of the first statement that could deny the acting key anything in its bucket, whatever
/// the conditions.
#[must_use]
pub fn find_denied_actor(policy: &AccessPolicy, actor: &PolicyActor) -> Option<usize> {
    let caller = actor.caller();
    let denies = |statement: &AccessStatement| {
        statement.effect == StatementEffect::Deny
            && speaks_to(statement, &caller)
            && AccessCall::ALL.iter().any(|call| has_action(statement, call.action()))
            && reaches_bucket(statement, &actor.bucket)
    };
    policy.statements.iter().position(denies).map(|index| index + 1)
}

/// Whether a statement may speak of the bucket or anything in it.
fn reaches_bucket(statement: &AccessStatement, bucket: &BucketName) -> bool {
    let inside = format!("{bucket}/");
    !statement.not_resources.is_empty()
        || has_resource(statement, bucket.as_str())
        || statement.resources.iter().any(|resource| {
            let name = resource.rsplit(':').next().unwrap_or_default();
            name.starts_with(&inside) || name.contains(['*', '?'])
        })
}
