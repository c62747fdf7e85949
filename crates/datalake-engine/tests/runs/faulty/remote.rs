//! The S3 service and Modal, as they fail.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::modal::{AskedContent, ModalObject, VaultState};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_core::secret::{FilledBody, Fingerprint};
use datalake_engine::*;

use super::Faulty;

#[async_trait]
impl SecretVault for Faulty<'_> {
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
        self.ask(self.world.vault.look(secret, asked)).await
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.ask(self.world.vault.create(secret, lines, print)).await
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        self.ask(self.world.vault.update(secret, content)).await
    }

    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault> {
        self.ask(self.world.vault.clear(secret, print)).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.ask(self.world.vault.remove(secret)).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        self.ask(self.world.vault.roll_over(app)).await
    }
}

#[async_trait]
impl ObjectStore for Faulty<'_> {
    async fn reach(&self) -> Result<Service, Fault> {
        self.ask(self.world.store.reach()).await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.ask(self.world.store.buckets()).await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.ask(self.world.store.head_bucket(bucket)).await
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.ask(self.world.store.create_bucket(bucket)).await
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.ask(self.world.store.versioning(bucket)).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.ask(self.world.store.set_versioning(bucket, to)).await
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.ask(self.world.store.tables(bucket)).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.ask(self.world.store.version_traces(bucket)).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.ask(self.world.store.conditional_puts(trial)).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.ask(self.world.store.lifecycle(bucket)).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.ask(self.world.store.set_lifecycle(bucket, rules)).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.ask(self.world.store.policy(bucket)).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.ask(self.world.store.set_policy(bucket, policy)).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.ask(self.world.store.public_access(bucket)).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.ask(self.world.store.set_public_access(bucket, block)).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.ask(self.world.store.put_object(bucket, key, content)).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.ask(self.world.store.get_object(bucket, key)).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.ask(self.world.store.head_object(bucket, key)).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.ask(self.world.store.delete_object(bucket, key, version)).await
    }
}
