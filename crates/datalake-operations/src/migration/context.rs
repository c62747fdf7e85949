//! Where a migration works, and what is migrated.

use datalake_core::s3::{BucketName, Endpoint};
use datalake_core::spec::Spec;
use datalake_core::text::printable;
use datalake_engine::transfer::{RecordFolders, Stopwatch};
use datalake_engine::{Lake, RetryingStore, Webservers, await_new_bucket};

use crate::{HomeChoice, HomeSearch, OperationError};

/// Calls that may be repeated while a new bucket is waited for.
const REPETITIONS: u32 = 1000;

/// Where a migration works.
#[derive(Clone)]
pub struct MigrationContext<'a> {
    /// Where Dagster's home is looked for.
    pub home: HomeSearch<'a>,
    /// The service that the spec names.
    pub lake: &'a dyn Lake,
    /// Its address.
    pub endpoint: &'a Endpoint,
    /// The bucket that everything goes into.
    pub bucket: BucketName,
    /// What stands before the keys of assets.
    pub prefix: String,
    /// Where frames and tables go; `None` where the spec does not say.
    pub tables: Option<TablesDestination>,
    /// Measures time.
    pub clock: &'a dyn Stopwatch,
    /// The records of earlier runs.
    pub records: &'a dyn RecordFolders,
    /// Dagster's webservers.
    pub webservers: &'a dyn Webservers,
}

/// Where frames and tables go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesDestination {
    /// The bucket.
    pub bucket: BucketName,
    /// What stands before each name: what a `base_dir` of `s3://BUCKET/PREFIX` reads.
    pub prefix: String,
}

/// What is migrated.
#[derive(Clone, Default)]
pub struct MigrationChoice<'a> {
    /// What the operator names of Dagster's folders.
    pub home: HomeChoice,
    /// Whether outputs of ops go, too.
    pub op_outputs: bool,
    /// Whether logs of steps go, too.
    pub logs: bool,
    /// What the keys of logs begin with, where it is named.
    pub logs_prefix: Option<String>,
    /// Whether frames and tables of other I/O managers go, too.
    pub tables: bool,
    /// Objects that go instead of files.
    pub objects: Option<ObjectsChoice<'a>>,
}

/// Objects of another place, which go instead of files.
#[derive(Clone)]
pub struct ObjectsChoice<'a> {
    /// The bucket that they lie in.
    pub bucket: BucketName,
    /// What their keys begin with.
    pub prefix: String,
    /// The service that they lie in, where it is another one.
    pub service: Option<ForeignService<'a>>,
}

/// Another service that objects come from.
#[derive(Clone)]
pub struct ForeignService<'a> {
    /// The service.
    pub lake: &'a dyn Lake,
    /// Its address, as it is known by.
    pub endpoint: String,
}

impl TablesDestination {
    /// Where the spec says that tables are; frames of a bucket of their own have the prefix of the
    /// assets there. `None` where it does not speak of tables.
    #[must_use]
    pub fn of_spec(spec: &Spec) -> Option<Self> {
        let place = spec.tables.as_ref()?;
        let prefix = place.prefix().unwrap_or(&spec.prefix);
        Some(Self { bucket: place.bucket(&spec.bucket).clone(), prefix: prefix.to_string() })
    }

    /// As a `base_dir` has it, `s3://BUCKET/PREFIX`.
    #[must_use]
    pub fn describe(&self) -> String {
        let address = format!("s3://{}/{}", self.bucket, self.prefix);
        printable(address.trim_end_matches('/'))
    }
}

impl MigrationContext<'_> {
    /// Waits for a bucket that was made a moment ago.
    pub(crate) async fn await_bucket(&self) -> Result<(), OperationError> {
        let (records, clock) = (self.home.context.records(), self.home.context.clock);
        let lake = RetryingStore::new(self.lake, clock, REPETITIONS);
        let is_there = await_new_bucket(&self.bucket, records, &lake, clock).await;
        is_there.map_err(|fault| OperationError::at_bucket(&self.bucket, &fault))
    }
}
