//! Policies as a bucket keeps them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compile::OWN_SID;
use super::document::{AccessPolicy, AccessStatement, InvalidAccessPolicy, StatementEffect};
use super::principal::{PrincipalForm, ProjectId};

/// The text of a bucket policy, byte for byte as it was or will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PolicyText(String);

/// A policy that is to be stored, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewPolicy {
    /// The document.
    pub text: PolicyText,
    /// Whether it is sent with `x-amz-confirm-remove-self-bucket-access: true`. Without it Ceph 20 lets
    /// every key of the bucket's own project, a denied one too, replace and remove the policy.
    pub binds_owner: bool,
}

impl PolicyText {
    /// Any text; a service tells whether it is a policy.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The policy that the text is.
    ///
    /// # Errors
    ///
    /// [`InvalidAccessPolicy`] where it is none.
    pub fn read_policy(&self) -> Result<AccessPolicy, InvalidAccessPolicy> {
        AccessPolicy::read(&self.0)
    }

    /// Whether both texts are the same policy: a service may give one back in other letters than it was
    /// sent.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self == other
            || match (self.read_policy(), other.read_policy()) {
                (Ok(one), Ok(another)) => one.says_the_same(&another),
                _ => false,
            }
    }
}

impl NewPolicy {
    /// A policy for a bucket of this project, bound to the owner's keys where statements of ours hold
    /// some of them.
    #[must_use]
    pub fn for_bucket_of(owner: &ProjectId, text: PolicyText) -> Self {
        let holds = |policy: AccessPolicy| policy.statements.iter().any(|one| one.holds_own(owner));
        let binds_owner = text.read_policy().is_ok_and(holds);
        Self { text, binds_owner }
    }
}

impl AccessStatement {
    /// Whether it is one of ours that denies something to a key of this project.
    fn holds_own(&self, owner: &ProjectId) -> bool {
        let is_own = |text: &String| match PrincipalForm::read(text) {
            PrincipalForm::Key { project, .. } => project == owner.as_str(),
            PrincipalForm::Everyone
            | PrincipalForm::Project(_)
            | PrincipalForm::Nobody
            | PrincipalForm::Refused => false,
        };
        self.effect == StatementEffect::Deny
            && self.sid.as_deref().is_some_and(|sid| sid.starts_with(OWN_SID))
            && self.principals.iter().any(is_own)
    }
}

impl fmt::Display for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deny_user(sid: &str, principal: &str) -> PolicyText {
        PolicyText::new(format!(
            r#"{{"Statement":[{{"Sid":"{sid}","Effect":"Deny","Principal":{{"AWS":"{principal}"}},
               "Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}]}}"#
        ))
    }

    #[test]
    fn only_our_denials_of_own_keys_bind_the_owner() {
        let owner: ProjectId = "p1".parse().unwrap();
        let binds = |text: PolicyText| NewPolicy::for_bucket_of(&owner, text).binds_owner;

        assert!(binds(deny_user("datalake-a-never", "arn:aws:iam:::user/p1:AK")));
        assert!(!binds(deny_user("somebody", "arn:aws:iam:::user/p1:AK")));
        assert!(!binds(deny_user("datalake-a-acl", "arn:aws:iam:::user/p2:AK")));
        assert!(!binds(PolicyText::new("no policy")));
    }

    #[test]
    fn a_policy_written_in_another_way_says_the_same() {
        let text = |json: &str| PolicyText::new(json);
        let one = text(r#"{"Statement":[{"Effect":"Deny","Action":"s3:*"}]}"#);

        assert!(
            one.says_the_same(&text(r#"{"Statement": {"Action": ["s3:*"], "Effect": "Deny"}}"#))
        );
        assert!(!one.says_the_same(&text(r#"{"Statement":[{"Effect":"Deny"}]}"#)));
        assert!(!text("a").says_the_same(&text("b")));
    }
}
