//! A line for each request, for people who want to see what is asked and what comes back.

use std::sync::OnceLock;
use std::time::Duration;

use datalake_core::fault::Fault;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode, Uri};

/// What is told of each request in this process.
static LOG: OnceLock<RequestLog> = OnceLock::new();

/// Headers whose values are never told, besides those that are marked as sensitive.
const SECRET: [HeaderName; 3] = [AUTHORIZATION, COOKIE, SET_COOKIE];

/// Beginnings of further names of headers that carry keys.
const SECRET_BEGINNINGS: [&str; 3] = [
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
];

/// What is told of each request, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct RequestLog {
    /// Whether headers are told, too; never a signature, token or key.
    pub has_headers: bool,
    /// Takes a line without its end. It may hold text from outside, in ASCII.
    pub write: fn(&str),
}

/// Has each request of this process told from now on; the first call counts.
pub fn log_requests(log: RequestLog) {
    let _ = LOG.set(log);
}

/// What was asked, kept until the answer is there; `None` where nobody wants to know.
pub(crate) struct LoggedRequest {
    log: RequestLog,
    words: String,
    headers: HeaderMap,
}

impl LoggedRequest {
    pub(crate) fn begin_log<B>(request: &Request<B>) -> Option<Self> {
        let log = *LOG.get()?;
        let headers = if log.has_headers { request.headers().clone() } else { HeaderMap::new() };
        Some(Self { log, words: describe_request(request.method(), request.uri()), headers })
    }

    pub(crate) fn note_answer(&self, status: StatusCode, headers: &HeaderMap, took: Duration) {
        (self.log.write)(&format!("{}: {status} after {} ms", self.words, took.as_millis()));
        if self.log.has_headers {
            let sent = list_headers(&self.headers).into_iter().map(|line| format!("  > {line}"));
            let got = list_headers(headers).into_iter().map(|line| format!("  < {line}"));
            sent.chain(got).for_each(|line| (self.log.write)(&line));
        }
    }

    pub(crate) fn note_failure(&self, fault: &Fault, took: Duration) {
        let millis = took.as_millis();
        (self.log.write)(&format!("{}: no answer after {millis} ms: {fault}", self.words));
    }
}

/// Method and address as they were sent.
fn describe_request(method: &Method, uri: &Uri) -> String {
    format!("{method} {uri}")
}

/// Headers line by line; in place of a secret its kind.
fn list_headers(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &http::HeaderValue)| {
        let value = if is_secret(name) || value.is_sensitive() {
            "(not shown)".to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        format!("{name}: {value}")
    };
    headers.iter().map(line).collect()
}

fn is_secret(name: &HeaderName) -> bool {
    SECRET.contains(name) || SECRET_BEGINNINGS.iter().any(|begin| name.as_str().starts_with(begin))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_request_is_told_by_method_and_address() {
        let uri = "https://fsn1.example.com/acme/a%20b?list-type=2".parse().unwrap();

        let words = describe_request(&Method::GET, &uri);

        assert_eq!(words, "GET https://fsn1.example.com/acme/a%20b?list-type=2");
    }

    #[test]
    fn no_header_tells_a_signature_a_token_or_a_key() {
        let secret = HeaderValue::from_static("hush");
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "cookie",
            "set-cookie",
            "x-amz-security-token",
            "x-amz-server-side-encryption-customer-key",
            "x-amz-copy-source-server-side-encryption-customer-key",
        ] {
            headers.insert(HeaderName::from_static(name), secret.clone());
        }
        headers.insert("x-amz-date", HeaderValue::from_static("20261201T000000Z"));

        let lines = list_headers(&headers);

        assert!(!lines.concat().contains("hush"), "{lines:?}");
        assert!(lines.contains(&"x-amz-date: 20261201T000000Z".to_owned()), "{lines:?}");
        assert!(lines.contains(&"authorization: (not shown)".to_owned()), "{lines:?}");
    }
}
