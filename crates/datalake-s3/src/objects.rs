//! The engine's port for objects.

use std::ops::Range;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, ETag};
use datalake_engine::{
    AnyKey, Attributes, ByteRange, DeleteTarget, DeletedObject, Download, ListAsk, NewObject,
    ObjectPage, ObjectSource, Objects, PAGE, PageToken, Stored, StoredObject, VersionId,
    VersionPage,
};
use futures::future::ready;
use futures::{Stream, StreamExt as _};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use http::{Method, StatusCode};
use md5::{Digest as _, Md5};

use crate::answer::{Answer, judge_answer};
use crate::attributes::{
    judge_etag, read_object, read_stored, read_version, with_attributes, with_precondition,
};
use crate::bulk::{Outcomes, write_deletion};
use crate::call::Call;
use crate::copies::{name_source, read_copy};
use crate::listings::{read_objects, read_versions};
use crate::pace::PacedStream;
use crate::road::Reply;
use crate::store::S3Store;
use crate::unusable::{has_code, read_document, require_success, unreadable};

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
        let call = build_listing(bucket, ask)
            .with("list-type", "2")
            .with("encoding-type", "url")
            .with("max-keys", ask.page_size.to_string())
            .with_some("delimiter", ask.delimiter.as_deref())
            .with_some("start-after", after)
            .with_some("continuation-token", token.map(|token| token.text.as_str()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        read_document(&answer, |body| read_objects(body, token))
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        let after = token.map(|token| token.text.as_str()).or(ask.after.as_deref());
        let call = build_listing(bucket, ask)
            .with("versions", "")
            .with("max-keys", ask.page_size.to_string())
            .with_some("key-marker", after)
            .with_some("version-id-marker", token.and_then(|token| token.id.as_deref()));
        let answer = self.road().ask(call, PAGE_LIMIT).await?;
        read_document(&answer, |body| read_versions(body, token))
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        let reply = self.road().send(build_read(Method::HEAD, source)?).await?;
        if !reply.status.is_success() {
            let answer = reply.whole(0).await?;
            let again = build_read(Method::GET, source)?.header("range", "bytes=0-0")?;
            return Err(self.cause_of(answer, again).await);
        }
        read_object(&reply.headers, content_length(&reply)?)
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        let mut call = build_read(Method::GET, source)?;
        if let Some(range) = range {
            let (first, last) = (range.start(), range.end() - 1);
            call = call.header("range", &format!("bytes={first}-{last}"))?;
        }
        let reply = self.road().send(call).await?;
        if !reply.status.is_success() {
            return Err(not_what_was_asked(reply).await);
        }
        let length = content_length(&reply)?;
        let (part, size) = match (range, reply.status) {
            (None, StatusCode::OK) => (0..length, length),
            (Some(range), StatusCode::PARTIAL_CONTENT) => content_range(&reply, range, length)?,
            // `rclone serve s3` sends a part with the status of a whole.
            (Some(range), StatusCode::OK) if reply.headers.contains_key(CONTENT_RANGE) => {
                content_range(&reply, range, length)?
            }
            // A service may pass over `Range` (RFC 9110, 14.2).
            (Some(range), StatusCode::OK) if range.start() < length => {
                (range.start()..range.end().min(length), length)
            }
            _ => return Err(not_what_was_asked(reply).await),
        };
        let object = read_object(&reply.headers, size)?;
        // A weak tag is no condition, and some services pass over conditions.
        if source.if_match.as_ref().is_some_and(|etag| *etag != object.etag) {
            return Err(Fault::new(FaultKind::Disturbed, "another tag came than was asked for"));
        }
        let is_cut = part.end - part.start != length;
        let content =
            if is_cut { cut_range(reply.body, part.clone()).boxed() } else { reply.body.boxed() };
        let content = match &self.road().down {
            None => content,
            Some(pace) => PacedStream::new(content, pace).boxed(),
        };
        Ok(Download { object, range: part, content })
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        let call = Call::at(Method::PUT, object.bucket, object.key.as_str());
        let call = with_attributes(call.payload(object.payload), object.attributes)?;
        let call = with_precondition(call, object.when)?;
        let answer = require_success(self.road().ask(call, ANSWER_LIMIT).await?)?;
        read_stored(&answer.headers)
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        let call = name_source(Call::at(Method::PUT, to.0, to.1.as_str()), source)?;
        let call = match attributes {
            None => call,
            Some(attributes) => {
                with_attributes(call.header("x-amz-metadata-directive", "REPLACE")?, attributes)?
            }
        };
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        let etag = read_document(&answer, |body| read_copy(body, "CopyObjectResult"))?;
        let etag = judge_etag(etag, &answer.headers);
        Ok(Stored { etag, version: read_version(&answer.headers) })
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        let call = Call::at(Method::DELETE, bucket, key.as_str()).version(version);
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        if has_code(&answer, "NoSuchKey") || has_code(&answer, "NoSuchVersion") {
            return Ok(DeletedObject::default());
        }
        let answer = require_success(answer)?;
        let marker = answer.header("x-amz-delete-marker") == Some("true");
        Ok(DeletedObject { version: read_version(&answer.headers), marker })
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
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
            read_document(&answer, Outcomes::read)?
        };
        let unfit = || Fault::new(FaultKind::Unsupported, "XML cannot hold this key");
        let outcome = |doomed: &DeleteTarget| {
            if doomed.key.fits_xml() { outcomes.of(doomed) } else { Err(unfit()) }
        };
        Ok(doomed.iter().map(outcome).collect())
    }
}

