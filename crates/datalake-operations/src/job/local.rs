//! A job on this machine: some shards at one time, all of them under one brake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use datalake_core::job::{JobName, JobProgress, JobRollUp, KeyOutcome};
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::place::JobPlace;
use super::status::{JobLook, JobStatus};
use super::worker::{CountedShard, FunctionCode, KeyWatch, ShardEnd, ShardWorker, WorkOrder};
use super::{JobService, limit_requests, require_connections};
use crate::OperationError;

/// What a run has made of a job.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobRun {
    /// How far the job is now.
    #[serde(flatten)]
    pub status: JobStatus,
    /// How many shards this run has done.
    pub worked: u32,
    /// How many were left that another run did in the meantime.
    pub done_by_others: u32,
}

/// After so many shards the receipts are kept in numbers, for a run that is killed.
pub(super) const ROLLED_UP: u32 = 100;

impl JobService<'_> {
    /// Does what is left of a job on this machine, shard by shard, until all is done or somebody asks its
    /// workers to stop; `tell` is told how far it is, key by key. What was asked before is taken back. It may be
    /// dropped or killed at any time, and run twice at one time: finished shards are not read again.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, its code is missing, and where the service is given
    /// up. A key that has failed is none.
    pub async fn run_job(
        &self,
        name: &JobName,
        code: Option<FunctionCode>,
        tell: &mut (dyn FnMut(&JobProgress) + Send),
    ) -> Result<JobRun, OperationError> {
        let own = self.choose_limits();
        let courier = self.make_courier(&own);
        let look = self.open_objects(&courier)?.look_at_job(name).await?;
        require_connections(look.job.kind, &self.client.spec.limits)?;
        let limits = limit_requests(look.job.brake.keep_within(self.choose_own_brake()));
        let courier = self.make_courier(&limits);
        let objects = self.open_objects(&courier)?;
        let place = objects.open_place(&look.job);
        let order = WorkOrder::for_job(&look.job, code);
        let at_once = look.job.kind.split_connections(limits.connections).shards;
        let order = order.with_shards_at_once(at_once);
        let live = LiveProgress::begin(look.sum_progress(), tell);
        let worker = ShardWorker::new(self, place.clone(), &limits, order)?;
        let worker = ShardWorker { watch: Some(&live), ..worker };
        if look.is_stopped {
            place.allow_to_go_on().await?;
        }
        let left = self.shuffle_start(look.list_left());
        if !left.is_empty() {
            worker.check_function().await?;
        }
        let mut run = LocalRun { look, at_once, worked: 0, done_by_others: 0, is_stopped: false };
        let ended = run.work_shards(&worker, left, &live).await;
        // What was done before a fault counts as well; that fault is the cause of all others.
        let saved = run.save_roll_up(&place).await;
        ended.and(saved)?;
        let LocalRun { mut look, worked, done_by_others, is_stopped, .. } = run;
        look.is_stopped = is_stopped;
        Ok(JobRun { status: look.describe_standing(&objects), worked, done_by_others })
    }

    /// The same shards, begun at any of them: two runs at one time rarely do the same one.
    fn shuffle_start(&self, mut left: Vec<u32>) -> Vec<u32> {
        if let Some(count) = u64::try_from(left.len()).ok().filter(|count| *count > 0) {
            let start = usize::try_from(self.clock.random() % count).unwrap_or_default();
            left.rotate_left(start);
        }
        left
    }
}

/// How far a run is, key by key, and whom it is told.
pub(super) struct LiveProgress<'t>(Mutex<ToldProgress<'t>>);

struct ToldProgress<'t> {
    now: JobProgress,
    tell: &'t mut (dyn FnMut(&JobProgress) + Send),
}

impl<'t> LiveProgress<'t> {
    /// Begins with what is known, and tells it.
    pub(super) fn begin(now: JobProgress, tell: &'t mut (dyn FnMut(&JobProgress) + Send)) -> Self {
        tell(&now);
        Self(Mutex::new(ToldProgress { now, tell }))
    }

    fn change_progress(&self, change: impl FnOnce(&mut JobProgress)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ToldProgress { now, tell } = &mut *state;
        change(now);
        tell(now);
    }

    fn note_shards(&self, open: u32) {
        self.change_progress(|progress| progress.open = open);
    }
}

impl KeyWatch for LiveProgress<'_> {
    fn note_rerun(&self, keys: usize) {
        self.change_progress(|now| now.failed = now.failed.saturating_sub(keys as u64));
    }

    fn note_key(&self, outcome: &KeyOutcome) {
        self.change_progress(|progress| match outcome {
            KeyOutcome::Done(_) => progress.done += 1,
            KeyOutcome::Failed(_) => progress.failed += 1,
            KeyOutcome::Changed => progress.changed += 1,
        });
    }
}

/// A run, and what it has come to so far.
struct LocalRun {
    look: JobLook,
    /// Shards that are done at one time.
    at_once: usize,
    worked: u32,
    done_by_others: u32,
    is_stopped: bool,
}

impl LocalRun {
    async fn work_shards(
        &mut self,
        worker: &ShardWorker<'_>,
        left: Vec<u32>,
        live: &LiveProgress<'_>,
    ) -> Result<(), OperationError> {
        let ends = &AtomicBool::new(false);
        let work = |number: u32| async move {
            if ends.load(Ordering::Relaxed) {
                return Ok(CountedShard::leave_shard(number));
            }
            let worked = worker.work_shard(number).await;
            let goes_on = worked.as_ref().is_ok_and(|one| one.worked.end != ShardEnd::Stopped);
            ends.fetch_or(!goes_on, Ordering::Relaxed);
            worked
        };
        let mut working = stream::iter(left).map(work).buffer_unordered(self.at_once);
        let (mut failed, mut settled) = (None, 0_u32);
        while let Some(worked) = working.next().await {
            match worked {
                Ok(shard) => self.note_shard(shard),
                Err(error) => failed = failed.or(Some(error)),
            }
            settled += 1;
            if settled % ROLLED_UP == 0 && failed.is_none() {
                self.save_roll_up(&worker.place).await?;
            }
            live.note_shards(self.count_open());
        }
        failed.map_or(Ok(()), Err)
    }

    fn count_open(&self) -> u32 {
        self.look.sum_progress().open
    }

    fn note_shard(&mut self, shard: CountedShard) {
        match shard.worked.end {
            ShardEnd::Worked => self.worked += 1,
            ShardEnd::WasDone => self.done_by_others += 1,
            ShardEnd::Stopped => self.is_stopped = true,
        }
        if let Some(counted) = shard.counted {
            self.look.receipts.insert(shard.worked.shard, counted);
        }
    }

    /// Keeps the receipts in numbers, so that the next look is a short one.
    async fn save_roll_up(&self, place: &JobPlace<'_>) -> Result<(), OperationError> {
        if self.worked == 0 && self.done_by_others == 0 && self.look.is_rolled_up {
            return Ok(());
        }
        place.write_roll_up(&JobRollUp::of_receipts(self.look.receipts.clone())).await
    }
}
