//! What a bucket holds and what each part of it costs, as text and as JSON.

use datalake_core::price::{Micros, Money};
use datalake_core::usage::{LargestGroups, Tally, Usage};
use datalake_engine::Due;
use schemars::JsonSchema;
use serde::Serialize;

use super::{count, key_text, rule_text, size};

/// A part of a bucket and its share of the bill.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Part {
    /// Its name, as it is.
    pub(crate) name: String,
    /// How many objects, versions, markers and uploads.
    pub(crate) count: u64,
    /// Their real size.
    pub(crate) bytes: u64,
    /// What is billed.
    pub(crate) billed_bytes: u64,
    /// Its share of the sum, by what is billed.
    pub(crate) share: Micros,
}

/// Parts of one kind, the largest first, and all others together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Parts {
    /// The largest.
    pub(crate) largest: Vec<Part>,
    /// How many there are besides.
    pub(crate) other_count: u64,
    /// Those together.
    pub(crate) others: Part,
}

/// What is shared out: a sum, by what is billed of the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sharing {
    /// The sum.
    pub(crate) sum: Money,
    /// All that is billed.
    pub(crate) billed: u64,
}

impl Sharing {
    /// A part with its share.
    #[must_use]
    pub(crate) fn part(self, name: &str, tally: &Tally) -> Part {
        let above = u128::from(self.sum.amount.count()) * u128::from(tally.billed);
        let share = above.checked_div(u128::from(self.billed)).unwrap_or(0);
        Part {
            name: name.to_owned(),
            count: tally.count,
            bytes: tally.bytes,
            billed_bytes: tally.billed,
            share: Micros::new(u64::try_from(share).unwrap_or(u64::MAX)),
        }
    }

    /// The largest groups, at most so many, and the rest.
    #[must_use]
    pub(crate) fn parts(self, groups: &LargestGroups, top: usize) -> Parts {
        let shown = groups.groups.iter().take(top);
        let mut rest = groups.rest;
        groups.groups.iter().skip(top).for_each(|(_, usage)| rest += *usage);
        let hidden = groups.groups.len().saturating_sub(top) as u64;
        Parts {
            largest: shown.map(|(name, usage)| self.part(name, &usage.total())).collect(),
            other_count: groups.others + hidden,
            others: self.part("", &rest.total()),
        }
    }

    /// What cannot be read and is billed all the same.
    #[must_use]
    pub(crate) fn hidden(self, usage: &Usage) -> Vec<Part> {
        vec![
            self.part("old versions", &usage.noncurrent),
            self.part("delete markers", &usage.markers),
            self.part("unfinished uploads", &usage.uploads),
        ]
    }
}

/// A table of parts with a heading; nothing where there are none.
#[must_use]
pub(crate) fn parts_text(heading: &str, parts: &Parts, sum: Money) -> String {
    if parts.largest.is_empty() {
        return String::new();
    }
    let mut text = heading_line(heading, sum);
    parts.largest.iter().for_each(|part| text.push_str(&part_line(part, sum)));
    if parts.other_count > 0 {
        let name = format!("({} more)", count(parts.other_count));
        text.push_str(&part_line(&Part { name, ..parts.others.clone() }, sum));
    }
    text
}

/// The line above parts.
#[must_use]
pub(crate) fn heading_line(heading: &str, sum: Money) -> String {
    let share = format!("{}/MONTH", sum.currency);
    format!("{:>10}  {:>10}  {:>13}  {share:>12}  {heading}\n", "BILLED", "REAL", "COUNT")
}

/// One part in one line.
#[must_use]
pub(crate) fn part_line(part: &Part, sum: Money) -> String {
    let share = Money { amount: part.share, ..sum }.to_string();
    let share = share.split(' ').next().unwrap_or_default();
    format!(
        "{:>10}  {:>10}  {:>13}  {share:>12}  {}\n",
        size(part.billed_bytes),
        size(part.bytes),
        count(part.count),
        key_text(&part.name),
    )
}

/// What lifecycle rules delete next.
#[must_use]
pub(crate) fn due_text(due: &Result<Vec<Due>, String>) -> String {
    let due = match due {
        Err(why) => return format!("What rules delete next is not known: {}\n", key_text(why)),
        Ok(due) if due.is_empty() => return "No rule deletes anything.\n".to_owned(),
        Ok(due) => due,
    };
    let mut text = format!("{:>22}  {:>22}  {:>22}  RULE\n", "WITHIN A DAY", "7 DAYS", "30 DAYS");
    for Due { id, rule, day, week, month } in due {
        let cell = |tally: &Tally| format!("{} in {}", size(tally.bytes), count(tally.count));
        let (day, week, month) = (cell(day), cell(week), cell(month));
        let rule = rule_text((id, rule));
        text.push_str(&format!("{day:>22}  {week:>22}  {month:>22}  {rule}\n"));
    }
    text
}
