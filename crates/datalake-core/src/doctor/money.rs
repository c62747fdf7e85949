//! What costs money.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, name_provision, warning, wrong};
use super::store::IN_BUCKET;
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::time::Timestamp;
use crate::usage::{SMALLEST_BILLED, Usage};

/// What was seen of what costs money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyEvidence {
    /// Where the prices were read, and when: the last day in it counts.
    pub prices: Look<String>,
    /// The name of the price list, and whether it bills by the gigabyte, without a base fee.
    pub plan: Look<(String, bool)>,
    /// Unfinished uploads.
    pub uploads: Look<Vec<UnfinishedUpload>>,
    /// What the bucket holds, counted up to a limit.
    pub usage: Look<Usage>,
    /// Whether a rule lets old versions go.
    pub old_versions_expire: bool,
    /// What steps have printed, counted up to a limit.
    pub logs: Look<Usage>,
    /// Whether a rule lets that go.
    pub logs_expire: Look<bool>,
}

/// An upload in parts that nobody has finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedUpload {
    /// The key that it was for.
    pub key: String,
    /// When it began.
    pub begun: Timestamp,
}

/// An upload that is older than this is nobody's.
const OLD_UPLOAD: i64 = 86_400;

/// A price table older than this may be wrong: prices moved twice in 2026.
const OLD_PRICES: i64 = 180 * 86_400;

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::MoneyPriceTable, after: &[], judge: judge_prices },
    FindingCheck { id: FindingId::MoneyPerGb, after: &[], judge: judge_plan },
    FindingCheck { id: FindingId::MoneyUnfinishedUploads, after: IN_BUCKET, judge: judge_uploads },
    FindingCheck { id: FindingId::MoneyOldVersions, after: IN_BUCKET, judge: old_versions },
    FindingCheck { id: FindingId::MoneyLogGrowth, after: IN_BUCKET, judge: judge_logs },
];

impl Default for MoneyEvidence {
    fn default() -> Self {
        Self {
            prices: Look::nobody(),
            plan: Look::nobody(),
            uploads: Look::nobody(),
            usage: Look::nobody(),
            old_versions_expire: false,
            logs: Look::nobody(),
            logs_expire: Look::nobody(),
        }
    }
}

impl MoneyEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            prices: Look::NotHere(reason.to_owned()),
            plan: Look::NotHere(reason.to_owned()),
            uploads: Look::NotHere(reason.to_owned()),
            usage: Look::NotHere(reason.to_owned()),
            old_versions_expire: false,
            logs: Look::NotHere(reason.to_owned()),
            logs_expire: Look::NotHere(reason.to_owned()),
        }
    }
}

fn judge_prices(seen: &Examination) -> Judged {
    let source = seen.money.prices.seen()?;
    let Some(read) = last_day(source) else {
        return Err(Not::Here(format!("the price list has no date: {source}")));
    };
    let age = seen.now.unix() - read.unix();
    let days = age / 86_400;
    if age > OLD_PRICES {
        return Err(warning(
            [format!("it is {days} days old: {source}")],
            "compare it with hetzner.com/storage/object-storage, and take a newer datalake, or a list \
             of your own below `cost: { plans: … }`",
        ));
    }
    Ok(format!("it is {days} days old"))
}

/// The last `2026-10-08` in a text.
fn last_day(text: &str) -> Option<Timestamp> {
    let days = text.split(|c: char| !c.is_ascii_digit() && c != '-');
    let days = days.filter(|word| word.len() == 10);
    days.filter_map(|day| format!("{day}T00:00:00Z").parse().ok()).max()
}

fn judge_plan(seen: &Examination) -> Judged {
    let (name, is_by_gb) = seen.money.plan.seen()?;
    if !is_by_gb {
        return Ok(format!("`{name}`"));
    }
    Err(warning(
        [format!("`{name}` bills by the gigabyte, which Hetzner does not")],
        "take Hetzner's list (`cost: { plan: hetzner }`): 100 GB and 100 GB of traffic are the base fee of 6.49 EUR, not 1.50; a \
         terabyte of traffic above the quota is 1 EUR, not 10",
    ))
}

fn judge_uploads(seen: &Examination) -> Judged {
    let all = seen.money.uploads.seen()?;
    let is_old = |upload: &&UnfinishedUpload| seen.now.unix() - upload.begun.unix() > OLD_UPLOAD;
    let old: Vec<_> = all.iter().filter(is_old).collect();
    if old.is_empty() {
        return Ok(format!("{}, none older than a day", all.len()));
    }
    let shown = old.iter().take(3).map(|upload| format!("`{}` of {}", upload.key, upload.begun));
    let shown: Vec<_> = shown.collect();
    Err(warning(
        [format!("{} older than a day are stored and billed: {}", old.len(), shown.join(", "))],
        Advice::naming(
            "{}; with `protect: { abort-uploads: 7d }` they go by themselves",
            [AdvisedCommand::AbortOldUploads],
        ),
    ))
}

fn judge_logs(seen: &Examination) -> Judged {
    let logs = seen.money.logs.seen()?.current;
    let evidence = format!("{} logs of steps, {} billed bytes", logs.count, logs.billed);
    if *seen.money.logs_expire.seen()? || logs.count == 0 {
        return Ok(evidence);
    }
    Err(warning(
        [
            format!("{evidence}, and no rule lets them go"),
            format!("each counts as {} KB at least", SMALLEST_BILLED.0 / 1000),
        ],
        name_provision("with `protect: { logs-expire: 90d }` in the spec {} sets the rule"),
    ))
}

fn old_versions(seen: &Examination) -> Judged {
    let usage = seen.money.usage.seen()?;
    let (old, current) = (usage.noncurrent, usage.current);
    let evidence = format!("{} old versions, {} billed bytes", old.count, old.billed);
    let are_many = old.billed > current.billed && old.count > 100;
    if old.count > 0 && !seen.money.old_versions_expire {
        return Err(wrong(
            [format!("{evidence}, and no rule lets them go")],
            name_provision("{} sets the rule of `protect: { keep-old-versions: 30d }`"),
        ));
    }
    if are_many {
        return Err(warning(
            [format!("{evidence}: more than the {} of what is current", current.billed)],
            "keep them for a shorter time: `protect: { keep-old-versions: 7d }`",
        ));
    }
    Ok(evidence)
}
