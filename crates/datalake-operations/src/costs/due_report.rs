//! What lifecycle rules delete next, for programs.

use datalake_engine::Due;
use schemars::JsonSchema;
use serde::Serialize;

/// What a rule deletes next, for programs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DueReport {
    /// The rule's id.
    id: String,
    /// How many go within a day.
    within_a_day: u64,
    /// Their size in bytes.
    within_a_day_bytes: u64,
    /// How many go within seven days.
    within_7_days: u64,
    /// Their size in bytes.
    within_7_days_bytes: u64,
    /// How many go within thirty days.
    within_30_days: u64,
    /// Their size in bytes.
    within_30_days_bytes: u64,
}

impl DueReport {
    /// What the engine has counted.
    #[must_use]
    pub fn new(due: &Due) -> Self {
        Self {
            id: due.id.clone(),
            within_a_day: due.day.count,
            within_a_day_bytes: due.day.bytes,
            within_7_days: due.week.count,
            within_7_days_bytes: due.week.bytes,
            within_30_days: due.month.count,
            within_30_days_bytes: due.month.bytes,
        }
    }
}
