//! Another S3 service that objects come from.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_engine::{
    AnyKey, Attributes, ByteRange, DeleteTarget, DeletedObject, Download, Lake, ListAsk, NewObject,
    ObjectPage, ObjectSource, Objects, PageToken, PartNumber, PartPage, Payload, Stored,
    StoredObject, TakenPart, Upload, UploadPage, Uploads, VersionId, VersionPage,
};

/// The destination of objects of another service: it cannot copy them itself.
pub(crate) struct ForeignDestination<'a>(pub(crate) &'a dyn Lake);

fn refuse_copy() -> Fault {
    Fault::new(FaultKind::Unsupported, "the source is in another service")
}

#[async_trait]
impl Objects for ForeignDestination<'_> {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        self.0.list(bucket, ask, token).await
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.0.list_versions(bucket, ask, token).await
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.0.head(source).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        self.0.get(source, range).await
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        self.0.put(object).await
    }

    async fn copy(
        &self,
        _: &ObjectSource,
        _: (&BucketName, &AnyKey),
        _: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        Err(refuse_copy())
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        self.0.delete(bucket, key, version).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.0.delete_many(bucket, doomed).await
    }
}

#[async_trait]
impl Uploads for ForeignDestination<'_> {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        self.0.list_uploads(bucket, ask, token).await
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        self.0.list_parts(upload, after).await
    }

    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault> {
        self.0.begin_upload(bucket, key, attributes).await
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault> {
        self.0.put_part(upload, number, payload).await
    }

    async fn copy_part(
        &self,
        _: &Upload,
        _: PartNumber,
        _: (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault> {
        Err(refuse_copy())
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault> {
        self.0.complete_upload(upload, parts).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.0.abort_upload(upload).await
    }
}
