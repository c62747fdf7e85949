//! How far a job is, by the bucket alone.

use std::collections::BTreeMap;

use datalake_core::job::{
    CountedReceipt, JobManifest, JobName, JobProgress, JobRollUp, OutcomeCounts,
};
use datalake_core::s3::ETag;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::JobService;
use super::place::{JobPlace, ListedReceipts};
use crate::OperationError;

/// Receipts that are read at one time.
const AT_ONCE: usize = 16;

/// How far a job is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobStatus {
    /// What the job is.
    pub job: JobManifest,
    /// The bucket that has the job.
    pub bucket: String,
    /// How far it is.
    pub progress: JobProgress,
    /// Whether its workers are asked to stop.
    pub is_stopped: bool,
}

/// What a look at a job has found.
pub(super) struct JobLook {
    pub(super) job: JobManifest,
    pub(super) receipts: BTreeMap<u32, CountedReceipt>,
    pub(super) is_stopped: bool,
    /// Whether the roll-up has all that the receipts say.
    pub(super) is_rolled_up: bool,
}

impl JobPlace<'_> {
    /// Looks at a job: one listing, and one object where all receipts are in the roll-up. Others are
    /// read one by one.
    pub(super) async fn look_at_job(&self) -> Result<JobLook, OperationError> {
        let ListedReceipts { etags, is_stopped } = self.list_receipts().await?;
        let roll_up = if etags.is_empty() { None } else { self.find_roll_up().await? };
        let (job, known) = match roll_up {
            Some(JobRollUp { manifest, receipts, .. }) => (manifest, receipts),
            None => (self.read_manifest().await?, BTreeMap::new()),
        };
        let roll_up = JobRollUp::of_job(job, known);
        let own = etags.into_iter().filter(|(number, _)| *number < roll_up.manifest.shards);
        let own: BTreeMap<u32, ETag> = own.collect();
        let is_known =
            |number: u32, etag: &ETag| roll_up.find_counts(number, etag.as_str()).is_some();
        let is_rolled_up = own.iter().all(|(number, etag)| is_known(*number, etag));
        let counting =
            stream::iter(own).map(|(number, etag)| self.count_one(number, etag, &roll_up));
        let receipts = counting.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(JobLook { job: roll_up.manifest, receipts, is_stopped, is_rolled_up })
    }

    async fn count_one(
        &self,
        number: u32,
        etag: ETag,
        roll_up: &JobRollUp,
    ) -> Result<(u32, CountedReceipt), OperationError> {
        if let Some(counts) = roll_up.find_counts(number, etag.as_str()) {
            return Ok((number, CountedReceipt { etag: etag.as_str().to_owned(), counts }));
        }
        let found = self.find_receipt(number).await?;
        let (etag, counts) = found.map_or((etag, OutcomeCounts::default()), |found| {
            (found.etag, found.receipt.count_outcomes())
        });
        Ok((number, CountedReceipt { etag: etag.as_str().to_owned(), counts }))
    }
}

impl JobLook {
    /// How far the job is.
    pub(super) fn sum_progress(&self) -> JobProgress {
        let counts = self.receipts.iter().map(|(number, counted)| (*number, counted.counts));
        JobProgress::sum_counts(&self.job, &counts.collect())
    }

    /// The shards that have no receipt, or keys that have failed.
    pub(super) fn list_left(&self) -> Vec<u32> {
        let is_left = |number: &u32| {
            self.receipts.get(number).is_none_or(|counted| counted.counts.failed > 0)
        };
        (0..self.job.shards).filter(is_left).collect()
    }

    pub(super) fn describe_standing(self, place: &JobPlace<'_>) -> JobStatus {
        let progress = self.sum_progress();
        let bucket = place.bucket.to_string();
        JobStatus { job: self.job, bucket, progress, is_stopped: self.is_stopped }
    }
}

impl JobService<'_> {
    /// How far a job is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, or it cannot be read.
    pub async fn look_at_job(&self, name: &JobName) -> Result<JobStatus, OperationError> {
        let limits = self.choose_limits();
        let courier = self.make_courier(&limits);
        let place = self.open_place(name, &courier)?;
        Ok(place.look_at_job().await?.describe_standing(&place))
    }
}
