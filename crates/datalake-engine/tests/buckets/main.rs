//! Buckets walked through, counted and emptied.

#![cfg(test)]

mod logs;
mod survey;
mod tables;

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, Versioning};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::usage::{Tally, Usage};
use datalake_engine::memory::{MemoryClock, MemoryStore};
use datalake_engine::{
    AnyKey, Attributes, BucketSettings, Clear, Cleared, CountedFolder, Extent, ListAsk, NewBucket,
    NewObject, ObjectStore, Objects, OldUploads, PartNumber, Payload, Precondition, Scope, Uploads,
    Walk, abort_uploads, clear_objects, create_bucket, measure_prefix,
};

fn bucket() -> BucketName {
    "acme-assets".parse().unwrap()
}

fn key(text: &str) -> AnyKey {
    text.try_into().unwrap()
}

async fn put(store: &MemoryStore, text: &str, size: usize) {
    let payload = Payload::of(vec![0; size]);
    let (bucket, key) = (bucket(), key(text));
    let object = NewObject {
        bucket: &bucket,
        key: &key,
        payload: &payload,
        attributes: &Attributes::NONE,
        when: &Precondition::None,
    };
    store.put(&object).await.unwrap();
}

async fn begin(store: &MemoryStore, text: &str, parts: &[usize]) {
    let upload = store.begin_upload(&bucket(), &key(text), &Attributes::NONE).await.unwrap();
    for (number, size) in (1..).zip(parts) {
        let payload = Payload::of(vec![0; *size]);
        store.put_part(&upload, PartNumber::new(number).unwrap(), &payload).await.unwrap();
    }
}

async fn store_with(keys: &[&str]) -> MemoryStore {
    let store = MemoryStore::default().taking_parts_of(ByteSize(1));
    store.create_bucket(&bucket()).await.unwrap();
    for key in keys {
        put(&store, key, 10).await;
    }
    store
}

async fn walked(store: &MemoryStore, prefix: &str) -> Vec<String> {
    let bucket = bucket();
    let mut walk = Walk::objects(store, &bucket, prefix).await.unwrap();
    let mut keys = Vec::new();
    while let Some(page) = walk.next().await.unwrap() {
        keys.extend(page.into_iter().map(|object| object.key.as_str().to_owned()));
    }
    keys
}

#[tokio::test]
async fn a_walk_meets_each_key_once_and_in_order() {
    let store = store_with(&["a", "a/", "a/b", "a0", "deep/only/x/1", "z/1", "\u{e9}/1"]).await;
    for folder in 0..70 {
        for name in 0..60 {
            put(&store, &format!("deep/only/f{folder:02}/{name:02}"), 0).await;
        }
    }

    let keys = walked(&store, "").await;

    assert_eq!(keys.len(), 7 + 70 * 60);
    assert!(keys.is_sorted_by(|one, next| one < next));
    assert_eq!(walked(&store, "deep/only/f").await.len(), 70 * 60);
    assert_eq!(walked(&store, "a").await, ["a", "a/", "a/b", "a0"]);
    assert!(walked(&store, "nothing").await.is_empty());
}

#[tokio::test]
async fn a_fault_ends_a_walk_and_is_no_end() {
    let store = MemoryStore::default();
    let bucket = bucket();

    let fault = Walk::objects(&store, &bucket, "").await.err().unwrap();

    assert_eq!(fault.kind, FaultKind::Absent);
}

