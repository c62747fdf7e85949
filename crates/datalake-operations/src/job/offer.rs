//! What an engine elsewhere would do of a job, before it does anything.

use datalake_core::job::JobName;
use datalake_core::size::ByteSize;
use schemars::JsonSchema;
use serde::Serialize;

use super::worker::{FunctionCode, require_function};
use super::{JobPrice, JobService, JobStatus, JobTerms};
use crate::OperationError;
use crate::project::{FileReport, LoadedFile};

/// What is left of a job, and what that takes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobOffer {
    /// How far the job is.
    #[serde(flatten)]
    pub status: JobStatus,
    /// How many shards are left.
    pub left: u32,
    /// How many objects are left, and about how many bytes they have.
    pub left_objects: u64,
    /// See above.
    pub left_bytes: u64,
    /// How many workers share what the job may ask of the service.
    pub workers: u32,
    /// What that costs.
    pub price: JobPrice,
}

/// An offer, and the file that has an engine do it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OfferedJob {
    /// What would be done.
    #[serde(flatten)]
    pub offer: JobOffer,
    /// The file, where the engine needs one.
    pub file: Option<FileReport>,
    /// Which file or folder Dagster has to be told of, and whether it is.
    pub loading: Vec<LoadedFile>,
}

impl JobService<'_> {
    /// Looks what is left of a job, and prices it. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, its code is missing or another one, and where it
    /// cannot be read or priced.
    pub async fn offer_job(
        &self,
        name: &JobName,
        code: Option<&FunctionCode>,
        terms: &JobTerms,
    ) -> Result<JobOffer, OperationError> {
        let limits = self.choose_limits();
        let courier = self.make_courier(&limits);
        let objects = self.open_objects(&courier)?;
        let look = objects.look_at_job(name).await?;
        require_function(&look.job, code.map(|code| code.code.as_slice()))?;
        let left = u32::try_from(look.list_left().len()).unwrap_or(u32::MAX);
        let status = look.describe_standing(&objects);
        let (job, progress) = (&status.job, &status.progress);
        let settled = progress.done + progress.changed;
        let left_objects = if left == 0 { 0 } else { job.objects.saturating_sub(settled) };
        let left_bytes = share_bytes(job.bytes, left_objects, job.objects);
        let price = JobPrice::of_job(job.kind, left_objects, left_bytes, terms)?;
        let workers = job.brake.choose_workers(left);
        Ok(JobOffer { left, left_objects, left_bytes: left_bytes.as_u64(), workers, price, status })
    }
}

/// What so many of all objects have, if all have the same.
fn share_bytes(all: ByteSize, part: u64, whole: u64) -> ByteSize {
    let bytes = u128::from(all.as_u64()) * u128::from(part) / u128::from(whole.max(1));
    ByteSize(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_priced_by_what_an_object_has_on_the_whole() {
        for (part, whole, bytes) in [(0, 10, 0), (10, 10, 1_000), (3, 10, 300), (1, 0, 1_000)] {
            assert_eq!(share_bytes(ByteSize(1_000), part, whole), ByteSize(bytes));
        }
        assert_eq!(share_bytes(ByteSize(u64::MAX), 5, 5), ByteSize(u64::MAX));
    }
}
