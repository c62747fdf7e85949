//! A service in memory for tests.

use datalake_core::s3::{BucketName, Versioning};
use datalake_core::spec::StoreSpec;
use datalake_engine::memory::{MemoryClock, MemoryStore};
use datalake_engine::{
    AnyKey, Attributes, ListAsk, NewObject, ObjectStore as _, Objects as _, Payload, Precondition,
};

use super::BucketClient;
use crate::test_support::store_spec;

/// A service with one bucket, which the spec names.
pub(crate) struct TestService {
    pub(crate) store: MemoryStore,
    pub(crate) clock: MemoryClock,
    pub(crate) spec: StoreSpec,
    pub(crate) bucket: BucketName,
}

impl TestService {
    /// A service whose bucket holds these keys, each with itself as content.
    pub(crate) async fn with_keys(keys: &[&str]) -> Self {
        let bucket: BucketName = "acme-lake".parse().unwrap();
        let spec = StoreSpec { bucket: Some(bucket.clone()), ..store_spec() };
        let (store, clock) = (MemoryStore::default(), MemoryClock::new(0));
        let service = Self { store, clock, spec, bucket };
        service.store.create_bucket(&service.bucket).await.unwrap();
        for text in keys {
            service.put(text, text).await;
        }
        service
    }

    /// The same, keeping versions from now on.
    pub(crate) async fn keeping_versions(self) -> Self {
        self.store.set_versioning(&self.bucket, Versioning::Enabled).await.unwrap();
        self
    }

    pub(crate) async fn put(&self, text: &str, content: &str) {
        let (key, payload) = (key(text), Payload::of(content.as_bytes().to_vec()));
        let object = NewObject {
            bucket: &self.bucket,
            key: &key,
            payload: &payload,
            attributes: &Attributes::NONE,
            when: &Precondition::None,
        };
        self.store.put(&object).await.unwrap();
    }

    pub(crate) async fn delete(&self, text: &str) {
        self.store.delete(&self.bucket, &key(text), None).await.unwrap();
    }

    pub(crate) fn client(&self) -> BucketClient<'_> {
        BucketClient { store: &self.store, spec: &self.spec, clock: &self.clock }
    }
}

pub(crate) fn key(text: &str) -> AnyKey {
    AnyKey::try_from(text).unwrap()
}

/// The keys of the service's bucket.
pub(crate) async fn list_keys(service: &TestService) -> Vec<String> {
    let ask = ListAsk::below("");
    let page = service.store.list(&service.bucket, &ask, None).await.unwrap();
    page.objects.into_iter().map(|object| object.key.as_str().to_owned()).collect()
}
