//! What the null service answers to whom.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LAST_MODIFIED, RANGE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use time::OffsetDateTime;
use time::macros::format_description;

use super::body::Body;
use super::listing::render_page;
use super::query::{Query, decode_percent};
use super::read_clock;
use super::store::{BenchObject, Store};

/// A request whose body was read and forgotten.
pub(crate) struct ReadRequest {
    pub(crate) parts: Parts,
    /// The length of the body as it came.
    pub(crate) length: u64,
}

const MTIME: &str = "x-amz-meta-mtime";

impl ReadRequest {
    /// Whether it could change something.
    pub(crate) fn writes(&self) -> bool {
        matches!(self.parts.method, Method::PUT | Method::POST | Method::DELETE)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The length of the content; some wrap it for the way.
    fn size(&self) -> u64 {
        let told = self.header("x-amz-decoded-content-length");
        told.and_then(|length| length.parse().ok()).unwrap_or(self.length)
    }

    fn mtime(&self) -> Option<Box<str>> {
        self.header(MTIME).map(Box::from)
    }
}

/// Answers a request.
pub(crate) fn answer_request(asked: &ReadRequest, store: &mut Store) -> Response<Body> {
    let path = asked.parts.uri.path().trim_start_matches('/');
    let query = Query(asked.parts.uri.query().unwrap_or_default());
    match path.split_once('/') {
        Some((bucket, key)) if !key.is_empty() => {
            about_object(asked, store, &ObjectPath { bucket, key: &decode_percent(key) }, &query)
        }
        _ => about_bucket(asked, store, path.trim_end_matches('/'), &query),
    }
}

/// The path of an object.
struct ObjectPath<'a> {
    bucket: &'a str,
    key: &'a str,
}

/// The answer to a client that asks for too much.
pub(crate) fn slow_down() -> Response<Body> {
    answer_error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown")
}

fn about_bucket(
    asked: &ReadRequest,
    store: &Store,
    bucket: &str,
    query: &Query<'_>,
) -> Response<Body> {
    if asked.parts.method != Method::GET {
        return Response::new(Body::empty());
    }
    let empty = |name: &str| {
        answer_document(format!(
            "<{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></{name}>"
        ))
    };
    if query.has("versioning") {
        return empty("VersioningConfiguration");
    }
    if query.has("location") {
        return empty("LocationConstraint");
    }
    if query.has("uploads") {
        return answer_document(format!(
            "<ListMultipartUploadsResult><Bucket>{bucket}</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
        ));
    }
    answer_document(render_page(store, bucket, query))
}

fn about_object(
    asked: &ReadRequest,
    store: &mut Store,
    path: &ObjectPath<'_>,
    query: &Query<'_>,
) -> Response<Body> {
    let ObjectPath { bucket, key } = *path;
    let upload = query.find("uploadId").and_then(|id| id.parse().ok());
    match (asked.parts.method.as_str(), upload) {
        ("PUT", Some(upload)) => {
            let number = query.value("partNumber").parse().unwrap_or_default();
            answer_with_tag(store.part(upload, number, asked.size()))
        }
        ("PUT", None) => {
            let object = BenchObject {
                mtime: asked.mtime(),
                ..BenchObject::new(asked.size(), read_clock())
            };
            let tag = object.tag;
            store.put(key.to_owned(), object);
            answer_with_tag(Some(tag))
        }
        ("POST", None) => {
            let id = store.begin(asked.mtime());
            answer_document(format!(
                "<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        ("POST", Some(upload)) => match store.complete(upload, key, read_clock()) {
            None => answer_error(StatusCode::NOT_FOUND, "NoSuchUpload"),
            Some(tag) => answer_document(format!(
                "<CompleteMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><ETag>&quot;{tag}&quot;</ETag></CompleteMultipartUploadResult>"
            )),
        },
        ("DELETE", upload) => {
            match upload {
                Some(upload) => store.abort(upload),
                None => store.remove(key),
            }
            with_status(StatusCode::NO_CONTENT)
        }
        ("GET" | "HEAD", Some(_)) => answer_document(
            "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>".to_owned(),
        ),
        _ => answer_content(asked, store, key),
    }
}

/// The answer to GET or HEAD of an object.
fn answer_content(asked: &ReadRequest, store: &Store, key: &str) -> Response<Body> {
    let Some(object) = store.get(key) else {
        return answer_error(StatusCode::NOT_FOUND, "NoSuchKey");
    };
    let range = asked.parts.headers.get(RANGE).and_then(|range| read_range(range, object.size));
    let (start, end) = range.unwrap_or((0, object.size));
    let is_head = asked.parts.method == Method::HEAD;
    let mut response =
        Response::new(if is_head { Body::empty() } else { Body::Content(start, end - start) });
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, (end - start).into());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert("content-type", HeaderValue::from_static("application/octet-stream"));
    if range.is_some() {
        insert_header(
            headers,
            CONTENT_RANGE.as_str(),
            &format!("bytes {start}-{}/{}", end.saturating_sub(1), object.size),
        );
    }
    insert_header(headers, ETAG.as_str(), &format!("\"{}\"", object.tag));
    insert_header(headers, LAST_MODIFIED.as_str(), &http_date(object.stored));
    if let Some(mtime) = &object.mtime {
        insert_header(headers, MTIME, mtime);
    }
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// From where up to before where a range reaches.
fn read_range(range: &HeaderValue, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let end = last.parse().map_or(size, |last: u64| last.saturating_add(1).min(size));
    (first < end).then_some((first, end))
}

fn answer_with_tag(tag: Option<super::store::Tag>) -> Response<Body> {
    let Some(tag) = tag else { return answer_error(StatusCode::NOT_FOUND, "NoSuchUpload") };
    let mut response = Response::new(Body::empty());
    insert_header(response.headers_mut(), ETAG.as_str(), &format!("\"{tag}\""));
    response
}

fn answer_document(text: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(Bytes::from(text)));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/xml"));
    response
}

fn answer_error(status: StatusCode, code: &str) -> Response<Body> {
    let mut response =
        answer_document(format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"));
    *response.status_mut() = status;
    response
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn insert_header(headers: &mut http::HeaderMap, name: &'static str, text: &str) {
    // What clients have sent as a header is one.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

fn http_date(seconds: u64) -> String {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let time = OffsetDateTime::from(UNIX_EPOCH + Duration::from_secs(seconds));
    time.format(&form).unwrap_or_default()
}
