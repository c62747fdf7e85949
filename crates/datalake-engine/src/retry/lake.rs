//! The rest of a service, asked again where that can help.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;

use super::RetryingStore;
use crate::objects::{
    AnyKey, Attributes, BucketLock, BucketSettings, ByteRange, Cors, DeleteTarget, DeletedObject,
    Download, ListAsk, NewObject, ObjectPage, ObjectSource, Objects, PageToken, PartNumber,
    PartPage, Payload, Retention, StoredObject, TakenPart, Upload, UploadPage, Uploads,
    VersionPage,
};
use crate::ports::{Stored, VersionId};

#[async_trait]
impl<S: Objects + ?Sized> Objects for RetryingStore<'_, S> {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        self.inside(bucket, || self.inner.list(bucket, ask, token)).await
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.inside(bucket, || self.inner.list_versions(bucket, ask, token)).await
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.patiently(|| self.inner.head(source)).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        self.patiently(|| self.inner.get(source, range)).await
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        self.inside(object.bucket, || self.inner.put(object)).await
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        self.patiently(|| self.inner.copy(source, to, attributes)).await
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        self.inside(bucket, || self.inner.delete(bucket, key, version)).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inside(bucket, || self.inner.delete_many(bucket, doomed)).await
    }
}

#[async_trait]
impl<S: Uploads + ?Sized> Uploads for RetryingStore<'_, S> {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        self.inside(bucket, || self.inner.list_uploads(bucket, ask, token)).await
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        self.patiently(|| self.inner.list_parts(upload, after)).await
    }

    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault> {
        self.inside(bucket, || self.inner.begin_upload(bucket, key, attributes)).await
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault> {
        self.patiently(|| self.inner.put_part(upload, number, payload)).await
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault> {
        self.patiently(|| self.inner.copy_part(upload, number, from)).await
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault> {
        self.patiently(|| self.inner.complete_upload(upload, parts)).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.patiently(|| self.inner.abort_upload(upload)).await
    }
}

#[async_trait]
impl<S: BucketSettings + ?Sized> BucketSettings for RetryingStore<'_, S> {
    async fn create_locked_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.patiently(|| self.inner.create_locked_bucket(bucket)).await
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.patiently(|| self.inner.delete_bucket(bucket)).await
    }

    async fn location(&self, bucket: &BucketName) -> Result<String, Fault> {
        self.inside(bucket, || self.inner.location(bucket)).await
    }

    async fn cors(&self, bucket: &BucketName) -> Result<Cors, Fault> {
        self.inside(bucket, || self.inner.cors(bucket)).await
    }

    async fn set_cors(&self, bucket: &BucketName, cors: &Cors) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.set_cors(bucket, cors)).await
    }

    async fn lock(&self, bucket: &BucketName) -> Result<BucketLock, Fault> {
        self.inside(bucket, || self.inner.lock(bucket)).await
    }

    async fn set_lock(
        &self,
        bucket: &BucketName,
        retention: Option<Retention>,
    ) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.set_lock(bucket, retention)).await
    }
}
