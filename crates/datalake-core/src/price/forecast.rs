//! What a month will have cost, by what was recorded so far.

use bytesize::ByteSize;

use super::{
    Account, Bill, Month, Pace, PriceList, Span, StoredSample, Trend, Unpriced, UsageHistory, bill,
};
use crate::time::Timestamp;

/// What a month will have cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// At the slow pace.
    pub low: Bill,
    /// At the likely pace.
    pub likely: Bill,
    /// At the fast pace.
    pub high: Bill,
}

/// What was recorded until now.
#[derive(Debug, Clone, Copy)]
pub struct RecordedMonth<'a> {
    /// The time.
    pub now: Timestamp,
    /// What was stored, the oldest first.
    pub samples: &'a [StoredSample],
    /// Where that leads.
    pub trend: &'a Trend,
    /// What left the service in this month so far.
    pub egress: ByteSize,
}

/// What a month will have cost at its end, if things go on as they did.
///
/// The rest of the month is taken to be like the part of it before now, once that is a day long.
///
/// # Errors
///
/// [`Unpriced`] where the plan begins later.
pub fn forecast(
    plan: &PriceList,
    month: Month,
    recorded: &RecordedMonth<'_>,
    account: Account,
) -> Result<Forecast, Unpriced> {
    let RecordedMonth { now, samples, trend, egress } = *recorded;
    let span = month.span();
    let egress = extrapolate_egress(egress, span, now);
    let at = |pace| {
        let levels = trend.levels(samples, pace, span);
        let history = UsageHistory::new(levels, [(span.from, egress)]);
        bill(plan, month, &history, account)
    };
    Ok(Forecast { low: at(Pace::Slow)?, likely: at(Pace::Likely)?, high: at(Pace::Fast)? })
}

/// What a month's egress comes to, by what there was until now.
fn extrapolate_egress(egress: ByteSize, span: Span, now: Timestamp) -> ByteSize {
    let passed = Span { from: span.from, until: now }.within(span).seconds();
    if passed < 86_400 {
        return egress;
    }
    let whole = u128::from(egress.0) * u128::from(span.seconds()) / u128::from(passed);
    ByteSize(u64::try_from(whole).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_told_from_what_was_recorded_and_the_trend() {
        // 2 TB on the 1st, 100 GB more each day, seen until the 11th.
        let first: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let sample = |day: i64| StoredSample {
            at: first.plus_seconds(day * 86_400),
            stored: ByteSize::gb(2_000 + 100 * day.unsigned_abs()),
        };
        let samples: Vec<_> = (0..=10).map(sample).collect();
        let trend = Trend::of(&samples).unwrap();
        let plan = PriceList::named("hetzner").unwrap();
        let month = "2026-11".parse().unwrap();
        let (now, egress) = (first.plus_seconds(10 * 86_400), ByteSize::gb(500));
        let recorded = RecordedMonth { now, samples: &samples, trend: &trend, egress };

        let forecast = forecast(&plan, month, &recorded, Account::default()).unwrap();

        // 2.0 to 2.9 TB for ten days, then 3.05 to 4.95 TB for twenty; and 1.5 TB of egress.
        let gigabyte_days = 24_500 + 20 * 4_000;
        let stored = gigabyte_days * 86_400 * 1_000_000_000;
        assert_eq!(forecast.likely.stored.byte_seconds(), stored);
        assert_eq!(forecast.likely.egressed, ByteSize::gb(1_500));
        assert_eq!(forecast.low, forecast.high);
    }
}
