//! What a bucket costs, and which part of it how much, as text.

use datalake_core::price::{
    Part, Parts, Sharing, describe_paid, describe_saving, format_cents, render_bill,
};
use datalake_core::size::format_size;
use datalake_core::text::{count_things, format_share, group_digits, printable_key};
use datalake_core::usage::{Tally, Usage};
use datalake_engine::Due;

use super::{CostedBucket, find_lasting_logs};
use crate::costs::CostBasis;
use crate::lake::describe_rule;

/// What a bucket costs, as tables; `top` parts of each kind.
#[must_use]
pub fn render_costs(costed: &CostedBucket, basis: &CostBasis, top: usize) -> String {
    let (holdings, sharing) = (&costed.holdings, costed.share_bill());
    let bucket = &costed.place.bucket;
    let mut text = format!(
        "s3://{bucket}/{} holds {} ({} billed) and costs, if it stays all month, {}.\n\n",
        printable_key(&costed.prefix),
        format_size(holdings.total.total().bytes),
        format_size(holdings.total.total().billed),
        describe_paid(costed.bill.net(), basis.vat),
    );
    text.push_str(&render_bill(&basis.plan, &costed.bill, basis.vat));
    text.push_str(&format!(
        "  {}\n\n{}\n\n",
        costed.noted.describe_egress(),
        describe_saving(sharing)
    ));
    text.push_str(&parts_text("PREFIX", &sharing.share_parts(&holdings.folders, top), sharing));
    text.push_str(&other_line(sharing, "(directly in it)", &holdings.direct));
    text.push('\n');
    let assets = sharing.share_parts(&holdings.assets, top);
    if assets.largest.is_empty() {
        text.push_str(&heading_line("ASSET", sharing));
    }
    text.push_str(&parts_text("ASSET", &assets, sharing));
    text.push_str(&other_line(sharing, "(outputs and logs of runs)", &holdings.runs));
    text.push_str(&other_line(sharing, "(outside of the assets)", &holdings.outside));
    text.push('\n');
    let partitions = sharing.share_parts(&holdings.partitions, top);
    text.push_str(&parts_text("PARTITION, a guess", &partitions, sharing));
    text.push_str(
        "Keys do not show where an asset ends and its partition begins: what looks like a date begins \
         one;\n--partitioned ASSET names others.\n\n",
    );
    text.push_str(&heading_line("HIDDEN, and billed", sharing));
    sharing
        .share_hidden(&holdings.total)
        .iter()
        .for_each(|part| text.push_str(&part_line(part, sharing)));
    text.push('\n');
    text.push_str(&due_text(&holdings.due));
    if let Some(logs) = find_lasting_logs(holdings, sharing) {
        text.push_str(&format!(
            "{} of steps ({} billed, at least 64 KB each) stay for good: {} of all that is billed, and \
             more each\nday. `protect: {{ logs-expire: 90d }}` in the spec lets them go.\n",
            count_things(logs.count, "log"),
            format_size(logs.billed_bytes),
            format_share(logs.billed_bytes, sharing.billed),
        ));
    }
    text
}

fn other_line(sharing: Sharing, name: &str, usage: &Usage) -> String {
    if usage.is_empty() {
        return String::new();
    }
    part_line(&sharing.share_part(name, &usage.total()), sharing)
}

/// A table of parts with a heading; nothing where there are none.
fn parts_text(heading: &str, parts: &Parts, sharing: Sharing) -> String {
    if parts.largest.is_empty() {
        return String::new();
    }
    let mut text = heading_line(heading, sharing);
    parts.largest.iter().for_each(|part| text.push_str(&part_line(part, sharing)));
    if parts.other_count > 0 {
        let name = format!("({} more)", group_digits(parts.other_count));
        text.push_str(&part_line(&Part { name, ..parts.others.clone() }, sharing));
    }
    text
}

/// The line above parts.
fn heading_line(heading: &str, sharing: Sharing) -> String {
    let saves = format!("SAVES {}", sharing.sum.currency);
    format!(
        "{:>10}  {:>10}  {:>13}  {:>8}  {saves:>10}  {heading}\n",
        "BILLED", "REAL", "COUNT", "SHARE"
    )
}

/// One part in one line.
fn part_line(part: &Part, sharing: Sharing) -> String {
    format!(
        "{:>10}  {:>10}  {:>13}  {:>8}  {:>10}  {}\n",
        format_size(part.billed_bytes),
        format_size(part.bytes),
        group_digits(part.count),
        format_share(part.billed_bytes, sharing.billed),
        format_cents(part.saved),
        printable_key(&part.name),
    )
}

/// What lifecycle rules delete next.
fn due_text(due: &Result<Vec<Due>, String>) -> String {
    let due = match due {
        Err(why) => {
            return format!("What rules delete next is not known: {}\n", printable_key(why));
        }
        Ok(due) if due.is_empty() => return "No rule deletes anything.\n".to_owned(),
        Ok(due) => due,
    };
    let mut text = format!("{:>22}  {:>22}  {:>22}  RULE\n", "WITHIN A DAY", "7 DAYS", "30 DAYS");
    for Due { id, rule, day, week, month } in due {
        let cell = |tally: &Tally| {
            format!("{} in {}", format_size(tally.bytes), group_digits(tally.count))
        };
        let (day, week, month) = (cell(day), cell(week), cell(month));
        let rule = describe_rule((id, rule));
        text.push_str(&format!("{day:>22}  {week:>22}  {month:>22}  {rule}\n"));
    }
    text
}
