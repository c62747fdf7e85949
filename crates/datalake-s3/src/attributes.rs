//! What objects carry along, as headers.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::ETag;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_engine::{Attributes, Precondition, Stored, StoredObject, VersionId};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG,
    EXPIRES, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::call::{Call, header_value};
use crate::unusable::unreadable;

const USER: &str = "x-amz-meta-";

/// Adds attributes to a call.
pub(crate) fn with_attributes<'a>(
    mut call: Call<'a>,
    attributes: &Attributes,
) -> Result<Call<'a>, Fault> {
    attributes.check()?;
    for (name, value) in attributes.headers() {
        let refused = |_| Fault::new(FaultKind::Refused, format!("`{name}` is not a valid header"));
        let header = HeaderName::from_lowercase(name.as_bytes()).map_err(refused)?;
        call.headers.insert(header, header_value(name, value)?);
    }
    for (name, value) in &attributes.user {
        let refused = |_| Fault::new(FaultKind::Refused, format!("`{name:?}` names no attribute"));
        let header = HeaderName::from_lowercase(format!("{USER}{name}").as_bytes());
        call.headers.insert(header.map_err(refused)?, header_value(name, value)?);
    }
    Ok(call)
}

/// Adds a precondition to a call. Hetzner wants the tag without its quotes.
pub(crate) fn with_precondition<'a>(
    call: Call<'a>,
    when: &Precondition,
) -> Result<Call<'a>, Fault> {
    match when {
        Precondition::None => Ok(call),
        Precondition::Absent => call.header("if-none-match", "*"),
        Precondition::Tag(etag) => call.header("if-match", etag.as_str()),
    }
}

/// What an answer to `HeadObject` or `GetObject` says of an object of this size.
pub(crate) fn read_object(headers: &HeaderMap, size: u64) -> Result<StoredObject, Fault> {
    let stored = read_stored(headers)?;
    let modified = read_header(headers, &LAST_MODIFIED).and_then(|text| http_date(&text));
    let modified = modified.ok_or_else(|| unreadable("no usable `Last-Modified`"))?;
    Ok(StoredObject {
        size: ByteSize(size),
        etag: stored.etag,
        modified,
        version: stored.version,
        attributes: read_attributes(headers),
    })
}

/// What an answer to `PutObject` says of the object.
pub(crate) fn read_stored(headers: &HeaderMap) -> Result<Stored, Fault> {
    let etag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    let etag = judge_etag(etag.parse().map_err(unreadable)?, headers);
    Ok(Stored { etag, version: read_version(headers) })
}

/// A tag as what it is: that of a content encrypted with a key of a vault or of the client's is no
/// hash of it, and looks like one.
pub(crate) fn judge_etag(etag: ETag, headers: &HeaderMap) -> ETag {
    let algorithm = headers.get("x-amz-server-side-encryption");
    let is_of_vault = algorithm.is_some_and(|name| name.as_bytes().starts_with(b"aws:kms"));
    let is_of_client = headers.contains_key("x-amz-server-side-encryption-customer-algorithm");
    if is_of_vault || is_of_client { etag.opaque() } else { etag }
}

/// The version that an answer speaks of.
pub(crate) fn read_version(headers: &HeaderMap) -> Option<VersionId> {
    let id = headers.get("x-amz-version-id")?.to_str().ok()?.trim();
    (!id.is_empty()).then(|| VersionId(id.to_owned()))
}

fn read_attributes(headers: &HeaderMap) -> Attributes {
    let own = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = name.as_str().strip_prefix(USER)?;
        Some((name.to_owned(), decode_lossily(value)))
    };
    Attributes {
        content_type: read_header(headers, &CONTENT_TYPE),
        content_encoding: read_header(headers, &CONTENT_ENCODING),
        cache_control: read_header(headers, &CACHE_CONTROL),
        content_disposition: read_header(headers, &CONTENT_DISPOSITION),
        content_language: read_header(headers, &CONTENT_LANGUAGE),
        expires: read_header(headers, &EXPIRES),
        user: headers.iter().filter_map(own).collect(),
    }
}

fn read_header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(decode_lossily).filter(|text| !text.is_empty())
}

fn decode_lossily(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn http_date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_unix(i64::try_from(since.ok()?.as_secs()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use datalake_core::transfer::TagForm;

    use super::*;

    #[test]
    fn a_tag_under_a_key_of_a_vault_is_no_hash() {
        let form = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            let etag = HeaderValue::from_static("\"0cc175b9c0f1b6a831c399e269772661\"");
            headers.insert(ETAG, etag);
            headers.insert(name, HeaderValue::from_static(value));
            read_stored(&headers).unwrap().etag.form()
        };

        for algorithm in ["aws:kms", "aws:kms:dsse"] {
            assert_eq!(form("x-amz-server-side-encryption", algorithm), TagForm::Other);
        }
        let customer = "x-amz-server-side-encryption-customer-algorithm";
        assert_eq!(form(customer, "AES256"), TagForm::Other);
        assert!(matches!(form("x-amz-server-side-encryption", "AES256"), TagForm::Md5(_)));
    }
}
