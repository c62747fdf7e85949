//! A bucket in memory, and jobs in it.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobName, JobTask};
use datalake_core::secret::FilledBody;
use datalake_core::spec::CostDocument;
use datalake_engine::memory::PausedClock;
use datalake_engine::{AnyKey, ObjectSource, Objects as _, Programs, Ran};
use futures::TryStreamExt as _;

use crate::OperationError;
use crate::costs::{CostBasis, CostTerms};
use crate::job::{JobReport, JobRun, JobService, JobTerms, JobWish, KeyTrouble, PlannedJob};
use crate::lake::test_service::TestService;

/// Where one job after the other works.
pub(super) struct Bed {
    pub(super) service: TestService,
    pub(super) clock: PausedClock,
}

/// A machine without programs.
pub(super) struct NoPrograms;

#[async_trait]
impl Programs for NoPrograms {
    async fn run(
        &self,
        _: &[String],
        _: &FilledBody,
        _: std::time::Duration,
    ) -> Result<Ran, Fault> {
        Err(Fault::new(FaultKind::Absent, "no program"))
    }
}

/// Keys that a careless hand takes apart.
pub(super) const ODD_KEYS: [&str; 7] =
    ["raw/a%2Fb", "raw/a b", "raw/ü", "raw/a//b", "raw/a/", "raw/%", "raw/\u{1f5c2}+&=?#"];

pub(super) fn name_job(text: &str) -> JobName {
    text.parse().unwrap()
}

impl Bed {
    pub(super) async fn with_keys(keys: &[&str]) -> Self {
        Self { service: TestService::with_keys(keys).await, clock: PausedClock::new() }
    }

    pub(super) fn open_jobs(&self) -> JobService<'_> {
        JobService { client: self.service.client(), clock: &self.clock, programs: &NoPrograms }
    }

    pub(super) fn make_wish(&self, job: &str, task: &str, source: &str) -> JobWish {
        let spec = CostDocument::default().check().unwrap();
        let now = datalake_engine::Clock::now(&self.clock);
        let basis = CostBasis::choose(spec, &CostTerms::default(), now).unwrap();
        JobWish {
            name: name_job(job),
            task: task.parse::<JobTask>().unwrap(),
            source: source.parse().unwrap(),
            destination: None,
            code: None,
            terms: JobTerms { basis, core_hour: None, is_outside: true },
        }
    }

    pub(super) async fn plan_wish(&self, wish: &JobWish) -> Result<PlannedJob, OperationError> {
        self.open_jobs().plan_job(wish, &mut |_| ()).await
    }

    pub(super) async fn run(&self, job: &str) -> Result<JobRun, OperationError> {
        self.open_jobs().run_job(&name_job(job), None, &mut |_| ()).await
    }

    pub(super) async fn report_on(&self, job: &str) -> (JobReport, Vec<KeyTrouble>) {
        let mut troubles = Vec::new();
        let mut tell = |key: &KeyTrouble| troubles.push(key.clone());
        let report = self.open_jobs().report_job(&name_job(job), &mut tell).await.unwrap();
        (report, troubles)
    }

    /// The content of an object.
    pub(super) async fn read_object(&self, key: &str) -> Option<Vec<u8>> {
        let key = AnyKey::try_from(key).unwrap();
        let source = ObjectSource::current(&self.service.bucket, &key);
        let download = self.service.store.get(&source, None).await.ok()?;
        let chunks: Vec<_> = download.content.try_collect().await.unwrap();
        Some(chunks.concat())
    }

    /// The key of a job's first receipt, whether it is there or not.
    pub(super) async fn name_receipt(&self, job: &str) -> String {
        let status = self.open_jobs().look_at_job(&name_job(job)).await.unwrap();
        status.job.find_folder().receipt_key(0)
    }

    /// The content of a job's first receipt.
    pub(super) async fn read_receipt(&self, job: &str) -> Option<Vec<u8>> {
        self.read_object(&self.name_receipt(job).await).await
    }
}
