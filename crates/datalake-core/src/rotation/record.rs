//! What is kept of a change of the key pair, without any secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{KeySuccession, ProjectId};
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
        }
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
}
