//! What the null service answers to whom.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LAST_MODIFIED, RANGE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use time::OffsetDateTime;
use time::macros::format_description;

use super::body::Body;
use super::listing::page;
use super::now;
use super::query::{Query, decode};
use super::store::{Object, Store};

/// A request whose body was read and forgotten.
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    /// The length of the body as it came.
    pub(crate) length: u64,
}

const MTIME: &str = "x-amz-meta-mtime";

impl Asked {
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
pub(crate) fn answer(asked: &Asked, store: &mut Store) -> Response<Body> {
    let path = asked.parts.uri.path().trim_start_matches('/');
    let query = Query(asked.parts.uri.query().unwrap_or_default());
    match path.split_once('/') {
        Some((bucket, key)) if !key.is_empty() => {
            about_object(asked, store, (bucket, &decode(key)), &query)
        }
        _ => about_bucket(asked, store, path.trim_end_matches('/'), &query),
    }
}

/// The answer to a client that asks for too much.
pub(crate) fn slow_down() -> Response<Body> {
    error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown")
}

fn about_bucket(asked: &Asked, store: &Store, bucket: &str, query: &Query<'_>) -> Response<Body> {
    if asked.parts.method != Method::GET {
        return Response::new(Body::empty());
    }
    let empty = |name: &str| {
        document(format!("<{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></{name}>"))
    };
    if query.has("versioning") {
        return empty("VersioningConfiguration");
    }
    if query.has("location") {
        return empty("LocationConstraint");
    }
    if query.has("uploads") {
        return document(format!(
            "<ListMultipartUploadsResult><Bucket>{bucket}</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
        ));
    }
    document(page(store, bucket, query))
}

fn about_object(
    asked: &Asked,
    store: &mut Store,
    (bucket, key): (&str, &str),
    query: &Query<'_>,
) -> Response<Body> {
    let upload = query.find("uploadId").and_then(|id| id.parse().ok());
    match (asked.parts.method.as_str(), upload) {
        ("PUT", Some(upload)) => {
            let number = query.value("partNumber").parse().unwrap_or_default();
            tagged(store.part(upload, number, asked.size()))
        }
        ("PUT", None) => {
            let object = Object { mtime: asked.mtime(), ..Object::new(asked.size(), now()) };
            let tag = object.tag;
            store.put(key.to_owned(), object);
            tagged(Some(tag))
        }
        ("POST", None) => {
            let id = store.begin(asked.mtime());
            document(format!(
                "<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        ("POST", Some(upload)) => match store.complete(upload, key, now()) {
            None => error(StatusCode::NOT_FOUND, "NoSuchUpload"),
            Some(tag) => document(format!(
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
        ("GET" | "HEAD", Some(_)) => document(
            "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>".to_owned(),
        ),
        _ => content(asked, store, key),
    }
}

/// The answer to GET or HEAD of an object.
fn content(asked: &Asked, store: &Store, key: &str) -> Response<Body> {
    let Some(object) = store.get(key) else {
        return error(StatusCode::NOT_FOUND, "NoSuchKey");
    };
    let range = asked.parts.headers.get(RANGE).and_then(|range| part(range, object.size));
    let (start, end) = range.unwrap_or((0, object.size));
    let is_head = asked.parts.method == Method::HEAD;
    let mut response =
        Response::new(if is_head { Body::empty() } else { Body::Content(start, end - start) });
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, (end - start).into());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert("content-type", HeaderValue::from_static("application/octet-stream"));
    if range.is_some() {
        insert(
            headers,
            CONTENT_RANGE.as_str(),
            &format!("bytes {start}-{}/{}", end.saturating_sub(1), object.size),
        );
    }
    insert(headers, ETAG.as_str(), &format!("\"{}\"", object.tag));
    insert(headers, LAST_MODIFIED.as_str(), &http_date(object.stored));
    if let Some(mtime) = &object.mtime {
        insert(headers, MTIME, mtime);
    }
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// From where up to before where a range reaches.
fn part(range: &HeaderValue, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let end = last.parse().map_or(size, |last: u64| last.saturating_add(1).min(size));
    (first < end).then_some((first, end))
}

fn tagged(tag: Option<super::store::Tag>) -> Response<Body> {
    let Some(tag) = tag else { return error(StatusCode::NOT_FOUND, "NoSuchUpload") };
    let mut response = Response::new(Body::empty());
    insert(response.headers_mut(), ETAG.as_str(), &format!("\"{tag}\""));
    response
}

fn document(text: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(Bytes::from(text)));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/xml"));
    response
}

fn error(status: StatusCode, code: &str) -> Response<Body> {
    let mut response =
        document(format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"));
    *response.status_mut() = status;
    response
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn insert(headers: &mut http::HeaderMap, name: &'static str, text: &str) {
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
