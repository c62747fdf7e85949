//! `If-Match` and its relatives.

use http::HeaderMap;
use http::header::IF_MATCH;
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use crate::quirks::{ConditionalWrites, Quirk};
use crate::sim::Sim;
use crate::state::{Condition, NULL_VERSION, SimBucket, SimVersion, VersioningState};

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

/// Fails with 412 unless the bucket, in its way, finds that the condition holds.
pub(super) fn check_write(
    sim: &Sim,
    bucket: &SimBucket,
    key: &str,
    condition: Option<&Condition>,
) -> S3Result<()> {
    let keeps_versions = bucket.meta.versioning == VersioningState::Enabled;
    if keeps_versions && sim.quirks.conditional_writes == ConditionalWrites::Ignored {
        // The gateway looks at the version that is about to be made, which is never there.
        return match condition {
            None | Some(Condition::Absent | Condition::Differs(_)) => Ok(()),
            Some(Condition::Present | Condition::Matches(_) | Condition::Never) => {
                Err(s3_error!(PreconditionFailed))
            }
        };
    }
    let is_blocked = sim.has(Quirk::NullMarkerBlocksNew)
        && condition == Some(&Condition::Absent)
        && bucket
            .newest(key)
            .is_some_and(|newest| newest.content.is_none() && newest.id == NULL_VERSION);
    if is_blocked {
        return Err(s3_error!(PreconditionFailed));
    }
    bucket.check(key, condition)
}

/// When the condition of a write is looked at.
#[derive(Debug)]
pub(super) enum WriteCheck {
    /// Together with the write: nobody comes between.
    WithWrite(Option<Condition>),
    /// When the request came, with this result: who writes meanwhile is not seen.
    BeforeWrite(S3Result<()>),
}

impl WriteCheck {
    /// Looks at once where writers race.
    pub(super) fn begin(
        sim: &Sim,
        bucket: &SimBucket,
        key: &str,
        condition: Option<Condition>,
    ) -> Self {
        let races = sim.quirks.conditional_writes == ConditionalWrites::Racing
            && bucket.meta.versioning == VersioningState::Enabled;
        if races && condition.is_some() {
            return Self::BeforeWrite(check_write(sim, bucket, key, condition.as_ref()));
        }
        Self::WithWrite(condition)
    }

    /// Leaves others the time to come between.
    pub(super) async fn linger(&self, sim: &Sim) {
        if let Self::BeforeWrite(Ok(())) = self {
            tokio::time::sleep(sim.quirks.race_window).await;
        }
    }

    /// Fails with 412 unless the condition holds, or held.
    pub(super) fn finish(self, sim: &Sim, bucket: &SimBucket, key: &str) -> S3Result<()> {
        match self {
            Self::WithWrite(condition) => check_write(sim, bucket, key, condition.as_ref()),
            Self::BeforeWrite(result) => result,
        }
    }
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
