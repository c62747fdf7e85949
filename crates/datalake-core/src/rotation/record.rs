//! What is kept of a change of the key pair, without any secret.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::{RotationNext, RotationStage};
use crate::policy::{AccessPolicy, KeySuccession, PolicyText, ProjectId};
use crate::s3::BucketName;
use crate::secret::AccessKeyId;
use crate::time::Timestamp;

/// A change of the key pair. Its JSON form lies in the state folder; it names keys and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RotationRecord {
    /// The version of the form.
    pub schema_version: u32,
    /// When it was begun.
    pub started: Timestamp,
    /// The project of both keys.
    pub project: ProjectId,
    /// The pair that goes.
    pub old: KeyGeneration,
    /// The pair that comes.
    pub new: KeyGeneration,
    /// Where it goes to.
    pub goal: RotationGoal,
    /// When the old pair was first refused everything; `null` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// When it was over; `null` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The buckets whose policies it changes; empty in the form of the first release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<BucketName>,
    /// The policies as they were when it was begun: an abort gives them back byte for byte.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<BucketName, PolicyText>,
    /// What has shown long enough since the policies were last changed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub proved: BTreeSet<KeyEffect>,
    /// Whether a pair was brought to the env file, and a person is to restart the services.
    #[serde(default)]
    pub owes_restart: bool,
    /// The changes of this place that were over before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<RotationSpan>,
}

/// The time that a change took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RotationSpan {
    /// When it was begun.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
}

/// What a change of policies, or in the Console, brings about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEffect {
    /// The new key may use every bucket.
    NewIsLetIn,
    /// The old key is refused in every bucket, and the new one is not.
    OldIsRefused,
    /// The old key may use every bucket.
    OldIsLetIn,
    /// The service does not know the old key.
    OldIsGone,
}

/// A pair and its number: that of its successor is one higher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyGeneration {
    /// The number, from 1.
    pub number: u32,
    /// The access key id.
    pub key: AccessKeyId,
}

/// Where a change goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RotationGoal {
    /// To the new pair.
    NewKey,
    /// Back to the old one.
    OldKey,
}

impl RotationRecord {
    /// The form that this release writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// A change that begins after the last one of this place, if there was one.
    #[must_use]
    pub fn begin_after(last: Option<&Self>, keys: &KeySuccession, started: Timestamp) -> Self {
        let number = last.map_or(1, Self::last_number);
        Self {
            schema_version: Self::SCHEMA_VERSION,
            started,
            project: keys.project.clone(),
            old: KeyGeneration { number, key: keys.old.clone() },
            new: KeyGeneration { number: number.saturating_add(1), key: keys.new.clone() },
            goal: RotationGoal::NewKey,
            revoked: None,
            ended: None,
            buckets: Vec::new(),
            documents: BTreeMap::new(),
            proved: BTreeSet::new(),
            owes_restart: false,
            earlier: last.map(Self::list_spans).unwrap_or_default(),
        }
    }

    /// The changes of this place that are over, oldest first.
    #[must_use]
    pub fn list_spans(&self) -> Vec<RotationSpan> {
        let own = self.ended.map(|ended| RotationSpan { started: self.started, ended });
        self.earlier.iter().copied().chain(own).collect()
    }

    /// Whether a run that began then was part of a change that is over.
    #[must_use]
    pub fn holds_run(&self, began: Timestamp) -> bool {
        self.list_spans().iter().any(|span| span.started <= began && began <= span.ended)
    }

    /// What has to show before this step, or before a person is to act, and is not known to have shown:
    /// a policy that is stored acts later, and a process may have been killed while it waited.
    #[must_use]
    pub fn find_owed_proof(&self, next: RotationNext) -> Option<KeyEffect> {
        let effect = match next {
            RotationNext::RollOut | RotationNext::RevokeOldKey => KeyEffect::NewIsLetIn,
            RotationNext::AwaitDeletion => KeyEffect::OldIsRefused,
            RotationNext::ForgetOldKey => KeyEffect::OldIsGone,
            RotationNext::EraseGenerations if self.goal == RotationGoal::NewKey => {
                KeyEffect::OldIsGone
            }
            RotationNext::RollBack if self.revoked.is_some() => KeyEffect::OldIsLetIn,
            RotationNext::BindNewKey
            | RotationNext::LiftRevocation
            | RotationNext::RollBack
            | RotationNext::UnbindNewKey
            | RotationNext::EraseGenerations
            | RotationNext::TooLate => return None,
        };
        (!self.proved.contains(&effect)).then_some(effect)
    }

