//! New buckets that come and go, buckets of others, probes.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::receipt::{Receipt, RunKind};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_engine::memory::MemoryStore;
use datalake_engine::*;

use crate::support::*;

/// A store that answers the first heads of its bucket, or its creation, as told.
#[derive(Default)]
struct Scripted {
    inner: MemoryStore,
    heads: Mutex<VecDeque<FaultKind>>,
    last_head: Option<FaultKind>,
    creation: Option<FaultKind>,
    /// How many questions after versioning find no bucket.
    late: AtomicU32,
}

/// A head that works.
const OK: FaultKind = FaultKind::Io;

#[async_trait]
impl ObjectStore for Scripted {
    async fn reach(&self) -> Result<Service, Fault> {
        self.inner.reach().await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.inner.buckets().await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.inner.head_bucket(bucket).await?;
        match self.heads.lock().unwrap().pop_front().or(self.last_head) {
            None | Some(OK) => Ok(()),
            Some(kind) => Err(Fault::new(kind, "scripted")),
        }
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.inner.create_bucket(bucket).await?;
        self.creation.map_or(Ok(()), |kind| Err(Fault::new(kind, "scripted")))
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        let one_less = |late: u32| late.checked_sub(1);
        if self.late.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Err(Fault::new(FaultKind::Absent, "NoSuchBucket"));
        }
        self.inner.versioning(bucket).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.inner.set_versioning(bucket, to).await
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.inner.tables(bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.inner.version_traces(bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.inner.conditional_puts(trial).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.inner.lifecycle(bucket).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, to: &Lifecycle) -> Result<(), Fault> {
        self.inner.set_lifecycle(bucket, to).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.inner.policy(bucket).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.inner.set_policy(bucket, policy).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.inner.public_access(bucket).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.inner.set_public_access(bucket, block).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.inner.put_object(bucket, key, content).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.inner.get_object(bucket, key).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.inner.head_object(bucket, key).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.inner.delete_object(bucket, key, version).await
    }
}

/// Creates a bucket in `store`; tells how it ended, and how long that took on the clock.
async fn create(store: &Scripted) -> (Result<Receipt, FaultKind>, Duration) {
    let world = World::without_bucket().await;
    let mut plan = world.plan("x").await;
    plan.steps.truncate(1);
    let run = world.run(RunKind::Provision, &plan).await;
    let before = world.clock.slept();

    let ended = apply(run, &Patient, &Ports { store, ..world.ports() }).await;

    let ended = ended.map_err(|error| match error {
        ApplyError::Step(failed) => failed.fault.kind,
        other => panic!("{other}"),
    });
    (ended, world.clock.slept().saturating_sub(before))
}

fn scripted(heads: &[FaultKind]) -> Scripted {
    Scripted { heads: Mutex::new(heads.iter().copied().collect()), ..Scripted::default() }
}

#[tokio::test]
async fn a_new_bucket_is_used_once_it_is_there_for_good() {
    let gone = FaultKind::Absent;

    let (steady, at_once) = create(&scripted(&[])).await;
    let (flapping, later) = create(&scripted(&[OK, gone, OK, OK, gone, gone])).await;

    assert!(steady.unwrap().is_complete());
    assert_eq!(at_once, Duration::from_millis(400));
    assert!(flapping.unwrap().is_complete());
    assert_eq!(later, Duration::from_millis(3700));
}

#[tokio::test]
async fn a_gateway_that_lags_behind_a_new_bucket_is_asked_again() {
    let world = World::without_bucket().await;
    let plan = world.plan("x").await;
    let run = world.run(RunKind::Provision, &plan).await;
    let lagging = Scripted { late: AtomicU32::new(3), ..Scripted::default() };
    let store = RetryingStore::new(&lagging, &world.clock, 20);

    let ended = apply(run, &Patient, &Ports { store: &store, ..world.ports() }).await;

    assert!(ended.unwrap().is_complete());
}

#[tokio::test]
async fn a_bucket_that_was_seen_once_may_be_gone() {
    let world = World::with_bucket().await;
    let store = RetryingStore::new(&world.store, &world.clock, 20);
    store.head_bucket(&bucket()).await.unwrap();

    let absent = store.get_object(&bucket(), &"none".parse().unwrap()).await;

    assert_eq!(absent.unwrap_err().kind, FaultKind::Absent);
    assert_eq!(world.clock.slept(), Duration::ZERO);
}

#[tokio::test]
async fn a_bucket_that_never_shows_up_is_given_up() {
    let store = Scripted { last_head: Some(FaultKind::Absent), ..Scripted::default() };

    let (ended, waited) = create(&store).await;

    assert_eq!(ended.unwrap_err(), FaultKind::Absent);
    assert_eq!(waited, Duration::from_mins(3));
}

#[tokio::test]
async fn a_name_that_someone_else_has_is_told_apart() {
    let store = Scripted {
        creation: Some(FaultKind::TakenBucket),
        last_head: Some(FaultKind::Denied),
        ..Scripted::default()
    };

    assert_eq!(create(&store).await.0.unwrap_err(), FaultKind::TakenBucket);
}

#[tokio::test]
async fn a_bucket_of_our_own_after_a_lost_answer_is_taken() {
    let store = Scripted { creation: Some(FaultKind::TakenBucket), ..Scripted::default() };

    assert!(create(&store).await.0.unwrap().is_complete());
}

#[tokio::test]
async fn a_bucket_that_was_just_made_is_never_called_someone_elses() {
    let store = Scripted { last_head: Some(FaultKind::Denied), ..Scripted::default() };

    assert_eq!(create(&store).await.0.unwrap_err(), FaultKind::Denied);
}

#[tokio::test]
async fn a_probe_leaves_nothing_behind_where_versions_are_kept() {
    let world = World::with_bucket().await;
    world.store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();

    world.provision("x", &world.ports()).await.unwrap();

    assert_eq!(world.store.version_count(), 0);
}

#[tokio::test]
async fn a_probe_leaves_nothing_behind_in_a_new_bucket() {
    let world = World::without_bucket().await;

    world.provision("x", &world.ports()).await.unwrap();

    assert_eq!(world.store.version_count(), 0);
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_promises_of_stores() {
    check_object_store(&MemoryStore::default(), &bucket()).await.unwrap();
}

#[tokio::test]
async fn the_memory_store_is_a_whole_lake() {
    check_lake(&MemoryStore::default(), &bucket()).await.unwrap();
}
