//! How fast bytes may go, by the time of day.

use std::fmt;
use std::str::FromStr;

use crate::size::ByteSize;

const DAY: u32 = 24 * 60 * 60;

/// A limit on bytes per second, or a timetable of them.
///
/// Its text is one limit (`10M`, `512K`, `off`), or times of day with the limit that begins there:
/// `08:00,512K 18:30,10M 23:00,off`. Before the first time of a day holds the last one of the day
/// before. `K`, `M` and `G` are powers of 1024, a bare number is bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bandwidth(Vec<(u32, Option<ByteSize>)>);

/// The text is neither a limit nor a timetable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a bandwidth: write `10M`, `off` or `08:00,512K 23:00,off`")]
pub struct InvalidBandwidth(String);

impl Bandwidth {
    /// Always the same limit.
    #[must_use]
    pub fn always(limit: ByteSize) -> Self {
        Self(vec![(0, Some(limit))])
    }

    /// The bytes per second that may go at a time of day, in seconds after midnight; `None` for
    /// any number.
    #[must_use]
    pub fn at(&self, second: u32) -> Option<ByteSize> {
        let second = second % DAY;
        let begun = self.0.iter().rev().find(|(from, _)| *from <= second);
        begun.or(self.0.last()).and_then(|(_, limit)| *limit)
    }
}

impl FromStr for Bandwidth {
    type Err = InvalidBandwidth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidBandwidth(text.to_owned());
        if !text.contains(',') {
            return Ok(Self(vec![(0, parse_limit(text.trim()).ok_or_else(invalid)?)]));
        }
        let slot = |slot: &str| {
            let (from, speed) = slot.split_once(',')?;
            Some((time_of_day(from)?, parse_limit(speed)?))
        };
        let slots: Option<Vec<_>> = text.split_whitespace().map(slot).collect();
        let slots = slots.ok_or_else(invalid)?;
        if slots.is_sorted_by(|one, next| one.0 < next.0) {
            Ok(Self(slots))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit =
            |limit: &Option<ByteSize>| limit.map_or("off".to_owned(), |limit| limit.0.to_string());
        if let [(0, only)] = self.0.as_slice() {
            return f.write_str(&limit(only));
        }
        let slot = |(from, speed): &(u32, Option<ByteSize>)| {
            format!("{:02}:{:02},{}", from / 3600, from / 60 % 60, limit(speed))
        };
        f.write_str(&self.0.iter().map(slot).collect::<Vec<_>>().join(" "))
    }
}

/// A limit; the outer `None` is for a text that is none.
#[expect(clippy::option_option, reason = "no text of a limit, and the limit `off`")]
fn parse_limit(text: &str) -> Option<Option<ByteSize>> {
    if text == "off" {
        return Some(None);
    }
    let (digits, unit) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1 << 10),
        None => match text.strip_suffix(['M', 'm']) {
            Some(digits) => (digits, 1 << 20),
            None => text.strip_suffix(['G', 'g']).map_or((text, 1), |digits| (digits, 1 << 30)),
        },
    };
    if digits.starts_with('+') {
        return None;
    }
    let bytes: u64 = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    (bytes > 0).then_some(Some(ByteSize(bytes)))
}

fn time_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, most: u32| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| two && *number < most)
    };
    Some(number(hours, 24)? * 3600 + number(minutes, 60)? * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, second: u32) -> Option<u64> {
        text.parse::<Bandwidth>().unwrap().at(second).map(|limit| limit.0)
    }

    #[test]
    fn a_single_limit_holds_all_day() {
        assert_eq!(at("10M", 0), Some(10 << 20));
        assert_eq!(at("1500", DAY - 1), Some(1500));
        assert_eq!(at("off", 7), None);
    }

    #[test]
    fn a_timetable_goes_on_over_midnight() {
        let table = "08:00,512K 18:30,10M 23:00,off";

        assert_eq!(at(table, 0), None);
        assert_eq!(at(table, 8 * 3600 - 1), None);
        assert_eq!(at(table, 8 * 3600), Some(512 << 10));
        assert_eq!(at(table, 18 * 3600 + 30 * 60), Some(10 << 20));
        assert_eq!(at(table, 23 * 3600 + 1), None);
        assert_eq!(at("08:00,1K 20:00,2K", 3), Some(2048));
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in ["", "0", "-1", "+1", "10X", "8:00,1M", "25:00,1M", "10:00,1M 09:00,1M", "1,M"]
        {
            assert!(text.parse::<Bandwidth>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn its_text_reads_back() {
        for text in ["off", "10M", "08:00,512K 18:30,10M 23:00,off"] {
            let bandwidth: Bandwidth = text.parse().unwrap();

            assert_eq!(bandwidth.to_string().parse(), Ok(bandwidth), "{text}");
        }
    }
}
