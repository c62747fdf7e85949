//! Jobs: something is done to every object below a prefix, and each has an outcome in the bucket.
//!
//! [`JobService`] plans a job (its list is frozen below `_datalake/jobs/NAME/ID/`), runs what is left of it
//! on this machine or has an engine elsewhere do it, does one shard of it as a worker anywhere, tells how far it is, and asks all of its
//! workers to stop. All of its state is objects; a run that was killed is continued by another one.

mod content;
mod elsewhere;
mod key_worker;
mod local;
mod offer;
mod own_objects;
mod place;
mod plan;
mod price;
mod python;
mod recompress;
mod report;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod worker;

use datalake_core::job::{JobBrake, JobKind, JobName};
use datalake_core::size::ByteSize;
use datalake_core::spec::ServiceLimits;
use datalake_engine::Programs;
use datalake_engine::transfer::{Courier, Stopwatch, TransferLimits, Unwatched};

pub use local::JobRun;
pub use offer::{JobOffer, OfferedJob, WorkerPrograms};
pub use plan::{JobWish, PlannedJob};
pub use price::{JobPrice, JobTerms};
pub use report::{JobReport, KeyTrouble};
pub use status::JobStatus;
pub use text::describe_progress;
pub use worker::{FunctionCode, ShardEnd, WorkedShard, WorkerShare};

use self::own_objects::OwnObjects;
use crate::lake::BucketClient;
use crate::{ErrorKind, OperationError};

/// Repetitions of calls that a worker begins with: what a service that fails now and then takes.
const RETRIES: u32 = 5_000;

/// Jobs in the buckets of one service.
#[derive(Clone, Copy)]
pub struct JobService<'a> {
    /// The service, and the bucket that has the jobs.
    pub client: BucketClient<'a>,
    /// Time, waiting and chance.
    pub clock: &'a dyn Stopwatch,
    /// Where the operator's functions are run.
    pub programs: &'a dyn Programs,
}

/// What a service allows, as far as a job keeps within it.
#[must_use]
pub fn limit_requests(brake: JobBrake) -> TransferLimits {
    TransferLimits {
        connections: usize::try_from(brake.connections).unwrap_or(usize::MAX),
        requests_per_second: brake.requests_per_second,
        retries: RETRIES,
        part_size: ByteSize::mib(16),
        buffers: ByteSize::mib(32),
        parts: 2,
        ..TransferLimits::default()
    }
}

/// The brake of a job that has all of a service for itself.
#[must_use]
pub fn choose_brake(limits: &ServiceLimits) -> JobBrake {
    JobBrake {
        requests_per_second: limits.requests_per_second,
        connections: limits.connections.max(1),
    }
}

/// Refuses a job whose objects would each wait for a connection that the spec does not allow.
fn require_connections(kind: JobKind, limits: &ServiceLimits) -> Result<(), OperationError> {
    let (needed, allowed) = (kind.count_connections(), limits.connections);
    if usize::try_from(allowed).is_ok_and(|allowed| allowed < needed) {
        let message = "this task reads one object while it stores another, and `limits` allows one \
                       connection at a time";
        return Err(OperationError::new(ErrorKind::Config, message)
            .advise("allow more: `limits: { connections: 2 }`"));
    }
    Ok(())
}

impl JobService<'_> {
    fn choose_own_brake(&self) -> JobBrake {
        choose_brake(&self.client.spec.limits)
    }

    fn choose_limits(&self) -> TransferLimits {
        limit_requests(self.choose_own_brake())
    }

    fn make_courier<'l>(&'l self, limits: &'l TransferLimits) -> Courier<'l> {
        Courier::new(self.clock, &Unwatched, limits)
    }

    fn open_objects<'l>(
        &'l self,
        courier: &'l Courier<'l>,
    ) -> Result<OwnObjects<'l>, OperationError> {
        let bucket = self.client.choose_bucket(None)?;
        Ok(OwnObjects { store: self.client.store, courier, bucket })
    }

    /// Asks all workers of a job to begin no further shard; the next run takes that back.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, or it cannot be written.
    pub async fn stop_job(&self, name: &JobName) -> Result<(), OperationError> {
        let limits = self.choose_limits();
        let courier = self.make_courier(&limits);
        let objects = self.open_objects(&courier)?;
        let job = objects.read_manifest(name).await?;
        objects.open_place(&job).ask_to_stop().await
    }
}
