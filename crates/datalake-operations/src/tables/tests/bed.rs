//! Two buckets with tables, and what a move needs besides.

use std::sync::Mutex;

use datalake_core::s3::{BucketName, Versioning};
use datalake_engine::memory::MemoryRecords;
use datalake_engine::memory::{MemoryConditions, MemoryStore, PausedClock};
use datalake_engine::transfer::memory::MemoryPaths;
use datalake_engine::transfer::{Item, Summary, TransferWatch, VerifyFinding, VerifyWatch};
use datalake_engine::{
    AnyKey, Attributes, ListAsk, NewObject, ObjectSource, ObjectStore as _, Objects as _,
    PartNumber, Payload, Precondition, Uploads as _,
};
use futures::{FutureExt as _, StreamExt as _};

use crate::OperationError;
use crate::lake::test_service::TestService;
use crate::tables::{MovedTables, TableMove, TablesFolder};
use crate::test_support::TestHost;
use crate::transfer::{TransferChoices, TransferContext, TransferReporter};

pub(super) const TABLES: &str = "acme-tables";

/// A service with a bucket of assets that keeps versions, and one of tables that does not.
pub(super) struct Bed {
    pub(super) service: TestService,
    paths: MemoryPaths,
    records: MemoryRecords,
    host: TestHost,
    clock: PausedClock,
}

/// Does something when a run of the engine has ended.
pub(super) struct Meanwhile<'a>(Mutex<Box<dyn FnMut() + Send + 'a>>);

impl<'a> Meanwhile<'a> {
    pub(super) fn new(act: impl FnMut() + Send + 'a) -> Self {
        Self(Mutex::new(Box::new(act)))
    }
}

impl TransferWatch for Meanwhile<'_> {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for Meanwhile<'_> {
    fn found(&self, _: &str, _: &VerifyFinding) {}
}

impl TransferReporter for Meanwhile<'_> {
    fn run_ended(&self, _: &Summary) {
        (self.0.lock().unwrap())();
    }

    fn tell_trouble(&self, _: &str, _: &str) {}

    fn add_requests(&self, _: u64) {}

    fn source_removed(&self) {}
}

impl Bed {
    pub(super) async fn new() -> Self {
        let mut service = TestService::with_keys(&[]).await;
        service.store =
            MemoryStore::default().with_conditions(MemoryConditions::IgnoredWithVersions);
        service.store.create_bucket(&service.bucket).await.unwrap();
        service.store.create_bucket(&tables()).await.unwrap();
        let service = service.keeping_versions().await;
        let (paths, records) = (MemoryPaths::default(), MemoryRecords::default());
        Self { service, paths, records, host: TestHost::default(), clock: PausedClock::new() }
    }

    /// The same with a Delta table `sales/` of so many commits, the last checkpoint at the fourth.
    pub(super) async fn with_sales(commits: u64) -> Self {
        let bed = Self::new().await;
        for version in 0..commits {
            bed.commit("sales/", version, "one");
        }
        bed.put("sales/_delta_log/00000000000000000003.checkpoint.parquet", "all of it");
        bed.put("sales/_delta_log/_last_checkpoint", "{\"version\":3}");
        bed
    }

    /// A commit and the file that it adds.
    pub(super) fn commit(&self, root: &str, version: u64, writer: &str) {
        let file = format!("day={}/{writer}-{version}.parquet", version % 3);
        self.put(&format!("{root}{file}"), &format!("{writer}'s rows {version}"));
        let stats = r#"{\"numRecords\":5}"#;
        let add = format!(
            r#"{{"add":{{"path":"{file}","size":9,"partitionValues":{{"day":"{}"}},"stats":"{stats}"}}}}"#,
            version % 3
        );
        let info = r#"{"commitInfo":{"timestamp":1764500000123,"operation":"WRITE"}}"#;
        self.put(&format!("{root}_delta_log/{version:020}.json"), &format!("{add}\n{info}\n"));
    }

    pub(super) fn put(&self, key: &str, content: &str) {
        self.put_into(&self.service.bucket, key, content);
    }

    pub(super) fn put_into(&self, bucket: &BucketName, key: &str, content: &str) {
        let (key, payload) = (any(key), Payload::of(content.as_bytes().to_vec()));
        let object = NewObject {
            bucket,
            key: &key,
            payload: &payload,
            attributes: &Attributes::NONE,
            when: &Precondition::None,
        };
        self.service.store.put(&object).now_or_never().unwrap().unwrap();
    }

    /// An object of one part, whose tag is no hash of its content.
    pub(super) async fn put_in_parts(&self, bucket: &BucketName, key: &str, content: &str) {
        let (store, key) = (&self.service.store, any(key));
        let upload = store.begin_upload(bucket, &key, &Attributes::NONE).await.unwrap();
        let payload = Payload::of(content.as_bytes().to_vec());
        let part = store.put_part(&upload, PartNumber::FIRST, &payload).await.unwrap();
        store.complete_upload(&upload, &[part]).await.unwrap();
    }

    pub(super) fn folder(&self, prefix: &str) -> TablesFolder {
        TablesFolder { bucket: self.service.bucket.clone(), prefix: prefix.to_owned() }
    }

    pub(super) async fn switch_versioning(&self, bucket: &BucketName, to: Versioning) {
        self.service.store.set_versioning(bucket, to).await.unwrap();
    }

    pub(super) async fn move_all(&self) -> Result<MovedTables, OperationError> {
        self.move_tables("", &crate::Quiet, false).await
    }

    pub(super) async fn move_tables(
        &self,
        prefix: &str,
        reporter: &dyn TransferReporter,
        dry_run: bool,
    ) -> Result<MovedTables, OperationError> {
        let context = TransferContext {
            host: self.host.context(),
            client: self.service.client(),
            paths: &self.paths,
            records: &self.records,
            clock: &self.clock,
        };
        let dest = TablesFolder { bucket: tables(), prefix: String::new() };
        let choices = TransferChoices { dry_run, ..TransferChoices::default() };
        let run = TableMove {
            context: &context,
            source: &self.folder(prefix),
            dest: &dest,
            choices: &choices,
            reporter,
        };
        run.carry_out().await
    }

    /// The current keys of a bucket below a prefix, without it, with their contents.
    pub(super) async fn contents(
        &self,
        bucket: &BucketName,
        prefix: &str,
    ) -> Vec<(String, String)> {
        let store = &self.service.store;
        let page = store.list(bucket, &ListAsk::below(prefix), None).await.unwrap();
        let mut contents = Vec::new();
        for key in page.objects.into_iter().map(|object| object.key) {
            let source = ObjectSource::current(bucket, &key);
            let mut content = store.get(&source, None).await.unwrap().content;
            let mut text = Vec::new();
            while let Some(chunk) = content.next().await {
                text.extend_from_slice(&chunk.unwrap());
            }
            let name = key.as_str().strip_prefix(prefix).unwrap().to_owned();
            contents.push((name, String::from_utf8(text).unwrap()));
        }
        contents
    }

    /// What was moved, as source and destination have it.
    pub(super) async fn both(&self, prefix: &str) -> [Vec<(String, String)>; 2] {
        [self.contents(&self.service.bucket, prefix).await, self.contents(&tables(), prefix).await]
    }
}

pub(super) fn tables() -> BucketName {
    TABLES.parse().unwrap()
}

fn any(key: &str) -> AnyKey {
    AnyKey::try_from(key).unwrap()
}
