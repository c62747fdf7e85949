//! A policy of ours beside what others have written into the stored one.

use super::compile::OWN_SID;
use super::document::{AccessPolicy, AccessStatement};
use super::succession::find_revoked_key;

/// The policy that would be stored, and what becomes of the stored one's statements.
#[derive(Debug, Clone)]
pub struct MergedPolicy {
    /// The document.
    pub policy: AccessPolicy,
    /// Statements that stay: those of others, and what refuses a key that is changed.
    pub kept: usize,
    /// Statements of ours, which go.
    pub replaced: usize,
}

/// Puts our statements behind those of others in the stored policy. Ours have a `Sid` that begins with
/// `datalake-`; nobody else's is taken away, and none that refuses a key everything while it is changed:
/// only that change takes it back.
#[must_use]
pub fn merge_policies(stored: Option<&AccessPolicy>, ours: &AccessPolicy) -> MergedPolicy {
    let is_ours = |statement: &&AccessStatement| {
        statement.sid.as_deref().is_some_and(|sid| sid.starts_with(OWN_SID))
            && find_revoked_key(statement).is_none()
    };
    let Some(stored) = stored else {
        return MergedPolicy { policy: ours.clone(), kept: 0, replaced: 0 };
    };
    let mut policy = stored.clone();
    policy.statements.retain(|statement| !is_ours(&statement));
    let kept = policy.statements.len();
    policy.statements.extend(ours.statements.iter().cloned());
    MergedPolicy { policy, kept, replaced: stored.statements.len() - kept }
}
