//! What an engine elsewhere would do of a job, before it does anything.

use std::path::{Path, PathBuf};

use datalake_core::job::{JobName, WorkerCall};
use datalake_core::size::ByteSize;
use datalake_dagster::{FileStanding, ProjectFile};
use schemars::JsonSchema;
use serde::Serialize;

use super::worker::{FunctionCode, require_function};
use super::{JobPrice, JobService, JobStatus, JobTerms};
use crate::project::{
    FileForms, FileReport, JudgedFile, LoadedFile, PlannedFile, ProjectFolder, judge_file,
    plan_file, render_file_diffs, render_files, render_loading,
};
use crate::{ErrorKind, OperationError};

/// What is left of a job, and what that takes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobOffer {
    /// How far the job is.
    #[serde(flatten)]
    pub status: JobStatus,
    /// How many shards are left.
    pub left: u32,
    /// How many objects are left.
    pub left_objects: u64,
    /// About how many bytes they have.
    pub left_bytes: u64,
    /// How many workers of an engine elsewhere share what the job may ask of the service.
    pub workers: u32,
    /// What that costs.
    pub price: JobPrice,
}

/// An offer, and the file that has an engine do it.
#[derive(Serialize, JsonSchema)]
pub struct OfferedJob {
    /// What would be done.
    #[serde(flatten)]
    pub offer: JobOffer,
    /// The file, where the engine needs one.
    pub file: Option<FileReport>,
    /// Which file or folder Dagster has to be told of, and whether it is.
    pub loading: Vec<LoadedFile>,
    /// The file as it is to be.
    #[serde(skip)]
    pub judged: Option<JudgedFile>,
    #[serde(skip)]
    shown: String,
}

/// The programs that workers are made of.
#[derive(Debug, Clone, Copy)]
pub struct WorkerPrograms<'a> {
    /// The program `datalake` on this machine.
    pub program: &'a str,
    /// The file with the operator's function, where the job has one.
    pub code: Option<&'a str>,
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

impl JobOffer {
    /// Whether there is anything to do that the budget allows.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.left > 0 && !self.price.is_over_budget
    }

    /// How a worker of this job is called.
    #[must_use]
    pub fn call_worker<'a>(&'a self, programs: WorkerPrograms<'a>) -> WorkerCall<'a> {
        let JobStatus { job, bucket, .. } = &self.status;
        WorkerCall { job, bucket, program: programs.program, code: programs.code }
    }

    /// The same as something that is told, without a file.
    #[must_use]
    pub fn without_file(self) -> OfferedJob {
        OfferedJob {
            offer: self,
            file: None,
            loading: Vec::new(),
            judged: None,
            shown: String::new(),
        }
    }

    /// The same with a file that Modal needs, in a folder.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where something else lies in its place, or it cannot be read.
    pub fn with_file(
        self,
        text: &str,
        folder: &ProjectFolder<'_>,
        dry_run: bool,
    ) -> Result<OfferedJob, OperationError> {
        let file = ProjectFile::signed(self.name_file(), text);
        let file = judge_file(file, folder.files)?;
        let planned = PlannedFile { file, loading: Vec::new() };
        Ok(self.with_planned(planned, folder.dir, dry_run))
    }

    /// The same with an asset of Dagster's, where the project wants it: the text below its `defs`, and that
    /// of a file that is loaded by itself.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the project cannot be read.
    pub fn with_asset(
        self,
        [in_defs, alone]: [&str; 2],
        folder: &ProjectFolder<'_>,
        dry_run: bool,
    ) -> Result<OfferedJob, OperationError> {
        let planned = plan_file(folder, &FileForms { name: &self.name_file(), in_defs, alone })?;
        Ok(self.with_planned(planned, folder.dir, dry_run))
    }

    fn name_file(&self) -> String {
        format!("{}.py", self.call_worker(WorkerPrograms { program: "", code: None }).name_module())
    }

    fn with_planned(self, planned: PlannedFile, folder: &Path, dry_run: bool) -> OfferedJob {
        let PlannedFile { file, loading } = planned;
        let mut shown = render_files([&file], folder, dry_run);
        if dry_run {
            shown += &render_file_diffs(std::slice::from_ref(&file));
        }
        if !loading.is_empty() {
            shown += &render_loading(&loading);
            shown += &describe_backfill(&file.file.path);
        }
        let report = FileReport::of_file(&file, folder, dry_run);
        OfferedJob { offer: self, file: Some(report), loading, judged: Some(file), shown }
    }
}

impl OfferedJob {
    /// Whether somebody has changed the file, which is left alone.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.judged.as_ref().is_some_and(|file| file.standing == FileStanding::Edited)
    }

    /// What is shown of the file.
    #[must_use]
    pub fn show_file(&self) -> &str {
        &self.shown
    }

    /// All that is shown before Modal is used.
    #[must_use]
    pub fn describe_for_modal(&self) -> String {
        let prices = "Modal:   its prices are shown by `modal billing rates`";
        format!("{}{prices}\n{}", self.offer, self.shown)
    }

    /// Where the file is, below a folder.
    #[must_use]
    pub fn find_file(&self, folder: &Path) -> Option<PathBuf> {
        self.judged.as_ref().map(|judged| folder.join(&judged.file.path))
    }

    /// Writes the file, unless it is as it has to be, or somebody has changed it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where that cannot be done.
    pub fn write_file(&self, folder: &ProjectFolder<'_>) -> Result<(), OperationError> {
        match (self.judged.as_ref().filter(|file| file.is_to_write()), folder.files) {
            (Some(judged), Some(files)) => crate::project::write_file(&judged.file, files),
            (Some(_), None) => Err(OperationError::new(ErrorKind::Bug, "a file without a folder")),
            (None, _) => Ok(()),
        }
    }
}

/// How Dagster is told to do it, by the path of the file below its folder.
fn describe_backfill(path: &str) -> String {
    let module = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".py");
    let line = format!("dagster job backfill -f {path} -j {module}_all --all --noprompt");
    let line = if path.contains('/') { String::new() } else { format!("    {line}\n") };
    format!(
        "\nThe image needs `datalake`, the containers the variables of the bucket.\n\
         Then: materialize all partitions of {module}; its backfill needs Dagster's daemon\n{line}"
    )
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
