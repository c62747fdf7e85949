//! What is to be expected of a bucket, for programs and people.

use datalake_core::time::Timestamp;
use datalake_operations::costs::{CostBasis, CostOutlook, ExpectedCost, NotedEgress};
use schemars::JsonSchema;
use serde::Serialize;

use crate::render::{BillTold, PACES, pace_text, paid, reach_text, size};

/// What is to be expected of a bucket.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct OutlookTold {
    /// How many records of the last weeks there are.
    samples: usize,
    /// What is known of egress.
    egress: NotedEgress,
    /// What is to be expected; `null` where too little was recorded.
    expected: Option<ExpectedTold>,
}

/// What is to be expected.
#[derive(Serialize, JsonSchema)]
struct ExpectedTold {
    /// The first record that counts.
    since: String,
    /// The last one.
    until: String,
    /// At the pace that nine of ten are faster than.
    low: PaceTold,
    /// At the pace in the middle.
    likely: PaceTold,
    /// At the pace that one of ten is faster than.
    high: PaceTold,
    /// The next full TB, in bytes.
    next_tb_bytes: u64,
    /// When it is reached at the high pace.
    next_tb_earliest: Option<String>,
    /// In the middle.
    next_tb_likely: Option<String>,
    /// At the low pace.
    next_tb_latest: Option<String>,
}

/// A pace, and what it leads to.
#[derive(Serialize, JsonSchema)]
struct PaceTold {
    /// By so many bytes the bucket grows in a day.
    bytes_a_day: i64,
    /// What is billed at the end of the month, in bytes.
    at_the_end_of_the_month_bytes: u64,
    /// The bill of the month.
    bill: BillTold,
}

/// What is to be expected, for programs.
pub(in crate::commands) fn outlook_told(outlook: &CostOutlook, basis: &CostBasis) -> OutlookTold {
    OutlookTold {
        samples: outlook.samples.len(),
        egress: outlook.noted,
        expected: outlook.expected.as_ref().map(|expected| expected_told(expected, basis)),
    }
}

fn expected_told(expected: &ExpectedCost, basis: &CostBasis) -> ExpectedTold {
    let end = basis.month.span().until;
    let [low, likely, high] = [0, 1, 2].map(|at: usize| {
        let (pace, bill) = (PACES.map(|(pace, _)| pace), expected.bills());
        let (pace, bill) = (pace.get(at).copied(), bill.get(at).copied());
        let pace = pace.unwrap_or(datalake_core::price::Pace::Likely);
        PaceTold {
            bytes_a_day: expected.trend.per_day(pace),
            at_the_end_of_the_month_bytes: expected.trend.stored(pace, end).0,
            bill: BillTold::new(&basis.plan, bill.unwrap_or(&expected.forecast.likely), basis.vat),
        }
    });
    let reach = expected.trend.reach(expected.next_tb);
    let date = |time: Option<Timestamp>| time.map(Timestamp::date);
    ExpectedTold {
        since: expected.trend.span.from.to_string(),
        until: expected.trend.span.until.to_string(),
        low,
        likely,
        high,
        next_tb_bytes: expected.next_tb.0,
        next_tb_earliest: date(reach.earliest),
        next_tb_likely: date(reach.likely),
        next_tb_latest: date(reach.latest),
    }
}

/// What is expected of a month, in a table and a sentence.
pub(in crate::commands) fn expected_text(expected: &ExpectedCost, basis: &CostBasis) -> String {
    let end = basis.month.span().until;
    let mut text = format!("{:<8} {:>16} {:>14} {:>14}\n", "", "GROWTH", "MONTH'S END", "SUM");
    for ((pace, name), bill) in PACES.into_iter().zip(expected.bills()) {
        let (growth, at_end) =
            (pace_text(expected.trend.per_day(pace)), size(expected.trend.stored(pace, end).0));
        let sum = paid(bill.net(), basis.vat).to_string();
        text.push_str(&format!("{name:<8} {growth:>16} {at_end:>14} {sum:>14}\n"));
    }
    text.push_str(&format!("{}\n", reach_text(&expected.trend, expected.next_tb)));
    text
}
