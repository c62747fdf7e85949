//! Tables: whether commits to them hold where they lie, and which ones got lost.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, warning, wrong};
use super::store::IN_BUCKET;
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand, TablesAdvice};
use crate::s3::{ConditionalPuts, FoundTable, FoundTables, Lifecycle, Versioning};
use crate::tables::{LostCommit, LostSearch};

/// What was seen of tables, and of what they rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesEvidence {
    /// Each bucket of the spec that there is.
    pub buckets: Look<Vec<TablesBucket>>,
    /// The bucket that tables belong in, if the spec names one.
    pub place: Option<String>,
}

/// A bucket, as tables see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesBucket {
    /// Its name.
    pub bucket: String,
    /// Whether the spec puts tables there.
    pub is_for_tables: bool,
    /// What keys of tables begin with there, where the spec puts them there.
    pub prefix: String,
    /// Its lifecycle rules.
    pub lifecycle: Look<Lifecycle>,
    /// Whether it keeps old versions.
    pub versioning: Look<Versioning>,
    /// What it makes of puts that ask for nothing to be there.
    pub conditional: Look<ConditionalPuts>,
    /// The tables in it.
    pub found: Look<FoundTables>,
    /// What their logs show.
    pub lost: Look<LostSearch>,
}

/// So many tables or commits are named.
const NAMED: usize = 10;

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck {
        id: FindingId::StoreConditionalPut,
        after: &[FindingId::StoreProbe],
        judge: conditional,
    },
    FindingCheck { id: FindingId::TablesVersioned, after: IN_BUCKET, judge: versioned },
    FindingCheck { id: FindingId::TablesExpire, after: IN_BUCKET, judge: judge_expiry },
    FindingCheck { id: FindingId::TablesLostCommits, after: IN_BUCKET, judge: lost_commits },
];

impl Default for TablesEvidence {
    fn default() -> Self {
        Self { buckets: Look::nobody(), place: None }
    }
}

impl TablesEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self { buckets: Look::NotHere(reason.to_owned()), place: None }
    }

    fn place_of(&self, bucket: &TablesBucket) -> String {
        let place = self.place.as_ref().filter(|place| **place != bucket.bucket);
        let place = place.cloned().unwrap_or_else(|| format!("{}-tables", bucket.bucket));
        format!("s3://{place}/")
    }
}

impl TablesBucket {
    fn keeps_versions(&self) -> bool {
        self.versioning.seen().is_ok_and(|it| *it == Versioning::Enabled)
    }

    /// Why tables are not safe in it; `None` where they are.
    fn find_danger(&self, tables: &FoundTables) -> Result<Option<String>, Not> {
        if tables.tables.is_empty() {
            return Ok(None);
        }
        let bucket = &self.bucket;
        Ok(match self.versioning.seen()? {
            Versioning::Never => None,
            Versioning::Enabled => {
                let puts = self.conditional.seen()?;
                (!puts.keep_commits()).then(|| {
                    format!("bucket `{bucket}` keeps old versions and holds tables: {puts}")
                })
            }
            Versioning::Suspended => self.lost.seen()?.has_markers.then(|| {
                format!(
                    "versioning of bucket `{bucket}` is suspended, and there are delete markers in logs of \
                     tables: a table that is made again there fails"
                )
            }),
        })
    }
}

