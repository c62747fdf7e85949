//! A folder, a bucket and a clock that costs nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_engine::memory::{MemoryStore, PausedClock};
use datalake_engine::transfer::memory::{MemoryLongFiles, MemoryTree};
use datalake_engine::transfer::{
    BucketFolder, Item, Mark, Options, Route, Summary, TagCheck, TransferLimits, TransferPorts,
    TransferStopped, TransferWatch, sync,
};
use datalake_engine::{
    AnyKey, Attributes, ListAsk, NewObject, ObjectPages, ObjectSource, ObjectStore as _, Objects,
    PartNumber, Payload, Precondition, UploadPages, Uploads,
};
use futures::StreamExt as _;

/// Noon of a day, when all objects are stored.
pub(crate) const NOON: i64 = PausedClock::START;
pub(crate) const MIB: usize = 1 << 20;

/// Both sides, and what is kept from run to run.
pub(crate) struct Bed {
    pub(crate) tree: MemoryTree,
    pub(crate) store: MemoryStore,
    pub(crate) files: MemoryLongFiles,
    pub(crate) prefix: String,
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

/// A content, and the size of the parts that it is cut into.
#[derive(Clone, Copy)]
pub(crate) struct Cut<'a> {
    pub(crate) content: &'a Bytes,
    pub(crate) part: usize,
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

    pub(crate) async fn up(&self, options: &Options) -> Result<Summary, TransferStopped> {
        self.up_through(&self.store, options).await
    }

    pub(crate) async fn up_through<S: Objects + Uploads>(
        &self,
        store: &S,
        options: &Options,
    ) -> Result<Summary, TransferStopped> {
        let folder = self.folder(store);
        self.run(&Route::Up(&self.tree, &folder), options, &Notes::default()).await
    }

    pub(crate) async fn down_through<S: Objects + Uploads>(
        &self,
        store: &S,
        tree: &MemoryTree,
        options: &Options,
    ) -> Result<Summary, TransferStopped> {
        let folder = self.folder(store);
        self.run(&Route::Down(&folder, tree), options, &Notes::default()).await
    }

    pub(crate) async fn run(
        &self,
        route: &Route<'_>,
        options: &Options,
        watch: &dyn TransferWatch,
    ) -> Result<Summary, TransferStopped> {
        let clock = PausedClock::new();
        let ports = TransferPorts {
            clock: &clock,
            files: &self.files,
            manifest: "transfers/a",
            others: &[],
        };
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

    /// Deletes an object.
    pub(crate) async fn remove(&self, key: &str) {
        self.store.delete(&bucket(), &key.try_into().unwrap(), None).await.unwrap();
    }

    /// Stores an object in parts of this size that tells nothing of itself.
    pub(crate) async fn put_in_parts(&self, key: &str, content: &Bytes, part: usize) {
        self.put_in_parts_with(key, Cut { content, part }, &Attributes::NONE).await;
    }

    /// The same of one that carries this.
    pub(crate) async fn put_in_parts_with(&self, key: &str, cut: Cut<'_>, attributes: &Attributes) {
        let Cut { content, part } = cut;
        let key = AnyKey::try_from(key).unwrap();
        let bucket = bucket();
        let upload = self.store.begin_upload(&bucket, &key, attributes).await.unwrap();
        let mut parts = Vec::new();
        for (at, chunk) in content.chunks(part).enumerate() {
            let number = PartNumber::new(u16::try_from(at + 1).unwrap()).unwrap();
            let payload = Payload::of(Bytes::copy_from_slice(chunk));
            parts.push(self.store.put_part(&upload, number, &payload).await.unwrap());
        }
        self.store.complete_upload(&upload, &parts).await.unwrap();
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

    /// What an object carries along.
    pub(crate) async fn carried(&self, key: &str) -> Attributes {
        let source = ObjectSource::current(&bucket(), &key.try_into().unwrap());
        self.store.head(&source).await.unwrap().attributes
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

/// Options for parts of 5 MiB, and a service that was seen to refuse wrong hashes.
/// What an object carries that tells the time of the file that it was made of, in seconds.
pub(crate) fn dated(seconds: i64) -> Attributes {
    Attributes { user: [("mtime".to_owned(), seconds.to_string())].into(), ..Attributes::NONE }
}

pub(crate) fn options() -> Options {
    let limits = TransferLimits { part_size: ByteSize(5 << 20), ..TransferLimits::default() };
    Options { limits, tags: TagCheck::Seen, ..Options::default() }
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
