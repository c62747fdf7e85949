//! A job on an engine elsewhere: it calls the workers, and their receipts tell what they do.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobName, JobProgress, JobRollUp, write_spans};
use datalake_core::s3::ETag;
use datalake_engine::ShardEngine;
use futures::future::{self, Either};

use super::local::ROLLED_UP;
use super::place::JobPlace;
use super::status::JobLook;
use super::{JobRun, JobService};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// How long after one look at the receipts comes the next.
const NEXT_LOOK: Duration = Duration::from_secs(2);

/// So many looks in a row that find nothing left, or the job stopped, end a run whose engine does not:
/// that of a run whose calls somebody else has ended may wait for them for ever.
const IDLE_LOOKS: u32 = 15;

impl JobService<'_> {
    /// Has an engine do what is left of a job, and waits for its end; `tell` is told how far it is, by its
    /// receipts. Dropped or killed, it leaves the workers that were called at work; the next run ends them,
    /// and whoever still waits for them is told.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, the engine fails, and where the service is given up.
    /// A key that has failed is none.
    pub async fn run_elsewhere(
        &self,
        name: &JobName,
        engine: &dyn ShardEngine,
        tell: &mut (dyn FnMut(&JobProgress) + Send),
    ) -> Result<JobRun, OperationError> {
        let limits = self.choose_limits();
        let courier = self.make_courier(&limits);
        let objects = self.open_objects(&courier)?;
        let mut look = objects.look_at_job(name).await?;
        let place = objects.open_place(&look.job);
        if std::mem::take(&mut look.is_stopped) {
            place.allow_to_go_on().await?;
        }
        let left = look.list_left();
        tell(&look.sum_progress());
        let called = if left.is_empty() {
            Ok(())
        } else {
            let driver = self.take_workers(&place, engine).await?;
            engine.deploy_worker().await.map_err(|fault| explain_engine(&fault))?;
            let spans = write_spans(&left);
            let calls = engine.call_worker(&spans);
            let followed = Box::pin(self.follow_receipts(&driver, &mut look, tell));
            match future::select(calls, followed).await {
                Either::Left((called, _)) => called,
                Either::Right((followed, _)) => followed.map(Ok)?,
            }
        };
        // Whatever the engine says, the receipts tell.
        let look = place.look_again(look).await?;
        place.write_roll_up(&JobRollUp::of_receipts(look.receipts.clone())).await?;
        tell(&look.sum_progress());
        let still = look.list_left();
        if let (Err(fault), false) = (&called, still.is_empty()) {
            return Err(
                explain_engine(fault).advise("run it again: what is done is not done again")
            );
        }
        let worked = left.iter().filter(|number| !still.contains(number)).count();
        let worked = u32::try_from(worked).unwrap_or(u32::MAX);
        Ok(JobRun { status: look.describe_standing(&objects), worked, done_by_others: 0 })
    }

    /// Asks all workers to begin no further shard, and has the engine end what runs; whether it ran
    /// anything.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, it cannot be written, and where the engine fails.
    pub async fn end_elsewhere(
        &self,
        name: &JobName,
        engine: &dyn ShardEngine,
    ) -> Result<bool, OperationError> {
        self.stop_job(name).await?;
        match engine.end_workers().await {
            Ok(()) => Ok(true),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
            Err(fault) => Err(explain_engine(&fault)),
        }
    }

    /// Makes the workers those of this run: what an earlier one has called would be done twice, and is
    /// ended. Of two runs that begin at one time the later one goes on.
    async fn take_workers<'p>(
        &self,
        place: &'p JobPlace<'_>,
        engine: &dyn ShardEngine,
    ) -> Result<JobDriver<'p>, OperationError> {
        let driver = JobDriver { place, mark: place.take_over(self.clock.random()).await? };
        self.clock.sleep(NEXT_LOOK).await;
        driver.refuse_other(place.list_receipts().await?.driver)?;
        match engine.end_workers().await {
            Err(fault) if fault.kind != FaultKind::Absent => Err(explain_engine(&fault)),
            _ => Ok(driver),
        }
    }

    /// Looks at the receipts again and again, until nothing is left for a while, or the job is stopped.
    async fn follow_receipts(
        &self,
        driver: &JobDriver<'_>,
        look: &mut JobLook,
        tell: &mut (dyn FnMut(&JobProgress) + Send),
    ) -> Result<(), OperationError> {
        let (place, mut kept, mut idle) = (driver.place, look.receipts.len(), 0);
        loop {
            self.clock.sleep(NEXT_LOOK).await;
            *look = place.look_again(look.clone()).await?;
            driver.refuse_other(look.driver.clone())?;
            tell(&look.sum_progress());
            let is_idle = look.is_stopped || look.list_left().is_empty();
            idle = if is_idle { idle + 1 } else { 0 };
            if idle == IDLE_LOOKS {
                return Ok(());
            }
            if look.receipts.len() >= kept + ROLLED_UP as usize {
                place.write_roll_up(&JobRollUp::of_receipts(look.receipts.clone())).await?;
                kept = look.receipts.len();
            }
        }
    }
}

/// A run that has called the workers of a job.
struct JobDriver<'p> {
    place: &'p JobPlace<'p>,
    /// The tag of its mark beside the receipts.
    mark: ETag,
}

impl JobDriver<'_> {
    /// Ends a run whose job another one has taken over.
    fn refuse_other(&self, found: Option<ETag>) -> Result<(), OperationError> {
        if found.is_none_or(|found| found == self.mark) {
            return Ok(());
        }
        let name = self.place.folder.job_name();
        let message = format!("another run of job `{name}` has begun, and goes on with it");
        Err(OperationError::new(ErrorKind::Locked, message).advise(Advice::naming(
            "{} shows how far it is",
            [AdvisedCommand::JobStatus(name.clone())],
        )))
    }
}

fn explain_engine(fault: &Fault) -> OperationError {
    OperationError::about("the engine", fault)
}
