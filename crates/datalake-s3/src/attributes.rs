//! What objects carry along, as headers.

use datalake_core::{ByteSize, Fault, FaultKind, Timestamp};
use datalake_engine::{Attributes, Precondition, Stored, StoredObject, VersionId};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LAST_MODIFIED,
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
        let refused = |_| Fault::new(FaultKind::Refused, format!("`{name}` is no header"));
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
    let modified = text(headers, &LAST_MODIFIED).and_then(|text| http_date(&text));
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
    Ok(Stored { etag: etag.parse().map_err(unreadable)?, version: read_version(headers) })
}

/// The version that an answer speaks of.
pub(crate) fn read_version(headers: &HeaderMap) -> Option<VersionId> {
    let id = headers.get("x-amz-version-id")?.to_str().ok()?.trim();
    (!id.is_empty()).then(|| VersionId(id.to_owned()))
}

fn read_attributes(headers: &HeaderMap) -> Attributes {
    let own = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = name.as_str().strip_prefix(USER)?;
        Some((name.to_owned(), lossy(value)))
    };
    Attributes {
        content_type: text(headers, &CONTENT_TYPE),
        content_encoding: text(headers, &CONTENT_ENCODING),
        cache_control: text(headers, &CACHE_CONTROL),
        content_disposition: text(headers, &CONTENT_DISPOSITION),
        user: headers.iter().filter_map(own).collect(),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(lossy).filter(|text| !text.is_empty())
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn http_date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_unix(i64::try_from(since.ok()?.as_secs()).ok()?).ok()
}
