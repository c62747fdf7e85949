//! Points in the past, as people write them.

use std::str::FromStr;

use super::FileTime;
use crate::time::Timestamp;

/// A point in the past: `2026-11-22T18:00:00Z`, `2026-11-22` (where that day begins, in UTC), or
/// `2 days ago`.
///
/// A time without a fraction means its whole second, as listings show it: what was stored within it
/// counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastTime {
    /// That very instant.
    At(FileTime),
    /// So many seconds ago.
    Ago(i64),
}

/// The text is not a point in the past.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write `2026-11-22T18:00:00Z`, `2026-11-22` or `2 days ago`")]
pub struct InvalidPastTime(String);

/// The last nanosecond of a second.
const LAST: u32 = 999_999_999;

const UNITS: [(&[&str], i64); 5] = [
    (&["s", "sec", "second", "seconds"], 1),
    (&["m", "min", "minute", "minutes"], 60),
    (&["h", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
    (&["w", "week", "weeks"], 604_800),
];

impl PastTime {
    /// The last instant that counts, where the present time is `now`.
    #[must_use]
    pub fn resolve(self, now: Timestamp) -> FileTime {
        match self {
            Self::At(time) => time,
            Self::Ago(seconds) => whole_second(now.plus_seconds(-seconds)),
        }
    }
}

fn whole_second(time: Timestamp) -> FileTime {
    FileTime::new(time.unix(), LAST).unwrap_or_else(|_| time.into())
}

impl FromStr for PastTime {
    type Err = InvalidPastTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let found = parse_instant(text).map(Self::At).or_else(|| parse_ago(text).map(Self::Ago));
        found.ok_or_else(|| InvalidPastTime(text.to_owned()))
    }
}

fn parse_instant(text: &str) -> Option<FileTime> {
    if text.len() == 10 {
        return FileTime::from_rfc3339(&format!("{text}T00:00:00Z")).ok();
    }
    if text.contains('.') {
        return FileTime::from_rfc3339(text).ok();
    }
    text.parse().ok().map(whole_second)
}

/// `2 days ago`, `90 minutes ago`, `2d`.
fn parse_ago(text: &str) -> Option<i64> {
    let length = text.strip_suffix("ago").unwrap_or(text).trim_end();
    let digits = length.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = length.split_at_checked(digits)?;
    let unit = unit.trim_start();
    let seconds =
        UNITS.iter().find(|(names, _)| names.contains(&unit)).map(|(_, length)| length)?;
    count.parse::<i64>().ok()?.checked_mul(*seconds).filter(|all| *all <= 3_200_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let now = "2026-11-22T18:00:00Z".parse().unwrap();
        let time = text.parse::<PastTime>().map(|time| time.resolve(now).to_rfc3339());
        assert_eq!(time.unwrap_or_default(), expected, "{text:?}");
    }

    #[test]
    fn a_time_in_the_past_is_an_instant_or_a_length() {
        check("2026-11-22T18:00:00Z", "2026-11-22T18:00:00.999999999Z");
        check("2026-11-22T19:00:00+01:00", "2026-11-22T18:00:00.999999999Z");
        check("2026-11-22T18:00:00.5Z", "2026-11-22T18:00:00.5Z");
        check("2026-11-20", "2026-11-20T00:00:00Z");
        check("2 days ago", "2026-11-20T18:00:00.999999999Z");
        check("1 week ago", "2026-11-15T18:00:00.999999999Z");
        check("90m ago", "2026-11-22T16:30:00.999999999Z");
        check("2d", "2026-11-20T18:00:00.999999999Z");
    }

    #[test]
    fn other_texts_are_no_time() {
        for text in ["", "now", "days ago", "2", "2026-13-01", "-1d", "1y", "5 ago"] {
            check(text, "");
        }
        check("99999999999999999999 days ago", "");
        check("9999999 weeks ago", "");
    }
}
