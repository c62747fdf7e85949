//! How far a job is, by the bucket alone.

use std::collections::BTreeMap;

use datalake_core::job::{CountedReceipt, JobManifest, JobName, JobProgress, JobRollUp};
use datalake_core::s3::ETag;
use futures::{StreamExt as _, TryStreamExt as _, future, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::JobService;
use super::own_objects::OwnObjects;
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
#[derive(Clone)]
pub(super) struct JobLook {
    pub(super) job: JobManifest,
    pub(super) receipts: BTreeMap<u32, CountedReceipt>,
    pub(super) is_stopped: bool,
    /// The tag of the mark of the run that called the workers last.
    pub(super) driver: Option<ETag>,
    /// Whether the roll-up has all that the receipts say.
    pub(super) is_rolled_up: bool,
}

impl OwnObjects<'_> {
    /// Looks at a job: its manifest, one listing, and one more object where all receipts are in the
    /// roll-up. Others are read one by one.
    pub(super) async fn look_at_job(&self, name: &JobName) -> Result<JobLook, OperationError> {
        let job = self.read_manifest(name).await?;
        self.open_place(&job).look_at_receipts(job).await
    }
}

impl JobPlace<'_> {
    async fn look_at_receipts(&self, job: JobManifest) -> Result<JobLook, OperationError> {
        let listed = self.list_receipts().await?;
        let roll_up = if listed.etags.is_empty() { None } else { self.find_roll_up().await? };
        let roll_up = roll_up.unwrap_or_else(|| JobRollUp::of_receipts(BTreeMap::new()));
        self.count_receipts(job, listed, &roll_up).await
    }

    /// Looks again: one listing, and the receipts that are new since.
    pub(super) async fn look_again(&self, look: JobLook) -> Result<JobLook, OperationError> {
        let (listed, known) = (self.list_receipts().await?, JobRollUp::of_receipts(look.receipts));
        self.count_receipts(look.job, listed, &known).await
    }

    async fn count_receipts(
        &self,
        job: JobManifest,
        listed: ListedReceipts,
        roll_up: &JobRollUp,
    ) -> Result<JobLook, OperationError> {
        let ListedReceipts { mut etags, is_stopped, driver } = listed;
        etags.retain(|number, _| *number < job.shards);
        let is_known =
            |number: u32, etag: &ETag| roll_up.find_counts(number, etag.as_str()).is_some();
        let is_rolled_up = etags.iter().all(|(number, etag)| is_known(*number, etag));
        let counting =
            stream::iter(etags).map(|(number, etag)| self.count_one(number, etag, roll_up));
        let counted = counting.buffer_unordered(AT_ONCE);
        let receipts = counted.try_filter_map(future::ok).try_collect().await?;
        Ok(JobLook { job, receipts, is_stopped, driver, is_rolled_up })
    }

    /// A receipt in numbers; `None` where it is gone meanwhile, or is none of that shard.
    async fn count_one(
        &self,
        number: u32,
        etag: ETag,
        roll_up: &JobRollUp,
    ) -> Result<Option<(u32, CountedReceipt)>, OperationError> {
        if let Some(counts) = roll_up.find_counts(number, etag.as_str()) {
            return Ok(Some((number, CountedReceipt { etag: etag.as_str().to_owned(), counts })));
        }
        let found = self.find_receipt(number).await?;
        Ok(found.filter(|found| found.receipt.may_be_of(number)).map(|found| {
            let (etag, counts) = (found.etag.as_str().to_owned(), found.receipt.count_outcomes());
            (number, CountedReceipt { etag, counts })
        }))
    }
}

impl JobLook {
    /// How far the job is.
    pub(super) fn sum_progress(&self) -> JobProgress {
        let counts = self.receipts.iter().map(|(number, counted)| (*number, counted.counts));
        JobProgress::sum_counts(&self.job, &counts.collect())
    }

    /// The shards that have no receipt, or keys that have failed. Where receipts do not have the objects
    /// of the job, all of them: each is compared with its shard then.
    pub(super) fn list_left(&self) -> Vec<u32> {
        let is_doubtful = self.sum_progress().is_contradictory();
        let is_left = |number: &u32| {
            let counted = self.receipts.get(number);
            is_doubtful || counted.is_none_or(|counted| counted.counts.failed > 0)
        };
        (0..self.job.shards).filter(is_left).collect()
    }

    /// What is told of it.
    pub(super) fn describe_standing(self, objects: &OwnObjects<'_>) -> JobStatus {
        let progress = self.sum_progress();
        let bucket = objects.bucket.to_string();
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
        let objects = self.open_objects(&courier)?;
        Ok(objects.look_at_job(name).await?.describe_standing(&objects))
    }
}
