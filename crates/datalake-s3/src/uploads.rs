//! The engine's port for uploads in parts.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_engine::{
    AnyKey, Attributes, ByteRange, ListAsk, ObjectSource, Objects as _, PAGE, PageToken,
    PartNumber, PartPage, Payload, Stored, TakenPart, Upload, UploadId, UploadPage, Uploads,
};
use http::Method;

use crate::attributes::{judge_etag, read_stored, read_version, with_attributes};
use crate::bulk::write_parts;
use crate::call::Call;
use crate::copies::{name_source, read_completion, read_copy};
use crate::documents::read_upload_id;
use crate::listings::{read_parts, read_uploads};
use crate::objects::{ANSWER_LIMIT, PAGE_LIMIT, build_listing, expect_nothing};
use crate::store::S3Store;
use crate::unusable::{has_code, read_document, require_success};

#[async_trait]
impl Uploads for S3Store {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let call = build_listing(bucket, ask)
            .with("uploads", "")
            .with("max-uploads", ask.page_size.to_string())
            .with_some("key-marker", after)
            .with_some("upload-id-marker", token.and_then(|token| token.id.as_deref()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        // `rclone serve s3` says so where there is none.
        if has_code(&answer, "NoSuchUpload") {
            return Ok(UploadPage { uploads: Vec::new(), next: None });
        }
        read_document(&answer, |body| read_uploads(body, bucket, token))
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        let call = build_upload_call(Method::GET, upload)
            .with("max-parts", PAGE.to_string())
            .with_some("part-number-marker", after.map(|after| after.get().to_string()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        read_document(&answer, |body| read_parts(body, after))
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
        let id = UploadId(read_document(&answer, read_upload_id)?);
        Ok(Upload { bucket: bucket.clone(), key: key.clone(), id })
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault> {
        let call = build_part_call(upload, number).payload(payload);
        let answer = require_success(self.road().ask(call, ANSWER_LIMIT).await?)?;
        Ok(TakenPart { number, etag: read_stored(&answer.headers)?.etag })
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault> {
        let (source, range) = from;
        let mut call = name_source(build_part_call(upload, number), source)?;
        if let Some(range) = range {
            let range = format!("bytes={}-{}", range.start(), range.end() - 1);
            call = call.header("x-amz-copy-source-range", &range)?;
        }
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let etag = read_document(&answer, |body| read_copy(body, "CopyPartResult"))?;
        Ok(TakenPart { number, etag: judge_etag(etag, &answer.headers) })
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault> {
        // Ceph would put them in order, and takes none at all for a mistake of its own.
        if parts.is_empty() || !parts.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Fault::new(FaultKind::Refused, "parts come in the order of their numbers"));
        }
        let call = build_upload_call(Method::POST, upload).document(write_parts(parts)).patiently();
        let call = call.header("content-type", "application/xml")?;
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let etag = match read_document(&answer, read_completion)? {
            Some(etag) => judge_etag(etag, &answer.headers),
            // Ceph 16 leaves it out.
            None => self.head(&ObjectSource::current(&upload.bucket, &upload.key)).await?.etag,
        };
        Ok(Stored { etag, version: read_version(&answer.headers) })
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        let answer =
            self.road().ask(build_upload_call(Method::DELETE, upload), ANSWER_LIMIT).await?;
        if has_code(&answer, "NoSuchUpload") { Ok(()) } else { expect_nothing(answer) }
    }
}

fn build_upload_call(method: Method, upload: &Upload) -> Call<'_> {
    Call::at(method, &upload.bucket, upload.key.as_str()).with("uploadId", upload.id.0.as_str())
}

fn build_part_call(upload: &Upload, number: PartNumber) -> Call<'_> {
    build_upload_call(Method::PUT, upload).with("partNumber", number.get().to_string())
}
