//! Signatures, cheap enough for thousands of requests a second.
//!
//! rust-s3 derives the key of a day; it is kept for that day. The canonical request is written
//! here: rust-s3's goes through a URL parser, which rewrites keys with dot segments, and sorts
//! whole header lines, so that `x-amz-copy-source-range` comes before `x-amz-copy-source`.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use datalake_core::s3::Region;
use datalake_core::secret::Credentials;
use hmac::{Hmac, Mac as _};
use s3::signing::{HmacSha256, signing_key};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

/// Signs requests with one key pair for one region.
pub(crate) struct Signer {
    keys: Credentials,
    region: s3::Region,
    region_name: String,
    day: Mutex<Option<Arc<Day>>>,
}

/// What signatures of one day have in common.
struct Day {
    number: i32,
    scope: String,
    key: HmacSha256,
}

/// What a signature vouches for.
pub(crate) struct SignedSubject<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// The path as it is sent.
    pub(crate) path: &'a str,
    /// The query as it is sent: sorted, each name with a `=`.
    pub(crate) query: &'a str,
    /// Lowercase names with their values, sorted by name.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The hash of the body in hex, or what stands in for it.
    pub(crate) payload: &'a str,
}

/// The key pair or the date cannot be used to sign.
#[derive(Debug, thiserror::Error)]
#[error("requests cannot be signed")]
pub(crate) struct Unsignable;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl Signer {
    pub(crate) fn new(keys: &Credentials, region: &Region) -> Self {
        let region_name = region.to_string();
        let region = s3::Region::Custom { region: region_name.clone(), endpoint: String::new() };
        Self { keys: keys.clone(), region, region_name, day: Mutex::default() }
    }

    /// The value of the `authorization` header.
    pub(crate) fn authorization(
        &self,
        subject: &SignedSubject<'_>,
        now: OffsetDateTime,
    ) -> Result<String, Unsignable> {
        let day = self.day(now)?;
        let signature = sign_subject(&day, subject, now);
        let (id, scope, headers) = (&self.keys.id, &day.scope, HeaderNames(subject.headers));
        let mut value = String::with_capacity(256);
        // Writing to a string cannot fail.
        let _ = write!(
            value,
            "{ALGORITHM} Credential={id}/{scope},SignedHeaders={headers},Signature={signature}",
            id = id.as_str(),
        );
        Ok(value)
    }

    /// The `X-Amz-Credential` of an address signed now.
    pub(crate) fn credential(&self, now: OffsetDateTime) -> Result<String, Unsignable> {
        Ok(format!("{}/{}", self.keys.id.as_str(), self.day(now)?.scope))
    }

    /// The bare signature of `subject`.
    pub(crate) fn signature(
        &self,
        subject: &SignedSubject<'_>,
        now: OffsetDateTime,
    ) -> Result<String, Unsignable> {
        Ok(sign_subject(&*self.day(now)?, subject, now))
    }

    fn day(&self, now: OffsetDateTime) -> Result<Arc<Day>, Unsignable> {
        let number = now.to_julian_day();
        let mut kept = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(day) = kept.as_ref().filter(|day| day.number == number) {
            return Ok(Arc::clone(day));
        }
        let secret = self.keys.secret.expose();
        let key = signing_key(&now, secret, &self.region, "s3").map_err(|_| Unsignable)?;
        let key = Hmac::new_from_slice(&key).map_err(|_| Unsignable)?;
        let date = format_stamp(now);
        let date = date.get(..8).unwrap_or_default();
        let scope = format!("{date}/{}/s3/aws4_request", self.region_name);
        let day = Arc::new(Day { number, scope, key });
        *kept = Some(Arc::clone(&day));
        Ok(day)
    }
}

/// A time as `x-amz-date` writes it: `20261122T180000Z`.
pub(crate) fn format_stamp(time: OffsetDateTime) -> String {
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Bytes as lowercase hexadecimal digits.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn sign_subject(day: &Day, subject: &SignedSubject<'_>, now: OffsetDateTime) -> String {
    let hash = encode_hex(&Sha256::digest(write_canonical(subject)));
    let mut key = day.key.clone();
    for piece in [ALGORITHM, "\n", &format_stamp(now), "\n", &day.scope, "\n", &hash] {
        key.update(piece.as_bytes());
    }
    encode_hex(&key.finalize().into_bytes())
}

fn write_canonical(subject: &SignedSubject<'_>) -> String {
    let SignedSubject { method, path, query, headers, payload } = subject;
    let mut text = String::with_capacity(512 + path.len() + query.len());
    // Writing to a string cannot fail.
    let _ = write!(text, "{method}\n{path}\n{query}\n");
    for (name, value) in *headers {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{}\n{payload}", HeaderNames(headers));
    text
}

/// The names of headers with semicolons between them.
struct HeaderNames<'a>(&'a [(&'a str, &'a str)]);

impl std::fmt::Display for HeaderNames<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (name, _)) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { ";" })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    /// The example of "Authenticating Requests: Using the Authorization Header" in the S3 manual.
    #[test]
    fn the_published_example_is_signed_right() {
        let keys = Credentials::pair(
            "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".parse().unwrap(),
        );
        let signer = Signer::new(&keys, &"us-east-1".parse().unwrap());
        let payload = encode_hex(&Sha256::digest("Welcome to Amazon S3."));
        let subject = SignedSubject {
            method: "PUT",
            path: "/test%24file.text",
            query: "",
            headers: &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", &payload),
                ("x-amz-date", "20130524T000000Z"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            payload: &payload,
        };

        let value = signer.authorization(&subject, datetime!(2013-05-24 0:00 UTC)).unwrap();

        assert_eq!(
            value,
            "AWS4-HMAC-SHA256 \
             Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,\
             Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }

    #[test]
    fn a_new_day_has_a_new_key() {
        let keys = Credentials::pair("ID".parse().unwrap(), "canary-secret".parse().unwrap());
        let signer = Signer::new(&keys, &"fsn1".parse().unwrap());
        let subject =
            SignedSubject { method: "GET", path: "/", query: "", headers: &[], payload: "" };
        let sign = |now| signer.authorization(&subject, now).unwrap();

        let evening = sign(datetime!(2026-11-22 23:59:59 UTC));
        let morning = sign(datetime!(2026-11-23 0:00 UTC));
        let again = sign(datetime!(2026-11-22 23:59:59 UTC));

        assert!(evening.contains("/20261122/fsn1/s3/"), "{evening}");
        assert!(morning.contains("/20261123/fsn1/s3/"), "{morning}");
        assert_ne!(evening.split("Signature").last(), morning.split("Signature").last());
        assert_eq!(evening, again);
    }
}
