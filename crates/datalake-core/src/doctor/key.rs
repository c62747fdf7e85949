//! The key pair and what it opens.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, warning, wrong};
use super::store::HeadAnswer;
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::fault::{Fault, FaultKind};
use crate::plan::Service;
use crate::rotation::{LONGEST_KEY_AGE, count_key_days};
use crate::s3::BucketName;
use crate::time::Timestamp;

/// What was seen of the key pair; no part of the secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEvidence {
    /// The id where the pair was found; what is wrong with the place if it was not.
    pub source: Look<Result<String, Unread>>,
    /// What is wrong with its form; `None` for nothing.
    pub flaw: Look<Option<String>>,
    /// Whether the two halves look exchanged.
    pub is_swapped: Look<bool>,
    /// What the service says to the pair.
    pub service: Look<Service>,
    /// The buckets that the service lists for it.
    pub buckets: Look<Vec<BucketName>>,
    /// Buckets besides the spec's that it opens.
    pub opens: Look<Vec<BucketName>>,
    /// Whether an earlier run of this place has used the spec's bucket.
    pub has_used_bucket: bool,
    /// When a run first stored the pair that containers are given; `None` where no run has.
    pub first_stored: Look<Option<Timestamp>>,
}

/// A place from which no pair could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What is wrong with it.
    pub what: String,
    /// What to do; nothing for a place that is well and empty.
    pub cure: Option<String>,
}

const SOUND_PAIR: &[FindingId] =
    &[FindingId::KeySwapped, FindingId::NetworkAnswer, FindingId::NetworkClock];

/// Checks of the service that need a key which it takes.
pub(super) const TAKEN: &[FindingId] =
    &[FindingId::KeyUnknown, FindingId::KeySecret, FindingId::KeyRegion];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::KeySource, after: &[], judge: judge_pair_source },
    FindingCheck {
        id: FindingId::KeyShape,
        after: &[FindingId::KeySource],
        judge: judge_pair_shape,
    },
    FindingCheck {
        id: FindingId::KeySwapped,
        after: &[FindingId::KeyShape],
        judge: judge_pair_order,
    },
    FindingCheck { id: FindingId::KeyUnknown, after: SOUND_PAIR, judge: judge_unknown_key },
    FindingCheck { id: FindingId::KeySecret, after: &[FindingId::KeyUnknown], judge: judge_secret },
    FindingCheck { id: FindingId::KeyRegion, after: &[FindingId::KeySecret], judge: judge_region },
    FindingCheck { id: FindingId::KeyDenied, after: TAKEN, judge: judge_denied_bucket },
    FindingCheck { id: FindingId::KeyProject, after: TAKEN, judge: judge_project },
    FindingCheck { id: FindingId::KeyReach, after: TAKEN, judge: judge_reach },
    FindingCheck { id: FindingId::KeyAge, after: &[], judge: judge_age },
];

impl Default for KeyEvidence {
    fn default() -> Self {
        Self {
            source: Look::nobody(),
            flaw: Look::nobody(),
            is_swapped: Look::nobody(),
            service: Look::nobody(),
            buckets: Look::nobody(),
            opens: Look::nobody(),
            has_used_bucket: false,
            first_stored: Look::nobody(),
        }
    }
}

impl KeyEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            source: Look::NotHere(reason.to_owned()),
            flaw: Look::NotHere(reason.to_owned()),
            is_swapped: Look::NotHere(reason.to_owned()),
            service: Look::NotHere(reason.to_owned()),
            buckets: Look::NotHere(reason.to_owned()),
            opens: Look::NotHere(reason.to_owned()),
            has_used_bucket: false,
            first_stored: Look::NotHere(reason.to_owned()),
        }
    }
}

fn judge_pair_source(seen: &Examination) -> Judged {
    match seen.key.source.asked(seen)? {
        Ok(id) => Ok(format!("the pair of `{id}`")),
        Err(Unread { what, cure: Some(cure) }) => Err(wrong([what.clone()], cure.clone())),
        Err(Unread { what, cure: None }) => Err(wrong(
            [what.clone()],
            "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --credentials-file FILE; \
             Hetzner's Console makes a key (project, Security, S3 credentials)",
        )),
    }
}

fn judge_pair_shape(seen: &Examination) -> Judged {
    match seen.key.flaw.seen()? {
        None => Ok("neither contains a blank, quote or line break".to_owned()),
        Some(flaw) => {
            Err(wrong([flaw.clone()], "paste it again, bare: without quotes, blanks or line ends"))
        }
    }
}

fn judge_pair_order(seen: &Examination) -> Judged {
    if *seen.key.is_swapped.seen()? {
        return Err(wrong(
            ["access key id and secret look exchanged".to_owned()],
            "exchange them: at Hetzner the id has 20 characters and the secret 40",
        ));
    }
    Ok("id and secret are in the right order".to_owned())
}

