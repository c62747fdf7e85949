//! One request before it is signed.

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_engine::{Payload, VersionId};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::encode::{encode_path, encode_query};
use crate::signer::encode_hex;

/// What is asked of the service.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    bucket: &'a BucketName,
    /// Empty for the bucket itself.
    key: &'a str,
    query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    body: CallContent<'a>,
    /// Whether the service copies or joins meanwhile: gigabytes take their time.
    pub(crate) is_long: bool,
}

enum CallContent<'a> {
    Nothing,
    Payload(&'a Payload),
    Document(Bytes),
}

/// The hash of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

impl<'a> Call<'a> {
    /// A call about a bucket.
    pub(crate) fn on(method: Method, bucket: &'a BucketName) -> Self {
        Self::at(method, bucket, "")
    }

    /// A call about an object.
    pub(crate) fn at(method: Method, bucket: &'a BucketName, key: &'a str) -> Self {
        let (query, headers) = (Vec::new(), HeaderMap::new());
        Self { method, bucket, key, query, headers, body: CallContent::Nothing, is_long: false }
    }

    /// Adds a query parameter.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a query parameter if there is a value.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Names a version.
    pub(crate) fn version(self, version: Option<&VersionId>) -> Self {
        self.with_some("versionId", version.map(|version| version.0.as_str()))
    }

    /// Adds a header, which is signed.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Result<Self, Fault> {
        self.headers.insert(HeaderName::from_static(name), header_value(name, value)?);
        Ok(self)
    }

    /// Sends this content.
    pub(crate) fn payload(mut self, payload: &'a Payload) -> Self {
        self.body = CallContent::Payload(payload);
        self
    }

    /// Sends a small document.
    pub(crate) fn document(mut self, document: impl Into<Bytes>) -> Self {
        self.body = CallContent::Document(document.into());
        self
    }

    /// Lets the service think for longer than usual.
    pub(crate) fn patiently(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// The path, encoded.
    pub(crate) fn path(&self) -> String {
        let mut path = String::with_capacity(self.key.len() + 80);
        path.push('/');
        path.push_str(self.bucket.as_str());
        path.push('/');
        encode_path(self.key, &mut path);
        path
    }

    /// The query, encoded and sorted.
    pub(crate) fn query(&self) -> String {
        let mut sorted: Vec<_> = self.query.iter().collect();
        sorted.sort_unstable();
        let mut query = String::new();
        for (name, value) in sorted {
            if !query.is_empty() {
                query.push('&');
            }
            encode_query(name, &mut query);
            query.push('=');
            encode_query(value, &mut query);
        }
        query
    }

    /// Whether it sends a content, and no small document.
    pub(crate) fn sends_content(&self) -> bool {
        matches!(self.body, CallContent::Payload(_))
    }

    /// The hash of the body, and its buffers.
    pub(crate) fn body(&self) -> (String, Vec<Bytes>) {
        match &self.body {
            CallContent::Nothing => (EMPTY.to_owned(), Vec::new()),
            CallContent::Payload(payload) => (payload.hash().hex(), payload.chunks().to_vec()),
            CallContent::Document(document) => {
                let hash = <sha2::Sha256 as sha2::Digest>::digest(document);
                (encode_hex(&hash), vec![document.clone()])
            }
        }
    }
}

/// A text as a header that every signer and server reads alike: visible ASCII with single blanks
/// inside.
pub(crate) fn header_value(name: &str, value: &str) -> Result<HeaderValue, Fault> {
    let plain = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if !plain || value.trim() != value || value.contains("  ") {
        let rule = "takes visible ASCII with single blanks inside";
        return Err(Fault::new(FaultKind::Refused, format!("`{name}` {rule}")));
    }
    let refused = |_| Fault::new(FaultKind::Refused, format!("`{name}` is not a valid header"));
    HeaderValue::from_str(value).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_sorted_and_encoded() {
        let bucket: BucketName = "assets".parse().unwrap();
        let call = Call::at(Method::GET, &bucket, "a b/../\u{e9}")
            .with("uploadId", "2~x/y")
            .with("partNumber", "7")
            .with("acl", "");

        assert_eq!(call.path(), "/assets/a%20b/../%C3%A9");
        assert_eq!(call.query(), "acl=&partNumber=7&uploadId=2~x%2Fy");
    }

    #[test]
    fn what_readers_disagree_on_is_no_header() {
        for value in ["", "a b", "1769.000000001", "~!@#$%^&*()"] {
            assert!(header_value("x", value).is_ok(), "{value:?}");
        }
        for value in [" a", "a ", "a  b", "a\tb", "a\r\nx: y", "\u{e9}", "\u{7f}"] {
            let fault = header_value("x", value).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Refused, "{value:?}");
        }
    }
}