fn conditional(seen: &Examination) -> Judged {
    let cure = Advice::naming(
        "keep tables in a bucket of their own that never had versions: set `tables: {}`, then {}",
        [AdvisedCommand::Provision],
    );
    let (mut sound, mut odd, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for bucket in seen.tables.buckets.seen()? {
        let puts = bucket.conditional.tried(cure.clone())?;
        let line = format!("`{}`: {puts}", bucket.bucket);
        match puts {
            ConditionalPuts::Held => sound.push(line),
            _ if bucket.is_for_tables => broken.push(line),
            ConditionalPuts::Unsupported => sound.push(format!("{line}; nothing there needs them")),
            _ if bucket.keeps_versions() => {
                sound.push(format!("{line}, since it keeps versions: no place for tables"));
            }
            ConditionalPuts::Ignored | ConditionalPuts::Raced(_) => {
                odd.push(format!("{line}, although the bucket keeps no versions"));
            }
        }
    }
    match (broken.is_empty(), odd.is_empty()) {
        (true, true) => Ok(sound.join("; ")),
        (true, false) => Err(warning(
            odd,
            "nothing of datalake relies on it; programs that lock by such a put would not lock, and \
             tables would lose commits",
        )),
        (false, _) => Err(wrong(broken, cure)),
    }
}

fn versioned(seen: &Examination) -> Judged {
    let (mut sound, mut evidence, mut moves) = (Vec::new(), Vec::new(), Vec::new());
    for bucket in seen.tables.buckets.seen()? {
        let found = bucket.found.seen()?;
        let Some(danger) = bucket.find_danger(found)? else {
            sound.push(format!("`{}`: {}", bucket.bucket, describe_reach(found)));
            continue;
        };
        evidence.push(danger);
        evidence.extend(name_first(&found.tables, FoundTable::to_string));
        moves.push(AdvisedCommand::Tables(TablesAdvice::Move {
            source: format!("s3://{}/", bucket.bucket),
            dest: seen.tables.place_of(bucket),
        }));
    }
    if evidence.is_empty() {
        return Ok(sound.join("; "));
    }
    let lead = match seen.tables.place {
        Some(_) => "while nothing writes",
        None => "set `tables: {}`, provision that bucket, and while nothing writes",
    };
    Err(wrong(evidence, Advice::naming(format!("{lead}: {{}}"), moves)))
}

fn judge_expiry(seen: &Examination) -> Judged {
    let (mut sound, mut evidence, mut cures) = (Vec::new(), Vec::new(), Vec::new());
    for bucket in seen.tables.buckets.seen()?.iter().filter(|bucket| bucket.is_for_tables) {
        let name = &bucket.bucket;
        let Some((id, rule)) = bucket.lifecycle.seen()?.find_expiry(&bucket.prefix) else {
            sound.push(format!("`{name}`: no rule has objects of tables expire"));
            continue;
        };
        let keys = match rule.prefix.as_str() {
            "" => "all keys".to_owned(),
            prefix => format!("keys below `{}`", prefix.escape_debug()),
        };
        let after = rule.expire.map(|days| format!(" after {days}")).unwrap_or_default();
        let id = id.escape_debug();
        evidence.push(format!("bucket `{name}`, rule `{id}`: {keys} expire{after}"));
        cures.push(AdvisedCommand::Tables(TablesAdvice::RemoveRule(name.clone())));
    }
    if evidence.is_empty() {
        let none = || "the spec puts tables nowhere".to_owned();
        return Ok(if sound.is_empty() { none() } else { sound.join("; ") });
    }
    Err(wrong(evidence, Advice::naming("take the rule out: {}, where ID is its name above", cures)))
}

fn lost_commits(seen: &Examination) -> Judged {
    let (mut sound, mut evidence, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
    for bucket in seen.tables.buckets.seen()? {
        let search = bucket.lost.seen()?;
        let place = |root: &str| format!("s3://{}/{}", bucket.bucket, root.escape_debug());
        let lines = search.lost.iter().flat_map(|(root, commits)| {
            count_versions(commits).into_iter().map(move |(number, count)| {
                format!("{}: version {number}, {count} lost", place(root))
            })
        });
        evidence.extend(name_first(&lines.collect::<Vec<_>>(), String::clone));
        unseen.extend(
            search
                .unseen
                .iter()
                .map(|root| format!("the log of {} was not looked at to its end", place(root))),
        );
        sound.push(format!("`{}`: none in {} logs", bucket.bucket, search.tables));
    }
    if !evidence.is_empty() {
        return Err(wrong(
            evidence,
            Advice::naming(
                "{} shows what each of them added, to be appended again; do it before old versions \
                 expire",
                [AdvisedCommand::Tables(TablesAdvice::Recover(None))],
            ),
        ));
    }
    if unseen.is_empty() { Ok(sound.join("; ")) } else { Err(Not::LookedAt(unseen)) }
}

/// How many commits of each version got lost.
fn count_versions(commits: &[LostCommit]) -> Vec<(u64, usize)> {
    let same = commits.chunk_by(|one, other| one.number == other.number);
    same.filter_map(|same| Some((same.first()?.number, same.len()))).collect()
}

/// The first ones in words, and how many more there are.
fn name_first<T>(all: &[T], word: impl Fn(&T) -> String) -> Vec<String> {
    let mut named: Vec<_> = all.iter().take(NAMED).map(word).collect();
    if all.len() > NAMED {
        named.push(format!("and {} more", all.len() - NAMED));
    }
    named
}

fn describe_reach(found: &FoundTables) -> String {
    let tables = match found.tables.len() {
        0 => "no table".to_owned(),
        1 => "1 table".to_owned(),
        number => format!("{number} tables"),
    };
    if found.complete {
        return tables;
    }
    format!("{tables} in the first {} folders; there are more folders", found.folders)
}
