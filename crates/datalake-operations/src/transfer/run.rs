//! Jobs carried out by the engine, one after the other.

use datalake_core::fault::FaultKind;
use datalake_engine::transfer::{Options, Summary, TransferPorts, TransferStopped, sync};
use datalake_engine::{Attributes, ObjectStore as _};

use super::ends::{OpenJob, Opening};
use super::moving::{ArrivalWatch, MoveEnd};
use super::records::open_job_records;
use super::service_record::keep_refusal;
use super::shared_places::SharedPlaces;
use super::sources::{find_sources, refuse_file_in_the_way};
use super::stopped::explain_stopped_run;
use super::{
    FoundSources, JobDestination, TransferChoices, TransferContext, TransferJob, TransferReporter,
};
use crate::{MANIFEST, OperationError};

/// Jobs about to be carried out.
#[derive(Clone, Copy)]
pub struct TransferRun<'a> {
    /// What it needs of the outside.
    pub context: &'a TransferContext<'a>,
    /// What is asked for.
    pub choices: &'a TransferChoices,
    /// The same as the engine takes it, from [`TransferChoices::choose_options`].
    pub options: &'a Options,
    /// Is told of it as it goes on.
    pub reporter: &'a dyn TransferReporter,
}

/// What there is to do of these jobs, and which of their sources do not exist; asked before
/// anything is made.
///
/// # Errors
///
/// [`OperationError`] where none exists, and for jobs that do not fit what is asked for.
pub async fn find_transfer_sources(
    context: &TransferContext<'_>,
    choices: &TransferChoices,
    jobs: Vec<TransferJob>,
) -> Result<FoundSources, OperationError> {
    if choices.attributes != Attributes::NONE {
        jobs.iter().try_for_each(TransferJob::require_upload)?;
    }
    refuse_file_in_the_way(context.paths, &jobs)?;
    find_sources(context, jobs).await
}

impl TransferRun<'_> {
    /// Carries out the jobs, one after the other. What became of single names is told, and no error.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it could not begin, or ended before its time.
    pub async fn carry_out(&self, jobs: &[TransferJob]) -> Result<(), OperationError> {
        for job in jobs {
            self.carry_out_job(job).await?;
        }
        Ok(())
    }

    async fn carry_out_job(&self, job: &TransferJob) -> Result<(), OperationError> {
        let Self { context, choices, options, reporter } = *self;
        let (dry_run, moves) = (options.dry_run, choices.moves());
        let open = OpenJob::open(job, context, Opening { links: choices.links, dry_run, moves })?;
        let records = open_job_records(context, job, dry_run)?;
        let shared = SharedPlaces::find(context, job)?;
        let others = shared.list_records();
        let ports = TransferPorts {
            clock: context.clock,
            files: records.files(),
            manifest: MANIFEST,
            others: &others,
        };
        let folders = open.folders();
        let route = open.route(&folders)?;
        let watch = ArrivalWatch::new(reporter);
        let summary = if moves && !dry_run {
            sync(&route, options, &ports, &watch).await
        } else {
            sync(&route, options, &ports, reporter).await
        };
        let summary = summary.map_err(|stopped| self.explain(job, stopped))?;
        reporter.run_ended(&summary);
        self.require_bucket(job, &summary).await?;
        if let Some(refuses) = summary.refuses_wrong_hash {
            keep_refusal(context, refuses);
        }
        for key in open.notes.missing_keys() {
            reporter.tell_trouble(&key, "there is no such object");
        }
        if moves && !dry_run {
            let end = MoveEnd { route: &route, options, ports: &ports, reporter };
            let sure = end.confirm_names(watch.into_arrived()).await;
            let sure = sure.map_err(|stopped| self.explain(job, stopped))?;
            end.remove_sources(&sure, &open, &context.client.retrying()).await;
        }
        Ok(())
    }

    fn explain(&self, job: &TransferJob, stopped: TransferStopped) -> OperationError {
        self.reporter.run_ended(&stopped.summary);
        explain_stopped_run(self.context, job, stopped.cause, self.choices.deletes())
    }

    /// Tells a bucket that does not exist, where nothing could be brought to it: an answer about a
    /// few of its keys does not tell the two apart.
    async fn require_bucket(
        &self,
        job: &TransferJob,
        summary: &Summary,
    ) -> Result<(), OperationError> {
        let JobDestination::Prefix(bucket, _) = &job.dest else { return Ok(()) };
        let arrived = summary.new.items + summary.replaced.items + summary.skipped.items;
        if !job.source.is_picked() || summary.failed.items == 0 || arrived > 0 {
            return Ok(());
        }
        match self.context.client.retrying().head_bucket(bucket).await {
            Err(fault) if fault.kind == FaultKind::Absent => {
                Err(OperationError::at_bucket(bucket, &fault))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
