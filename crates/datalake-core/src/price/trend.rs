//! How the size of a bucket changes, by what was recorded.

use bytesize::ByteSize;

use super::{Level, Span};
use crate::time::Timestamp;

const DAY: i64 = 86_400;

/// No more samples are compared with each other: the pairs of 200 are 19,900.
const MOST_SAMPLES: usize = 200;

/// How much was stored at a point in time, as it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSample {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub stored: ByteSize,
}

/// How fast something may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As slow as the slowest tenth of what was seen.
    Slow,
    /// As the middle of what was seen.
    Likely,
    /// As fast as the fastest tenth.
    Fast,
}

/// How a bucket grows or shrinks, in bytes a day.
///
/// The pace is the median of the paces between all pairs of samples that lie an eighth of the whole
/// time or more apart (Theil and Sen): one odd sample moves it little. The band is what lies between
/// the slowest and the fastest tenth of them.
///
/// ```
/// use datalake_core::price::{Pace, StoredSample, Trend};
/// use datalake_core::size::ByteSize;
///
/// let sample = |at: &str, gigabytes| -> Result<StoredSample, Box<dyn std::error::Error>> {
///     Ok(StoredSample { at: at.parse()?, stored: ByteSize::gb(gigabytes) })
/// };
/// let trend = Trend::of(&[
///     sample("2026-11-01T00:00:00Z", 100)?,
///     sample("2026-11-02T00:00:00Z", 110)?,
///     sample("2026-11-03T00:00:00Z", 120)?,
/// ]).unwrap();
///
/// assert_eq!(trend.per_day(Pace::Likely), 10_000_000_000);
/// let reach = trend.reach(ByteSize::gb(150));
/// assert_eq!(reach.likely.unwrap().to_string(), "2026-11-06T00:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// The newest sample.
    pub latest: StoredSample,
    /// From the oldest to the newest sample.
    pub span: Span,
    /// How many samples there are.
    pub samples: usize,
    slow: i64,
    likely: i64,
    fast: i64,
}

/// When something reaches a size; `None` where it does not within a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// At the fast pace.
    pub earliest: Option<Timestamp>,
    /// At the likely pace.
    pub likely: Option<Timestamp>,
    /// At the slow pace.
    pub latest: Option<Timestamp>,
}

impl Trend {
    /// The trend of samples in the order of their times; `None` where they span less than an hour.
    #[must_use]
    pub fn of(samples: &[StoredSample]) -> Option<Self> {
        let (first, latest) = (samples.first()?, samples.last()?);
        let span = Span { from: first.at, until: latest.at };
        let whole = span.until.unix() - span.from.unix();
        if whole < 3600 {
            return None;
        }
        let some = thin_samples(samples);
        let mut paces = Vec::new();
        for (at, one) in some.iter().enumerate() {
            for other in some.iter().skip(at + 1) {
                let apart = other.at.unix() - one.at.unix();
                if apart * 8 >= whole {
                    let grown = i128::from(other.stored.0) - i128::from(one.stored.0);
                    paces.push(grown * i128::from(DAY) / i128::from(apart));
                }
            }
        }
        paces.sort_unstable();
        let at = |tenths: usize| {
            let pace = paces.get((paces.len() - 1) * tenths / 10).copied().unwrap_or(0);
            i64::try_from(pace).unwrap_or(if pace < 0 { i64::MIN } else { i64::MAX })
        };
        let (slow, likely, fast) = (at(1), at(5), at(9));
        Some(Self { latest: *latest, span, samples: samples.len(), slow, likely, fast })
    }

    /// Bytes a day; less than nothing where it shrinks.
    #[must_use]
    pub fn per_day(&self, pace: Pace) -> i64 {
        match pace {
            Pace::Slow => self.slow,
            Pace::Likely => self.likely,
            Pace::Fast => self.fast,
        }
    }

    /// How much is there at a point in time.
    #[must_use]
    pub fn stored(&self, pace: Pace, at: Timestamp) -> ByteSize {
        let seconds = i128::from(at.unix() - self.latest.at.unix());
        let grown = i128::from(self.per_day(pace)) * seconds / i128::from(DAY);
        let stored = i128::from(self.latest.stored.0) + grown;
        ByteSize(u64::try_from(stored.max(0)).unwrap_or(u64::MAX))
    }

