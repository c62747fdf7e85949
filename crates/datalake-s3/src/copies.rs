//! Copies inside the service.

use datalake_core::fault::Fault;
use datalake_core::s3::ETag;
use datalake_engine::ObjectSource;

use crate::call::Call;
use crate::documents::UnknownDocument;
use crate::encode::{encode_path, encode_query};
use crate::xml::parse_document;

/// Names what is copied.
pub(crate) fn name_source<'a>(call: Call<'a>, source: &ObjectSource) -> Result<Call<'a>, Fault> {
    let mut from = format!("/{}/", source.bucket);
    encode_path(source.key.as_str(), &mut from);
    if let Some(version) = &source.version {
        from.push_str("?versionId=");
        encode_query(&version.0, &mut from);
    }
    let call = call.header("x-amz-copy-source", &from)?.patiently();
    match &source.if_match {
        None => Ok(call),
        Some(etag) => call.header("x-amz-copy-source-if-match", etag.as_str()),
    }
}

/// Reads the answer to `CompleteMultipartUpload`; `None` where the service leaves the tag empty.
pub(crate) fn read_completion(body: &[u8]) -> Result<Option<ETag>, UnknownDocument> {
    let root = "CompleteMultipartUploadResult";
    let document = parse_document(body)?;
    match document.child("ETag") {
        Some(etag) if document.name == root && etag.text.trim().is_empty() => Ok(None),
        _ => read_copy(body, root).map(Some),
    }
}

/// Reads the tag of what has been made. Ceph puts its progress before it.
pub(crate) fn read_copy(body: &[u8], root: &'static str) -> Result<ETag, UnknownDocument> {
    let document = parse_document(body)?;
    if document.name != root {
        return Err(UnknownDocument::Other(root));
    }
    let etag = document.child_text("ETag").and_then(|text| text.parse().ok());
    etag.ok_or(UnknownDocument::NoTag)
}
