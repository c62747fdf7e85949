//! Ports of which one call fails and does nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_engine::*;

use crate::world::World;

pub(crate) struct Failing<'a> {
    world: &'a World,
    fails: usize,
    kind: FaultKind,
    calls: AtomicUsize,
}

impl<'a> Failing<'a> {
    pub(crate) fn new(world: &'a World, fails: usize, kind: FaultKind) -> Self {
        Self { world, fails, kind, calls: AtomicUsize::new(0) }
    }

    /// Whether the call that was to fail was ever made.
    pub(crate) fn has_failed(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > self.fails
    }

    fn turn(&self) -> Result<(), Fault> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if call == self.fails { Err(Fault::new(self.kind, "injected")) } else { Ok(()) }
    }
}

impl Files for Failing<'_> {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        self.turn()?;
        self.world.files.look(path)
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.turn()?;
        Files::write(&self.world.files, path, file)
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.turn()?;
        self.world.files.remove_file(path)
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.turn()?;
        self.world.files.create_folder(path, mode, owner)
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.turn()?;
        self.world.files.remove_folder(path)
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.turn()?;
        self.world.files.sweep(path)
    }
}

impl StateFolder for Failing<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.turn()?;
        self.world.state.read(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.turn()?;
        StateFolder::write(&self.world.state, name, content)
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.turn()?;
        self.world.state.append(name, content)
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.turn()?;
        self.world.state.remove(name)
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.turn()?;
        self.world.state.names(folder)
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.world.state.lock(holder)
    }
}

#[async_trait]
impl ObjectStore for Failing<'_> {
    async fn reach(&self) -> Result<Service, Fault> {
        self.turn()?;
        self.world.store.reach().await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.turn()?;
        self.world.store.buckets().await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.head_bucket(bucket).await
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.create_bucket(bucket).await
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.turn()?;
        ObjectStore::versioning(&self.world.store, bucket).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.set_versioning(bucket, to).await
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.turn()?;
        self.world.store.tables(bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.turn()?;
        self.world.store.version_traces(bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.turn()?;
        self.world.store.conditional_puts(trial).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.turn()?;
        self.world.store.lifecycle(bucket).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.set_lifecycle(bucket, rules).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.turn()?;
        self.world.store.policy(bucket).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.set_policy(bucket, policy).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.turn()?;
        self.world.store.public_access(bucket).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.set_public_access(bucket, block).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.turn()?;
        self.world.store.put_object(bucket, key, content).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.turn()?;
        self.world.store.get_object(bucket, key).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.turn()?;
        self.world.store.head_object(bucket, key).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.turn()?;
        self.world.store.delete_object(bucket, key, version).await
    }
}
