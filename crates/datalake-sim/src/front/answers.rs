//! The last touches on an answer: headers, and errors in Ceph's shape.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use s3s::{Body, S3Error};
use time::macros::format_description;

use crate::address::find_address;
use crate::errors::BODYLESS;
use crate::quirks::Quirk;
use crate::sim::Sim;

/// What all answers to one request have in common.
#[derive(Debug)]
pub(super) struct Answers {
    request_id: String,
    host: String,
    date: String,
    region: String,
    bucket: String,
    head: bool,
    quiet: bool,
}

/// What an error tells the client.
struct ToldError<'a> {
    code: &'a str,
    message: &'a str,
}

impl Answers {
    pub(super) fn new<B>(sim: &Sim, number: u64, request: &Request<B>) -> Self {
        let now = sim.clock.network();
        let host = format!("5a1d-{}-prod1-ceph5", sim.region);
        let seconds = now.unix_timestamp();
        let format = format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        );
        Self {
            request_id: format!("tx{number:021x}-{seconds:010x}-{host}"),
            host,
            // The format has no part that can fail.
            date: now.format(format).unwrap_or_default(),
            region: sim.region.clone(),
            bucket: find_address(request).bucket.to_owned(),
            head: request.method() == Method::HEAD,
            quiet: sim.has(Quirk::EmptyMessages),
        }
    }

    /// The answer of a fault or of the front end.
    pub(super) fn of_status(&self, status: StatusCode) -> Response<Body> {
        let code = match status.as_u16() {
            429 => return self.html(status, TOO_MANY_REQUESTS),
            400 => "InvalidRequest",
            401 | 403 => "AccessDenied",
            404 => "NoSuchKey",
            408 => "RequestTimeout",
            409 => "OperationAborted",
            412 => "PreconditionFailed",
            501 => "NotImplemented",
            502 => return self.html(status, BAD_GATEWAY),
            503 => "SlowDown",
            504 => return self.html(status, GATEWAY_TIMEOUT),
            _ => "InternalError",
        };
        self.error(status, &ToldError { code, message: "" }, HeaderMap::new())
    }

    pub(super) async fn of_error(&self, error: S3Error) -> Response<Body> {
        match error.to_http_response() {
            Ok(answer) => self.dress(answer).await,
            Err(_) => self.of_status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Finishes an answer of s3s.
    pub(super) async fn dress(&self, mut answer: Response<Body>) -> Response<Body> {
        let status = answer.status();
        if status.as_u16() < 300 {
            self.stamp(answer.headers_mut());
            return answer;
        }
        let (parts, body) = answer.into_parts();
        // Errors of s3s are short and in memory.
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes);
        let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
        let told = ToldError {
            code: find_element(&text, "Code").unwrap_or("InternalError"),
            message: find_element(&text, "Message").unwrap_or_default(),
        };
        self.error(status, &told, parts.headers)
    }

    fn error(
        &self,
        status: StatusCode,
        told: &ToldError<'_>,
        mut headers: HeaderMap,
    ) -> Response<Body> {
        let ToldError { code, message } = *told;
        let bodyless = self.head || code == BODYLESS || status == StatusCode::NOT_MODIFIED;
        let message = if self.quiet && code != "NoSuchBucket" { "" } else { message };
        let Self { request_id, host, bucket, region, .. } = self;
        let bucket_name = match bucket.as_str() {
            "" => String::new(),
            name => format!("<BucketName>{}</BucketName>", escape_text(name)),
        };
        let region = match code {
            "AuthorizationHeaderMalformed" => format!("<Region>{region}</Region>"),
            _ => String::new(),
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>\
             <Message>{message}</Message>{region}{bucket_name}\
             <RequestId>{request_id}</RequestId><HostId>{host}</HostId></Error>"
        );
        headers.remove(CONTENT_LENGTH);
        headers.remove(CONTENT_TYPE);
        if !bodyless {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        }
        self.stamp(&mut headers);
        let body = if bodyless { Body::empty() } else { Body::from(text) };
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        answer
    }

    /// The answer of the load balancer, which does not speak S3.
    fn html(&self, status: StatusCode, text: &'static str) -> Response<Body> {
        let mut answer = Response::new(Body::from(text.to_owned()));
        *answer.status_mut() = status;
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        if let Ok(date) = HeaderValue::from_str(&self.date) {
            answer.headers_mut().insert(DATE, date);
        }
        answer
    }

    fn stamp(&self, headers: &mut HeaderMap) {
        for (name, value) in [("x-amz-request-id", &self.request_id), ("date", &self.date)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
    }
}

const TOO_MANY_REQUESTS: &str = "<html><body><h1>429 Too Many Requests</h1>\n\
    You have sent too many requests in a given amount of time.\n</body></html>\n";
const BAD_GATEWAY: &str = "<html><body><h1>502 Bad Gateway</h1>\n\
    The server returned an invalid or incomplete response.\n</body></html>\n";
const GATEWAY_TIMEOUT: &str = "<html><body><h1>504 Gateway Time-out</h1>\n\
    The server didn't respond in time.\n</body></html>\n";

fn find_element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(value, _)| value)
}

fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Changes a digit of the `ETag`, in the header or in the document.
pub(super) async fn with_wrong_etag(answer: Response<Body>) -> Response<Body> {
    if !answer.status().is_success() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    if let Some(etag) = parts.headers.get(ETAG).and_then(|etag| etag.to_str().ok()) {
        if let Ok(wrong) = HeaderValue::from_str(&spoil_digit(etag)) {
            parts.headers.insert(ETAG, wrong);
        }
        return Response::from_parts(parts, body);
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let spoiled = match text.split_once("<ETag>") {
        Some((before, after)) => format!("{before}<ETag>{}", spoil_digit(after)),
        None => text.into_owned(),
    };
    Response::from_parts(parts, Body::from(spoiled))
}

/// Says of a page of a listing that another one follows it, by this token.
pub(super) async fn with_token(answer: Response<Body>, token: &str) -> Response<Body> {
    if !answer.status().is_success() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    text = text.replace("<IsTruncated>false<", "<IsTruncated>true<");
    let (begin, end) = ("<NextContinuationToken>", "</NextContinuationToken>");
    let next = format!("{begin}{}{end}", escape_text(token));
    text = match (text.split_once(begin), text.split_once(end)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{next}{after}"),
        _ => text.replacen("</ListBucketResult>", &format!("{next}</ListBucketResult>"), 1),
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(text))
}

/// Changes the first digit.
fn spoil_digit(text: &str) -> String {
    let mut spoiled = false;
    text.chars()
        .map(|letter| match letter {
            '0'..='9' if !spoiled => {
                spoiled = true;
                if letter == '0' { '1' } else { '0' }
            }
            _ => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_load_balancer_is_as_long_as_the_one_seen() {
        assert_eq!(TOO_MANY_REQUESTS.len(), 117);
    }

    #[test]
    fn a_spoiled_etag_has_one_other_digit() {
        assert_eq!(spoil_digit("\"ab0c1\""), "\"ab1c1\"");
        assert_eq!(spoil_digit("&quot;ab7c-2&quot;"), "&quot;ab0c-2&quot;");
    }
}
