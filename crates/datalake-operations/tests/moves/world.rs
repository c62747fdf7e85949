//! A machine, a service and records in memory, of which one call may fail.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Versioning};
use datalake_core::spec::{SpecDocument, StoreSpec};
use datalake_core::time::Timestamp;
use datalake_engine::memory::{MemoryFiles, MemoryRecords, MemoryState, MemoryStore, PausedClock};
use datalake_engine::transfer::memory::MemoryPaths;
use datalake_engine::transfer::{Item, Summary, TransferWatch, VerifyFinding, VerifyWatch};
use datalake_engine::{
    AnyKey, Attributes, ListAsk, NewObject, ObjectPages, ObjectSource, ObjectStore as _,
    Objects as _, Payload, Precondition, hold_mutex,
};
use datalake_operations::lake::BucketClient;
use datalake_operations::restore::RestorePlace;
use datalake_operations::transfer::{
    JobReader, NamedPlaces, SourceFate, SourceReading, TransferChoices, TransferContext,
    TransferReporter, TransferRun, TransferSide, find_transfer_sources,
};
use datalake_operations::{HostContext, OperationError};
use futures::StreamExt as _;

use crate::failing::{Calls, Counted};

/// Names with their contents.
pub(crate) type Contents = BTreeMap<String, Bytes>;

/// Which call fails, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failure {
    /// The service refuses it or cannot be reached.
    Call(FaultKind),
    /// The service carries it out, and its answer gets lost.
    Answer(FaultKind),
    /// The file system or datalake's own folder fails.
    Machine(FaultKind),
}

pub(crate) const FAILURES: [Failure; 7] = [
    Failure::Call(FaultKind::Denied),
    Failure::Call(FaultKind::Unavailable),
    Failure::Call(FaultKind::Unreachable),
    Failure::Answer(FaultKind::Unreachable),
    Failure::Answer(FaultKind::Denied),
    Failure::Machine(FaultKind::Io),
    Failure::Machine(FaultKind::DiskFull),
];

pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) bucket: BucketName,
    paths: Counted<MemoryPaths>,
    records: Counted<MemoryRecords>,
    calls: Calls,
    files: MemoryFiles,
    state: MemoryState,
    clock: PausedClock,
    spec: StoreSpec,
}

/// Keeps what did not go as it should.
#[derive(Default)]
struct Troubles(Mutex<Vec<String>>);

impl TransferWatch for Troubles {
    fn item(&self, item: &Item<'_>) {
        if item.mark == datalake_engine::transfer::Mark::Failed {
            hold_mutex(&self.0).push(format!("{}: {}", item.name, item.reason));
        }
    }
}

impl VerifyWatch for Troubles {
    fn found(&self, _: &str, _: &VerifyFinding) {}
}

impl TransferReporter for Troubles {
    fn run_ended(&self, _: &Summary) {}

    fn tell_trouble(&self, name: &str, reason: &str) {
        hold_mutex(&self.0).push(format!("{name}: {reason}"));
    }

    fn add_requests(&self, _: u64) {}

    fn source_removed(&self) {}
}

impl World {
    pub(crate) async fn new() -> Self {
        let bucket: BucketName = "acme-lake".parse().unwrap();
        let region = Some("fsn1".to_owned());
        let spec = SpecDocument { region, ..SpecDocument::default() }.check_store().unwrap();
        let calls = Calls::default();
        let store = MemoryStore::default();
        store.set_now(Timestamp::from_unix(PausedClock::START).unwrap());
        store.create_bucket(&bucket).await.unwrap();
        Self {
            store,
            spec: StoreSpec { bucket: Some(bucket.clone()), ..spec },
            bucket,
            paths: Counted { inner: MemoryPaths::default(), calls: calls.clone() },
            records: Counted { inner: MemoryRecords::default(), calls: calls.clone() },
            calls,
            files: MemoryFiles::default(),
            state: MemoryState::default(),
            clock: PausedClock::new(),
        }
    }

    /// The same, with a bucket that keeps versions.
    pub(crate) async fn keeping_versions() -> Self {
        let world = Self::new().await;
        world.store.set_versioning(&world.bucket, Versioning::Enabled).await.unwrap();
        world
    }

