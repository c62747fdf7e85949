//! What becomes of a run, noted where people and programs look.

use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::schedule::{
    JobEnd, JobRecord, JobResult, ScheduleSpec, ScheduledJob, render_metrics,
};
use datalake_core::secret::FilledBody;
use datalake_core::time::Timestamp;
use datalake_engine::{NewFile, Pings};

use super::addresses::{PingBook, PingStage};
use crate::runs::{name_record, read_record};
use crate::{ErrorKind, HostContext, OperationError};

/// Notes the runs of a job, from within its service.
pub struct JobNote<'a> {
    /// Where the records lie.
    pub context: &'a HostContext<'a>,
    /// Who is told.
    pub schedule: &'a ScheduleSpec,
    /// The job.
    pub job: ScheduledJob,
    /// Tells addresses.
    pub pings: &'a dyn Pings,
    /// Who runs this.
    pub owner: Owner,
}

/// What systemd says of a run that has ended.
#[derive(Debug, Clone, Copy)]
pub struct ServiceEnd<'a> {
    /// `$SERVICE_RESULT`
    pub result: &'a str,
    /// `$EXIT_CODE`: `exited`, `killed` or `dumped`.
    pub code: &'a str,
    /// `$EXIT_STATUS`: a number, or the name of a signal.
    pub status: &'a str,
}

impl JobNote<'_> {
    /// Notes that a run begins.
    ///
    /// # Errors
    ///
    /// [`OperationError`] with all that could not be noted; everything else was.
    pub async fn note_start(&self) -> Result<(), OperationError> {
        let now = self.context.clock.now();
        // One that nobody can read is replaced: the last success in it is lost, which is told.
        let (earlier, unread) = split_answer(self.read_earlier());
        let record = JobRecord::begin_run(self.job, earlier.flatten().as_ref(), now);
        let kept = self.keep_record(&record).err();
        let told =
            self.tell_address(PingStage::Started, &format!("{}: started\n", self.job)).await.err();
        join_errors([unread, kept, told])
    }

    /// Notes how a run has ended: in the record, in the metrics, and to the address. Where something of
    /// it cannot be written, the address is told that the run has failed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] with all that could not be noted; everything else was.
    pub async fn note_end(&self, end: &ServiceEnd<'_>) -> Result<JobRecord, OperationError> {
        if end.result.is_empty() {
            let text =
                "systemd says nothing of a run: this is what units call when theirs has ended";
            return Err(OperationError::new(ErrorKind::Usage, text));
        }
        let now = self.context.clock.now();
        let (earlier, unread) = split_answer(self.read_earlier());
        let earlier = earlier.flatten();
        // Its beginning could not be noted.
        let begun = match earlier {
            Some(record) if record.end.is_none() => record,
            earlier => JobRecord::begin_run(self.job, earlier.as_ref(), now),
        };
        let end = end.read_end(now);
        let record = begun.end(end.clone());
        let kept = self.keep_record(&record).err();
        let shown = self.write_metrics(&record).err();
        let mut text = format!("{}: {}\n", self.job, end.describe());
        for error in [&unread, &kept, &shown].into_iter().flatten() {
            text.push_str(&format!("{}\n", error.messages.join(": ")));
        }
        let is_well = end.is_success() && unread.is_none() && kept.is_none() && shown.is_none();
        let stage = if is_well { PingStage::Ended } else { PingStage::Failed };
        let told = self.tell_address(stage, &text).await.err();
        join_errors([unread, kept, shown, told]).map(|()| record)
    }

    fn read_earlier(&self) -> Result<Option<JobRecord>, OperationError> {
        read_record(self.context, self.job).map_err(|fault| self.context.state_error(fault))
    }

    fn keep_record(&self, record: &JobRecord) -> Result<(), OperationError> {
        let json = serde_json::to_vec_pretty(record)
            .map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        let kept = self.context.state.write(&name_record(self.job), &json);
        kept.map_err(|fault| self.context.state_error(fault))
    }

    /// A reader sees the old file or the new one.
    fn write_metrics(&self, record: &JobRecord) -> Result<(), OperationError> {
        let Some(folder) = &self.schedule.metrics else { return Ok(()) };
        let path: HostPath = folder
            .join(&format!("datalake-{}.prom", self.job))
            .map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        let content = FilledBody::new(render_metrics(record).into_bytes());
        // The collector runs as a user of its own.
        let file = NewFile { content: &content, mode: Mode::PUBLIC, owner: self.owner };
        self.context
            .files
            .write(&path, &file)
            .map_err(|fault| OperationError::of_file(&fault).at_place(format!("metrics `{path}`")))
    }

    async fn tell_address(&self, stage: PingStage, text: &str) -> Result<(), OperationError> {
        let Some(file) = &self.schedule.ping else { return Ok(()) };
        let at_file = |error: OperationError| error.within(format!("`{file}`"));
        let content = self.pings.read_addresses(file);
        let content = content
            .map_err(|fault| OperationError::of_file(&fault).at_place(format!("`{file}`")))?;
        let Some(address) =
            PingBook::parse_lines(&content).map_err(at_file)?.find_address(self.job, stage)
        else {
            return Ok(());
        };
        let told = self.pings.send_text(&address, text).await;
        told.map_err(|fault| {
            OperationError::about(format!("the address of `{}` was not told", self.job), &fault)
        })
    }
}

impl ServiceEnd<'_> {
    fn read_end(&self, at: Timestamp) -> JobEnd {
        let exit = if self.code == "exited" { self.status.parse().ok() } else { None };
        JobEnd { at, exit, result: JobResult::of_service(self.result) }
    }
}

fn split_answer<T>(answer: Result<T, OperationError>) -> (Option<T>, Option<OperationError>) {
    match answer {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error)),
    }
}

fn join_errors<const N: usize>(errors: [Option<OperationError>; N]) -> Result<(), OperationError> {
    match errors.into_iter().flatten().reduce(OperationError::and) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}
