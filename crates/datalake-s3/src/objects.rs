//! The engine's port for objects.

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use datalake_core::{BucketName, Fault, FaultKind};
use datalake_engine::{
    AnyKey, Attributes, ByteRange, Deleted, Doomed, Download, ListAsk, NewObject, ObjectPage,
    ObjectSource, Objects, PAGE, PageToken, Stored, StoredObject, VersionId, VersionPage,
};
use futures::StreamExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use http::{Method, StatusCode};
use md5::{Digest as _, Md5};

use crate::answer::{Answer, classify};
use crate::attributes::{
    read_object, read_stored, read_version, with_attributes, with_precondition,
};
use crate::bulk::{Outcomes, write_deletion};
use crate::call::Call;
use crate::copies::{named, read_copy};
use crate::listings::{read_objects, read_versions};
use crate::road::Reply;
use crate::store::S3Store;
use crate::unusable::{document, has_code, succeeded, unreadable};

/// The longest page of a listing that is read: a thousand keys of 1,024 bytes, each encoded.
pub(crate) const PAGE_LIMIT: usize = 8 * 1024 * 1024;

/// The longest other answer that is read.
pub(crate) const ANSWER_LIMIT: usize = 1024 * 1024;

#[async_trait]
impl Objects for S3Store {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        let after = ask.after.as_deref().filter(|_| token.is_none());
        let call = listing(bucket, ask)
            .with("list-type", "2")
            .with("encoding-type", "url")
            .with("max-keys", ask.page_size.to_string())
            .with_some("delimiter", ask.delimiter.as_deref())
            .with_some("start-after", after)
            .with_some("continuation-token", token.map(|token| token.text.as_str()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        document(&answer, |body| read_objects(body, token))
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let call = listing(bucket, ask)
            .with("versions", "")
            .with("max-keys", ask.page_size.to_string())
            .with_some("key-marker", after)
            .with_some("version-id-marker", token.and_then(|token| token.id.as_deref()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        document(&answer, |body| read_versions(body, token))
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        let reply = self.road().send(reading(Method::HEAD, source)?).await?;
        if !reply.status.is_success() {
            return Err(classify(&reply.whole(0).await?));
        }
        read_object(&reply.headers, content_length(&reply)?)
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        let mut call = reading(Method::GET, source)?;
        if let Some(range) = range {
            let (first, last) = (range.start(), range.end() - 1);
            call = call.header("range", &format!("bytes={first}-{last}"))?;
        }
        let reply = self.road().send(call).await?;
        let expected = match range {
            None => StatusCode::OK,
            Some(_) => StatusCode::PARTIAL_CONTENT,
        };
        if reply.status != expected {
            return Err(not_what_was_asked(reply).await);
        }
        let length = content_length(&reply)?;
        let (part, size) = match range {
            None => (0..length, length),
            Some(range) => content_range(&reply, range, length)?,
        };
        let object = read_object(&reply.headers, size)?;
        Ok(Download { object, range: part, content: reply.body.boxed() })
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        let call = Call::at(Method::PUT, object.bucket, object.key.as_str());
        let call = with_attributes(call.payload(object.payload), object.attributes)?;
        let call = with_precondition(call, object.when)?;
        let answer = succeeded(self.road().ask(call, ANSWER_LIMIT).await?)?;
        read_stored(&answer.headers)
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        let call = named(Call::at(Method::PUT, to.0, to.1.as_str()), source)?;
        let call = match attributes {
            None => call,
            Some(attributes) => {
                with_attributes(call.header("x-amz-metadata-directive", "REPLACE")?, attributes)?
            }
        };
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let etag = document(&answer, |body| read_copy(body, "CopyObjectResult"))?;
        Ok(Stored { etag, version: read_version(&answer.headers) })
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<Deleted, Fault> {
        let call = Call::at(Method::DELETE, bucket, key.as_str()).version(version);
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        if has_code(&answer, "NoSuchKey") || has_code(&answer, "NoSuchVersion") {
            return Ok(Deleted::default());
        }
        let answer = succeeded(answer)?;
        let marker = answer.header("x-amz-delete-marker") == Some("true");
        Ok(Deleted { version: read_version(&answer.headers), marker })
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[Doomed],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        if doomed.len() > usize::from(PAGE) {
            let detail = format!("one request deletes up to {PAGE} objects");
            return Err(Fault::new(FaultKind::Refused, detail));
        }
        let fit: Vec<_> = doomed.iter().filter(|doomed| doomed.key.fits_xml()).collect();
        let outcomes = if fit.is_empty() {
            Outcomes::default()
        } else {
            let xml = write_deletion(fit.into_iter());
            let digest = BASE64_STANDARD.encode(Md5::digest(&xml));
            let call = Call::on(Method::POST, bucket).with("delete", "").document(xml);
            let call = call.header("content-md5", &digest)?;
            let call = call.header("content-type", "application/xml")?;
            let answer = self.road().ask(call, PAGE_LIMIT).await?;
            document(&answer, Outcomes::read)?
        };
        let unfit = || Fault::new(FaultKind::Unsupported, "XML cannot hold this key");
        let outcome = |doomed: &Doomed| {
            if doomed.key.fits_xml() { outcomes.of(doomed) } else { Err(unfit()) }
        };
        Ok(doomed.iter().map(outcome).collect())
    }
}

/// The part of a call that all listings of keys share.
///
/// Only `ListObjectsV2` asks for encoded keys: in the other two Ceph then encodes keys and not
/// markers, or does not say that it did. Unasked it writes control characters as references.
pub(crate) fn listing<'a>(bucket: &'a BucketName, ask: &ListAsk) -> Call<'a> {
    let prefix = Some(ask.prefix.as_str()).filter(|prefix| !prefix.is_empty());
    Call::on(Method::GET, bucket).with_some("prefix", prefix)
}

fn reading(method: Method, source: &ObjectSource) -> Result<Call<'_>, Fault> {
    let call = Call::at(method, &source.bucket, source.key.as_str());
    let call = call.version(source.version.as_ref());
    match &source.if_match {
        None => Ok(call),
        Some(etag) => call.header("if-match", etag.as_str()),
    }
}

async fn not_what_was_asked(reply: Reply) -> Fault {
    if reply.status.is_success() {
        return unreadable(format!("status {} for this range", reply.status.as_u16()));
    }
    match reply.whole(0).await {
        Ok(answer) => classify(&answer),
        Err(fault) => fault,
    }
}

/// The length of the body, which every answer about an object must tell.
fn content_length(reply: &Reply) -> Result<u64, Fault> {
    let text = reply.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length = text.and_then(|text| text.trim().parse().ok());
    let length = length.ok_or_else(|| unreadable("the answer has no usable `Content-Length`"))?;
    match reply.body.length() {
        Some(body) if body != length && body != 0 => Err(unreadable("two lengths of one body")),
        _ => Ok(length),
    }
}

/// The part that comes, and the size of the whole object.
fn content_range(
    reply: &Reply,
    asked: ByteRange,
    length: u64,
) -> Result<(std::ops::Range<u64>, u64), Fault> {
    let text = reply.headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let read = || {
        let (part, size) = text?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = part.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        Some((first..last.checked_add(1)?, size.parse::<u64>().ok()?))
    };
    let (part, size) = read().ok_or_else(|| unreadable("no usable `Content-Range`"))?;
    let expected = asked.start()..asked.end().min(size);
    if part != expected || length != part.end.saturating_sub(part.start) {
        return Err(unreadable("the answer holds another range than was asked for"));
    }
    Ok((part, size))
}

/// The outcome of a call whose answer says nothing but whether it succeeded.
pub(crate) fn nothing(answer: Answer) -> Result<(), Fault> {
    succeeded(answer).map(drop)
}
