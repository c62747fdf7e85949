//! What left a bucket, month by month.

use schemars::JsonSchema;
use serde::Serialize;

/// What left a bucket in a month, as far as anybody has noted it. Sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EgressMonth {
    /// The month, such as `2026-11`.
    pub month: String,
    /// What datalake's own commands brought to this machine.
    pub moved_by_datalake: u64,
    /// What the operator has entered.
    pub entered: u64,
}
