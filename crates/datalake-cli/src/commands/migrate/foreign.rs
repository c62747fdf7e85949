//! Another S3 service that objects come from.

use async_trait::async_trait;
use datalake_core::{BucketName, CredentialSource, Endpoint, Fault, FaultKind, Region};
use datalake_engine::{
    AnyKey, Attributes, ByteRange, Deleted, Doomed, Download, ListAsk, NewObject, ObjectPage,
    ObjectSource, Objects, PageToken, Part, PartNumber, PartPage, Payload, Stored, StoredObject,
    Upload, UploadPage, Uploads, VersionId, VersionPage,
};
use datalake_s3::S3Store;

use crate::args::migrate::What;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::secrets;

/// The destination of objects of another service: it cannot copy them itself.
pub(super) struct Foreign<'a>(pub(super) &'a S3Store);

/// The other service, where one is named.
///
/// # Errors
///
/// [`Failure`] for an address, region or key pair that cannot be used.
pub(super) async fn store(remote: &Remote, what: &What) -> Result<Option<S3Store>, Failure> {
    let (Some(endpoint), Some(file)) = (&what.from_endpoint, &what.from_credentials_file) else {
        return Ok(None);
    };
    let invalid = |error: &dyn std::error::Error| Failure::of(Exit::Usage, error);
    let endpoint: Endpoint = endpoint.parse().map_err(|error| invalid(&error))?;
    let region: Region = what.from_region.parse().map_err(|error| invalid(&error))?;
    let keys = secrets::load(&CredentialSource::File(file.clone()), remote.site.may_ask()).await?;
    let store = S3Store::new(&endpoint, &region, &keys);
    store.map(Some).map_err(|error| Failure::of(Exit::Config, &error))
}

fn foreign() -> Fault {
    Fault::new(FaultKind::Unsupported, "the source lies in another service")
}

#[async_trait]
impl Objects for Foreign<'_> {
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
        Err(foreign())
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<Deleted, Fault> {
        self.0.delete(bucket, key, version).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[Doomed],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.0.delete_many(bucket, doomed).await
    }
}

#[async_trait]
impl Uploads for Foreign<'_> {
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
    ) -> Result<Part, Fault> {
        self.0.put_part(upload, number, payload).await
    }

    async fn copy_part(
        &self,
        _: &Upload,
        _: PartNumber,
        _: (&ObjectSource, Option<ByteRange>),
    ) -> Result<Part, Fault> {
        Err(foreign())
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[Part]) -> Result<Stored, Fault> {
        self.0.complete_upload(upload, parts).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.0.abort_upload(upload).await
    }
}
