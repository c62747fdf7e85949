//! When a timer is due.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// Times as systemd writes them in `OnCalendar=`: `daily`, `Sun 04:00`, `*-*-* 03:30:00 UTC`.
///
/// The form is checked here, so that nothing else gets into a unit; whether such a day exists only
/// systemd can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerCalendar(String);

/// The text is not a time at which a timer can be due again and again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time for a timer: write `daily`, `hourly`, `Sun 04:00` or `*-*-* 03:30`")]
pub struct InvalidCalendar(String);

/// Words that stand for a whole expression.
const WORDS: [&str; 10] = [
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "semiannually",
    "semi-annually",
    "yearly",
    "annually",
];
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const LONGEST: usize = 100;

impl TimerCalendar {
    /// The expression as systemd reads it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TimerCalendar {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split(' ').filter(|part| !part.is_empty()).collect();
        let is_plain = text.len() <= LONGEST && !text.chars().any(char::is_control);
        if is_plain && is_expression(&parts) {
            Ok(Self(parts.join(" ")))
        } else {
            Err(InvalidCalendar(text.chars().take(LONGEST).collect()))
        }
    }
}

/// `[WEEKDAYS] [DATE] [TIME] [ZONE]`, or a word that stands for these; at least a day or a time.
fn is_expression(parts: &[&str]) -> bool {
    let after_zone = match parts.split_last() {
        Some((last, others)) if !others.is_empty() && is_zone(last) => others,
        _ => parts,
    };
    if let [word] = after_zone
        && WORDS.contains(&word.to_ascii_lowercase().as_str())
    {
        return true;
    }
    let mut left = after_zone;
    for is_part in [is_weekdays, is_date, is_time] {
        if let Some((first, others)) = left.split_first()
            && is_part(first)
        {
            left = others;
        }
    }
    left.is_empty() && !after_zone.is_empty()
}

fn is_weekdays(part: &str) -> bool {
    let is_day = |name: &str| {
        let name = name.to_ascii_lowercase();
        WEEKDAYS.iter().any(|day| *day == name || day.get(..3) == Some(name.as_str()))
    };
    part.split(',').all(|span| span.split("..").count() <= 2 && span.split("..").all(is_day))
}

fn is_date(part: &str) -> bool {
    let count = part.split(['-', '~']).count();
    (2..=3).contains(&count) && part.split(['-', '~']).all(is_number)
}

fn is_time(part: &str) -> bool {
    let count = part.split(':').count();
    (2..=3).contains(&count) && part.split(':').all(is_number)
}

/// Numbers, spans and steps, such as `*`, `1,4`, `1..3`, `0/15`.
fn is_number(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || "*,./".contains(c))
}

/// A zone of time, such as `UTC` or `Europe/Berlin`.
fn is_zone(part: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
    };
    part == "UTC" || (part.contains('/') && part.split('/').all(is_name))
}

impl fmt::Display for TimerCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(TimerCalendar);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_calendar(text: &str, is_valid: bool) {
        assert_eq!(text.parse::<TimerCalendar>().is_ok(), is_valid, "{text:?}");
    }

    #[test]
    fn the_usual_forms_are_times() {
        for text in [
            "daily",
            "Hourly",
            "weekly UTC",
            "04:00",
            "Sun 04:00",
            "Mon..Fri 18:30:00",
            "Sat,Sun 06:00 Europe/Berlin",
            "*-*-* 03:30:00",
            "*-*-1 03:30",
            "*-1,7-1",
            "*-*~1 12:00",
            "*:0/15",
            "*-*-* *:00,30:00 UTC",
            "monday",
        ] {
            check_calendar(text, true);
        }
    }

    #[test]
    fn what_is_no_time_never_gets_into_a_unit() {
        for text in [
            "",
            " ",
            "every day",
            "UTC",
            "daily daily",
            "04:00 daily",
            "5m",
            "at 04:00",
            "04:00\nExecStart=/bin/sh",
            "Funday 04:00",
            "@1395716396",
            "04:00 %h",
            "1:2:3:4",
            "Mon..Fri..Sun",
            "04:00 04:00",
        ] {
            check_calendar(text, false);
        }
        check_calendar(&"1".repeat(101), false);
    }

    #[test]
    fn blanks_are_made_one() {
        assert_eq!("Sun  04:00".parse::<TimerCalendar>().unwrap().as_str(), "Sun 04:00");
    }
}
