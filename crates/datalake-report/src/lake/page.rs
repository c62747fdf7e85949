//! The page.

use maud::{Markup, html};

use super::plot::{STYLE as PLOT, plot};
use super::tiles::{STYLE as TILES, tiles};
use super::{LakeReport, RuleTold};
use crate::html::{HtmlPage, card, name, section, table};
use crate::{format_change, format_pace, format_size};
use datalake_core::price::{Part, Parts};
use datalake_core::text::{group_digits, printable_key};

/// All there is to tell of a bucket, as one page.
#[must_use]
pub fn render_lake_page(lake: &LakeReport) -> String {
    let title = lake.address();
    let subtitle = format!("looked at {}; {}, {}", lake.at, lake.plan_title, lake.month);
    let style = format!("{PLOT}{TILES}");
    let body = html! {
        (cards(lake))
        (section("Storage over time", &over_time(lake)))
        (section("Where it lies: by prefix", &tiles("Prefixes by their billed size", &lake.prefixes)))
        (section("Whose it is: by asset", &tiles("Assets by their billed size", &lake.assets)))
        (section("The largest", &largest(lake)))
        (section("The fastest growing", &growth(lake)))
        (section("Hidden, and billed", &hidden(lake)))
        (section("What lifecycle rules delete next", &rules(lake)))
        (section("The bill", &bill(lake)))
        (section("How it stands", &status(lake)))
    };
    HtmlPage { title: &title, subtitle: &subtitle, style: &style, body }.text()
}

fn cards(lake: &LakeReport) -> Markup {
    let forecast = match &lake.forecast {
        Ok(told) => {
            let band = format!("{} to {}, {}", told.low, told.high, lake.tax);
            card("Forecast for the month", &told.likely, &band)
        }
        Err(why) => card("Forecast for the month", "not known", why),
    };
    let stored =
        format!("{} real, {} objects", format_size(lake.bytes), group_digits(lake.objects));
    let now = format!("{}, if it lies there all month", lake.tax);
    let hidden = "old versions, delete markers, unfinished uploads";
    html! {
        div.cards {
            (card("This month, as it is now", &lake.sum, &now))
            (forecast)
            (card("Billed storage", &format_size(lake.billed_bytes), &stored))
            (card("Hidden of it", &format_size(lake.hidden_billed()), hidden))
        }
    }
}

fn over_time(lake: &LakeReport) -> Markup {
    let words = lake.forecast.as_ref().ok().map(|told| {
        let [low, likely, high] = told.bytes_a_day.map(format_pace);
        format!("It grows by {likely} ({low} to {high}). {}.", told.reach)
    });
    html! {
        (plot(lake))
        @if let Some(words) = words { p { (words) } }
    }
}

fn largest(lake: &LakeReport) -> Markup {
    html! {
        h3 { "Prefixes" } (parts("Largest prefixes", "Prefix", &lake.prefixes, lake))
        h3 { "Assets" } (parts("Largest assets", "Asset", &lake.assets, lake))
        @if !lake.partitions.largest.is_empty() {
            h3 { "Partitions" } (parts("Largest partitions", "Partition", &lake.partitions, lake))
            p.note { "A guess: what looks like a date begins a partition." }
        }
        @if !lake.others.is_empty() {
            h3 { "Elsewhere" }
            (part_table("Elsewhere", "What", &lake.others.iter().collect::<Vec<_>>(), lake))
        }
    }
}

fn parts(label: &str, head: &str, parts: &Parts, lake: &LakeReport) -> Markup {
    let mut told: Vec<_> = parts.largest.iter().take(lake.top).collect();
    let more = parts.largest.len().saturating_sub(lake.top) as u64 + parts.other_count;
    let mut rest = parts.others.clone();
    for part in parts.largest.iter().skip(lake.top) {
        rest.count += part.count;
        rest.bytes += part.bytes;
        rest.billed_bytes += part.billed_bytes;
        rest.share += part.share;
    }
    rest.name = format!("({} more)", group_digits(more));
    if more > 0 {
        told.push(&rest);
    }
    part_table(label, head, &told, lake)
}

fn part_table(label: &str, head: &str, parts: &[&Part], lake: &LakeReport) -> Markup {
    let share = format!("{} a month", lake.bill.currency());
    let heads = [head, "Billed", "Real", "Count", &share];
    let row = |part: &&Part| {
        vec![
            name(&part.name),
            html! { (format_size(part.billed_bytes)) },
            html! { (format_size(part.bytes)) },
            html! { (group_digits(part.count)) },
            html! { (cents(part)) },
        ]
    };
    table(label, &heads, &parts.iter().map(row).collect::<Vec<_>>())
}

fn cents(part: &Part) -> String {
    let cents = part.share.cents();
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn growth(lake: &LakeReport) -> Markup {
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

fn hidden(lake: &LakeReport) -> Markup {
    html! {
        (part_table("Hidden bytes", "What", &lake.hidden.iter().collect::<Vec<_>>(), lake))
        p.note { "No listing of objects shows these. A bill counts them all." }
    }
}

fn rules(lake: &LakeReport) -> Markup {
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

fn bill(lake: &LakeReport) -> Markup {
    let row = |[what, how_much, sum]: &[String; 3]| {
        vec![html! { (what) }, html! { (how_much) }, html! { (sum) }]
    };
    let rows: Vec<_> = lake.bill_lines.iter().map(row).collect();
    html! {
        (table("The bill line by line", &["Line", "What", "Sum"], &rows))
        p { (lake.egress_words) "." }
        ul.note { @for term in &lake.terms { li { (term) } } }
    }
}

fn status(lake: &LakeReport) -> Markup {
    html! { ul { @for line in &lake.status { li { (printable_key(line)) } } } }
}
