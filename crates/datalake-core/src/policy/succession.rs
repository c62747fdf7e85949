//! A key that takes another one's place in a policy, and the old one refused.

use super::arn::{bucket_resource, object_resource};
use super::compile::OWN_SID;
use super::document::{AccessPolicy, AccessStatement, StatementEffect};
use super::principal::{PrincipalForm, ProjectId};
use crate::s3::BucketName;
use crate::secret::AccessKeyId;

/// A key of a project, and the one that takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySuccession {
    /// The project of both.
    pub project: ProjectId,
    /// The key that goes.
    pub old: AccessKeyId,
    /// The key that comes.
    pub new: AccessKeyId,
}

/// The `Sid` of the statement that refuses a key everything: another one for each key, as a bucket may
/// be that of several places.
fn make_revocation_sid(key: &str) -> String {
    format!("{OWN_SID}key-revoked-{key}")
}

impl KeySuccession {
    /// Names the new key wherever the policy names the old one, in grants, in denials and among those
    /// that a denial spares: the new key may then do what the old one may, and nothing else.
    #[must_use]
    pub fn bind_new_key(&self, policy: &AccessPolicy) -> AccessPolicy {
        let mut policy = policy.clone();
        for statement in policy.statements.iter_mut().filter(|one| !self.is_revocation(one)) {
            for principals in [&mut statement.principals, &mut statement.not_principals] {
                if self.are_named(principals) == (true, false) {
                    principals.push(self.project.key_principal(&self.new));
                }
            }
        }
        policy
    }

    /// Whether each statement that names the old key names the new one, too.
    #[must_use]
    pub fn binds_new_key(&self, policy: &AccessPolicy) -> bool {
        let is_even = |principals: &Vec<String>| self.are_named(principals) != (true, false);
        let others = policy.statements.iter().filter(|statement| !self.is_revocation(statement));
        others.flat_map(|one| [&one.principals, &one.not_principals]).all(is_even)
    }

    /// Takes a key out of all statements; one that speaks of nobody else goes. A denial that spares this
    /// key alone stays as it is: without it everybody would be spared.
    #[must_use]
    pub fn forget_key(&self, key: &AccessKeyId, policy: &AccessPolicy) -> AccessPolicy {
        let mut policy = policy.clone();
        policy.statements.retain_mut(|statement| {
            let named_somebody = !statement.principals.is_empty();
            statement.principals.retain(|text| !self.is_named(text, key));
            if statement.not_principals.iter().any(|text| !self.is_named(text, key)) {
                statement.not_principals.retain(|text| !self.is_named(text, key));
            }
            !(named_somebody && statement.principals.is_empty())
        });
        policy
    }

    /// Whether any statement names the key.
    #[must_use]
    pub fn names_key(&self, key: &AccessKeyId, policy: &AccessPolicy) -> bool {
        let mut principals = policy
            .statements
            .iter()
            .flat_map(|one| one.principals.iter().chain(&one.not_principals));
        principals.any(|text| self.is_named(text, key))
    }

    /// Refuses the old key everything in the bucket, in a way that can be taken back.
    #[must_use]
    pub fn revoke_old_key(
        &self,
        bucket: &BucketName,
        policy: Option<&AccessPolicy>,
    ) -> AccessPolicy {
        let Some(policy) = policy else {
            let statements = vec![self.make_revocation(bucket)];
            return AccessPolicy { statements, ..AccessPolicy::empty() };
        };
        if self.is_revoked(bucket, policy) {
            return policy.clone();
        }
        let mut policy = self.lift_revocation(policy);
        policy.statements.push(self.make_revocation(bucket));
        policy
    }

    /// Whether the old key is refused everything in the bucket, whatever else the policy says.
    #[must_use]
    pub fn is_revoked(&self, bucket: &BucketName, policy: &AccessPolicy) -> bool {
        policy.statements.contains(&self.make_revocation(bucket))
    }

    /// The `Sid` of the statement that refuses the old key everything.
    #[must_use]
    pub fn name_revocation(&self) -> String {
        make_revocation_sid(self.old.as_str())
    }

    /// Whether any statement of the policy is a revocation of the old key, be it a changed one.
    #[must_use]
    pub fn has_revocation(&self, policy: &AccessPolicy) -> bool {
        policy.statements.iter().any(|statement| self.is_revocation(statement))
    }

    /// The same policy without the statement that refuses the old key everything; that of another key
    /// stays.
    #[must_use]
    pub fn lift_revocation(&self, policy: &AccessPolicy) -> AccessPolicy {
        let mut policy = policy.clone();
        policy.statements.retain(|statement| !self.is_revocation(statement));
        policy
    }

    fn make_revocation(&self, bucket: &BucketName) -> AccessStatement {
        AccessStatement::new(StatementEffect::Deny, &self.name_revocation())
            .for_principal(&self.project.key_principal(&self.old))
            .with_actions(["s3:*"])
            .on_resources([bucket_resource(bucket), object_resource(bucket, "*")])
    }

    fn is_revocation(&self, statement: &AccessStatement) -> bool {
        find_revoked_key(statement) == Some(self.old.as_str())
            && statement.principals.iter().all(|text| self.is_named(text, &self.old))
    }

    /// Whether both keys of a list are named, the old one first.
    fn are_named(&self, principals: &[String]) -> (bool, bool) {
        let names = |key: &AccessKeyId| principals.iter().any(|text| self.is_named(text, key));
        (names(&self.old), names(&self.new))
    }

    /// Whether a principal is this very key; a project or everybody are no key.
    fn is_named(&self, principal: &str, key: &AccessKeyId) -> bool {
        let own = PrincipalForm::Key { project: self.project.as_str(), key: key.as_str() };
        PrincipalForm::read(principal) == own
    }
}

/// The key that a statement of ours refuses everything; `None` where it is another statement.
pub(super) fn find_revoked_key(statement: &AccessStatement) -> Option<&str> {
    let [principal] = statement.principals.as_slice() else { return None };
    let PrincipalForm::Key { key, .. } = PrincipalForm::read(principal) else { return None };
    let is_one = statement.effect == StatementEffect::Deny
        && statement.sid.as_deref() == Some(make_revocation_sid(key).as_str());
    is_one.then_some(key)
}