    /// Forgets what was proved of the policies: they are about to be changed. A key that was deleted
    /// stays so.
    pub fn clear_proofs(&mut self) {
        self.proved.retain(|effect| *effect == KeyEffect::OldIsGone);
    }

    /// The document that the bucket had when the change began, where it is the same policy as this one.
    #[must_use]
    pub fn find_document(&self, bucket: &BucketName, policy: &AccessPolicy) -> Option<PolicyText> {
        let document = self.documents.get(bucket)?;
        let is_same = document.read_policy().is_ok_and(|kept| kept.says_the_same(policy));
        is_same.then(|| document.clone())
    }

    /// Whether the step has to wait until a person has restarted the services: until then they have the
    /// other pair.
    #[must_use]
    pub fn awaits_restart(&self, next: RotationNext) -> bool {
        let takes_away = matches!(
            next,
            RotationNext::RevokeOldKey
                | RotationNext::AwaitDeletion
                | RotationNext::UnbindNewKey
                | RotationNext::EraseGenerations
        );
        self.owes_restart && takes_away
    }

    /// How far it has come when this is its next step.
    #[must_use]
    pub fn judge_stage(&self, next: RotationNext) -> RotationStage {
        match next {
            _ if !self.is_open() => RotationStage::Ended,
            RotationNext::EraseGenerations if self.goal == RotationGoal::NewKey => {
                RotationStage::Deleted
            }
            RotationNext::AwaitDeletion if self.find_owed_proof(next).is_some() => {
                RotationStage::RolledOut
            }
            next => RotationStage::stage_before(next),
        }
    }

    /// How the buckets of the spec differ from those of the change, in words; `None` where they do not.
    #[must_use]
    pub fn describe_other_buckets(&self, of_spec: &[BucketName]) -> Option<String> {
        let list = |ours: &[BucketName], theirs: &[BucketName]| -> Vec<String> {
            let others = ours.iter().filter(|bucket| !theirs.contains(bucket));
            others.map(|bucket| format!("`{bucket}`")).collect()
        };
        let (lost, added) = (list(&self.buckets, of_spec), list(of_spec, &self.buckets));
        if self.buckets.is_empty() || (lost.is_empty() && added.is_empty()) {
            return None;
        }
        let words = [("no longer names", lost), ("names in addition", added)].into_iter();
        let parts = words.filter(|(_, buckets)| !buckets.is_empty());
        let parts: Vec<_> =
            parts.map(|(verb, buckets)| format!("{verb} {}", buckets.join(", "))).collect();
        Some(parts.join(" and "))
    }

    /// The number of the pair that was left in use.
    fn last_number(&self) -> u32 {
        match self.goal {
            RotationGoal::NewKey => self.new.number,
            RotationGoal::OldKey => self.old.number,
        }
    }

    /// The keys as policies name them.
    #[must_use]
    pub fn find_succession(&self) -> KeySuccession {
        KeySuccession {
            project: self.project.clone(),
            old: self.old.key.clone(),
            new: self.new.key.clone(),
        }
    }

