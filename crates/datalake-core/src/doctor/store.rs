//! The bucket: whether it is there, whose it is, how it is set.

use super::diagnose::FindingCheck;
use super::key::TAKEN;
use super::look::{Judged, Look, Not, name_provision, warning, wrong};
use super::policy::PolicyTraits;
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::s3::{FoundTable, Lifecycle, TableSearch, Versioning};

/// What was seen of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEvidence {
    /// Its name.
    pub bucket: String,
    /// The prefix of the assets' keys, without a slash at its end.
    pub prefix: String,
    /// What several questions in a row were answered.
    pub heads: Look<Vec<HeadAnswer>>,
    /// Whether it keeps old versions, and whether the spec asks for that.
    pub versioning: Look<Versioning>,
    /// Whether the spec wants old versions kept.
    pub wants_versioning: bool,
    /// Its lifecycle rules.
    pub lifecycle: Look<Lifecycle>,
    /// Those that the spec asks for.
    pub wanted_lifecycle: Lifecycle,
    /// What a stranger could do without a key: `list`, `read`.
    pub open_to_all: Look<Vec<String>>,
    /// What its policy does; `None` for no policy.
    pub policy: Look<Option<PolicyTraits>>,
    /// The tables in it.
    pub tables: Look<TableSearch>,
    /// How many objects lie below `migrated/`; counting stops at a thousand.
    pub migrated: Look<u64>,
}

/// What a service answers to the question for a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadAnswer {
    /// It is there, and the key may use it.
    Here,
    /// There is no such bucket.
    Absent,
    /// There is one, and the key may not.
    Denied,
}

/// Checks inside of the bucket need one that is there, and the key's.
pub(super) const IN_BUCKET: &[FindingId] = &[
    FindingId::StoreBucket,
    FindingId::StoreBucketForeign,
    FindingId::KeyDenied,
    FindingId::KeyProject,
];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::StoreBucket, after: TAKEN, judge: bucket },
    FindingCheck { id: FindingId::StoreBucketForeign, after: FOREIGN, judge: foreign },
    FindingCheck { id: FindingId::StoreBucketLate, after: IN_BUCKET, judge: late },
    FindingCheck { id: FindingId::StoreVersioning, after: IN_BUCKET, judge: versioning },
    FindingCheck { id: FindingId::StoreLifecycle, after: IN_BUCKET, judge: lifecycle },
    FindingCheck { id: FindingId::StorePublic, after: IN_BUCKET, judge: public },
    FindingCheck { id: FindingId::StorePolicy, after: IN_BUCKET, judge: policy },
    FindingCheck { id: FindingId::StoreWriters, after: IN_BUCKET, judge: writers },
    FindingCheck { id: FindingId::StoreMigrated, after: IN_BUCKET, judge: migrated },
];

const FOREIGN: &[FindingId] =
    &[FindingId::StoreBucket, FindingId::KeyDenied, FindingId::KeyProject];

impl Default for StoreEvidence {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            prefix: String::new(),
            heads: Look::nobody(),
            versioning: Look::nobody(),
            wants_versioning: false,
            lifecycle: Look::nobody(),
            wanted_lifecycle: Lifecycle::default(),
            open_to_all: Look::nobody(),
            policy: Look::nobody(),
            tables: Look::nobody(),
            migrated: Look::nobody(),
        }
    }
}

impl StoreEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            bucket: String::new(),
            prefix: String::new(),
            heads: Look::NotHere(reason.to_owned()),
            versioning: Look::NotHere(reason.to_owned()),
            wants_versioning: false,
            lifecycle: Look::NotHere(reason.to_owned()),
            wanted_lifecycle: Lifecycle::default(),
            open_to_all: Look::NotHere(reason.to_owned()),
            policy: Look::NotHere(reason.to_owned()),
            tables: Look::NotHere(reason.to_owned()),
            migrated: Look::NotHere(reason.to_owned()),
        }
    }
}

fn bucket(seen: &Examination) -> Judged {
    let name = &seen.store.bucket;
    let heads = seen.store.heads.seen()?;
    if heads.iter().all(|head| *head == HeadAnswer::Absent) {
        return Err(wrong(
            [format!("there is no bucket `{name}` in this location")],
            name_provision("{} creates it; if it is in another location, set `region:`"),
        ));
    }
    Ok(format!("there is a bucket `{name}`"))
}

fn foreign(seen: &Examination) -> Judged {
    let name = &seen.store.bucket;
    let heads = seen.store.heads.seen()?;
    if heads.contains(&HeadAnswer::Denied) && !heads.contains(&HeadAnswer::Here) {
        return Err(wrong(
            [format!("bucket `{name}` exists and refuses this key, which does not list it")],
            "names are shared by all of Hetzner's customers: choose another, with your company's \
             name in front; or take a key of the bucket's own project",
        ));
    }
    Ok(format!("bucket `{name}` opens to this key"))
}

fn late(seen: &Examination) -> Judged {
    let heads = seen.store.heads.seen()?;
    let here = heads.iter().filter(|head| **head == HeadAnswer::Here).count();
    if here == heads.len() {
        return Ok(format!("{here} of {here} answers agree"));
    }
    Err(warning(
        [format!("{here} of {} answers know it: gateways disagree", heads.len())],
        "a new bucket needs seconds to minutes until all gateways have it: wait, and look again",
    ))
}

