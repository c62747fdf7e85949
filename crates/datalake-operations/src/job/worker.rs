//! One shard, done by a worker that knows nothing of the others.

use std::collections::BTreeMap;
use std::time::Duration;

use datalake_core::job::{
    CountedReceipt, JobKind, JobManifest, JobName, JobProgress, JobShard, KeyOutcome,
    OutcomeCounts, ShardEntry, ShardReceipt, ShardStanding,
};
use datalake_core::s3::ETag;
use datalake_core::text::count_things;
use datalake_engine::transfer::TransferLimits;
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::key_worker::{KeyWorker, read_places};
use super::local::LiveProgress;
use super::place::{FoundReceipt, JobPlace};
use super::plan::hash_code;
use super::python::{PythonFunction, PythonPool};
use super::{JobService, limit_requests};
use crate::{ErrorKind, OperationError};

/// Hears what becomes of keys while their shards are done.
pub(super) trait KeyWatch: Sync {
    /// So many keys that have failed before are tried again.
    fn note_rerun(&self, keys: usize);

    /// This has become of a key.
    fn note_key(&self, outcome: &KeyOutcome);
}

/// What is done by whom.
pub(super) struct ShardWorker<'a> {
    pub(super) place: JobPlace<'a>,
    pub(super) keys: KeyWorker<'a>,
    /// Objects of a shard at one time.
    pub(super) at_once: usize,
    /// Hears what becomes of keys, where somebody wants to know.
    pub(super) watch: Option<&'a dyn KeyWatch>,
}

/// How a worker has left a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShardEnd {
    /// It was done, or all that had failed was tried again.
    Worked,
    /// Another worker had done it already, or was faster.
    WasDone,
    /// The workers of the job are asked to stop.
    Stopped,
}

/// What a worker has made of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkedShard {
    /// The number of the shard.
    pub shard: u32,
    /// How the worker has left it.
    pub end: ShardEnd,
    /// How many of its keys are done.
    pub done: u32,
    /// How many have failed.
    pub failed: u32,
    /// How many were changed since the plan.
    pub changed: u32,
}

/// The same, and the tag of the receipt that was counted, where there is one.
pub(super) struct CountedShard {
    pub(super) worked: WorkedShard,
    pub(super) counted: Option<CountedReceipt>,
}

impl WorkedShard {
    fn new(shard: u32, end: ShardEnd, counts: OutcomeCounts) -> Self {
        let OutcomeCounts { done, failed, changed } = counts;
        Self { shard, end, done, failed, changed }
    }
}

impl CountedShard {
    /// A shard that nobody begins.
    pub(super) fn leave_shard(shard: u32) -> Self {
        let worked = WorkedShard::new(shard, ShardEnd::Stopped, OutcomeCounts::default());
        Self { worked, counted: None }
    }

    fn of_others(shard: u32, found: Option<&FoundReceipt>) -> Self {
        match found {
            Some(found) => Self::of_receipt(ShardEnd::WasDone, &found.receipt, &found.etag),
            None => Self::leave_shard(shard),
        }
    }

    fn of_receipt(end: ShardEnd, receipt: &ShardReceipt, etag: &ETag) -> Self {
        let counts = receipt.count_outcomes();
        let counted = CountedReceipt { etag: etag.as_str().to_owned(), counts };
        Self { worked: WorkedShard::new(receipt.shard, end, counts), counted: Some(counted) }
    }
}

impl<'a> ShardWorker<'a> {
    /// A worker for a job.
    pub(super) fn new(
        service: &'a JobService<'a>,
        place: JobPlace<'a>,
        limits: &'a TransferLimits,
        order: WorkOrder<'_>,
    ) -> Result<Self, OperationError> {
        let WorkOrder { job, function, shards_at_once } = order;
        require_function(job, function.as_ref().map(|function| function.code.as_slice()))?;
        let (source, destination) = read_places(job)?;
        let pool = |function| PythonPool::new(service.programs, service.clock, function);
        let keys = KeyWorker {
            store: service.client.store,
            courier: place.objects.courier,
            clock: service.clock,
            limits,
            kind: job.kind,
            source,
            destination,
            python: function.map(pool),
        };
        let at_once = job.kind.bound_keys(limits.connections / shards_at_once.max(1));
        Ok(Self { place, keys, at_once, watch: None })
    }

