//! The page.

use datalake_core::price::{Part, Parts};
use datalake_core::text::{count_things, group_digits, printable_key};
use datalake_core::usage::{SummedFolder, Tally};
use maud::{Markup, html};

use super::over_time::{draw_egress, draw_money, draw_storage};
use super::{LakeReport, RuleTold};
use crate::chart::STYLE as CHART;
use crate::folder_list::{FolderList, STYLE as FOLDERS};
use crate::html::{HtmlPage, card, name, section, table};
use crate::treemap::{STYLE as TILES, Treemap};
use datalake_core::price::{describe_saving, format_cents, format_change};
use datalake_core::size::format_size;
use datalake_core::text::format_share;

/// All there is to tell of a bucket, as one page.
#[must_use]
pub fn render_lake_page(lake: &LakeReport) -> String {
    let title = lake.name_address();
    let subtitle = format!("looked at {}; {}, {}", lake.at, lake.plan_title, lake.month);
    let style = format!("{CHART}{TILES}{FOLDERS}");
    let body = html! {
        (draw_cards(lake))
        (section("Storage over time", &draw_storage(lake)))
        (section("Cost over time", &draw_money(lake)))
        (section("Egress", &draw_egress(lake)))
        (section("Storage by folder", &map_folders(lake, "Folders by their billed size", &lake.folder_tree)))
        (section("Storage by asset", &draw_assets(lake)))
        (section("Largest parts", &draw_largest(lake)))
        (section("Fastest-growing assets", &draw_growth(lake)))
        (section("Hidden storage", &draw_hidden(lake)))
        (section("What lifecycle rules delete next", &draw_rules(lake)))
        (section("Bill", &draw_bill(lake)))
        (section("Status", &draw_status(lake)))
    };
    HtmlPage { title: &title, subtitle: &subtitle, style: &style, body }.text()
}

fn draw_cards(lake: &LakeReport) -> Markup {
    let forecast = match &lake.forecast {
        Ok(told) => {
            let band = format!("{} to {}, {}", told.low, told.high, lake.tax);
            card("Forecast for the month", &told.likely, &band)
        }
        Err(why) => card("Forecast for the month", "not known", why),
    };
    let stored =
        format!("{} real, {} objects", format_size(lake.bytes), group_digits(lake.objects));
    let now = format!("{}, if it stays all month", lake.tax);
    let hidden = "old versions, delete markers, unfinished uploads";
    html! {
        div.cards {
            (card("This month, as it is now", &lake.sum, &now))
            (forecast)
            @if let Some(budget) = lake.budget { (card("Budget for the month", &budget.to_string(), &judge_budget(lake))) }
            (card("Billed storage today", &format_size(lake.billed_bytes), &stored))
            (card("Hidden storage", &format_size(lake.hidden_billed()), hidden))
        }
    }
}

/// How the month stands to its budget.
fn judge_budget(lake: &LakeReport) -> String {
    let (Some(budget), Some(latest)) = (lake.budget, lake.history.last()) else {
        return "by the spec".to_owned();
    };
    let likely = lake.list_ahead().first().map_or(latest.month_sum, |ahead| ahead.month_sums[1]);
    let is_over = likely.cents() > budget.amount.cents();
    if is_over { "storage by itself is over it" } else { "storage is within it" }.to_owned()
}

/// Folders as a picture.
fn map_folders(lake: &LakeReport, label: &str, root: &SummedFolder<Tally>) -> Markup {
    let sharing = lake.sharing;
    let short = |tally: &Tally| format_size(tally.billed);
    let long = |tally: &Tally| {
        let share = format_share(tally.billed, sharing.billed);
        let count = count_things(tally.count, "object");
        format!("{} billed in {count}, {share} of all", format_size(tally.billed))
    };
    Treemap { label, root, short: &short, long: &long, colour: None }.draw_treemap()
}

/// Assets as a picture, and in folders with their sums.
fn draw_assets(lake: &LakeReport) -> Markup {
    let sharing = lake.sharing;
    let saved = format!("Saves {}", lake.bill.name_currency());
    let cells = |tally: &Tally| {
        let share = format_share(tally.billed, sharing.billed);
        let saved = format_cents(sharing.compute_saving(tally.billed));
        [html! { (format_size(tally.billed)) }, html! { (share) }, html! { (saved) }]
    };
    let root = &lake.asset_tree;
    let heads = ["Billed", "Share", &saved];
    html! {
        (map_folders(lake, "Assets by their billed size", root))
        (FolderList { noun: "asset", heads, root, cells: &cells }.draw_folders())
        p.note { "Open a folder to see what is in it. " (describe_saving(lake.sharing)) }
    }
}

