//! Ports of a process that may die at any call. Each write is judged before it happens.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::modal::{AskedContent, ModalObject, VaultState};
use datalake_core::plan::Service;
use datalake_core::policy::{AccessCall, NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_core::secret::{AccessKeyId, FilledBody, Fingerprint};
use datalake_engine::*;

use crate::world::{NEW, OLD, World, ask_gateway, require_no_wider};

/// Files, state folder and Modal.
pub(crate) struct Process<'a>(pub(crate) &'a World);

/// The service as one key sees it.
pub(crate) struct KeyedStore<'a> {
    pub(crate) world: &'a World,
    pub(crate) key: AccessKeyId,
}

impl Process<'_> {
    /// Whatever gets the new key: it may nothing more than the old one might.
    fn judge_lines(&self, content: &FilledBody) {
        if String::from_utf8_lossy(content.expose()).contains(NEW) {
            self.0.judge_now(NEW, &self.0.spec.list_buckets());
        }
    }
}

impl World {
    /// Looks past the process at the policies that act.
    fn judge_now(&self, key: &str, buckets: &[BucketName]) {
        for bucket in buckets {
            let policy = futures::FutureExt::now_or_never(self.enforced_policy(bucket)).unwrap();
            require_no_wider(policy.as_ref(), bucket, key);
        }
    }
}

impl Files for Process<'_> {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        self.0.begin_call()?;
        self.0.files.look(path)
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.judge_lines(file.content);
        Files::write(&self.0.files, path, file)?;
        self.0.end_call(())
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.files.remove_file(path)
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.files.create_folder(path, mode, owner)
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.files.remove_folder(path)
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.files.sweep(path)
    }
}

impl StateFolder for Process<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.0.begin_call()?;
        self.0.state.read(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.0.begin_call()?;
        StateFolder::write(&self.0.state, name, content)?;
        self.0.end_call(())
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.state.append(name, content)?;
        self.0.end_call(())
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.state.remove(name)?;
        self.0.end_call(())
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.0.begin_call()?;
        self.0.state.names(folder)
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.0.state.lock(holder)
    }
}

#[async_trait]
impl SecretVault for Process<'_> {
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
        self.0.begin_call()?;
        SecretVault::look(&self.0.vault, secret, asked).await
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.judge_lines(lines);
        self.0.vault.create(secret, lines, print).await?;
        self.0.end_call(())
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.judge_lines(content.lines);
        self.0.vault.update(secret, content).await?;
        self.0.end_call(())
    }

    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.vault.clear(secret, print).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.0.begin_call()?;
        SecretVault::remove(&self.0.vault, secret).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        self.0.begin_call()?;
        self.0.vault.roll_over(app).await?;
        self.0.end_call(())
    }
}

impl KeyedStore<'_> {
    fn require_known(&self) -> Result<(), Fault> {
        self.world.begin_call()?;
        let is_deleted = match self.key.as_str() {
            OLD => self.world.is_old_deleted.load(Ordering::Relaxed),
            NEW => self.world.is_new_deleted.load(Ordering::Relaxed),
            _ => false,
        };
        if is_deleted {
            return Err(Fault::new(FaultKind::UnknownAccessKey, "InvalidAccessKeyId"));
        }
        Ok(())
    }

    async fn require_call(&self, bucket: &BucketName, call: AccessCall) -> Result<(), Fault> {
        self.require_known()?;
        let policy = self.world.enforced_policy(bucket).await;
        if ask_gateway(policy.as_ref(), bucket, &self.key, call) {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Denied, "AccessDenied"))
    }
}

#[async_trait]
impl ObjectStore for KeyedStore<'_> {
    async fn reach(&self) -> Result<Service, Fault> {
        self.require_known()?;
        Ok(Service { clock_ahead: 0, owner: Some("p11".to_owned()) })
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.require_known()?;
        self.world.store.buckets().await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.require_call(bucket, AccessCall::HeadBucket).await?;
        self.world.store.head_bucket(bucket).await
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.require_known()?;
        self.world.store.create_bucket(bucket).await
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.require_call(bucket, AccessCall::GetBucketVersioning).await?;
        ObjectStore::versioning(&self.world.store, bucket).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.require_call(bucket, AccessCall::PutBucketVersioning).await?;
        self.world.store.set_versioning(bucket, to).await
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.require_call(bucket, AccessCall::ListObjects).await?;
        self.world.store.tables(bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.require_call(bucket, AccessCall::ListObjectVersions).await?;
        self.world.store.version_traces(bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.require_known()?;
        self.world.store.conditional_puts(trial).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.require_call(bucket, AccessCall::GetBucketLifecycle).await?;
        self.world.store.lifecycle(bucket).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.require_call(bucket, AccessCall::PutBucketLifecycle).await?;
        self.world.store.set_lifecycle(bucket, rules).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.require_call(bucket, AccessCall::GetBucketPolicy).await?;
        self.world.store.policy(bucket).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        let call = match policy {
            Some(_) => AccessCall::PutBucketPolicy,
            None => AccessCall::DeleteBucketPolicy,
        };
        self.require_call(bucket, call).await?;
        let new = policy.map(|policy| policy.text.read_policy().unwrap());
        let is_old_known = !self.world.is_old_deleted.load(Ordering::Relaxed);
        if is_old_known {
            require_no_wider(new.as_ref(), bucket, OLD);
        }
        if self.world.has_new_key() {
            require_no_wider(new.as_ref(), bucket, NEW);
        }
        self.world.store.set_policy(bucket, policy).await?;
        self.world.note_policy(bucket, new);
        self.world.end_call(())
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.require_known()?;
        self.world.store.public_access(bucket).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.require_known()?;
        self.world.store.set_public_access(bucket, block).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.require_call(bucket, AccessCall::PutObject).await?;
        let stored = self.world.store.put_object(bucket, key, content).await?;
        self.world.end_call(stored)
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.require_call(bucket, AccessCall::GetObject).await?;
        self.world.store.get_object(bucket, key).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.require_call(bucket, AccessCall::GetObject).await?;
        self.world.store.head_object(bucket, key).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.require_call(bucket, AccessCall::DeleteObject).await?;
        self.world.store.delete_object(bucket, key, version).await
    }
}