    /// Sees to it that the operator's function can be loaded, before anything is read.
    pub(super) async fn check_function(&self) -> Result<(), OperationError> {
        let Some(python) = &self.keys.python else { return Ok(()) };
        python.check_function().await.map_err(|fault| {
            OperationError::about("the function cannot be loaded", &fault).under(ErrorKind::Config)
        })
    }

    /// Does what is left of a shard, and writes its receipt last. A receipt of another worker's is left.
    pub(super) async fn work_shard(&self, number: u32) -> Result<CountedShard, OperationError> {
        if self.place.is_stopped().await? {
            return Ok(CountedShard::leave_shard(number));
        }
        let shard = self.place.read_shard(number).await?;
        let before = self.find_receipt_of(&shard).await?;
        if let Some(found) = &before
            && found.receipt.find_standing() == ShardStanding::Done
        {
            return Ok(CountedShard::of_others(number, Some(found)));
        }
        let receipt = self.make_receipt(&shard, before.as_ref()).await?;
        match self.place.write_receipt(&receipt, before.as_ref()).await? {
            Some(etag) => Ok(CountedShard::of_receipt(ShardEnd::Worked, &receipt, &etag)),
            None => {
                let theirs = self.find_receipt_of(&shard).await?;
                Ok(CountedShard::of_others(number, theirs.as_ref()))
            }
        }
    }

    /// The receipt of a shard, which is one of that very shard.
    async fn find_receipt_of(
        &self,
        shard: &JobShard,
    ) -> Result<Option<FoundReceipt>, OperationError> {
        let Some(found) = self.place.find_receipt(shard.number).await? else { return Ok(None) };
        found.receipt.require_of(shard).map_err(|error| {
            OperationError::of(ErrorKind::Mismatch, &error)
                .advise("somebody has changed the job: plan it again, under another name")
        })?;
        Ok(Some(found))
    }

    async fn make_receipt(
        &self,
        shard: &JobShard,
        before: Option<&FoundReceipt>,
    ) -> Result<ShardReceipt, OperationError> {
        let Some(FoundReceipt { receipt, .. }) = before else {
            let all = shard.entries.iter().collect();
            let outcomes = self.do_keys(all).await?;
            return Ok(ShardReceipt::of_shard(shard, outcomes));
        };
        let left = receipt.list_left(shard);
        if let Some(watch) = self.watch {
            watch.note_rerun(left.len());
        }
        let outcomes = self.do_keys(left).await?;
        Ok(receipt.clone().with_rerun(outcomes))
    }

    /// What became of these objects. Where the service is given up, nothing is said of any of them.
    async fn do_keys(
        &self,
        entries: Vec<&ShardEntry>,
    ) -> Result<BTreeMap<String, KeyOutcome>, OperationError> {
        let work = |entry: &ShardEntry| {
            let entry = entry.clone();
            async move {
                let outcome = self.keys.do_key(&entry).await;
                if let Some(watch) = self.watch {
                    watch.note_key(&outcome);
                }
                (entry.key, outcome)
            }
        };
        let outcomes = stream::iter(entries).map(work).buffer_unordered(self.at_once);
        let outcomes = outcomes.collect().await;
        match self.place.objects.courier.find_stop() {
            None => Ok(outcomes),
            Some(cause) => Err(OperationError::of(ErrorKind::Unavailable, &cause)
                .within(format!("job `{}` was given up", self.place.folder.job_name()))
                .advise("run it again: what is done is not done again")),
        }
    }
}

