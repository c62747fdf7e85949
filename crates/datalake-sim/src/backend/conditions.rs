//! `If-Match` and its relatives.

use http::HeaderMap;
use http::header::IF_MATCH;
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::{Condition, SimVersion};

/// The condition of a write.
///
/// An `If-None-Match` goes first; clients send one of the two.
pub(super) fn of_write(
    sim: &Sim,
    headers: &HeaderMap,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> Option<Condition> {
    if let Some(unwanted) = if_none_match {
        return Some(match unwanted.as_etag() {
            None => Condition::Absent,
            Some(etag) => Condition::Differs(etag.value().to_owned()),
        });
    }
    let wanted = if_match?;
    let quoted = headers.get(IF_MATCH).is_some_and(|value| value.as_bytes().starts_with(b"\""));
    if quoted && sim.has(Quirk::QuotedIfMatchFails) {
        return Some(Condition::Never);
    }
    Some(match wanted.as_etag() {
        None => Condition::Present,
        Some(etag) => Condition::Matches(etag.value().to_owned()),
    })
}

/// The conditions of a read.
#[derive(Debug, Default)]
pub(super) struct OfRead<'a> {
    pub(super) matches: Option<&'a ETagCondition>,
    pub(super) differs_from: Option<&'a ETagCondition>,
    pub(super) modified_since: Option<&'a Timestamp>,
    pub(super) unmodified_since: Option<&'a Timestamp>,
}

impl OfRead<'_> {
    /// Fails with 412 or 304 unless all conditions hold for a version.
    pub(super) fn check(&self, version: &SimVersion) -> S3Result<()> {
        let etag = version.content.as_ref().map_or("", |content| content.etag.as_str());
        let is = |condition: &ETagCondition| {
            condition.as_etag().is_none_or(|wanted| wanted.value() == etag)
        };
        // HTTP dates have no milliseconds.
        let modified =
            time::OffsetDateTime::from_unix_timestamp(version.modified.to_time().unix_timestamp())
                .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        let since = |limit: &Timestamp| modified > time::OffsetDateTime::from(limit.clone());
        if self.matches.is_some_and(|wanted| !is(wanted))
            || (self.matches.is_none() && self.unmodified_since.is_some_and(since))
        {
            return Err(s3_error!(PreconditionFailed));
        }
        if self.differs_from.is_some_and(is)
            || (self.differs_from.is_none()
                && self.modified_since.is_some_and(|limit| !since(limit)))
        {
            return Err(s3_error!(NotModified));
        }
        Ok(())
    }
}