/// What the service says to the pair; `kinds` are the refusals that the caller judges.
fn said<'a>(seen: &'a Examination, kinds: &[FaultKind]) -> Result<&'a Service, &'a Fault> {
    match &seen.key.service {
        Look::Saw(service) => Ok(service),
        Look::Unknown(fault) if kinds.contains(&fault.kind) => Err(fault),
        Look::Unknown(_) | Look::NotHere(_) => Ok(&NOBODY),
    }
}

/// Stands where a check has nothing against the pair, and another one may have.
static NOBODY: Service = Service { clock_ahead: 0, owner: None };

/// Faults that say something of the pair, in the order in which a service looks at it.
const OF_THE_PAIR: [FaultKind; 3] =
    [FaultKind::UnknownAccessKey, FaultKind::WrongSecret, FaultKind::WrongRegion];

/// Leaves a check open where the service has said nothing of the pair.
fn require_answer(seen: &Examination) -> Result<(), Not> {
    match &seen.key.service {
        Look::Unknown(fault) if OF_THE_PAIR.contains(&fault.kind) => Ok(()),
        other => other.seen().map(|_| ()),
    }
}

fn judge_unknown_key(seen: &Examination) -> Judged {
    require_answer(seen)?;
    said(seen, &[FaultKind::UnknownAccessKey]).map(describe_owner).map_err(|fault| {
        wrong(
            [fault.to_string()],
            "compare the id with the project's Security > S3 credentials; a new key can take a \
             minute to be known everywhere",
        )
    })
}

fn describe_owner(service: &Service) -> String {
    match &service.owner {
        Some(owner) => format!("it is one of {owner}"),
        None => "the service knows it".to_owned(),
    }
}

fn judge_secret(seen: &Examination) -> Judged {
    require_answer(seen)?;
    said(seen, &[FaultKind::WrongSecret]).map(|_| "the signature is taken".to_owned()).map_err(
        |fault| {
            wrong(
                [fault.to_string()],
                "the secret is shown only once, when the key is made: make a new key if it is lost. \
                 A proxy that changes headers gives the same answer",
            )
        },
    )
}

fn judge_region(seen: &Examination) -> Judged {
    require_answer(seen)?;
    said(seen, &[FaultKind::WrongRegion])
        .map(|_| "the service takes requests for it".to_owned())
        .map_err(|fault| {
            wrong(
                [fault.to_string()],
                "set `region:` to what the endpoint serves; at Hetzner it is the endpoint's first \
                 label",
            )
        })
}

/// Whether the bucket refuses the key, and whether the service lists it among the key's own.
fn find_refusal(seen: &Examination) -> Result<Option<bool>, Not> {
    let heads = seen.store.heads.seen()?;
    let is_refused = heads.contains(&HeadAnswer::Denied) && !heads.contains(&HeadAnswer::Here);
    if !is_refused {
        return Ok(None);
    }
    let bucket = &seen.store.bucket;
    let listed = seen.key.buckets.seen()?.iter().any(|name| name.as_str() == bucket);
    Ok(Some(listed))
}

fn judge_denied_bucket(seen: &Examination) -> Judged {
    let bucket = &seen.store.bucket;
    match find_refusal(seen)? {
        Some(true) => Err(wrong(
            [format!("bucket `{bucket}` is one of this key's project, and refuses the key")],
            "a bucket policy names this key in a Deny: change it with another key of the project. \
             Some gateways refuse a good key for minutes, too: try again",
        )),
        Some(false) | None => Ok(format!("the key can open bucket `{bucket}`")),
    }
}

fn judge_project(seen: &Examination) -> Judged {
    let bucket = &seen.store.bucket;
    let owner = seen.key.service.seen().ok().and_then(|service| service.owner.clone());
    let project = owner.as_deref().unwrap_or("an unknown project");
    if find_refusal(seen)? == Some(false) && seen.key.has_used_bucket {
        return Err(wrong(
            [format!("an earlier run used bucket `{bucket}`, and this key, of {project}, may not")],
            "take a key of the bucket's own project: Hetzner's keys open one project each",
        ));
    }
    Ok(format!("the key is of {project}"))
}

fn judge_age(seen: &Examination) -> Judged {
    let Some(since) = *seen.key.first_stored.seen()? else {
        return Err(Not::Here("no run has stored the pair that is in use".to_owned()));
    };
    let days = count_key_days(since, seen.now);
    if days <= LONGEST_KEY_AGE {
        return Ok(format!("stored {days} days ago, on {}", since.date()));
    }
    Err(warning(
        [format!("the key pair has been in use for {days} days, since {}", since.date())],
        Advice::naming(
            "make a new pair in the Console, then change it without downtime: {}",
            [AdvisedCommand::RotateKey],
        ),
    ))
}

fn judge_reach(seen: &Examination) -> Judged {
    let opens = seen.key.opens.seen()?;
    if opens.is_empty() {
        return Ok("the key opens only the spec's buckets".to_owned());
    }
    let names: Vec<_> = opens.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if opens.len() > names.len() { ", …" } else { "" };
    Err(warning(
        [format!("it opens {} more: {}{more}", opens.len(), names.join(", "))],
        "keep Dagster's bucket in a project of its own, or name this key in a Deny of each other \
         bucket's policy; after a change of the key, change the policies first",
    ))
}
