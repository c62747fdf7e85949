//! What a bucket holds and what each part of it costs, as text and as JSON.

use datalake_core::price::{Part, Parts, Sharing};
use datalake_core::usage::Tally;
use datalake_engine::Due;
use datalake_report::{format_cents, format_share};

use super::{count, key_text, rule_text, size};

/// A table of parts with a heading; nothing where there are none.
#[must_use]
pub(crate) fn parts_text(heading: &str, parts: &Parts, sharing: Sharing) -> String {
    if parts.largest.is_empty() {
        return String::new();
    }
    let mut text = heading_line(heading, sharing);
    parts.largest.iter().for_each(|part| text.push_str(&part_line(part, sharing)));
    if parts.other_count > 0 {
        let name = format!("({} more)", count(parts.other_count));
        text.push_str(&part_line(&Part { name, ..parts.others.clone() }, sharing));
    }
    text
}

/// The line above parts.
#[must_use]
pub(crate) fn heading_line(heading: &str, sharing: Sharing) -> String {
    let saves = format!("SAVES {}", sharing.sum.currency);
    format!(
        "{:>10}  {:>10}  {:>13}  {:>8}  {saves:>10}  {heading}\n",
        "BILLED", "REAL", "COUNT", "SHARE"
    )
}

/// One part in one line.
#[must_use]
pub(crate) fn part_line(part: &Part, sharing: Sharing) -> String {
    format!(
        "{:>10}  {:>10}  {:>13}  {:>8}  {:>10}  {}\n",
        size(part.billed_bytes),
        size(part.bytes),
        count(part.count),
        format_share(part.billed_bytes, sharing.billed),
        format_cents(part.saved),
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
