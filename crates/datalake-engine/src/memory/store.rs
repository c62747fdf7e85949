//! An S3 service in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::{
    BucketName, ByteSize, ETag, Fault, FaultKind, Lifecycle, ObjectKey, Service, Versioning,
};
use sha2::{Digest, Sha256};

use super::held;
use crate::ports::{ObjectHead, ObjectStore, Stored, VersionId};

/// An S3 service in memory that knows one account.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<BTreeMap<BucketName, Bucket>>);

#[derive(Debug)]
struct Bucket {
    versioning: Versioning,
    lifecycle: Lifecycle,
    objects: BTreeMap<ObjectKey, Vec<Version>>,
    written: u64,
}

#[derive(Debug)]
struct Version {
    id: Option<VersionId>,
    /// `None` is a delete marker.
    content: Option<Vec<u8>>,
}

impl MemoryStore {
    fn with<T>(
        &self,
        bucket: &BucketName,
        act: impl FnOnce(&mut Bucket) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut buckets = held(&self.0);
        act(buckets.get_mut(bucket).ok_or_else(|| Fault::new(FaultKind::Absent, "NoSuchBucket"))?)
    }

    /// How many versions and markers all buckets hold.
    #[must_use]
    pub fn version_count(&self) -> usize {
        let buckets = held(&self.0);
        buckets.values().flat_map(|bucket| bucket.objects.values()).map(Vec::len).sum()
    }
}

impl Bucket {
    fn add(&mut self, key: &ObjectKey, content: Option<Vec<u8>>) -> Option<VersionId> {
        self.written += 1;
        let keeps = self.versioning == Versioning::Enabled;
        let id = keeps.then(|| VersionId(format!("v{}", self.written)));
        let versions = self.objects.entry(key.clone()).or_default();
        if !keeps {
            versions.retain(|version| version.id.is_some());
        }
        versions.push(Version { id: id.clone(), content });
        id
    }

    fn current(&self, key: &ObjectKey) -> Result<&[u8], Fault> {
        let newest = self.objects.get(key).and_then(|versions| versions.last());
        let content = newest.and_then(|version| version.content.as_deref());
        content.ok_or_else(|| Fault::new(FaultKind::Absent, "NoSuchKey"))
    }
}

fn etag(content: &[u8]) -> ETag {
    let digest = Sha256::digest(content);
    let text: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    text.parse().expect("hexadecimal digits are a tag")
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn reach(&self) -> Result<Service, Fault> {
        Ok(Service { clock_ahead: 0, owner: Some("p1".to_owned()) })
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        Ok(held(&self.0).keys().cloned().collect())
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.with(bucket, |_| Ok(()))
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let mut buckets = held(&self.0);
        if buckets.contains_key(bucket) {
            return Err(Fault::new(FaultKind::TakenBucket, "BucketAlreadyExists"));
        }
        let new = Bucket {
            versioning: Versioning::Never,
            lifecycle: Lifecycle::default(),
            objects: BTreeMap::new(),
            written: 0,
        };
        buckets.insert(bucket.clone(), new);
        Ok(())
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.with(bucket, |bucket| Ok(bucket.versioning))
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        if to == Versioning::Never {
            return Err(Fault::new(FaultKind::Refused, "MalformedXML"));
        }
        self.with(bucket, |bucket| {
            bucket.versioning = to;
            Ok(())
        })
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.with(bucket, |bucket| Ok(bucket.lifecycle.clone()))
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.with(bucket, |bucket| {
            bucket.lifecycle = rules.clone();
            Ok(())
        })
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.with(bucket, |bucket| {
            let etag = etag(&content);
            Ok(Stored { etag, version: bucket.add(key, Some(content)) })
        })
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.with(bucket, |bucket| bucket.current(key).map(<[u8]>::to_vec))
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.with(bucket, |bucket| {
            let content = bucket.current(key)?;
            Ok(ObjectHead { size: ByteSize(content.len() as u64), etag: etag(content) })
        })
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.with(bucket, |bucket| {
            match (version, bucket.versioning) {
                (Some(id), _) => {
                    let versions = bucket.objects.entry(key.clone()).or_default();
                    versions.retain(|version| version.id.as_ref() != Some(id));
                }
                (None, Versioning::Never) => drop(bucket.objects.remove(key)),
                (None, Versioning::Enabled | Versioning::Suspended) => {
                    bucket.add(key, None);
                }
            }
            bucket.objects.retain(|_, versions| !versions.is_empty());
            Ok(())
        })
    }
}
