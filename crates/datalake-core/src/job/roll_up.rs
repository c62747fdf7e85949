//! The receipts of a job in numbers, so that one object tells how far a large job is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OutcomeCounts;

/// A receipt in numbers, and the tag of the object that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedReceipt {
    /// The tag that the receipt had.
    pub etag: String,
    /// What became of its keys.
    pub counts: OutcomeCounts,
}

/// The receipts of a job in numbers; what the job is, its manifest says. A receipt that has another tag than here was written
/// later, and counts by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRollUp {
    /// The version of this form.
    pub schema_version: u32,
    /// Its receipts by the numbers of their shards.
    pub receipts: BTreeMap<u32, CountedReceipt>,
}

impl JobRollUp {
    /// The version of this form.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The roll-up of these receipts.
    #[must_use]
    pub fn of_receipts(receipts: BTreeMap<u32, CountedReceipt>) -> Self {
        Self { schema_version: Self::SCHEMA_VERSION, receipts }
    }

    /// What it knows of the receipt of a shard, if that still has the tag that was counted.
    #[must_use]
    pub fn find_counts(&self, number: u32, etag: &str) -> Option<OutcomeCounts> {
        let known = self.receipts.get(&number)?;
        (known.etag == etag).then_some(known.counts)
    }
}