/// Refuses code that is missing, or is not what was planned.
pub(super) fn require_function(
    job: &JobManifest,
    function: Option<&[u8]>,
) -> Result<(), OperationError> {
    let planned = job.code.as_ref().filter(|_| job.kind == JobKind::Python);
    match (planned, function) {
        (None, _) => Ok(()),
        (Some(planned), None) => {
            let message = format!("job `{}` runs your function `{}`", job.name, planned.function);
            Err(OperationError::new(ErrorKind::Usage, message).advise(
                "name the file that has it, too: --code FILE. Code from a bucket is never run",
            ))
        }
        (Some(planned), Some(function)) if hash_code(function) == planned.sha256 => Ok(()),
        (Some(_), Some(_)) => {
            let message =
                format!("the code is not the one that job `{}` was planned with", job.name);
            Err(OperationError::new(ErrorKind::Usage, message)
                .advise("name that file, or plan a job of another name with this one"))
        }
    }
}

impl JobService<'_> {
    /// Does one shard of a job, as one of so many workers: each keeps within its share of what the job
    /// may ask of the service. `tell` is told how many of its keys are done, key by key.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job or shard, its code is missing, and where the service
    /// is given up. A key that has failed is none.
    pub async fn work_shard(
        &self,
        name: &JobName,
        share: WorkerShare,
        tell: &mut (dyn FnMut(&JobProgress) + Send),
    ) -> Result<WorkedShard, OperationError> {
        let WorkerShare { shard: number, workers, function } = share;
        let own = self.choose_limits();
        let courier = self.make_courier(&own);
        let job = self.open_objects(&courier)?.read_manifest(name).await?;
        if number >= job.shards {
            let shards = count_things(u64::from(job.shards), "shard");
            let message = format!("job `{name}` has {shards}, numbered from 0");
            return Err(OperationError::new(ErrorKind::Usage, message));
        }
        let limits = limit_requests(job.brake.share_among(workers));
        if let Some(rate) = limits.requests_per_second {
            // The request that has read the job is one of the share.
            self.clock.sleep(Duration::from_secs(1) / rate.max(1)).await;
        }
        let courier = self.make_courier(&limits);
        let place = self.open_objects(&courier)?.open_place(&job);
        let worker = ShardWorker::new(self, place, &limits, WorkOrder::for_job(&job, function))?;
        let live = LiveProgress::begin(JobProgress::default(), tell);
        let worker = ShardWorker { watch: Some(&live), ..worker };
        worker.check_function().await?;
        Ok(worker.work_shard(number).await?.worked)
    }
}

/// What a worker is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerShare {
    /// The number of its shard.
    pub shard: u32,
    /// How many workers the job has at one time.
    pub workers: u32,
    /// The operator's code, of kind `python`.
    pub function: Option<FunctionCode>,
}

/// The operator's code, and what runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCode {
    /// The program that runs it, such as `python3`.
    pub python: String,
    /// The text of the file that has it.
    pub code: Vec<u8>,
}

/// What a worker is to do, and by which function.
pub(super) struct WorkOrder<'a> {
    job: &'a JobManifest,
    function: Option<PythonFunction>,
    /// Shards that are done at one time under the same brake.
    shards_at_once: usize,
}

impl<'a> WorkOrder<'a> {
    /// The same for a worker of several shards at one time.
    pub(super) fn with_shards_at_once(self, shards_at_once: usize) -> Self {
        Self { shards_at_once, ..self }
    }

    /// The order of a job; the name of its function was planned.
    pub(super) fn for_job(job: &'a JobManifest, code: Option<FunctionCode>) -> Self {
        let name = job.code.as_ref().map(|planned| planned.function.clone());
        let function = code.zip(name).map(|(FunctionCode { python, code }, name)| PythonFunction {
            python,
            name,
            code,
        });
        Self { job, function, shards_at_once: 1 }
    }
}
