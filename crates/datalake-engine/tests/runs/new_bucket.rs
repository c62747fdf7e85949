//! A bucket that was made a moment ago, and that every other answer denies.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::plan::{Found, Service};
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::receipt::Receipt;
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_engine::memory::MemoryStore;
use datalake_engine::*;

use crate::support::*;

/// A store whose bucket is missing in every other of the first answers about it.
struct LateStore<'a> {
    store: &'a MemoryStore,
    left: AtomicU32,
}

impl<'a> LateStore<'a> {
    fn new(store: &'a MemoryStore, answers: u32) -> Self {
        Self { store, left: AtomicU32::new(answers) }
    }

    fn answer(&self) -> Result<(), Fault> {
        let less = |left: u32| left.checked_sub(1);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(left) if left % 2 == 0 => Err(Fault::new(FaultKind::Absent, "NoSuchBucket")),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl ObjectStore for LateStore<'_> {
    async fn reach(&self) -> Result<Service, Fault> {
        self.store.reach().await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.store.buckets().await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.store.head_bucket(bucket).await?;
        self.answer()
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.store.create_bucket(bucket).await
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.answer()?;
        self.store.versioning(bucket).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.answer()?;
        self.store.set_versioning(bucket, to).await
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.store.tables(bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.store.version_traces(bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.store.conditional_puts(trial).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.answer()?;
        self.store.lifecycle(bucket).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.answer()?;
        self.store.set_lifecycle(bucket, rules).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.answer()?;
        self.store.policy(bucket).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.answer()?;
        self.store.set_policy(bucket, policy).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.answer()?;
        self.store.public_access(bucket).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.answer()?;
        self.store.set_public_access(bucket, block).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.answer()?;
        self.store.put_object(bucket, key, content).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.answer()?;
        self.store.get_object(bucket, key).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.answer()?;
        self.store.head_object(bucket, key).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.answer()?;
        self.store.delete_object(bucket, key, version).await
    }
}

/// A run that finds the bucket of a killed one, whose first answers deny it so often.
async fn finds_late_bucket(answers: u32) {
    let world = World::without_bucket().await;
    world.store.create_bucket(&bucket()).await.unwrap();
    let late = LateStore::new(&world.store, answers);

    world.provision("bucket = assets\n", &Ports { store: &late, ..world.ports() }).await.unwrap();

    assert_eq!(world.store.versioning(&bucket()).await.unwrap(), Versioning::Enabled);
    assert!(world.history().iter().all(Receipt::is_complete), "{answers}");
}

/// Whichever of its answers is the last that denies the bucket.
#[tokio::test]
async fn a_run_waits_for_a_bucket_that_an_earlier_one_was_making() {
    for answers in 0..24 {
        finds_late_bucket(answers).await;
    }
}

#[tokio::test]
async fn a_bucket_that_is_nowhere_is_not_waited_for() {
    let world = World::without_bucket().await;

    let seen = look_at(&Target::Bucket(bucket()), &world.ports()).await;

    assert_eq!(seen.bucket(&bucket()), Found::Absent);
    assert_eq!(world.clock.now().unix(), 1_800_000_000);
}
