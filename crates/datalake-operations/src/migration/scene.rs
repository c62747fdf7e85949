//! A home of Dagster's, a bucket and a clock that costs nothing, for tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, Endpoint};
use datalake_core::spec::HostSpec;
use datalake_core::time::Timestamp;
use datalake_engine::memory::{
    MemoryFolder, MemoryFolders, MemoryMachine, MemoryRecords, MemoryState, MemoryStore,
    MemoryWebservers, PausedClock,
};
use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{
    Item, Summary, TransferLimits, TransferWatch, VerifyFinding, VerifyWatch,
};
use datalake_engine::{
    AnyKey, Attributes, Machine, NewObject, NoCheckpoints, ObjectStore as _, Objects as _, Payload,
    Precondition, StateFolder, hold_mutex,
};

use super::{
    FileLines, MigrationChoice, MigrationContext, MigrationReporter, PauseNews, PauseReporter,
    TablesDestination,
};
use crate::{ErrorKind, HomeChoice, HomeSearch, HostContext, OperationError};

/// Noon of a day, when all objects are stored.
pub(crate) const NOON: i64 = PausedClock::START;
/// A whole pickle.
pub(crate) const PICKLE: &[u8] = b"\x80\x04K\x2a.";
/// Another one.
pub(crate) const OTHER: &[u8] = b"\x80\x04K\x2b.";
/// Where Dagster's home lies.
pub(crate) const HOME: &str = "/srv/dagster";

/// All that a migration needs.
pub(crate) struct Scene {
    pub(crate) folders: MemoryFolders,
    pub(crate) store: MemoryStore,
    pub(crate) records: MemoryRecords,
    pub(crate) webservers: MemoryWebservers,
    pub(crate) state: Box<dyn StateFolder>,
    pub(crate) machine: Option<MemoryMachine>,
    pub(crate) host: Result<HostSpec, OperationError>,
    clock: PausedClock,
    root: MemoryFolder,
    endpoint: Endpoint,
}

/// What was told, in words.
#[derive(Default)]
pub(crate) struct ToldWords(Mutex<Vec<String>>);

impl Scene {
    /// A home with `dagster.yaml` and without pickles, and an empty bucket.
    pub(crate) async fn new() -> Self {
        let folders = MemoryFolders::default();
        folders.put_file(&format!("{HOME}/dagster.yaml"), "telemetry: { enabled: false }\n");
        folders.tree_at(HOME).file("dagster.yaml", &b"telemetry: {}"[..], 1);
        let store = MemoryStore::default();
        store.set_now(Timestamp::from_unix(NOON).unwrap());
        store.create_bucket(&bucket()).await.unwrap();
        store.create_bucket(&tables_bucket()).await.unwrap();
        let root = folders.root();
        Self {
            folders,
            store,
            records: MemoryRecords::default(),
            webservers: MemoryWebservers::default(),
            state: Box::new(MemoryState::default()),
            machine: None,
            host: Err(OperationError::new(ErrorKind::Config, "the spec names no host")),
            clock: PausedClock::new(),
            root,
            endpoint: "https://s3.example.com".parse().unwrap(),
        }
    }

    /// The folder of the pickles.
    pub(crate) fn storage(&self) -> MemoryTree {
        self.folders.tree_at(&format!("{HOME}/storage"))
    }

    pub(crate) fn search(&self) -> HomeSearch<'_> {
        HomeSearch {
            context: HostContext {
                files: self.folders.files(),
                state: self.state.as_ref(),
                state_name: "/var/lib/datalake",
                clock: &self.clock,
                checkpoints: &NoCheckpoints,
                machine: self.machine.as_ref().map(|machine| machine as &dyn Machine),
                root_name: None,
                variables: HostContext::usual_variables(),
            },
            host: self.host.clone(),
            root: &self.root,
            root_path: Path::new("/"),
            named: &self.folders,
        }
    }

    pub(crate) fn context(&self) -> MigrationContext<'_> {
        MigrationContext {
            home: self.search(),
            lake: &self.store,
            endpoint: &self.endpoint,
            bucket: bucket(),
            prefix: "assets".to_owned(),
            tables: Some(TablesDestination {
                bucket: tables_bucket(),
                prefix: "assets".to_owned(),
            }),
            clock: &self.clock,
            records: &self.records,
            webservers: &self.webservers,
        }
    }

    /// Puts an object into the bucket, made of a file of this second.
    pub(crate) async fn put(&self, key: &str, content: &[u8], second: i64) {
        let key = AnyKey::try_from(key).unwrap();
        let user = BTreeMap::from([("mtime".to_owned(), second.to_string())]);
        let object = NewObject {
            bucket: &bucket(),
            key: &key,
            payload: &Payload::of(content.to_vec()),
            attributes: &Attributes { user, ..Attributes::NONE },
            when: &Precondition::None,
        };
        self.store.put(&object).await.unwrap();
    }

    pub(crate) async fn delete(&self, key: &str) {
        let key = AnyKey::try_from(key).unwrap();
        self.store.delete(&bucket(), &key, None).await.unwrap();
    }

    /// What the bucket has at a key.
    pub(crate) async fn content(&self, key: &str) -> Option<Vec<u8>> {
        self.store.get_object(&bucket(), &key.parse().unwrap()).await.ok()
    }
}

pub(crate) fn bucket() -> BucketName {
    "acme-lake".parse().unwrap()
}

pub(crate) fn tables_bucket() -> BucketName {
    "acme-tables".parse().unwrap()
}

/// The home that the scene has, named by the operator.
pub(crate) fn choice() -> MigrationChoice<'static> {
    let home = HomeChoice { home: Some(PathBuf::from(HOME)), ..HomeChoice::default() };
    MigrationChoice { home, ..MigrationChoice::default() }
}

pub(crate) fn default_limits() -> TransferLimits {
    TransferLimits::default()
}

impl ToldWords {
    /// All of it, in order of the words.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut told = hold_mutex(&self.0).clone();
        told.sort();
        told
    }

    /// All of it, as it came.
    pub(crate) fn in_order(&self) -> Vec<String> {
        hold_mutex(&self.0).clone()
    }

    fn add(&self, words: String) {
        hold_mutex(&self.0).push(words);
    }
}

impl TransferWatch for ToldWords {
    fn item(&self, item: &Item<'_>) {
        self.add(format!("{} {}: {}", item.mark.character(), item.name, item.reason));
    }

    fn repeated(&self, fault: &Fault) {
        self.add(format!("repeated: {fault}"));
    }
}

impl VerifyWatch for ToldWords {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        self.add(format!("{finding:?} {name}"));
    }
}

impl MigrationReporter for ToldWords {
    fn end_pass(&self, summary: &Summary) {
        self.add(format!("pass: {} new", summary.new.items));
    }

    fn leave(&self, name: &str, why: &str) {
        self.add(format!(". {name}: {why}"));
    }
}

impl PauseReporter for ToldWords {
    fn tell(&self, news: PauseNews<'_>) {
        match news {
            PauseNews::Stopping(names) => self.add(format!("stopping {names}")),
            PauseNews::WaitingForRuns(runs) => self.add(format!("waiting for {runs}")),
            PauseNews::Starting(names) => self.add(format!("starting {names}")),
            PauseNews::Service(_) => (),
        }
    }
}

impl FileLines for Vec<String> {
    fn write_line(&mut self, mark: char, name: &str, why: &str) {
        self.push(format!("{mark} {name}: {why}"));
    }
}
