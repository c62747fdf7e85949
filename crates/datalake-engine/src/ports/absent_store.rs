//! A store that nobody can ask, for runs that need none.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};

use super::{ObjectHead, ObjectStore, PutTrial, Stored, VersionId};

/// Answers every question with the reason why there is no store: unknown, never absent.
#[derive(Debug, Clone)]
pub struct NoStore(
    /// The reason.
    pub String,
);

impl NoStore {
    fn answer<T>(&self) -> Result<T, Fault> {
        Err(Fault::new(FaultKind::Refused, self.0.clone()))
    }
}

#[async_trait]
impl ObjectStore for NoStore {
    async fn reach(&self) -> Result<Service, Fault> {
        self.answer()
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.answer()
    }

    async fn head_bucket(&self, _: &BucketName) -> Result<(), Fault> {
        self.answer()
    }

    async fn create_bucket(&self, _: &BucketName) -> Result<(), Fault> {
        self.answer()
    }

    async fn versioning(&self, _: &BucketName) -> Result<Versioning, Fault> {
        self.answer()
    }

    async fn set_versioning(&self, _: &BucketName, _: Versioning) -> Result<(), Fault> {
        self.answer()
    }

    async fn tables(&self, _: &BucketName) -> Result<TableSearch, Fault> {
        self.answer()
    }

    async fn version_traces(&self, _: &BucketName) -> Result<VersionTraces, Fault> {
        self.answer()
    }

    async fn conditional_puts(&self, _: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.answer()
    }

    async fn lifecycle(&self, _: &BucketName) -> Result<Lifecycle, Fault> {
        self.answer()
    }

    async fn set_lifecycle(&self, _: &BucketName, _: &Lifecycle) -> Result<(), Fault> {
        self.answer()
    }

    async fn policy(&self, _: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.answer()
    }

    async fn set_policy(&self, _: &BucketName, _: Option<&NewPolicy>) -> Result<(), Fault> {
        self.answer()
    }

    async fn public_access(&self, _: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.answer()
    }

    async fn set_public_access(&self, _: &BucketName, _: PublicAccessBlock) -> Result<(), Fault> {
        self.answer()
    }

    async fn put_object(&self, _: &BucketName, _: &ObjectKey, _: Vec<u8>) -> Result<Stored, Fault> {
        self.answer()
    }

    async fn get_object(&self, _: &BucketName, _: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.answer()
    }

    async fn head_object(&self, _: &BucketName, _: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.answer()
    }

    async fn delete_object(
        &self,
        _: &BucketName,
        _: &ObjectKey,
        _: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.answer()
    }
}
