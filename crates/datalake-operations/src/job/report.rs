//! Which keys of a job are not done, and why.

use datalake_core::job::{CountedReceipt, JobName, KeyOutcome, ShardReceipt};
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::JobService;
use super::status::JobStatus;
use crate::OperationError;

/// Receipts that are read at one time.
const AT_ONCE: usize = 8;

/// A key that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyTrouble {
    /// The number of its shard.
    pub shard: u32,
    /// The key, byte for byte.
    pub key: String,
    /// Why it has failed; `None`: it was changed since the plan, or is gone, and was left alone.
    pub cause: Option<String>,
}

/// The end of a report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobReport {
    /// How far the job is.
    #[serde(flatten)]
    pub status: JobStatus,
    /// How many keys were told of.
    pub told: u64,
}

impl JobReport {
    /// Whether every key is done.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.status.progress.is_sound()
    }
}

impl JobService<'_> {
    /// Tells `tell` each key that has failed or was changed since the plan, in the order of keys.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, or it cannot be read.
    pub async fn report_job(
        &self,
        name: &JobName,
        tell: &mut (dyn FnMut(&KeyTrouble) + Send),
    ) -> Result<JobReport, OperationError> {
        let limits = self.choose_limits();
        let courier = self.make_courier(&limits);
        let objects = self.open_objects(&courier)?;
        let look = objects.look_at_job(name).await?;
        let place = objects.open_place(&look.job);
        let is_troubled = |one: &CountedReceipt| one.counts.failed + one.counts.changed > 0;
        let troubled = look.receipts.iter().filter(|(_, one)| is_troubled(one));
        let troubled: Vec<u32> = troubled.map(|(number, _)| *number).collect();
        let mut reading =
            stream::iter(troubled).map(|number| place.find_receipt(number)).buffered(AT_ONCE);
        let mut told = 0;
        while let Some(found) = reading.next().await {
            let Some(found) = found? else { continue };
            for trouble in list_troubles(found.receipt) {
                told += 1;
                tell(&trouble);
            }
        }
        drop(reading);
        Ok(JobReport { status: look.describe_standing(&objects), told })
    }
}

fn list_troubles(receipt: ShardReceipt) -> impl Iterator<Item = KeyTrouble> {
    let shard = receipt.shard;
    receipt.keys.into_iter().filter_map(move |one| {
        let cause = match one.outcome {
            KeyOutcome::Done(_) => return None,
            KeyOutcome::Failed(cause) => Some(cause),
            KeyOutcome::Changed => None,
        };
        Some(KeyTrouble { shard, key: one.key, cause })
    })
}
