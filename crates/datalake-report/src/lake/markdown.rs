//! The same for a ticket.

use super::LakeReport;
use datalake_core::price::{Part, Parts};
use datalake_core::price::{describe_saving, format_cents, format_change, format_pace};
use datalake_core::size::format_size;
use datalake_core::text::format_share;
use datalake_core::text::{group_digits, printable_key};

/// All there is to tell of a bucket, as Markdown.
#[must_use]
pub fn render_lake_markdown(lake: &LakeReport) -> String {
    let mut text = format!(
        "# {}\n\nLooked at {}; {}, {}.\n\n",
        escaped(&lake.name_address()),
        lake.at,
        lake.plan_title,
        lake.month
    );
    text.push_str(&format!("- This month, as it is now: **{} {}**\n", lake.sum, lake.tax));
    if let Some(budget) = lake.budget {
        text.push_str(&format!("- Budget for a month: **{budget}**\n"));
    }
    match &lake.forecast {
        Ok(told) => {
            let [_, likely, _] = told.bytes_a_day.map(format_pace);
            text.push_str(&format!(
                "- Forecast: **{}** ({} to {}); {likely}; {}\n",
                told.likely, told.low, told.high, told.reach
            ));
        }
        Err(why) => text.push_str(&format!("- Forecast: not known: {why}\n")),
    }
    text.push_str(&format!(
        "- Stored: {} billed, {} real, {} objects; {} of it hidden\n- {}\n",
        format_size(lake.billed_bytes),
        format_size(lake.bytes),
        group_digits(lake.objects),
        format_size(lake.hidden_billed()),
        lake.egress_words,
    ));
    text.push_str(&render_bill(lake));
    text.push_str(&format!("\n{}\n", describe_saving(lake.sharing)));
    text.push_str(&render_parts("Prefixes", "Prefix", &lake.prefixes, lake));
    text.push_str(&render_parts("Assets", "Asset", &lake.assets, lake));
    text.push_str(&render_parts("Partitions (a guess)", "Partition", &lake.partitions, lake));
    text.push_str(&render_table("Elsewhere", "What", &lake.others, lake));
    text.push_str(&render_table("Hidden, and billed", "What", &lake.hidden, lake));
    text.push_str(&render_growth(lake));
    text.push_str(&render_rules(lake));
    text.push_str("\n## How it stands\n\n");
    lake.status.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
    text
}

fn render_bill(lake: &LakeReport) -> String {
    let mut text = "\n## The bill\n\n| Line | What | Sum |\n|---|---|---:|\n".to_owned();
    for [line, what, sum] in &lake.bill_lines {
        text.push_str(&format!("| {line} | {what} | {sum} |\n"));
    }
    text
}

fn render_parts(heading: &str, head: &str, parts: &Parts, lake: &LakeReport) -> String {
    let told: Vec<_> = parts.largest.iter().take(lake.top).cloned().collect();
    let mut text = render_table(heading, head, &told, lake);
    let more = (parts.largest.len() - told.len()) as u64 + parts.other_count;
    if more > 0 {
        text.push_str(&format!("\n{} more.\n", group_digits(more)));
    }
    text
}

fn render_table(heading: &str, head: &str, parts: &[Part], lake: &LakeReport) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let currency = lake.bill.name_currency();
    let mut text = format!(
        "\n## {heading}\n\n| {head} | Billed | Real | Count | Share | Saves {currency} |\n\
         |---|---:|---:|---:|---:|---:|\n"
    );
    for part in parts {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            escaped(&part.name),
            format_size(part.billed_bytes),
            format_size(part.bytes),
            group_digits(part.count),
            format_share(part.billed_bytes, lake.billed_bytes),
            format_cents(part.saved),
        ));
    }
    text
}

fn render_growth(lake: &LakeReport) -> String {
    let Some(since) = &lake.growth_since else { return String::new() };
    let mut text =
        format!("\n## Growth since {since}\n\n| Asset | Growth | Billed |\n|---|---:|---:|\n");
    for change in lake.growth.iter().take(lake.top) {
        let (growth, billed) = (format_change(change.grown), format_size(change.billed_bytes));
        text.push_str(&format!("| {} | {growth} | {billed} |\n", escaped(&change.asset)));
    }
    text
}

fn render_rules(lake: &LakeReport) -> String {
    let mut text = "\n## What lifecycle rules delete next\n\n".to_owned();
    match &lake.rules {
        Err(why) => text.push_str(&format!("Not known: {}\n", escaped(why))),
        Ok(rules) if rules.is_empty() => text.push_str("No rule deletes anything.\n"),
        Ok(rules) => {
            text.push_str("| Rule | Within a day | 7 days | 30 days |\n|---|---:|---:|---:|\n");
            for told in rules {
                let cells = told.bytes.iter().zip(told.counts);
                let cells: Vec<_> = cells
                    .map(|(bytes, number)| {
                        format!("{} in {}", format_size(*bytes), group_digits(number))
                    })
                    .collect();
                text.push_str(&format!("| {} | {} |\n", escaped(&told.rule), cells.join(" | ")));
            }
        }
    }
    text
}

/// A name from outside as plain text, whatever Markdown or HTML is in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in printable_key(text).chars() {
        if letter.is_ascii_punctuation() && !"/-.,:=()".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_whatever_is_in_them() {
        assert_eq!(escaped("a|b`<script>"), "a\\|b\\`\\<script\\>");
        assert_eq!(escaped("[x](y)\n# z"), "\\[x\\](y)\\\\n\\# z");
        assert_eq!(escaped("assets/raw-1.csv"), "assets/raw-1.csv");
    }
}