    /// Puts files into a folder of the machine.
    pub(crate) fn write_files(&self, folder: &str, files: &[(&str, &str)]) {
        let tree = self.paths.inner.folder(folder);
        for (name, content) in files {
            tree.file(name, (*content).to_owned(), 1);
        }
    }

    /// The files of a folder of the machine.
    pub(crate) fn files_in(&self, folder: &str) -> Contents {
        self.paths.inner.folder(folder).files()
    }

    /// Puts objects into the bucket.
    pub(crate) async fn put_objects(&self, objects: &[(&str, &str)]) {
        for (key, content) in objects {
            let object = NewObject {
                bucket: &self.bucket,
                key: &AnyKey::try_from(*key).unwrap(),
                payload: &Payload::of((*content).as_bytes().to_vec()),
                attributes: &Attributes::NONE,
                when: &Precondition::None,
            };
            self.store.put(&object).await.unwrap();
        }
    }

    /// The objects below a prefix, by their names behind it.
    pub(crate) async fn objects_below(&self, prefix: &str) -> Contents {
        let mut contents = Contents::new();
        let mut pages = ObjectPages::new(&self.store, &self.bucket, ListAsk::below(prefix));
        while let Some(page) = pages.next().await.unwrap() {
            for entry in page.objects {
                let source = ObjectSource::current(&self.bucket, &entry.key);
                let content = self.store.get(&source, None).await.unwrap().content;
                let chunks: Vec<_> = content.map(Result::unwrap).collect().await;
                let name = entry.key.as_str().strip_prefix(prefix).unwrap().to_owned();
                contents.insert(name, chunks.concat().into());
            }
        }
        contents
    }

    /// Has a call fail from now on, once; 1 is the next one.
    pub(crate) fn fail_call(&self, number: u32, failure: Failure) {
        let fault = |kind| Fault::new(kind, "injected");
        match failure {
            Failure::Call(kind) => self.store.fail_call(number, fault(kind)),
            Failure::Answer(kind) => self.store.lose_answer(number, fault(kind)),
            Failure::Machine(kind) => self.calls.fail_call(number, fault(kind)),
        }
    }

    /// Whether the call that is to fail was not made.
    pub(crate) fn is_failure_ahead(&self) -> bool {
        self.store.is_failure_ahead() || self.calls.is_failure_ahead()
    }

    /// Where objects are restored.
    pub(crate) fn restore_place(&self) -> RestorePlace<'_> {
        RestorePlace {
            host: HostContext::new(&self.files, &self.state, &self.clock),
            client: self.client(),
            records: &self.records,
        }
    }

    pub(crate) fn client(&self) -> BucketClient<'_> {
        BucketClient { store: &self.store, spec: &self.spec, clock: &self.clock }
    }

    /// Makes a folder identical to another one, or moves it there; gives what did not go well.
    ///
    /// # Errors
    ///
    /// As the operation ends.
    pub(crate) async fn transfer(
        &self,
        source: &str,
        dest: &str,
        choices: &TransferChoices,
    ) -> Result<Vec<String>, OperationError> {
        let context = TransferContext {
            host: HostContext::new(&self.files, &self.state, &self.clock),
            client: self.client(),
            paths: &self.paths,
            records: &self.records,
            clock: &self.clock,
        };
        let reader = JobReader { client: self.client(), paths: &self.paths };
        let side = |text: &str| text.parse::<TransferSide>().unwrap();
        let (source, dest) = (side(source), side(dest));
        let jobs = match choices.fate {
            SourceFate::Stays => vec![reader.read_pair(&source, &dest)?],
            SourceFate::Removed => {
                let reading = SourceReading { recursive: true, no_glob: false };
                reader.read_jobs(&NamedPlaces { sources: &[source], dest: &dest, reading })?
            }
        };
        let options = choices.choose_options(&context)?;
        let found = find_transfer_sources(&context, choices, jobs).await?;
        let troubles = Troubles::default();
        let (options, reporter) = (&options, &troubles);
        TransferRun { context: &context, choices, options, reporter }
            .carry_out(&found.jobs)
            .await?;
        Ok(troubles.0.into_inner().unwrap())
    }
}