fn draw_largest(lake: &LakeReport) -> Markup {
    html! {
        p.note { (describe_saving(lake.sharing)) }
        h3 { "Prefixes" } (draw_parts("Largest prefixes", "Prefix", &lake.prefixes, lake))
        h3 { "Assets" } (draw_parts("Largest assets", "Asset", &lake.assets, lake))
        @if !lake.partitions.largest.is_empty() {
            h3 { "Partitions" } (draw_parts("Largest partitions", "Partition", &lake.partitions, lake))
            p.note { "A guess: what looks like a date begins a partition." }
        }
        @if !lake.others.is_empty() {
            h3 { "Elsewhere" }
            (part_table("Elsewhere", "What", &lake.others.iter().collect::<Vec<_>>(), lake))
        }
    }
}

fn draw_parts(label: &str, head: &str, parts: &Parts, lake: &LakeReport) -> Markup {
    let mut told: Vec<_> = parts.largest.iter().take(lake.top).collect();
    let more = parts.largest.len().saturating_sub(lake.top) as u64 + parts.other_count;
    let mut rest = parts.others.clone();
    for part in parts.largest.iter().skip(lake.top) {
        rest.count += part.count;
        rest.bytes += part.bytes;
        rest.billed_bytes += part.billed_bytes;
        rest.share += part.share;
        rest.saved = lake.sharing.compute_saving(rest.billed_bytes);
    }
    rest.name = format!("({} more)", group_digits(more));
    if more > 0 {
        told.push(&rest);
    }
    part_table(label, head, &told, lake)
}

fn part_table(label: &str, head: &str, parts: &[&Part], lake: &LakeReport) -> Markup {
    let saved = format!("Saves {}", lake.bill.name_currency());
    let heads = [head, "Billed", "Real", "Count", "Share", &saved];
    let row = |part: &&Part| {
        vec![
            name(&part.name),
            html! { (format_size(part.billed_bytes)) },
            html! { (format_size(part.bytes)) },
            html! { (group_digits(part.count)) },
            html! { (format_share(part.billed_bytes, lake.billed_bytes)) },
            html! { (format_cents(part.saved)) },
        ]
    };
    table(label, &heads, &parts.iter().map(row).collect::<Vec<_>>())
}

fn draw_growth(lake: &LakeReport) -> Markup {
    let Some(since) = &lake.growth_since else {
        return html! { p.note { "No older sample with assets is kept: " code { (lake.record_command) }
        ", once a day, keeps them." } };
    };
    let row = |change: &super::Change| {
        vec![
            name(&change.asset),
            html! { (format_change(change.grown)) },
            html! { (format_size(change.billed_bytes)) },
        ]
    };
    let rows: Vec<_> = lake.growth.iter().take(lake.top).map(row).collect();
    html! {
        p.note { "Since " (since) "." }
        @if rows.is_empty() { p { "No asset has changed its size." } }
        @else { (table("Growth by asset", &["Asset", "Growth", "Billed"], &rows)) }
    }
}

fn draw_hidden(lake: &LakeReport) -> Markup {
    html! {
        (part_table("Hidden bytes", "What", &lake.hidden.iter().collect::<Vec<_>>(), lake))
        p.note { "No listing of objects shows these. A bill counts them all." }
    }
}

fn draw_rules(lake: &LakeReport) -> Markup {
    let rules = match &lake.rules {
        Err(why) => return html! { p { "Not known: " (printable_key(why)) } },
        Ok(rules) if rules.is_empty() => return html! { p { "No rule deletes anything." } },
        Ok(rules) => rules,
    };
    let row = |told: &RuleTold| {
        let cell = |at: usize| {
            let (bytes, number) = (told.bytes.get(at).copied(), told.counts.get(at).copied());
            html! { (format_size(bytes.unwrap_or(0))) " in " (group_digits(number.unwrap_or(0))) }
        };
        vec![name(&told.rule), cell(0), cell(1), cell(2)]
    };
    let rows: Vec<_> = rules.iter().map(row).collect();
    table("Lifecycle rules", &["Rule", "Within a day", "Within 7 days", "Within 30 days"], &rows)
}

fn draw_bill(lake: &LakeReport) -> Markup {
    let row = |[what, how_much, sum]: &[String; 3]| {
        vec![html! { (what) }, html! { (how_much) }, html! { (sum) }]
    };
    let rows: Vec<_> = lake.bill_lines.iter().map(row).collect();
    html! {
        (table("The bill line by line", &["Line", "What", "Sum"], &rows))
        ul.note { @for term in &lake.terms { li { (term) } } }
    }
}

fn draw_status(lake: &LakeReport) -> Markup {
    html! { ul { @for line in &lake.status { li { (printable_key(line)) } } } }
}
