//! How far a job is, by its receipts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JobManifest, KeyOutcome, ShardReceipt};

/// How a shard stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShardStanding {
    /// It has no receipt.
    Open,
    /// Some of its keys have failed.
    Failed,
    /// It is done; keys that were changed since the plan are left alone.
    Done,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct JobProgress {
    /// How many objects the job has.
    pub objects: u64,
    /// How many shards have no receipt yet.
    pub open: u32,
    /// How many shards have keys that have failed.
    pub failed_shards: u32,
    /// How many keys are done.
    pub done: u64,
    /// How many keys have failed.
    pub failed: u64,
    /// How many keys were changed since the plan.
    pub changed: u64,
}

/// What became of the keys of a shard, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// How many are done.
    pub done: u32,
    /// How many have failed.
    pub failed: u32,
    /// How many were changed since the plan.
    pub changed: u32,
}

impl ShardReceipt {
    /// What became of its keys, in numbers.
    #[must_use]
    pub fn count_outcomes(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for key in &self.keys {
            match key.outcome {
                KeyOutcome::Done(_) => counts.done += 1,
                KeyOutcome::Failed(_) => counts.failed += 1,
                KeyOutcome::Changed => counts.changed += 1,
            }
        }
        counts
    }

    /// Whether it may be the receipt of the shard of this number: of a form that this release knows, and
    /// with keys, which every shard has.
    #[must_use]
    pub fn may_be_of(&self, number: u32) -> bool {
        self.schema_version <= Self::SCHEMA_VERSION && self.shard == number && !self.keys.is_empty()
    }

    /// How its shard stands.
    #[must_use]
    pub fn find_standing(&self) -> ShardStanding {
        let is_failed = |outcome: &KeyOutcome| matches!(outcome, KeyOutcome::Failed(_));
        if self.keys.iter().any(|receipt| is_failed(&receipt.outcome)) {
            ShardStanding::Failed
        } else {
            ShardStanding::Done
        }
    }
}

impl JobProgress {
    /// How far a job is by the receipts that there are, each under the number of its shard.
    #[must_use]
    pub fn count_receipts(manifest: &JobManifest, receipts: &BTreeMap<u32, ShardReceipt>) -> Self {
        let counts = receipts.iter().map(|(number, receipt)| (*number, receipt.count_outcomes()));
        Self::sum_counts(manifest, &counts.collect())
    }

    /// The same by what was counted of each receipt.
    #[must_use]
    pub fn sum_counts(manifest: &JobManifest, counts: &BTreeMap<u32, OutcomeCounts>) -> Self {
        let mut progress = Self { objects: manifest.objects, ..Self::default() };
        for number in 0..manifest.shards {
            match counts.get(&number) {
                None => progress.open += 1,
                Some(counts) => progress.add_counts(*counts),
            }
        }
        progress
    }

    fn add_counts(&mut self, counts: OutcomeCounts) {
        self.failed_shards += u32::from(counts.failed > 0);
        self.done += u64::from(counts.done);
        self.failed += u64::from(counts.failed);
        self.changed += u64::from(counts.changed);
    }

    /// Whether every object of the job is done.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.open == 0 && self.failed == 0 && self.changed == 0 && self.done == self.objects
    }

    /// Whether every shard has a receipt, and yet they do not have the objects of the job: one of them
    /// is another one than was written.
    #[must_use]
    pub fn is_contradictory(&self) -> bool {
        self.open == 0 && self.done + self.failed + self.changed != self.objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{JobBrake, JobId, JobKind, KeyReceipt};
    use crate::time::Timestamp;

    fn make_manifest(shards: u32, objects: u64) -> JobManifest {
        JobManifest {
            schema_version: 1,
            name: "hash".parse().unwrap(),
            id: JobId::of_number(26),
            kind: JobKind::Checksum,
            source: "s3://lake/".to_owned(),
            destination: None,
            code: None,
            planned: Timestamp::from_unix(1).unwrap(),
            shards,
            objects,
            bytes: bytesize::ByteSize(0),
            brake: JobBrake { requests_per_second: None, connections: 8 },
        }
    }

    fn make_receipt(shard: u32, outcomes: &[KeyOutcome]) -> (u32, ShardReceipt) {
        let key = |outcome: &KeyOutcome| KeyReceipt { key: "k".into(), outcome: outcome.clone() };
        let keys = outcomes.iter().map(key).collect();
        (shard, ShardReceipt { schema_version: 1, shard, keys })
    }

    #[test]
    fn a_job_is_sound_when_every_key_is_done() {
        let done = KeyOutcome::Done("1".to_owned());
        let failed = KeyOutcome::Failed("503".to_owned());
        let one = make_receipt(0, &[done.clone(), done.clone()]);

        let part = JobProgress::count_receipts(&make_manifest(2, 3), &[one.clone()].into());
        assert_eq!((part.open, part.done, part.is_sound()), (1, 2, false));

        let two = make_receipt(1, &[done.clone(), failed, KeyOutcome::Changed]);
        let whole = JobProgress::count_receipts(&make_manifest(2, 5), &[one.clone(), two].into());
        let expected =
            JobProgress { objects: 5, open: 0, failed_shards: 1, done: 3, failed: 1, changed: 1 };
        assert_eq!((whole.clone(), whole.is_sound()), (expected, false));

        let receipts = [one, make_receipt(1, &[done])].into();
        let sound = JobProgress::count_receipts(&make_manifest(2, 3), &receipts);
        assert!(sound.is_sound() && !sound.is_contradictory());
    }

    #[test]
    fn receipts_that_have_fewer_keys_than_the_job_has_objects_are_not_sound() {
        let one = make_receipt(0, &[KeyOutcome::Done("1".to_owned())]);

        let short = JobProgress::count_receipts(&make_manifest(1, 2), &[one.clone()].into());
        assert!(!short.is_sound() && short.is_contradictory());
        let part = JobProgress::count_receipts(&make_manifest(2, 3), &[one.clone()].into());
        assert!(!part.is_sound() && !part.is_contradictory());

        assert!(one.1.may_be_of(0) && !one.1.may_be_of(1));
        assert!(!make_receipt(0, &[]).1.may_be_of(0));
        let newer = ShardReceipt { schema_version: 2, ..one.1 };
        assert!(!newer.may_be_of(0));
    }

    #[test]
    fn a_receipt_of_a_shard_that_the_job_does_not_have_counts_for_nothing() {
        let stray = make_receipt(7, &[KeyOutcome::Done("1".to_owned())]);

        let progress = JobProgress::count_receipts(&make_manifest(1, 1), &[stray].into());

        assert_eq!((progress.open, progress.done), (1, 0));
    }
}
