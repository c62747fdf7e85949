//! What became of each key of a shard.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JobShard, ShardEntry};

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOutcome {
    /// It is done; its content has this SHA-256, in hexadecimal digits.
    Done(String),
    /// It is not done, for this cause. A rerun does it again.
    Failed(String),
    /// It is another object than when the job was planned, or gone; it was left alone.
    Changed,
}

/// An object, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyReceipt {
    /// Its key, byte for byte.
    pub key: String,
    /// What became of it.
    pub outcome: KeyOutcome,
}

/// What became of a shard; it is written last, and says nothing of time or place: whoever does the same
/// work writes the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardReceipt {
    /// The version of this form.
    pub schema_version: u32,
    /// The number of the shard.
    pub shard: u32,
    /// Its objects, in the order of keys.
    pub keys: Vec<KeyReceipt>,
}

/// Why a receipt is none of a shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptTrouble {
    /// It is of a form that this release does not know.
    #[error("the receipt of shard {0} is of a newer form ({1})")]
    Newer(u32, u32),
    /// It names other keys.
    #[error("the receipt of shard {0} does not have the keys of that shard")]
    OtherKeys(u32),
}

impl ShardReceipt {
    /// The version of this form.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The receipt of a shard. An object of which `outcomes` says nothing has failed: nothing is never a
    /// success.
    #[must_use]
    pub fn of_shard(shard: &JobShard, mut outcomes: BTreeMap<String, KeyOutcome>) -> Self {
        let unknown = || KeyOutcome::Failed("the worker has said nothing of it".to_owned());
        let receipt = |entry: &ShardEntry| KeyReceipt {
            key: entry.key.clone(),
            outcome: outcomes.remove(&entry.key).unwrap_or_else(unknown),
        };
        let keys = shard.entries.iter().map(receipt).collect();
        Self { schema_version: Self::SCHEMA_VERSION, shard: shard.number, keys }
    }

    /// Whether it is the receipt of this very shard.
    ///
    /// # Errors
    ///
    /// [`ReceiptTrouble`] where it is not.
    pub fn require_of(&self, shard: &JobShard) -> Result<(), ReceiptTrouble> {
        if self.schema_version > Self::SCHEMA_VERSION {
            return Err(ReceiptTrouble::Newer(shard.number, self.schema_version));
        }
        let own = self.keys.iter().map(|receipt| &receipt.key);
        let is_same =
            self.shard == shard.number && own.eq(shard.entries.iter().map(|entry| &entry.key));
        if is_same { Ok(()) } else { Err(ReceiptTrouble::OtherKeys(shard.number)) }
    }

    /// What a rerun has to do of the shard: the objects that have failed.
    #[must_use]
    pub fn list_left<'a>(&self, shard: &'a JobShard) -> Vec<&'a ShardEntry> {
        let failed = |receipt: &KeyReceipt| matches!(receipt.outcome, KeyOutcome::Failed(_));
        let pairs = shard.entries.iter().zip(&self.keys);
        pairs.filter(|(_, receipt)| failed(receipt)).map(|(entry, _)| entry).collect()
    }

    /// The same with what a rerun has come to. What was done before stays done.
    #[must_use]
    pub fn with_rerun(mut self, mut outcomes: BTreeMap<String, KeyOutcome>) -> Self {
        for receipt in &mut self.keys {
            let is_left = matches!(receipt.outcome, KeyOutcome::Failed(_));
            if let Some(outcome) = outcomes.remove(&receipt.key).filter(|_| is_left) {
                receipt.outcome = outcome;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use bytesize::ByteSize;

    use super::*;

    fn make_shard(keys: &[&str]) -> JobShard {
        let entry = |key: &&str| ShardEntry {
            key: (*key).to_owned(),
            size: ByteSize(1),
            etag: "e".to_owned(),
        };
        JobShard { number: 3, entries: keys.iter().map(entry).collect() }
    }

    fn note_done(hash: &str) -> KeyOutcome {
        KeyOutcome::Done(hash.to_owned())
    }

    fn note_failed(cause: &str) -> KeyOutcome {
        KeyOutcome::Failed(cause.to_owned())
    }

    fn list_outcomes(list: &[(&str, KeyOutcome)]) -> BTreeMap<String, KeyOutcome> {
        list.iter().map(|(key, outcome)| ((*key).to_owned(), outcome.clone())).collect()
    }

    #[test]
    fn a_key_of_which_nothing_is_known_has_failed() {
        let receipt = ShardReceipt::of_shard(
            &make_shard(&["a", "b"]),
            list_outcomes(&[("a", note_done("1"))]),
        );

        assert_eq!(receipt.keys[0].outcome, note_done("1"));
        assert_eq!(receipt.keys[1].outcome, note_failed("the worker has said nothing of it"));
    }

    #[test]
    fn a_rerun_does_what_has_failed_and_nothing_else() {
        let shard = make_shard(&["a", "b", "c"]);
        let first = [("a", note_done("1")), ("b", note_failed("503")), ("c", KeyOutcome::Changed)];
        let receipt = ShardReceipt::of_shard(&shard, list_outcomes(&first));

        let left: Vec<_> =
            receipt.list_left(&shard).into_iter().map(|entry| entry.key.as_str()).collect();
        let again =
            receipt.with_rerun(list_outcomes(&[("b", note_done("2")), ("a", note_failed("late"))]));

        assert_eq!(left, ["b"]);
        let found: Vec<_> = again.keys.iter().map(|receipt| receipt.outcome.clone()).collect();
        assert_eq!(found, [note_done("1"), note_done("2"), KeyOutcome::Changed]);
        assert!(again.list_left(&shard).is_empty());
    }

    #[test]
    fn a_receipt_of_other_keys_or_of_a_newer_form_proves_nothing() {
        let one = make_shard(&["a", "b"]);
        let receipt = ShardReceipt::of_shard(&one, BTreeMap::new());
        assert_eq!(receipt.require_of(&one), Ok(()));
        for other in [make_shard(&["a"]), make_shard(&["a", "c"]), make_shard(&[])] {
            assert_eq!(receipt.require_of(&other), Err(ReceiptTrouble::OtherKeys(3)));
        }
        let newer = ShardReceipt { schema_version: 2, ..receipt };
        assert_eq!(newer.require_of(&one), Err(ReceiptTrouble::Newer(3, 2)));
    }

    #[test]
    fn whoever_does_the_same_work_writes_the_same_bytes() {
        let shard = make_shard(&["ü", "a%2F", "x"]);
        let list =
            [("x", note_done("1")), ("ü", note_failed("cut")), ("a%2F", KeyOutcome::Changed)];
        let write = |list: &[(&str, KeyOutcome)]| {
            serde_json::to_string(&ShardReceipt::of_shard(&shard, list_outcomes(list))).unwrap()
        };
        let mut other = list.clone();
        other.reverse();

        assert_eq!(write(&list), write(&other));
        let read: ShardReceipt = serde_json::from_str(&write(&list)).unwrap();
        assert_eq!(read.require_of(&shard), Ok(()));
    }
}
