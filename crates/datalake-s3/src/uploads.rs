//! The engine's port for uploads in parts.

use async_trait::async_trait;
use datalake_core::{BucketName, Fault, FaultKind};
use datalake_engine::{
    AnyKey, Attributes, ByteRange, ListAsk, ObjectSource, Objects as _, PAGE, PageToken, Part,
    PartNumber, PartPage, Payload, Stored, Upload, UploadId, UploadPage, Uploads,
};
use http::Method;

use crate::attributes::{read_stored, read_version, with_attributes};
use crate::bulk::write_parts;
use crate::call::Call;
use crate::copies::{named, read_completion, read_copy};
use crate::documents::read_upload_id;
use crate::listings::{read_parts, read_uploads};
use crate::objects::{ANSWER_LIMIT, PAGE_LIMIT, listing, nothing};
use crate::store::S3Store;
use crate::unusable::{document, has_code, succeeded};

#[async_trait]
impl Uploads for S3Store {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let call = listing(bucket, ask)
            .with("uploads", "")
            .with("max-uploads", ask.page_size.to_string())
            .with_some("key-marker", after)
            .with_some("upload-id-marker", token.and_then(|token| token.id.as_deref()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        document(&answer, |body| read_uploads(body, bucket, token))
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        let call = about(Method::GET, upload)
            .with("max-parts", PAGE.to_string())
            .with_some("part-number-marker", after.map(|after| after.get().to_string()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        document(&answer, |body| read_parts(body, after))
    }

    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault> {
        let call = Call::at(Method::POST, bucket, key.as_str()).with("uploads", "");
        let call = with_attributes(call, attributes)?;
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let id = UploadId(document(&answer, read_upload_id)?);
        Ok(Upload { bucket: bucket.clone(), key: key.clone(), id })
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<Part, Fault> {
        let call = part(upload, number).payload(payload);
        let answer = succeeded(self.road().ask(call, ANSWER_LIMIT).await?)?;
        Ok(Part { number, etag: read_stored(&answer.headers)?.etag })
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<Part, Fault> {
        let (source, range) = from;
        let mut call = named(part(upload, number), source)?;
        if let Some(range) = range {
            let range = format!("bytes={}-{}", range.start(), range.end() - 1);
            call = call.header("x-amz-copy-source-range", &range)?;
        }
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let etag = document(&answer, |body| read_copy(body, "CopyPartResult"))?;
        Ok(Part { number, etag })
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[Part]) -> Result<Stored, Fault> {
        // Ceph would put them in order, and takes none at all for a mistake of its own.
        if parts.is_empty() || !parts.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Fault::new(FaultKind::Refused, "parts come in the order of their numbers"));
        }
        let call = about(Method::POST, upload).document(write_parts(parts)).patiently();
        let call = call.header("content-type", "application/xml")?;
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let etag = match document(&answer, read_completion)? {
            Some(etag) => etag,
            // Ceph 16 leaves it out.
            None => self.head(&ObjectSource::current(&upload.bucket, &upload.key)).await?.etag,
        };
        Ok(Stored { etag, version: read_version(&answer.headers) })
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        let answer = self.road().ask(about(Method::DELETE, upload), ANSWER_LIMIT).await?;
        if has_code(&answer, "NoSuchUpload") { Ok(()) } else { nothing(answer) }
    }
}

fn about(method: Method, upload: &Upload) -> Call<'_> {
    Call::at(method, &upload.bucket, upload.key.as_str()).with("uploadId", upload.id.0.as_str())
}

fn part(upload: &Upload, number: PartNumber) -> Call<'_> {
    about(Method::PUT, upload).with("partNumber", number.get().to_string())
}