fn versioning(seen: &Examination) -> Judged {
    let state = seen.store.versioning.seen()?;
    if matches!(state, Versioning::Never) && !seen.store.wants_versioning {
        return Ok("none, as the spec says".to_owned());
    }
    let tables = seen.store.tables.seen()?;
    match (state, &tables.found) {
        // Whether they are safe there is a finding of its own.
        (Versioning::Enabled, Some(table)) => return Ok(format!("they are kept, beside {table}")),
        (_, Some(table)) => return Err(versions_of_tables(*state, table)),
        (_, None) => (),
    }
    match state {
        Versioning::Enabled => Ok(format!("they are kept; {}", tables.reach())),
        Versioning::Suspended => Err(wrong(
            ["versioning is suspended: lifecycle rules do not run at all then".to_owned()],
            Advice::naming(
                "{} switches it on, or {}",
                [AdvisedCommand::Provision, AdvisedCommand::EnableVersioning(None)],
            ),
        )),
        Versioning::Never => Err(wrong(
            ["the spec asks for old versions, and the bucket keeps none".to_owned()],
            name_provision("{} switches it on"),
        )),
    }
}

/// A table in a bucket that kept old versions, or is to keep them.
fn versions_of_tables(state: Versioning, table: &FoundTable) -> Not {
    let what = match state {
        Versioning::Enabled | Versioning::Suspended => {
            "versioning is suspended: lifecycle rules do not run, and the bucket"
        }
        Versioning::Never => "the spec asks for old versions, and the bucket",
    };
    wrong(
        [
            format!("{what} holds {table}"),
            "with old versions, two writers can both be told that they have committed, and one commit \
             is lost"
                .to_owned(),
        ],
        "keep tables in a bucket of their own that never had versions: `tables: {}`; or here set \
         `protect: { versioning: false }`, and do not switch versioning on",
    )
}

fn lifecycle(seen: &Examination) -> Judged {
    let rules = seen.store.lifecycle.seen()?;
    let wanted = &seen.store.wanted_lifecycle;
    let lacking: Vec<_> = wanted
        .iter()
        .filter(|(id, rule)| rules.get(id) != Some(rule))
        .map(|(id, _)| format!("rule `{id}` is missing or different"))
        .collect();
    if lacking.is_empty() {
        return Ok(format!("{} rules of the spec are there", wanted.iter().count()));
    }
    Err(wrong(lacking, name_provision("{} sets them; the rules of others stay")))
}

fn public(seen: &Examination) -> Judged {
    let open = seen.store.open_to_all.seen()?;
    if open.is_empty() {
        return Ok("without a key nothing can be listed or read".to_owned());
    }
    Err(wrong(
        [format!("without a key anybody can {}", open.join(" and "))],
        "take the public policy or ACL away in Hetzner's Console (bucket, visibility: private); \
         objects that were uploaded `public-read` stay open until they are stored again",
    ))
}

fn policy(seen: &Examination) -> Judged {
    let Some(policy) = seen.store.policy.seen()? else {
        return Ok("there is none: every key of the project may do everything".to_owned());
    };
    let mut evidence = Vec::new();
    if !policy.is_readable {
        evidence.push("it is not JSON that can be understood".to_owned());
    }
    if policy.has_not_action {
        evidence.push("it uses `NotAction`, which is stored and does nothing".to_owned());
    }
    for principal in &policy.strange_principals {
        evidence.push(format!("the principal `{principal}` matches no one"));
    }
    if evidence.is_empty() {
        return Ok(format!("{} statements, none of which is a known trap", policy.statements));
    }
    Err(warning(
        evidence,
        Advice::naming(
            "list actions one by one, and write principals as `arn:aws:iam:::user/pPROJECT:KEY`; \
             the Console has no editor, {} shows the policy",
            [AdvisedCommand::ShowSpecBucket],
        ),
    ))
}

fn writers(seen: &Examination) -> Judged {
    let Some(policy) = seen.store.policy.seen()? else {
        return Ok("only the keys of the bucket's own project".to_owned());
    };
    let own = seen.key.source.seen().map_err(|_| Not::Here("there is no key".to_owned()))?;
    let own = own.as_deref().unwrap_or_default();
    let others: Vec<_> = policy
        .writers
        .iter()
        .filter(|writer| !writer.ends_with(&format!(":{own}")))
        .map(|writer| format!("`{writer}` may write"))
        .collect();
    if others.is_empty() {
        return Ok("the policy lets no one else write".to_owned());
    }
    Err(warning(
        others,
        format!(
            "who writes below `{}` runs code in Dagster, which unpickles what it reads: give others a \
             prefix of their own",
            seen.store.prefix
        ),
    ))
}

fn migrated(seen: &Examination) -> Judged {
    match seen.store.migrated.seen()? {
        0 => Ok("there is nothing under `migrated/`".to_owned()),
        count => Err(warning(
            [format!("{count} objects are under `migrated/`, where no I/O manager looks")],
            moving_migrated(&seen.store),
        )),
    }
}

/// How objects come from below `migrated/` to where they are read.
fn moving_migrated(StoreEvidence { bucket, prefix, .. }: &StoreEvidence) -> Advice {
    let source = format!("s3://{bucket}/migrated");
    let dest = format!("s3://{bucket}/{prefix}");
    Advice::naming(
        "move them to where they are read: {}",
        [AdvisedCommand::MoveFolder { source, dest }],
    )
}
