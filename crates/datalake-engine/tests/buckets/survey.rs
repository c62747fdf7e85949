//! Everything that is billed, seen once.

use datalake_core::s3::{ObjectKey, Versioning};
use datalake_core::time::Timestamp;
use datalake_engine::memory::MemoryStore;
use datalake_engine::{ObjectStore, Surveyor, Thing, ThingKind, survey_prefix};

use crate::{begin, bucket, put};

#[derive(Default)]
struct Seen(Vec<(String, ThingKind, u64, i64)>);

impl Surveyor for Seen {
    fn sees(&mut self, thing: &Thing<'_>) {
        let size = thing.size.map_or(0, |size| size.0);
        self.0.push((thing.key.to_owned(), thing.kind, size, thing.since.unix()));
    }
}

#[tokio::test]
async fn an_old_version_is_as_old_as_what_took_its_place() {
    let store = MemoryStore::default();
    store.create_bucket(&bucket()).await.unwrap();
    store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();
    let at = |seconds| store.set_now(Timestamp::from_unix(seconds).unwrap());
    at(10);
    put(&store, "again", 1).await;
    put(&store, "gone", 4).await;
    at(20);
    put(&store, "again", 2).await;
    at(30);
    put(&store, "again", 3).await;
    let gone: ObjectKey = "gone".parse().unwrap();
    store.delete_object(&bucket(), &gone, None).await.unwrap();
    at(40);
    begin(&store, "begun", &[]).await;

    let mut seen = Seen::default();
    survey_prefix(&store, &bucket(), "", &mut seen).await.unwrap();

    let of = |key: &str, kind, size, since| (key.to_owned(), kind, size, since);
    assert_eq!(
        seen.0,
        [
            of("again", ThingKind::Current, 3, 30),
            of("again", ThingKind::Noncurrent, 2, 30),
            of("again", ThingKind::Noncurrent, 1, 20),
            of("begun", ThingKind::Upload, 0, 40),
            of("gone", ThingKind::Marker, 0, 30),
            of("gone", ThingKind::Noncurrent, 4, 30),
        ]
    );
}
