//! A job on an engine elsewhere: it calls the workers, and their receipts tell what they do.

use std::convert::Infallible;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobName, JobProgress, JobRollUp, write_spans};
use datalake_engine::ShardEngine;
use futures::future::{self, Either};

use super::local::ROLLED_UP;
use super::place::JobPlace;
use super::status::JobLook;
use super::{JobRun, JobService};
use crate::OperationError;

/// How long after one look at the receipts comes the next.
const NEXT_LOOK: Duration = Duration::from_secs(2);

impl JobService<'_> {
    /// Has an engine do what is left of a job, and waits for its end; `tell` is told how far it is, by its
    /// receipts. Dropped or killed, it leaves the workers that were called at work; the next run ends them.
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
            // What an earlier run has called would be done by two workers.
            match engine.end_workers().await {
                Err(fault) if fault.kind != FaultKind::Absent => {
                    return Err(explain_engine(&fault));
                }
                _ => (),
            }
            engine.deploy_worker().await.map_err(|fault| explain_engine(&fault))?;
            let spans = write_spans(&left);
            let calls = engine.call_worker(&spans);
            let followed = Box::pin(self.follow_receipts(&place, &mut look, tell));
            match future::select(calls, followed).await {
                Either::Left((called, _)) => called,
                Either::Right((followed, _)) => match followed? {},
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

    /// Looks at the receipts again and again.
    async fn follow_receipts(
        &self,
        place: &JobPlace<'_>,
        look: &mut JobLook,
        tell: &mut (dyn FnMut(&JobProgress) + Send),
    ) -> Result<Infallible, OperationError> {
        let mut kept = look.receipts.len();
        loop {
            self.clock.sleep(NEXT_LOOK).await;
            *look = place.look_again(look.clone()).await?;
            tell(&look.sum_progress());
            if look.receipts.len() >= kept + ROLLED_UP as usize {
                place.write_roll_up(&JobRollUp::of_receipts(look.receipts.clone())).await?;
                kept = look.receipts.len();
            }
        }
    }
}

fn explain_engine(fault: &Fault) -> OperationError {
    OperationError::about("the engine", fault)
}
