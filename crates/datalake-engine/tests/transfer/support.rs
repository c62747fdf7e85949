//! A folder, a bucket and a clock that costs nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::{BucketName, ByteSize, Timestamp};
use datalake_engine::memory::MemoryStore;
use datalake_engine::transfer::memory::{MemoryLongFiles, MemoryTree};
use datalake_engine::transfer::{
    BucketFolder, Item, Limits, Mark, Options, Route, Stopped, Stopwatch, Summary, TransferPorts,
    TransferWatch, sync,
};
use datalake_engine::{
    AnyKey, Attributes, Clock, ListAsk, NewObject, ObjectPages, ObjectSource, ObjectStore as _,
    Objects, Payload, Precondition, UploadPages, Uploads,
};
use futures::StreamExt as _;
use tokio::time::Instant;

/// Noon of a day, when all objects are stored.
pub(crate) const NOON: i64 = 1_763_812_800;
pub(crate) const MIB: usize = 1 << 20;

/// Both sides, and what is kept from run to run.
pub(crate) struct Bed {
    pub(crate) tree: MemoryTree,
    pub(crate) store: MemoryStore,
    pub(crate) files: MemoryLongFiles,
    pub(crate) prefix: String,
}

/// Tokio's clock, which a test lets stand still.
pub(crate) struct PausedClock {
    start: Instant,
    random: AtomicU64,
}

/// What was told of each name.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<String>>);

pub(crate) fn bucket() -> BucketName {
    "acme-lake".parse().unwrap()
}

pub(crate) fn other_bucket() -> BucketName {
    "acme-copy".parse().unwrap()
}

impl Bed {
    pub(crate) async fn new() -> Self {
        let store = MemoryStore::default();
        store.set_now(Timestamp::from_unix(NOON).unwrap());
        store.create_bucket(&bucket()).await.unwrap();
        store.create_bucket(&other_bucket()).await.unwrap();
        let (tree, files) = Default::default();
        Self { tree, store, files, prefix: "raw/".to_owned() }
    }

    pub(crate) fn folder<'s, S: Objects + Uploads>(&self, store: &'s S) -> BucketFolder<'s> {
        let prefix = self.prefix.clone();
        BucketFolder { objects: store, uploads: store, bucket: bucket(), prefix }
    }

    pub(crate) async fn up(&self, options: &Options) -> Result<Summary, Stopped> {
        self.up_through(&self.store, options).await
    }

    pub(crate) async fn up_through<S: Objects + Uploads>(
        &self,
        store: &S,
        options: &Options,
    ) -> Result<Summary, Stopped> {
        let folder = self.folder(store);
        self.run(&Route::Up(&self.tree, &folder), options, &Notes::default()).await
    }

    pub(crate) async fn down_through<S: Objects + Uploads>(
        &self,
        store: &S,
        tree: &MemoryTree,
        options: &Options,
    ) -> Result<Summary, Stopped> {
        let folder = self.folder(store);
        self.run(&Route::Down(&folder, tree), options, &Notes::default()).await
    }

    pub(crate) async fn run(
        &self,
        route: &Route<'_>,
        options: &Options,
        watch: &dyn TransferWatch,
    ) -> Result<Summary, Stopped> {
        let clock = PausedClock::new();
        let ports = TransferPorts { clock: &clock, files: &self.files, manifest: "transfers/a" };
        sync(route, options, &ports, watch).await
    }

    pub(crate) async fn put(&self, key: &str, content: impl Into<Bytes>) {
        let key = AnyKey::try_from(key).unwrap();
        let object = NewObject {
            bucket: &bucket(),
            key: &key,
            payload: &Payload::of(content),
            attributes: &Attributes::NONE,
            when: &Precondition::None,
        };
        self.store.put(&object).await.unwrap();
    }

    /// All objects below the prefix.
    pub(crate) async fn objects(&self) -> BTreeMap<String, Bytes> {
        self.objects_in(&bucket()).await
    }

    pub(crate) async fn objects_in(&self, bucket: &BucketName) -> BTreeMap<String, Bytes> {
        let mut objects = BTreeMap::new();
        let ask = ListAsk::below(self.prefix.as_str());
        let mut pages = ObjectPages::new(&self.store, bucket, ask);
        while let Some(page) = pages.next().await.unwrap() {
            for entry in page.objects {
                let source = ObjectSource::current(bucket, &entry.key);
                let content = self.store.get(&source, None).await.unwrap().content;
                let chunks: Vec<_> = content.map(Result::unwrap).collect().await;
                let name = entry.key.as_str().strip_prefix(&self.prefix).unwrap().to_owned();
                objects.insert(name, chunks.concat().into());
            }
        }
        objects
    }

    pub(crate) async fn open_uploads(&self) -> usize {
        let bucket = bucket();
        let mut pages = UploadPages::new(&self.store, &bucket, ListAsk::below(""));
        let mut count = 0;
        while let Some(page) = pages.next().await.unwrap() {
            count += page.uploads.len();
        }
        count
    }
}

impl PausedClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), random: AtomicU64::new(1) }
    }
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.start.elapsed().as_secs()).unwrap();
        Timestamp::from_unix(NOON + seconds).unwrap()
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }

    fn random(&self) -> u64 {
        self.random.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Stopwatch for PausedClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl TransferWatch for Notes {
    fn item(&self, item: &Item<'_>) {
        let note = format!("{} {:?}: {}", item.mark.character(), item.name, item.reason);
        self.0.lock().unwrap().push(note);
    }
}

impl Notes {
    /// What was told, by name.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut notes = self.0.lock().unwrap().clone();
        notes.sort_by(|one, other| one[2..].cmp(&other[2..]));
        notes
    }
}

/// Options for parts of 5 MiB.
pub(crate) fn options() -> Options {
    let limits = Limits { part_size: ByteSize(5 << 20), ..Limits::default() };
    Options { limits, ..Options::default() }
}

/// So many bytes that look like no others.
pub(crate) fn content(length: usize, seed: u64) -> Bytes {
    // A block of a prime length, again and again, with its number in it: quick, and no two parts
    // are equal.
    let mut block: Vec<u8> =
        (0..65_521_u64).map(|at| ((at * (2 * seed + 3)) >> 3).to_le_bytes()[0]).collect();
    let mut bytes = Vec::with_capacity(length + block.len());
    for number in 0_u64.. {
        if bytes.len() >= length {
            break;
        }
        block[..8].copy_from_slice(&(number ^ seed << 32).to_le_bytes());
        bytes.extend_from_slice(&block);
    }
    bytes.truncate(length);
    bytes.into()
}

/// The marks of a summary that are not zero.
pub(crate) fn counts(summary: &Summary) -> Vec<(Mark, u64)> {
    let all = [
        (Mark::Skipped, summary.skipped.items),
        (Mark::New, summary.new.items),
        (Mark::Replaced, summary.replaced.items),
        (Mark::Deleted, summary.deleted.items),
        (Mark::Failed, summary.failed.items),
    ];
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}