/// The part of a call that all listings of keys share.
///
/// Only `ListObjectsV2` asks for encoded keys: in the other two Ceph then encodes keys and not
/// markers, or does not say that it did. Unasked it writes control characters as references.
pub(crate) fn build_listing<'a>(bucket: &'a BucketName, ask: &ListAsk) -> Call<'a> {
    let prefix = Some(ask.prefix.as_str()).filter(|prefix| !prefix.is_empty());
    Call::on(Method::GET, bucket).with_some("prefix", prefix)
}

fn build_read(method: Method, source: &ObjectSource) -> Result<Call<'_>, Fault> {
    let call = Call::at(method, &source.bucket, source.key.as_str());
    let call = call.version(source.version.as_ref());
    match source.if_match.as_ref().and_then(ETag::quoted) {
        None => Ok(call),
        // Some services take the bare form for a tag that does not fit, and answer 412.
        Some(etag) => call.header("if-match", &etag),
    }
}

async fn not_what_was_asked(reply: Reply) -> Fault {
    if reply.status.is_success() {
        return unreadable(format!("status {} for this range", reply.status.as_u16()));
    }
    match reply.whole(0).await {
        Ok(answer) => judge_answer(&answer),
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
fn content_range(reply: &Reply, asked: ByteRange, length: u64) -> Result<(Range<u64>, u64), Fault> {
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

/// The bytes of a range, out of a content that begins with the first byte.
fn cut_range(
    content: impl Stream<Item = Result<Bytes, Fault>>,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, Fault>> {
    let pieces = content.scan(0_u64, move |at, chunk| {
        let (begin, end) = (*at, range.end);
        let piece = chunk.map(|chunk| {
            let length = chunk.len() as u64;
            *at += length;
            let within = |place: u64| {
                usize::try_from(place.saturating_sub(begin).min(length)).unwrap_or(chunk.len())
            };
            chunk.slice(within(range.start)..within(end))
        });
        ready((begin < end).then_some(piece))
    });
    pieces.filter(|piece| ready(piece.as_ref().map_or(true, |piece| !piece.is_empty())))
}

/// The outcome of a call whose answer says nothing but whether it succeeded.
pub(crate) fn expect_nothing(answer: Answer) -> Result<(), Fault> {
    require_success(answer).map(drop)
}
