//! A machine, a service and a folder of records in memory.

use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::hold_mutex;
use datalake_engine::memory::{MemoryRecords, PausedClock};
use datalake_engine::transfer::memory::{MemoryPaths, MemoryTree};
use datalake_engine::transfer::{Item, Summary, TransferWatch, VerifyFinding, VerifyWatch};

use crate::OperationError;
use crate::lake::test_service::TestService;
use crate::test_support::TestHost;
use crate::transfer::{
    JobReader, NamedPlaces, SourceReading, TransferChoices, TransferContext, TransferJob,
    TransferReporter, TransferRun, TransferSide, find_transfer_sources,
};

/// Where one transfer after the other works.
pub(super) struct Bed {
    pub(super) service: TestService,
    pub(super) paths: MemoryPaths,
    pub(super) records: MemoryRecords,
    host: TestHost,
    clock: PausedClock,
}

/// Keeps what it is told.
#[derive(Default)]
pub(super) struct Told {
    lines: Mutex<Vec<String>>,
    requests: Mutex<u64>,
}

impl Told {
    /// What became of names, sorted, and what was no success.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = hold_mutex(&self.lines).clone();
        lines.sort();
        lines
    }

    pub(super) fn requests(&self) -> u64 {
        *hold_mutex(&self.requests)
    }

    fn add(&self, line: String) {
        hold_mutex(&self.lines).push(line);
    }
}

impl TransferWatch for Told {
    fn item(&self, item: &Item<'_>) {
        self.add(format!("{} {}", item.mark.character(), item.name));
    }
}

impl VerifyWatch for Told {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        self.add(format!("{name}: {finding:?}"));
    }
}

impl TransferReporter for Told {
    fn run_ended(&self, _: &Summary) {}

    fn tell_trouble(&self, name: &str, reason: &str) {
        self.add(format!("{name}: {reason}"));
    }

    fn add_requests(&self, number: u64) {
        *hold_mutex(&self.requests) += number;
    }

    fn source_removed(&self) {
        self.add("removed".to_owned());
    }
}

impl Bed {
    /// A bed whose bucket holds these keys, and whose `/srv` these files; each has its own name as
    /// content.
    pub(super) async fn new(keys: &[&str], files: &[&str]) -> Self {
        let (paths, records) = (MemoryPaths::default(), MemoryRecords::default());
        let folder = paths.folder("/srv");
        for name in files {
            folder.file(name, (*name).to_owned(), 1);
        }
        Self {
            service: TestService::with_keys(keys).await,
            paths,
            records,
            host: TestHost::default(),
            clock: PausedClock::new(),
        }
    }

    pub(super) fn folder(&self, path: &str) -> MemoryTree {
        self.paths.folder(path)
    }

    pub(super) fn context(&self) -> TransferContext<'_> {
        TransferContext {
            host: self.host.context(),
            client: self.service.client(),
            paths: &self.paths,
            records: &self.records,
            clock: &self.clock,
        }
    }

    pub(super) fn read_jobs(
        &self,
        sources: &[&str],
        dest: &str,
        recursive: bool,
    ) -> Result<Vec<TransferJob>, OperationError> {
        let reader = JobReader { client: self.service.client(), paths: &self.paths };
        let sources: Vec<_> = sources.iter().map(|text| side(text)).collect();
        let reading = SourceReading { recursive, no_glob: false };
        reader.read_jobs(&NamedPlaces { sources: &sources, dest: &side(dest), reading })
    }

    pub(super) fn read_pair(
        &self,
        source: &str,
        dest: &str,
    ) -> Result<TransferJob, OperationError> {
        let reader = JobReader { client: self.service.client(), paths: &self.paths };
        reader.read_pair(&side(source), &side(dest))
    }

    /// Carries out jobs as a command does.
    pub(super) async fn carry_out(
        &self,
        jobs: Vec<TransferJob>,
        choices: &TransferChoices,
    ) -> Result<Told, OperationError> {
        let (context, told) = (self.context(), Told::default());
        let options = choices.choose_options(&context)?;
        let found = find_transfer_sources(&context, choices, jobs).await?;
        for missing in found.missing {
            told.add(format!("{} is missing", missing.name));
        }
        let run = TransferRun { context: &context, choices, options: &options, reporter: &told };
        run.carry_out(&found.jobs).await?;
        Ok(told)
    }

    /// All keys of the bucket.
    pub(super) async fn list_keys(&self) -> Vec<String> {
        use datalake_engine::{ListAsk, Objects as _};
        let ask = ListAsk::below("");
        let page = self.service.store.list(&self.service.bucket, &ask, None).await.unwrap();
        page.objects.into_iter().map(|object| object.key.as_str().to_owned()).collect()
    }
}

pub(super) fn side(text: &str) -> TransferSide {
    text.parse().unwrap()
}

pub(super) fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "it is so")
}