    /// When it has grown to a size.
    #[must_use]
    pub fn reach(&self, size: ByteSize) -> Reach {
        let at = |pace| {
            let missing = i128::from(size.0) - i128::from(self.latest.stored.0);
            let seconds = match (missing, i128::from(self.per_day(pace))) {
                (..=0, _) => 0,
                (_, ..=0) => return None,
                (missing, pace) => (missing * i128::from(DAY) + pace - 1) / pace,
            };
            let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds < 36_500 * DAY)?;
            Some(self.latest.at.plus_seconds(seconds))
        };
        Reach { earliest: at(Pace::Fast), likely: at(Pace::Likely), latest: at(Pace::Slow) }
    }

    /// The levels of a span: what was recorded, then a step a day as the trend goes on. What lay
    /// there before the first sample is taken to be what that one says.
    pub(super) fn levels(&self, samples: &[StoredSample], pace: Pace, span: Span) -> Vec<Level> {
        let mut levels: Vec<_> = samples
            .iter()
            .map(|sample| Level { since: sample.at, stored: Some(sample.stored) })
            .collect();
        if let Some(first) = levels.first_mut() {
            first.since = first.since.min(span.from);
        }
        let mut since = self.latest.at;
        while since < span.until {
            let stored = self.stored(pace, since.plus_seconds(DAY / 2));
            levels.push(Level { since, stored: Some(stored) });
            since = since.plus_seconds(DAY);
        }
        levels
    }
}

/// Some of the samples, evenly chosen, the first and the last among them.
fn thin_samples(samples: &[StoredSample]) -> Vec<StoredSample> {
    if samples.len() <= MOST_SAMPLES {
        return samples.to_vec();
    }
    let place = |number: usize| number * (samples.len() - 1) / (MOST_SAMPLES - 1);
    (0..MOST_SAMPLES).filter_map(|number| samples.get(place(number))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A sample a day from the first of November on, in GB.
    fn daily(gigabytes: &[u64]) -> Vec<StoredSample> {
        let start = at("2026-11-01T00:00:00Z").unix();
        let sample = |(day, size): (i64, &u64)| StoredSample {
            at: Timestamp::from_unix(start + day * DAY).unwrap(),
            stored: ByteSize::gb(*size),
        };
        (0..).zip(gigabytes).map(sample).collect()
    }

    fn paces(samples: &[StoredSample]) -> Option<[i64; 3]> {
        let trend = Trend::of(samples)?;
        Some([Pace::Slow, Pace::Likely, Pace::Fast].map(|pace| trend.per_day(pace) / 1_000_000))
    }

    #[test]
    fn a_steady_growth_has_no_band() {
        assert_eq!(paces(&daily(&[100, 110, 120, 130])), Some([10_000; 3]));
        assert_eq!(paces(&daily(&[100, 100])), Some([0; 3]));
        assert_eq!(paces(&daily(&[90, 60, 30])), Some([-30_000; 3]));
    }

    #[test]
    fn one_odd_sample_does_not_move_the_middle() {
        let mut sizes: Vec<u64> = (0..30).map(|day| 100 + 10 * day).collect();
        sizes[11] = 9_000;

        let [slow, likely, fast] = paces(&daily(&sizes)).unwrap();

        assert_eq!(likely, 10_000);
        assert!(slow <= likely && likely <= fast);
    }

    #[test]
    fn there_is_no_trend_of_a_moment() {
        assert_eq!(paces(&[]), None);
        assert_eq!(paces(&daily(&[5])), None);
        let one = daily(&[5])[0];
        let next = StoredSample { at: one.at.plus_seconds(3599), ..one };
        assert_eq!(paces(&[one, next]), None);
    }

    #[test]
    fn a_size_is_reached_at_each_pace_or_never() {
        let trend = Trend::of(&daily(&[100, 110, 120])).unwrap();
        let shrinking = Trend::of(&daily(&[100, 90])).unwrap();

        assert_eq!(trend.reach(ByteSize::tb(1)).likely, Some(at("2027-01-30T00:00:00Z")));
        assert_eq!(trend.reach(ByteSize::gb(1)).latest, Some(trend.latest.at));
        assert_eq!(shrinking.reach(ByteSize::tb(1)).earliest, None);
    }

    #[test]
    fn many_samples_are_thinned_and_none_is_lost_at_the_ends() {
        let sizes: Vec<u64> = (0..5_000).collect();
        let samples = daily(&sizes);

        let some = thin_samples(&samples);

        assert_eq!((some.len(), some[0], some[199]), (200, samples[0], samples[4_999]));
        assert_eq!(paces(&samples), Some([1_000; 3]));
    }
}
