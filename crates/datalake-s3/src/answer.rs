//! Answers of the service, and the judgement on those that are no success.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use http::header::{DATE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use crate::documents::{ErrorDocument, read_error};

/// One answer, with as much of its body as was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body; of an error the first 64 KiB.
    pub(crate) body: Bytes,
    /// How far its `Date` is ahead of this host's clock, in seconds.
    pub(crate) clock_ahead: Option<i64>,
}

/// Services refuse requests that are signed further off than this, in seconds.
const MAX_SKEW: u64 = 15 * 60;

/// A service that asks for more is not taken at its word.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

impl Answer {
    /// The error document in the body, whatever the status.
    pub(crate) fn error(&self) -> Option<ErrorDocument> {
        read_error(&self.body)
    }

    /// A header as text; `None` where it is missing, empty or not ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// How far the `Date` among `headers` is ahead of `now`, in seconds.
pub(crate) fn clock_ahead(headers: &HeaderMap, now: SystemTime) -> Option<i64> {
    let seconds = |time: SystemTime| match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(_) => None,
    };
    seconds(read_date(headers)?)?.checked_sub(seconds(now)?)
}

/// What kind of fault an answer is that is no success: the one place where this is decided.
///
/// The error code decides; the status only where there is no code. Three faults share 403, and
/// some errors come with status 200.
pub(crate) fn judge_answer(answer: &Answer) -> Fault {
    let error = answer.error();
    let kind = match &error {
        Some(error) => kind_of_code(&error.code),
        None => kind_of_status(answer),
    };
    let skew = answer.clock_ahead.filter(|ahead| ahead.unsigned_abs() > MAX_SKEW);
    let kind = match kind {
        // A wrong clock makes every signature old; some services call that a denial.
        FaultKind::WrongSecret | FaultKind::Denied if skew.is_some() => FaultKind::ClockSkew,
        kind => kind,
    };
    let wait = match kind {
        FaultKind::Throttled | FaultKind::Unavailable => retry_after(&answer.headers),
        _ => None,
    };
    Fault { kind, detail: describe_answer(answer, error.as_ref(), kind), wait }
}

pub(crate) fn kind_of_code(code: &str) -> FaultKind {
    match code {
        "InvalidAccessKeyId" => FaultKind::UnknownAccessKey,
        "SignatureDoesNotMatch" => FaultKind::WrongSecret,
        "RequestTimeTooSkewed" | "RequestExpired" => FaultKind::ClockSkew,
        "AuthorizationHeaderMalformed"
        | "PermanentRedirect"
        | "IllegalLocationConstraintException"
        | "InvalidLocationConstraint" => FaultKind::WrongRegion,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "UserSuspended" => {
            FaultKind::Denied
        }
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" => FaultKind::TakenBucket,
        "NoSuchBucket"
        | "NoSuchKey"
        | "NoSuchVersion"
        | "NoSuchUpload"
        | "NoSuchLifecycleConfiguration"
        | "NoSuchBucketPolicy"
        | "NoSuchCORSConfiguration"
        | "ObjectLockConfigurationNotFoundError"
        | "NotFound" => FaultKind::Absent,
        "InvalidObjectState" | "ObjectNotInActiveTierError" => FaultKind::Archived,
        "KeyTooLongError" | "InvalidObjectName" | "XMinioInvalidObjectName" => FaultKind::UnfitName,
        "PreconditionFailed" => FaultKind::Disturbed,
        "BucketNotEmpty" => FaultKind::NotEmpty,
        "XAmzContentSHA256Mismatch" | "BadDigest" | "IncompleteBody" => FaultKind::Damaged,
        "NotImplemented" => FaultKind::Unsupported,
        "SlowDown"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException" => FaultKind::Throttled,
        "InternalError"
        | "ServiceUnavailable"
        | "RequestTimeout"
        | "OperationAborted"
        | "ConditionalRequestConflict"
        | "TemporaryRedirect" => FaultKind::Unavailable,
        _ => FaultKind::Refused,
    }
}

fn kind_of_status(answer: &Answer) -> FaultKind {
    match answer.status.as_u16() {
        // AWS answers a bodyless 400 to `HeadBucket` in the wrong region.
        301 | 308 | 400 if answer.header("x-amz-bucket-region").is_some() => FaultKind::WrongRegion,
        301 | 308 => FaultKind::WrongRegion,
        401 | 403 => FaultKind::Denied,
        // A page of some other server says nothing about a bucket; S3's bodyless answers do.
        404 if answer.body.is_empty() => FaultKind::Absent,
        412 => FaultKind::Disturbed,
        501 => FaultKind::Unsupported,
        429 | 503 => FaultKind::Throttled,
        408 | 500 | 502 | 504 => FaultKind::Unavailable,
        100..=399 | 404 => FaultKind::Unreadable,
        _ => FaultKind::Refused,
    }
}

fn describe_answer(answer: &Answer, error: Option<&ErrorDocument>, kind: FaultKind) -> String {
    let status = answer.status.as_u16();
    let mut parts = match error {
        Some(error) => vec![format!("{}, status {status}", escape_server_text(&error.code, 64))],
        None if answer.body.is_empty() => vec![format!("status {status}")],
        None => vec![format!("status {status} without an S3 error code")],
    };
    if kind == FaultKind::ClockSkew
        && let Some(ahead) = answer.clock_ahead
    {
        let way = if ahead < 0 { "ahead of" } else { "behind" };
        let seconds = ahead.unsigned_abs();
        parts.push(format!("this host's clock is {seconds} s {way} the service's"));
    }
    if kind == FaultKind::WrongRegion {
        let region = error.and_then(|error| error.region.as_deref());
        if let Some(region) = region.or_else(|| answer.header("x-amz-bucket-region")) {
            parts.push(format!("it names the region `{}`", escape_server_text(region, 64)));
        }
    }
    if answer.status.is_redirection()
        && let Some(host) = answer.headers.get(LOCATION).and_then(|to| host_of(to.to_str().ok()?))
    {
        parts.push(format!("a redirect to `{}`", escape_server_text(host, 100)));
    }
    let message = error.and_then(|error| error.message.as_deref());
    if let (FaultKind::Refused, Some(message)) = (kind, message) {
        parts.push(format!("`{}`", escape_server_text(message, 200)));
    }
    let id = error.and_then(|error| error.request_id.as_deref());
    if let Some(id) = answer.header("x-amz-request-id").or(id) {
        parts.push(format!("request {}", escape_server_text(id, 100)));
    }
    parts.join(", ")
}

/// A server's text on one line of a terminal: other bytes than printable ASCII are escaped.
pub(crate) fn escape_server_text(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for character in text.chars() {
        if line.len() >= longest {
            line.push_str("...");
            break;
        }
        if character.is_ascii_graphic() || character == ' ' {
            line.push(character);
        } else {
            line.extend(character.escape_default());
        }
    }
    line
}

fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(authority.rsplit('@').next().unwrap_or(authority))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(read_date(headers)?).ok()?,
    };
    Some(wait.min(LONGEST_WAIT))
}

fn read_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests;
