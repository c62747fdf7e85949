//! Bytes, money and egress over time.

use datalake_core::price::{EgressMonth, Micros, Money};
use maud::{Markup, html};

use super::LakeReport;
use crate::chart::Chart;
use crate::html::table;
use datalake_core::price::format_pace;
use datalake_core::size::format_size;

/// So many months of egress are shown.
const MONTHS: usize = 12;

/// What was stored, what will be, and what cannot be read of it.
pub(super) fn draw_storage(lake: &LakeReport) -> Markup {
    let line: Vec<_> = lake.history.iter().map(|point| (point.at, point.billed_bytes)).collect();
    let part: Vec<_> = lake.history.iter().map(|point| (point.at, point.hidden_bytes)).collect();
    let ahead: Vec<_> = lake.list_ahead().iter().map(|it| (it.at, it.billed_bytes)).collect();
    let chart = Chart {
        label: "Billed storage over time",
        line_name: "billed storage",
        line: &line,
        part: Some(("hidden storage", &part)),
        ahead: &ahead,
        limit: None,
        format: &format_size,
    };
    let words = lake.forecast.as_ref().ok().map(|told| {
        let [low, likely, high] = told.bytes_a_day.map(format_pace);
        format!("It grows by {likely} ({low} to {high}). {}.", told.reach)
    });
    html! {
        (chart.draw_line().unwrap_or_else(|| draw_too_little(lake)))
        @if let Some(words) = words { p { (words) } }
    }
}

/// What a month costs with what lay there at each time.
pub(super) fn draw_money(lake: &LakeReport) -> Markup {
    let line: Vec<_> =
        lake.history.iter().map(|point| (point.at, point.month_sum.count())).collect();
    let ahead: Vec<_> =
        lake.list_ahead().iter().map(|it| (it.at, it.month_sums.map(Micros::count))).collect();
    let currency = lake.bill.name_currency();
    let chart = Chart {
        label: "Cost of a month over time",
        line_name: "cost of a month",
        line: &line,
        part: None,
        ahead: &ahead,
        limit: lake.budget.map(|budget| ("budget", budget.amount.count())),
        format: &|micros| Money { amount: Micros::new(micros), currency }.to_string(),
    };
    let words = format!(
        "What a month costs if the bucket holds as much all month, {}, without egress.",
        lake.tax
    );
    html! {
        (chart.draw_line().unwrap_or_else(|| draw_too_little(lake)))
        p.note { (words) }
    }
}

/// What left the bucket, month by month.
pub(super) fn draw_egress(lake: &LakeReport) -> Markup {
    let months: Vec<_> = lake.egress.iter().rev().take(MONTHS).collect();
    let most = months.iter().map(|month| month.moved_by_datalake + month.entered).max();
    let most = most.unwrap_or(0).max(1);
    let row = |month: &&EgressMonth| {
        let sum = month.moved_by_datalake + month.entered;
        vec![
            html! { (month.month) },
            html! { (format_size(sum)) },
            draw_bar(sum, most),
            html! { (format_size(month.moved_by_datalake)) },
            html! { (format_size(month.entered)) },
        ]
    };
    let rows: Vec<_> = months.iter().map(row).collect();
    let heads = ["Month", "Sum", "Compared", "By datalake", "Entered by you"];
    html! {
        @if rows.is_empty() { p.note { "No egress was noted." } }
        @else { (table("Egress by month", &heads, &rows)) }
        p { (begin_sentence(&lake.egress_words)) "." }
    }
}

/// Words as a sentence.
pub(super) fn begin_sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A bar as long as a part is of the largest.
fn draw_bar(part: u64, most: u64) -> Markup {
    let width = u128::from(part) * 100 / u128::from(most);
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect x="0" y="0" width=(width) height="10" {}
        }
    }
}

fn draw_too_little(lake: &LakeReport) -> Markup {
    html! { p.note {
        "Too little was recorded for a picture: `" (lake.record_command) "`, once a day, keeps it."
    } }
}
