//! What lies in a bucket, put there and looked at past the program under test.

use datalake_core::s3::{BucketName, Versioning};
use datalake_core::secret::Credentials;
use datalake_engine::{
    AnyKey, Attributes, BucketSettings, ListAsk, NewObject, ObjectStore, Objects, PartNumber,
    Payload, Precondition, Uploads, VersionEntry, VersionPages,
};
use datalake_s3::S3Store;

use super::{Call, Host, KEY, Ran, Service};

/// A bucket of the name that tests use, a host to work from, and the service of both.
pub(crate) struct Shelf {
    pub(crate) host: Host,
    pub(crate) service: Service,
    store: S3Store,
    bucket: BucketName,
}

impl Shelf {
    /// An empty bucket that keeps no versions.
    pub(crate) fn empty() -> Self {
        let shelf = Self::without_bucket();
        shelf.service.block_on(shelf.store.create_bucket(&shelf.bucket)).unwrap();
        shelf
    }

    /// An empty bucket that keeps versions.
    pub(crate) fn versioned() -> Self {
        let shelf = Self::empty();
        let on = shelf.store.set_versioning(&shelf.bucket, Versioning::Enabled);
        shelf.service.block_on(on).unwrap();
        shelf
    }

    /// An empty bucket whose versions can be locked. A service that outlives the test would keep
    /// them.
    #[track_caller]
    pub(crate) fn locked() -> Self {
        let shelf = Self::without_bucket();
        shelf.service.must_be_a_simulator();
        shelf.service.block_on(shelf.store.create_locked_bucket(&shelf.bucket)).unwrap();
        shelf
    }

    /// No bucket yet.
    #[track_caller]
    pub(crate) fn without_bucket() -> Self {
        match Service::outside() {
            None => Self::at(Service::quick()),
            Some(service) => {
                let shelf = Self::at(service);
                shelf.clear();
                shelf
            }
        }
    }

    /// An empty bucket in a service of the test's own.
    pub(crate) fn of(service: Service) -> Self {
        let shelf = Self::at(service);
        shelf.service.block_on(shelf.store.create_bucket(&shelf.bucket)).unwrap();
        shelf
    }

    fn at(service: Service) -> Self {
        let keys = Credentials::pair(KEY.id.parse().unwrap(), KEY.secret.parse().unwrap());
        let endpoint = service.endpoint().parse().unwrap();
        let region = service.region().parse().unwrap();
        let store = S3Store::new(&endpoint, &region, &keys).unwrap();
        let bucket = "acme-dagster-assets".parse().unwrap();
        Self { host: Host::usual(), service, store, bucket }
    }

    /// Removes what an earlier test has left in a service that outlives it.
    #[track_caller]
    fn clear(&self) {
        for bucket in ["acme-dagster-assets", "acme-copy"] {
            let ran =
                self.call(&format!("bucket delete --empty --confirm {bucket} {bucket}")).run();
            assert!(matches!(ran.status.code(), Some(0 | 66)), "{}", ran.all());
        }
    }

    /// `datalake WORDS…` on this bucket.
    pub(crate) fn call(&self, words: &str) -> Call {
        self.host.call(&self.service, words)
    }

    /// The same, run to its end, which has to be this one.
    #[track_caller]
    pub(crate) fn run(&self, words: &str, code: i32) -> Ran {
        self.call(words).run().exits(code)
    }

    /// Stores an object of so many bytes.
    #[track_caller]
    pub(crate) fn put(&self, key: &str, size: usize) {
        self.put_content(key, &vec![b'x'; size]);
    }

    /// Stores an object.
    #[track_caller]
    pub(crate) fn put_content(&self, key: &str, content: &[u8]) {
        let payload = Payload::of(content.to_vec());
        let attributes = Attributes {
            content_type: Some("text/plain".to_owned()),
            user: [("mtime".to_owned(), "1769.5".to_owned())].into(),
            ..Attributes::NONE
        };
        let object = NewObject {
            bucket: &self.bucket,
            key: &any(key),
            payload: &payload,
            attributes: &attributes,
            when: &Precondition::None,
        };
        self.service.block_on(self.store.put(&object)).unwrap();
    }

    /// Deletes what is current.
    #[track_caller]
    pub(crate) fn delete(&self, key: &str) {
        self.service.block_on(self.store.delete(&self.bucket, &any(key), None)).unwrap();
    }

    /// Begins an upload with parts of so many bytes.
    #[track_caller]
    pub(crate) fn begin(&self, key: &str, parts: &[usize]) {
        self.service.block_on(async {
            let key = any(key);
            let begun = self.store.begin_upload(&self.bucket, &key, &Attributes::NONE).await;
            let upload = begun.unwrap();
            for (number, size) in (1..).zip(parts) {
                let payload = Payload::of(vec![b'x'; *size]);
                let number = PartNumber::new(number).unwrap();
                self.store.put_part(&upload, number, &payload).await.unwrap();
            }
        });
    }

    /// All versions and delete markers.
    #[track_caller]
    pub(crate) fn versions(&self) -> Vec<VersionEntry> {
        self.service.block_on(async {
            let mut pages = VersionPages::new(&self.store, &self.bucket, ListAsk::below(""));
            let mut versions = Vec::new();
            while let Some(page) = pages.next().await.unwrap() {
                versions.extend(page.versions);
            }
            versions
        })
    }

    /// The keys that are current.
    #[track_caller]
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut current = self.versions();
        current.retain(|version| {
            version.latest && version.kind != datalake_engine::VersionKind::Marker
        });
        current.iter().map(|version| version.key.as_str().to_owned()).collect()
    }

    /// How many uploads are unfinished.
    #[track_caller]
    pub(crate) fn upload_count(&self) -> usize {
        let ask = ListAsk::below("");
        let page = self.store.list_uploads(&self.bucket, &ask, None);
        self.service.block_on(page).unwrap().uploads.len()
    }

    /// Whether the bucket is there.
    pub(crate) fn is_there(&self) -> bool {
        self.service.block_on(self.store.head_bucket(&self.bucket)).is_ok()
    }

    /// The service's own door, for what has no method here.
    pub(crate) fn store(&self) -> (&S3Store, &BucketName) {
        (&self.store, &self.bucket)
    }
}

fn any(key: &str) -> AnyKey {
    key.try_into().unwrap()
}
