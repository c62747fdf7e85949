//! A service that cannot be listed.

use async_trait::async_trait;
use datalake_core::{BucketName, Fault, FaultKind};
use datalake_engine::transfer::BucketFolder;
use datalake_engine::{
    AnyKey, Attributes, ByteRange, Deleted, Doomed, Download, ListAsk, NewObject, ObjectPage,
    ObjectSource, Objects, PageToken, Stored, StoredObject, VersionId, VersionPage,
};

use super::flaky::Flaky;
use super::support::{Bed, bucket};

/// All works but the listing.
pub(crate) struct Listless<'a> {
    pub(crate) inner: Flaky<'a>,
    pub(crate) kind: FaultKind,
}

pub(crate) fn folder<'s>(bed: &Bed, store: &'s Listless<'s>) -> BucketFolder<'s> {
    let prefix = bed.prefix.clone();
    BucketFolder { objects: store, uploads: &store.inner, bucket: bucket(), prefix }
}

#[async_trait]
impl Objects for Listless<'_> {
    async fn list(
        &self,
        _: &BucketName,
        _: &ListAsk,
        _: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        Err(Fault::new(self.kind, "no list"))
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.inner.list_versions(bucket, ask, token).await
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.inner.head(source).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        self.inner.get(source, range).await
    }

    async fn put(&self, _: &NewObject<'_>) -> Result<Stored, Fault> {
        // What was read before the listing failed may wait here; it must not count.
        Err(Fault::new(FaultKind::Refused, "no put"))
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        self.inner.copy(source, to, attributes).await
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<Deleted, Fault> {
        self.inner.delete(bucket, key, version).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[Doomed],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.delete_many(bucket, doomed).await
    }
}
