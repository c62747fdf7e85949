//! The bucket tried out, with objects that are gone afterwards.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, warning, wrong};
use super::store::IN_BUCKET;
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};

/// What came of trying the bucket out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialEvidence {
    /// A small object put, read and deleted.
    pub probe: Look<TrialTimes>,
    /// An upload in parts, made whole, read and deleted.
    pub multipart: Look<()>,
    /// Whether content with a wrong hash was refused.
    pub damage_is_refused: Look<bool>,
    /// Tags set and read again.
    pub tagging: Look<Tagging>,
}

/// How long each part took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialTimes {
    /// Putting.
    pub put: u32,
    /// Reading.
    pub get: u32,
    /// Deleting.
    pub delete: u32,
}

/// What a service makes of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagging {
    /// They come back as they were set.
    Kept,
    /// It took them, and something else comes back.
    Lost,
    /// It has no tags.
    NotOffered,
}

/// A put of a few bytes that takes longer than this is slow, in milliseconds.
const SLOW: u32 = 3000;

const TRIED: &[FindingId] = &[FindingId::StoreProbe];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::StoreProbe, after: IN_BUCKET, judge: probe },
    FindingCheck { id: FindingId::StoreSlow, after: TRIED, judge: slow },
    FindingCheck { id: FindingId::StoreMultipart, after: TRIED, judge: multipart },
    FindingCheck { id: FindingId::StoreChecksums, after: TRIED, judge: checksums },
    FindingCheck { id: FindingId::StoreTagging, after: TRIED, judge: tagging },
];

impl Default for TrialEvidence {
    fn default() -> Self {
        Self {
            probe: Look::nobody(),
            multipart: Look::nobody(),
            damage_is_refused: Look::nobody(),
            tagging: Look::nobody(),
        }
    }
}

impl TrialEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            probe: Look::NotHere(reason.to_owned()),
            multipart: Look::NotHere(reason.to_owned()),
            damage_is_refused: Look::NotHere(reason.to_owned()),
            tagging: Look::NotHere(reason.to_owned()),
        }
    }
}

fn probe(seen: &Examination) -> Judged {
    let sent = seen.trials.probe.tried(Advice::naming(
        "the key may not do all that Dagster needs: put, read and delete below the prefix. Look for \
         a Deny in the bucket's policy: {}",
        [AdvisedCommand::ShowSpecBucket],
    ))?;
    let TrialTimes { put, get, delete } = sent;
    let prefix = &seen.store.prefix;
    Ok(format!("below `{prefix}`: put {put} ms, read {get} ms, deleted {delete} ms"))
}

fn slow(seen: &Examination) -> Judged {
    let TrialTimes { put, .. } = seen.trials.probe.seen()?;
    if *put > SLOW {
        return Err(warning(
            [format!("a put of a few bytes took {put} ms")],
            "look again later; if it stays so, a bucket in another location is faster: \
             `network-locations` shows them. nbg1 had limits on writing in 2026",
        ));
    }
    Ok(format!("a small put takes {put} ms"))
}

fn multipart(seen: &Examination) -> Judged {
    let cure = "large files go in parts: look for a Deny of s3:AbortMultipartUpload or \
                s3:ListMultipartUploadParts in the bucket's policy";
    seen.trials.multipart.tried(cure)?;
    Ok("begun, sent, made whole, read, deleted".to_owned())
}

fn checksums(seen: &Examination) -> Judged {
    if *seen.trials.damage_is_refused.seen()? {
        return Ok("content that is not what was announced is refused".to_owned());
    }
    Err(wrong(
        ["the service has taken content whose hash is not the announced one".to_owned()],
        Advice::naming(
            "a proxy on the way may take the hash out: go past it. With a service that does not \
             look, {} is the only proof",
            [AdvisedCommand::VerifyDeep],
        ),
    ))
}

fn tagging(seen: &Examination) -> Judged {
    let cure = "do not keep anything in tags here; nothing of datalake does";
    match seen.trials.tagging.tried(cure)? {
        Tagging::Kept => Ok("they come back as they were set".to_owned()),
        Tagging::NotOffered => Ok("the service has none; nothing needs them".to_owned()),
        Tagging::Lost => {
            Err(warning(["the service takes tags, and gives others back".to_owned()], cure))
        }
    }
}
