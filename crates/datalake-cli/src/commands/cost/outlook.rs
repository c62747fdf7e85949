//! What is to be expected of a bucket, as far as it was recorded.

use datalake_core::price::{Bill, Forecast, Sample, Span, Trend, forecast};
use datalake_core::{ByteSize, Timestamp};
use datalake_engine::{Place, UsageLog, UsageSample};
use datalake_host::UsageDb;
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::{Basis, Noted, log_failure};
use crate::failure::Failure;
use crate::render::{BillTold, PACES, pace_text, paid, reach_text, size};
use crate::site::Site;

/// Samples older than this say little of what comes.
const LOOK_BACK: i64 = 90 * 86_400;

/// A decimal TB.
const TB: u64 = 1_000_000_000_000;

/// What was recorded, and what it lets expect.
pub(in crate::commands) struct Outlook {
    /// The samples of the last ninety days.
    pub(in crate::commands) samples: Vec<UsageSample>,
    /// What left the bucket in the month.
    pub(in crate::commands) noted: Noted,
    /// What is to be expected; `None` where too little was recorded.
    pub(in crate::commands) expected: Option<Expected>,
}

/// What is to be expected.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Expected {
    /// How the bucket grows.
    pub(in crate::commands) trend: Trend,
    /// What the month will have cost.
    pub(in crate::commands) forecast: Forecast,
    /// The next full TB.
    pub(in crate::commands) next_tb: ByteSize,
}

/// What is to be expected of a bucket.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct OutlookTold {
    /// How many records of the last weeks there are.
    samples: usize,
    /// What is known of egress.
    egress: Noted,
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

impl Outlook {
    /// What the history in the state folder lets expect of a bucket.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a history that cannot be read.
    pub(in crate::commands) fn of(
        site: &Site,
        basis: &Basis,
        place: &Place,
    ) -> Result<Self, Failure> {
        let log = UsageDb::open_existing(&site.state).map_err(|fault| log_failure(&fault))?;
        let noted = basis.noted(log.as_ref(), place)?;
        let span =
            Span { from: basis.now.plus_seconds(-LOOK_BACK), until: basis.now.plus_seconds(1) };
        let samples = match &log {
            Some(log) => log.samples(place, span).map_err(|fault| log_failure(&fault))?,
            None => Vec::new(),
        };
        let stored: Vec<_> = samples.iter().map(|sample| stored(basis, sample)).collect();
        let expected = match Trend::of(&stored) {
            None => None,
            Some(trend) => Some(expected(basis, (&stored, trend), noted)?),
        };
        Ok(Self { samples, noted, expected })
    }

    /// The same for programs.
    pub(in crate::commands) fn told(&self, basis: &Basis) -> OutlookTold {
        OutlookTold {
            samples: self.samples.len(),
            egress: self.noted,
            expected: self.expected.as_ref().map(|expected| expected.told(basis)),
        }
    }
}

/// What a sample is billed as by the plan.
pub(in crate::commands) fn stored(basis: &Basis, sample: &UsageSample) -> Sample {
    let smallest = basis.smallest();
    let usage = &sample.usage;
    let tallies = [usage.current, usage.noncurrent, usage.markers, usage.uploads];
    let billed = tallies.iter().map(|tally| tally.billed_by(smallest).0).sum();
    Sample { at: sample.at, stored: ByteSize(billed) }
}

fn expected(
    basis: &Basis,
    (samples, trend): (&[Sample], Trend),
    noted: Noted,
) -> Result<Expected, Failure> {
    let egress = (ByteSize(noted.counted), basis.account);
    let when = (basis.month, basis.now);
    let forecast = forecast(&basis.plan, when, (samples, &trend), egress)?;
    let next_tb = ByteSize((trend.latest.stored.0 / TB + 1) * TB);
    Ok(Expected { trend, forecast, next_tb })
}

impl Expected {
    /// The bills at the three paces: low, likely, high.
    pub(in crate::commands) fn bills(&self) -> [&Bill; 3] {
        [&self.forecast.low, &self.forecast.likely, &self.forecast.high]
    }

    fn told(&self, basis: &Basis) -> ExpectedTold {
        let end = basis.month.span().until;
        let [low, likely, high] = [0, 1, 2].map(|at: usize| {
            let (pace, bill) = (PACES.map(|(pace, _)| pace), self.bills());
            let (pace, bill) = (pace.get(at).copied(), bill.get(at).copied());
            let pace = pace.unwrap_or(datalake_core::price::Pace::Likely);
            PaceTold {
                bytes_a_day: self.trend.per_day(pace),
                at_the_end_of_the_month_bytes: self.trend.stored(pace, end).0,
                bill: BillTold::new(&basis.plan, bill.unwrap_or(&self.forecast.likely), basis.vat),
            }
        });
        let reach = self.trend.reach(self.next_tb);
        let date = |time: Option<Timestamp>| time.map(Timestamp::date);
        ExpectedTold {
            since: self.trend.span.from.to_string(),
            until: self.trend.span.until.to_string(),
            low,
            likely,
            high,
            next_tb_bytes: self.next_tb.0,
            next_tb_earliest: date(reach.earliest),
            next_tb_likely: date(reach.likely),
            next_tb_latest: date(reach.latest),
        }
    }

    /// What is expected of a month, in a table and a sentence.
    pub(in crate::commands) fn text(&self, basis: &Basis) -> String {
        let end = basis.month.span().until;
        let mut text = format!("{:<8} {:>16} {:>14} {:>14}\n", "", "GROWTH", "MONTH'S END", "SUM");
        for ((pace, name), bill) in PACES.into_iter().zip(self.bills()) {
            let (growth, at_end) =
                (pace_text(self.trend.per_day(pace)), size(self.trend.stored(pace, end).0));
            let sum = paid(bill.net(), basis.vat).to_string();
            text.push_str(&format!("{name:<8} {growth:>16} {at_end:>14} {sum:>14}\n"));
        }
        text.push_str(&format!("{}\n", reach_text(&self.trend, self.next_tb)));
        text
    }
}
