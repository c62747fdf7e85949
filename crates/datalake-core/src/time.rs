//! Points and lengths of time, and the names of runs, which begin with one.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::text::serde_as_text;

/// A point in time in whole seconds, UTC; its text is RFC 3339 (`2026-11-22T18:00:00Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

/// The text or number is not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is written like `2026-11-22T18:00:00Z`")]
pub struct InvalidTimestamp;

/// A number of whole days, at least one; its text is `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(u32);

/// The text is not a number of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of days: write `30d`, from 1d to 36500d")]
pub struct InvalidDays(String);

/// The name of one run: `R-` with date, time and four random letters or digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

/// The text is not a name of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a run: an id looks like `R-20261122-180000-k3xa`")]
pub struct InvalidRunId(String);

impl Timestamp {
    /// The time `seconds` after 1970-01-01 00:00 UTC.
    ///
    /// # Errors
    ///
    /// [`InvalidTimestamp`] outside the years -9999 to 9999.
    pub fn from_unix(seconds: i64) -> Result<Self, InvalidTimestamp> {
        OffsetDateTime::from_unix_timestamp(seconds).map(Self).map_err(|_| InvalidTimestamp)
    }

    /// Seconds after 1970-01-01 00:00 UTC.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Midnight of a date in UTC; a date that is none becomes 1970-01-01.
    pub(crate) fn midnight(year: i32, month: u8, day: u8) -> Self {
        let name = time::Month::try_from(month).unwrap_or(time::Month::January);
        let date = time::Date::from_calendar_date(year, name, day);
        Self(date.map_or(OffsetDateTime::UNIX_EPOCH, |date| date.midnight().assume_utc()))
    }

    /// The year, and the month from 1 to 12, in UTC.
    pub(crate) fn year_and_month(self) -> (i32, u8) {
        (self.0.year(), u8::from(self.0.month()))
    }

    /// So many seconds later, or the last time that can be told.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(time::Duration::seconds(seconds)))
    }

    /// The date alone: `2026-11-22`.
    #[must_use]
    pub fn date(self) -> String {
        self.0.date().format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
    }
}

impl Days {
    /// So many days.
    ///
    /// # Errors
    ///
    /// [`InvalidDays`] for none, or more than 100 years.
    pub fn new(days: u32) -> Result<Self, InvalidDays> {
        if (1..=36_500).contains(&days) {
            Ok(Self(days))
        } else {
            Err(InvalidDays(days.to_string()))
        }
    }

    /// The number of days.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0
    }
}

impl RunId {
    /// The run that begins at `start`; `random` keeps two runs of one second apart.
    #[must_use]
    pub fn new(start: Timestamp, random: u64) -> Self {
        let format = format_description!("[year][month][day]-[hour][minute][second]");
        let date = start.0.format(&format).unwrap_or_default();
        let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
        let tail: String = (0..4)
            .filter_map(|place| letters.get(usize::try_from((random >> (5 * place)) % 32).ok()?))
            .map(|letter| char::from(*letter))
            .collect();
        Self(format!("R-{date}-{tail}"))
    }

    /// The name as text; it is also a safe file name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidTimestamp)?;
        Self::from_unix(time.unix_timestamp())
    }
}

impl FromStr for Days {
    type Err = InvalidDays;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = text.strip_suffix('d').and_then(|digits| digits.parse().ok());
        days.and_then(|days| Self::new(days).ok()).ok_or_else(|| InvalidDays(text.to_owned()))
    }
}

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let is_id = text.starts_with("R-") && text.len() <= 40 && text.bytes().all(plain);
        if is_id { Ok(Self(text.to_owned())) } else { Err(InvalidRunId(text.to_owned())) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Timestamp);
serde_as_text!(Days);
serde_as_text!(RunId);

/// How long ago something was, in its largest whole unit.
#[must_use]
pub fn format_age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.unix().saturating_sub(since.unix()).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back() {
        let time: Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();

        assert_eq!(time.to_string(), "2026-11-22T18:00:00Z");
        assert_eq!(Timestamp::from_unix(time.unix()), Ok(time));
    }

    #[test]
    fn days_have_a_unit_and_a_range() {
        assert_eq!("30d".parse::<Days>().unwrap().count(), 30);
        for text in ["30", "0d", "-1d", "d", "1h", "36501d"] {
            assert!(text.parse::<Days>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_run_is_named_by_its_start() {
        let run = RunId::new("2026-11-22T18:00:00Z".parse().unwrap(), 7);

        assert_eq!(run.to_string(), "R-20261122-180000-haaa");
        assert_eq!(run.as_str().parse(), Ok(run));
        assert!("R-../x".parse::<RunId>().is_err());
    }

    #[test]
    fn ages_have_one_unit() {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let since = |seconds| format_age(at(0), at(seconds));

        assert_eq!(since(59), "59 s");
        assert_eq!(since(3599), "59 min");
        assert_eq!(since(172_799), "47 h");
        assert_eq!(since(172_800), "2 days");
        assert_eq!(format_age(at(5), at(0)), "0 s");
    }
}
