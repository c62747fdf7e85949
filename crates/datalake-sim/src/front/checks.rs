//! What is checked before S3 sees a request.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use md5::{Digest as _, Md5};
use s3s::{Body, S3Result, s3_error};
use sha2::Sha256;
use time::macros::format_description;
use time::{Duration, PrimitiveDateTime};

use super::bodies::CountedBody;
use crate::address::find_address;
use crate::errors::{hash_mismatch, make_coded_error};
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::{hex, query};

/// How far the clocks of client and service may be apart.
const SKEW: Duration = Duration::minutes(15);

/// Checks date, region and form of a signature; s3s checks the signature.
pub(super) fn check_signature<B>(sim: &Sim, request: &Request<B>) -> S3Result<()> {
    let headers = request.headers();
    let authorization = find_header(headers, "authorization").unwrap_or_default();
    if let Some(fields) = authorization.strip_prefix("AWS4-HMAC-SHA256") {
        let date = find_header(headers, "x-amz-date").or_else(|| find_header(headers, "date"));
        check_date(sim, date, None)?;
        check_region(sim, find_field(fields, "Credential="))?;
        check_hash(sim, headers)?;
        return check_signed_headers(sim, headers, find_field(fields, "SignedHeaders="));
    }
    let query = request.uri().query().unwrap_or_default();
    if let Some(credential) = query::find_value(query, "X-Amz-Credential") {
        let lifetime = query::find_value(query, "X-Amz-Expires").and_then(|text| text.parse().ok());
        let date = query::find_value(query, "X-Amz-Date");
        check_date(sim, date.as_deref(), lifetime.map(Duration::seconds))?;
        check_region(sim, Some(&credential))?;
        let signed = query::find_value(query, "X-Amz-SignedHeaders");
        return check_signed_headers(sim, headers, signed.as_deref());
    }
    Ok(())
}

fn find_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn find_field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.split(',').find_map(|field| field.trim().strip_prefix(name))
}

/// What cannot be read as a date is left to s3s.
fn check_date(sim: &Sim, date: Option<&str>, lifetime: Option<Duration>) -> S3Result<()> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let Some(signed) = date.and_then(|date| PrimitiveDateTime::parse(date, format).ok()) else {
        return Ok(());
    };
    let age = sim.clock.network() - signed.assume_utc();
    if age < -SKEW || (lifetime.is_none() && age > SKEW) {
        return Err(s3_error!(RequestTimeTooSkewed));
    }
    if lifetime.is_some_and(|lifetime| age > lifetime) {
        return Err(s3_error!(AccessDenied, "Request has expired"));
    }
    Ok(())
}

fn check_region(sim: &Sim, credential: Option<&str>) -> S3Result<()> {
    // A key id may hold slashes, so the region is counted from the end.
    let region = credential.and_then(|credential| credential.rsplit('/').nth(2));
    if sim.has(Quirk::StrictRegion) && region.is_some_and(|region| region != sim.region) {
        return Err(s3_error!(AuthorizationHeaderMalformed));
    }
    Ok(())
}

fn check_hash(sim: &Sim, headers: &HeaderMap) -> S3Result<()> {
    let Some(hash) = find_header(headers, "x-amz-content-sha256") else {
        return if sim.has(Quirk::UnhashedDenied) { Err(s3_error!(AccessDenied)) } else { Ok(()) };
    };
    if hash.ends_with("-TRAILER") && sim.has(Quirk::RefusesTrailers) {
        return Err(hash_mismatch());
    }
    Ok(())
}

fn check_signed_headers(sim: &Sim, headers: &HeaderMap, signed: Option<&str>) -> S3Result<()> {
    if !sim.has(Quirk::StrictSignedHeaders) {
        return Ok(());
    }
    let signed: Vec<&str> = signed.unwrap_or_default().split(';').collect();
    let all_signed = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| *name == "content-type" || name.starts_with("x-amz-"))
        .all(|name| signed.contains(&name));
    if all_signed { Ok(()) } else { Err(s3_error!(AccessDenied)) }
}

/// The longest body that is no object's.
const LONGEST: usize = 20 * 1024 * 1024;

/// Checks the hashes of a body that is a document and not an object's bytes.
///
/// Those are checked while they stream.
pub(super) async fn check_body(request: Request<CountedBody>) -> S3Result<Request<Body>> {
    if !holds_document(&request) {
        return Ok(request.map(Body::http_body_unsync));
    }
    let (parts, body) = request.into_parts();
    let bytes = Limited::new(body, LONGEST)
        .collect()
        .await
        .map_err(|_| s3_error!(IncompleteBody))?
        .to_bytes();
    let sha256 = find_header(&parts.headers, "x-amz-content-sha256").and_then(hex::decode_hex);
    if sha256.is_some_and(|wanted| wanted != Sha256::digest(&bytes).as_slice()) {
        return Err(hash_mismatch());
    }
    let md5 = find_header(&parts.headers, "content-md5");
    match md5.map(|text| BASE64_STANDARD.decode(text)) {
        Some(Ok(wanted)) if wanted != Md5::digest(&bytes).as_slice() => Err(s3_error!(BadDigest)),
        Some(Err(_)) => Err(make_coded_error(StatusCode::BAD_REQUEST, "InvalidDigest")),
        _ => Ok(Request::from_parts(parts, Body::from(bytes))),
    }
}

fn holds_document<B>(request: &Request<B>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let streamed = find_header(request.headers(), "x-amz-content-sha256")
        .is_some_and(|hash| hash.starts_with("STREAMING-"));
    let form = find_header(request.headers(), "content-type")
        .is_some_and(|kind| kind.starts_with("multipart/form-data"));
    let names_key = !find_address(request).key.is_empty();
    let about_object = ["acl", "tagging", "retention", "legal-hold"]
        .iter()
        .any(|name| query::has_parameter(query, name));
    let document = match *request.method() {
        Method::POST => !form,
        Method::PUT => !names_key || about_object,
        _ => false,
    };
    document && !streamed
}
