//! How far a change of the key pair has come, by what is seen, and what comes next.

use schemars::JsonSchema;
use serde::Serialize;

use super::record::RotationGoal;
use crate::fault::Fault;
use crate::s3::BucketName;

/// What is seen of a change of the key pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationFacts {
    /// The policies of the spec's buckets.
    pub buckets: Vec<BucketFacts>,
    /// Which pair the host and Modal have.
    pub host: HostKey,
    /// What the service says to the old pair.
    pub old_key: OldKeyAnswer,
}

/// What the policy of a bucket says of both keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketFacts {
    /// The bucket.
    pub bucket: BucketName,
    /// Whether each statement that names the old key names the new one.
    pub binds_new: bool,
    /// Which of the keys it names.
    pub names: NamedKeys,
    /// Whether it refuses the old key everything.
    pub is_revoked: bool,
    /// Whether it holds a statement that is to refuse the old key, be it a changed one.
    pub has_revocation: bool,
}

/// Which keys a policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedKeys {
    /// The key that goes.
    pub old: bool,
    /// The key that comes.
    pub new: bool,
}

/// Which pair files, services and Modal have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKey {
    /// The old one, all of them.
    Old,
    /// Some the old one and some the new one, or nobody knows.
    Between,
    /// The new one, all of them.
    New,
}

/// What the service says to the old pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OldKeyAnswer {
    /// It knows it.
    Known,
    /// It knows no such key: the key was deleted in the Console.
    Deleted,
    /// It does not tell.
    Unclear(Fault),
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RotationStage {
    /// The new pair is kept in the state folder, and nowhere else.
    Begun,
    /// The policies hold the new key as they hold the old one.
    Bound,
    /// Env file, services and Modal have the new pair.
    RolledOut,
    /// The old key is refused everything in every bucket; that can be taken back.
    Revoked,
    /// The service does not know the old key any more.
    Deleted,
    /// It is over: no policy names the other key, and no generation is kept.
    Ended,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationNext {
    /// The policies are to name the new key wherever they name the old one.
    BindNewKey,
    /// Env file, services and Modal are to get the new pair.
    RollOut,
    /// The old key is to be refused everything.
    RevokeOldKey,
    /// A person deletes the old key in the Console, once nobody asks with it any more.
    AwaitDeletion,
    /// The policies are to name the old key no more.
    ForgetOldKey,
    /// The old key is to be let in again.
    LiftRevocation,
    /// Env file, services and Modal are to get the old pair again.
    RollBack,
    /// The policies are to name the new key no more.
    UnbindNewKey,
    /// The generations are to be erased.
    EraseGenerations,
    /// The way back is closed: the old key was deleted.
    TooLate,
}

/// Judges a change by what is seen, whatever was done before: each answer is right after a kill at any
/// place.
///
/// The new key leaves the state folder only where every policy holds it as it holds the old one, and
/// is bound as long as anything has it.
#[must_use]
pub fn judge_rotation(goal: RotationGoal, facts: &RotationFacts) -> RotationNext {
    match goal {
        RotationGoal::NewKey => judge_way_forward(facts),
        RotationGoal::OldKey => judge_way_back(facts),
    }
}

fn judge_way_forward(facts: &RotationFacts) -> RotationNext {
    let are_all = |holds: fn(&BucketFacts) -> bool| facts.buckets.iter().all(holds);
    if !are_all(|bucket| bucket.binds_new) {
        return RotationNext::BindNewKey;
    }
    if facts.host != HostKey::New {
        return RotationNext::RollOut;
    }
    match facts.old_key {
        OldKeyAnswer::Deleted if are_all(|bucket| !bucket.names.old) => {
            RotationNext::EraseGenerations
        }
        OldKeyAnswer::Deleted => RotationNext::ForgetOldKey,
        OldKeyAnswer::Known | OldKeyAnswer::Unclear(_) if !are_all(|bucket| bucket.is_revoked) => {
            RotationNext::RevokeOldKey
        }
        OldKeyAnswer::Known | OldKeyAnswer::Unclear(_) => RotationNext::AwaitDeletion,
    }
}

fn judge_way_back(facts: &RotationFacts) -> RotationNext {
    let has_any = |holds: fn(&BucketFacts) -> bool| facts.buckets.iter().any(holds);
    if facts.old_key == OldKeyAnswer::Deleted {
        return RotationNext::TooLate;
    }
    if has_any(|bucket| bucket.has_revocation) {
        return RotationNext::LiftRevocation;
    }
    if facts.host != HostKey::Old {
        return RotationNext::RollBack;
    }
    if has_any(|bucket| bucket.names.new) {
        return RotationNext::UnbindNewKey;
    }
    RotationNext::EraseGenerations
}

impl RotationStage {
    /// How far a change has come whose next step is this one.
    #[must_use]
    pub fn stage_before(next: RotationNext) -> Self {
        match next {
            RotationNext::BindNewKey | RotationNext::UnbindNewKey => Self::Begun,
            RotationNext::RollOut | RotationNext::RollBack => Self::Bound,
            RotationNext::RevokeOldKey => Self::RolledOut,
            RotationNext::AwaitDeletion | RotationNext::LiftRevocation => Self::Revoked,
            RotationNext::ForgetOldKey | RotationNext::TooLate => Self::Deleted,
            RotationNext::EraseGenerations => Self::Ended,
        }
    }
}

#[cfg(test)]
mod tests;