#[tokio::test]
async fn everything_is_counted_in_its_folder() {
    let store = store_with(&["a/1", "b/x/1", "top"]).await;
    store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();
    put(&store, "a/1", 70_000).await;
    put(&store, "a/2", 5).await;
    store.delete(&bucket(), &key("a/2"), None).await.unwrap();
    begin(&store, "b/y", &[3, 4]).await;
    begin(&store, "c/y", &[]).await;

    let mut told = Vec::new();
    let scope = Scope { bucket: &bucket(), prefix: "", depth: 1 };
    let mut sink = |counted: CountedFolder<'_>| {
        if let CountedFolder::Folder(folder, usage) = counted {
            told.push((folder.to_owned(), *usage));
        }
    };
    let all = measure_prefix(&store, &scope, &mut sink).await.unwrap();

    let tally = |count, bytes, billed| Tally { count, bytes, billed };
    let none = Usage::default();
    let a = Usage {
        current: tally(1, 70_000, 70_000),
        noncurrent: tally(2, 15, 128_000),
        markers: tally(1, 0, 64_000),
        ..none
    };
    let b = Usage { current: tally(1, 10, 64_000), uploads: tally(1, 7, 64_000), ..none };
    let c = Usage { uploads: tally(1, 0, 0), ..none };
    let expected = [("a/", a), ("b/", b), ("c/", c)];
    assert_eq!(told, expected.map(|(folder, usage)| (folder.to_owned(), usage)));
    assert_eq!(all.current, tally(3, 70_020, 198_000));
    assert_eq!(all.total().count, 8);
}

#[tokio::test]
async fn a_bucket_is_emptied_of_everything() {
    let store = store_with(&[]).await;
    store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();
    for number in 0..1200 {
        put(&store, &format!("k{number:04}"), 1).await;
        put(&store, &format!("k{number:04}"), 1).await;
    }
    put(&store, "odd\u{1}", 1).await;
    store.delete(&bucket(), &key("k0000"), None).await.unwrap();
    begin(&store, "u", &[1]).await;
    let (bucket, mut cleared) = (bucket(), Cleared::default());

    abort_uploads(&store, &OldUploads { bucket: &bucket, prefix: "", before: None }, &mut cleared)
        .await
        .unwrap();
    let what = Clear { bucket: &bucket, prefix: "", takes: &|_| true, extent: Extent::AllVersions };
    let mut told = 0;
    clear_objects(&store, &what, &mut cleared, &mut |cleared| told = cleared.gone.count)
        .await
        .unwrap();

    assert_eq!((cleared.gone.count, cleared.gone.bytes), (2402, 2401));
    assert_eq!((cleared.uploads, cleared.failed, told), (1, 0, 2402));
    store.delete_bucket(&bucket).await.unwrap();
}

#[tokio::test]
async fn only_what_is_meant_goes() {
    let store = store_with(&["a/1.tmp", "a/2.csv", "b/1.tmp"]).await;
    let (bucket, mut cleared) = (bucket(), Cleared::default());
    let takes = |key: &str| key.ends_with("/1.tmp");

    let what = Clear { bucket: &bucket, prefix: "a/", takes: &takes, extent: Extent::Current };
    clear_objects(&store, &what, &mut cleared, &mut |_| ()).await.unwrap();

    assert_eq!(walked(&store, "").await, ["a/2.csv", "b/1.tmp"]);
    assert_eq!(cleared.gone.count, 1);
}

#[tokio::test]
async fn a_new_bucket_is_told_from_one_that_was_there() {
    let (store, clock) = (MemoryStore::default(), MemoryClock::new(0));
    let bucket = bucket();

    let first = create_bucket(&store, &clock, &bucket, true).await;
    let second = create_bucket(&store, &clock, &bucket, false).await;

    assert_eq!((first, second), (Ok(NewBucket::Made), Ok(NewBucket::WasThere)));
    assert_eq!(store.versioning(&bucket).await, Ok(Versioning::Enabled));
}

#[tokio::test]
async fn only_old_uploads_are_given_up() {
    let store = store_with(&[]).await;
    let at = |seconds| Timestamp::from_unix(seconds).unwrap();
    for (key, begun) in [("old", 100), ("as old", 199), ("young", 200)] {
        store.set_now(at(begun));
        begin(&store, key, &[1]).await;
    }
    let (bucket, mut cleared) = (bucket(), Cleared::default());

    let which = OldUploads { bucket: &bucket, prefix: "", before: Some(at(200)) };
    abort_uploads(&store, &which, &mut cleared).await.unwrap();

    let left = store.list_uploads(&bucket, &ListAsk::below(""), None).await.unwrap().uploads;
    let left: Vec<_> = left.iter().map(|(upload, _)| upload.key.as_str()).collect();
    assert_eq!((left, cleared.uploads), (vec!["young"], 2));
}