    /// Whether it is not over yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_first_release_is_read_and_generations_go_on() {
        let text = r#"{"schema_version":1,"started":"2026-12-01T00:00:00Z","project":"p11",
            "old":{"number":1,"key":"AKOLD"},"new":{"number":2,"key":"AKNEW"},"goal":"new-key"}"#;

        let first: RotationRecord = serde_json::from_str(text).unwrap();

        assert!(first.is_open());
        let keys = first.find_succession();
        let started = first.started;
        assert_eq!(RotationRecord::begin_after(None, &keys, started), first);
        assert_eq!(RotationRecord::begin_after(Some(&first), &keys, started).old.number, 2);
        let back = RotationRecord { goal: RotationGoal::OldKey, ..first };
        assert_eq!(RotationRecord::begin_after(Some(&back), &keys, started).old.number, 1);
    }

    fn make_record() -> RotationRecord {
        let keys = KeySuccession {
            project: "p11".parse().unwrap(),
            old: "AKOLD".parse().unwrap(),
            new: "AKNEW".parse().unwrap(),
        };
        RotationRecord::begin_after(None, &keys, "2026-12-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_step_waits_for_a_proof_until_it_is_kept_and_a_changed_policy_asks_for_it_again() {
        let mut record = make_record();
        let owed = |record: &RotationRecord, next| record.find_owed_proof(next);

        assert_eq!(owed(&record, RotationNext::BindNewKey), None);
        assert_eq!(owed(&record, RotationNext::RollOut), Some(KeyEffect::NewIsLetIn));
        record.proved.insert(KeyEffect::NewIsLetIn);
        assert_eq!(owed(&record, RotationNext::RollOut), None);
        record.clear_proofs();
        assert_eq!(owed(&record, RotationNext::RollOut), Some(KeyEffect::NewIsLetIn));

        assert_eq!(owed(&record, RotationNext::AwaitDeletion), Some(KeyEffect::OldIsRefused));
        assert_eq!(record.judge_stage(RotationNext::AwaitDeletion), RotationStage::RolledOut);
        record.proved.insert(KeyEffect::OldIsRefused);
        assert_eq!(record.judge_stage(RotationNext::AwaitDeletion), RotationStage::Revoked);

        record.proved.insert(KeyEffect::OldIsGone);
        record.clear_proofs();
        assert_eq!(owed(&record, RotationNext::EraseGenerations), None);
        record.goal = RotationGoal::OldKey;
        assert_eq!(owed(&record, RotationNext::RollBack), None);
        record.revoked = Some(record.started);
        assert_eq!(owed(&record, RotationNext::RollBack), Some(KeyEffect::OldIsLetIn));
    }

    #[test]
    fn the_runs_of_all_changes_that_are_over_are_known_and_no_others() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let first = RotationRecord { ended: Some(at("2026-12-01T01:00:00Z")), ..make_record() };
        let keys = first.find_succession();
        let mut second =
            RotationRecord::begin_after(Some(&first), &keys, at("2026-12-02T00:00:00Z"));

        assert!(second.holds_run(at("2026-12-01T00:30:00Z")));
        assert!(!second.holds_run(at("2026-12-01T02:00:00Z")));
        assert!(!second.holds_run(at("2026-12-02T00:30:00Z")), "it is open");
        second.ended = Some(at("2026-12-02T01:00:00Z"));
        assert!(second.holds_run(at("2026-12-02T01:00:00Z")));
    }

    #[test]
    fn other_buckets_of_the_spec_are_named() {
        let buckets = |names: &[&str]| -> Vec<BucketName> {
            names.iter().map(|name| name.parse().unwrap()).collect()
        };
        let record = RotationRecord { buckets: buckets(&["acme-a", "acme-b"]), ..make_record() };

        assert_eq!(record.describe_other_buckets(&buckets(&["acme-b", "acme-a"])), None);
        let words = record.describe_other_buckets(&buckets(&["acme-a", "acme-c"]));
        let expected = "no longer names `acme-b` and names in addition `acme-c`";
        assert_eq!(words.as_deref(), Some(expected));
        assert_eq!(make_record().describe_other_buckets(&buckets(&["acme-a"])), None);
    }

    #[test]
    fn a_restart_that_is_owed_holds_up_only_what_takes_something_away() {
        let record = RotationRecord { owes_restart: true, ..make_record() };

        assert!(record.awaits_restart(RotationNext::RevokeOldKey));
        assert!(record.awaits_restart(RotationNext::UnbindNewKey));
        assert!(!record.awaits_restart(RotationNext::LiftRevocation));
        assert!(!make_record().awaits_restart(RotationNext::RevokeOldKey));
    }
}
