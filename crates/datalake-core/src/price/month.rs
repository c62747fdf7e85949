//! Calendar months.

use std::fmt;
use std::str::FromStr;

use time::Month as Name;

use super::history::Span;
use crate::text::serde_as_text;
use crate::time::Timestamp;

/// A calendar month in UTC; its text is `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    number: u8,
}

/// The text is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month: write it like `2026-11`")]
pub struct InvalidMonth(String);

impl Month {
    /// The month that a point in time lies in.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let (year, number) = time.year_and_month();
        Self { year, number }
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.number {
            12.. => Self { year: self.year + 1, number: 1 },
            number => Self { number: number + 1, ..self },
        }
    }

    /// How many days it has: 28 to 31.
    #[must_use]
    pub fn days(self) -> u8 {
        Name::try_from(self.number).map_or(31, |name| name.length(self.year))
    }

    /// How many hours it has: 672 to 744.
    #[must_use]
    pub fn hours(self) -> u32 {
        u32::from(self.days()) * 24
    }

    /// From its first second to that of the next month.
    #[must_use]
    pub fn span(self) -> Span {
        let from = Timestamp::midnight(self.year, self.number, 1);
        let until = from.plus_seconds(i64::from(self.hours()) * 3600);
        Span { from, until }
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (year, number) = text.split_once('-')?;
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let is_written_so =
                year.len() == 4 && number.len() == 2 && digits(year) && digits(number);
            let (year, number) = (year.parse().ok()?, number.parse().ok()?);
            let is_one = is_written_so && (1..=12).contains(&number) && year >= 1970;
            is_one.then_some(Self { year, number })
        };
        read().ok_or_else(|| InvalidMonth(text.to_owned()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.number)
    }
}

serde_as_text!(Month);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, days: u8, from: &str, until: &str) {
        let month: Month = text.parse().unwrap();
        let Span { from: first, until: next } = month.span();
        assert_eq!((month.days(), month.to_string().as_str()), (days, text));
        assert_eq!((first.to_string().as_str(), next.to_string().as_str()), (from, until));
        assert_eq!(Month::of(next), month.next());
        assert_eq!(Month::of(first), month);
    }

    #[test]
    fn months_have_28_to_31_days() {
        check("2026-02", 28, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
        check("2028-02", 29, "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z");
        check("2026-11", 30, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
        check("2026-12", 31, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
        for text in ["2026-13", "2026-00", "2026-1", "26-01", "2026", "+026-01", "1969-12"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_change_of_clocks_makes_no_month_longer() {
        let march: Month = "2026-03".parse().unwrap();
        let october: Month = "2026-10".parse().unwrap();

        assert_eq!((march.hours(), october.hours()), (744, 744));
    }
}
