//! Times of files, to the nanosecond.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::time::Timestamp;

/// When a file was changed: seconds after 1970, and nanoseconds; its text is
/// `1763834400.123456789`, as rclone keeps it in `x-amz-meta-mtime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileTime {
    seconds: i64,
    nanos: u32,
}

/// The text or number is not a time of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file's time is written like `1763834400.123456789`")]
pub struct InvalidFileTime;

const NANOS: u32 = 1_000_000_000;

impl FileTime {
    /// A time of whole seconds and less than 1,000,000,000 nanoseconds behind them.
    ///
    /// # Errors
    ///
    /// [`InvalidFileTime`] with more nanoseconds.
    pub fn new(seconds: i64, nanos: u32) -> Result<Self, InvalidFileTime> {
        if nanos < NANOS { Ok(Self { seconds, nanos }) } else { Err(InvalidFileTime) }
    }

    /// The whole seconds after 1970, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds behind the whole seconds.
    #[must_use]
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// Reads a time as listings write it: `2026-11-22T18:00:00.123Z`.
    ///
    /// # Errors
    ///
    /// [`InvalidFileTime`] for any other text.
    pub fn from_rfc3339(text: &str) -> Result<Self, InvalidFileTime> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidFileTime)?;
        Self::new(time.unix_timestamp(), time.nanosecond())
    }

    /// The same as [`Self::from_rfc3339`] reads it, with as many digits as it has.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let time = OffsetDateTime::from_unix_timestamp(self.seconds)
            .and_then(|time| time.replace_nanosecond(self.nanos));
        time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| self.to_string())
    }
}

impl From<Timestamp> for FileTime {
    fn from(time: Timestamp) -> Self {
        Self { seconds: time.unix(), nanos: 0 }
    }
}

impl FromStr for FileTime {
    type Err = InvalidFileTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(rest) || rest.len() > 18 {
            return Err(InvalidFileTime);
        }
        let seconds: i64 = whole.parse().map_err(|_| InvalidFileTime)?;
        // Digits beyond nanoseconds are cut off.
        let nine: String = rest.chars().chain("000000000".chars()).take(9).collect();
        let nanos: u32 = nine.parse().map_err(|_| InvalidFileTime)?;
        match (whole.starts_with('-'), nanos) {
            (true, 1..) => Self::new(seconds.checked_sub(1).ok_or(InvalidFileTime)?, NANOS - nanos),
            _ => Self::new(seconds, nanos),
        }
    }
}

impl fmt::Display for FileTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.seconds < 0, self.nanos) {
            (true, nanos @ 1..) => {
                let whole = self.seconds.unsigned_abs() - 1;
                write!(f, "-{whole}.{:09}", NANOS - nanos)
            }
            (_, nanos) => write!(f, "{}.{nanos:09}", self.seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_time_reads_back(seconds in -1_000_000_000_000_i64..1_000_000_000_000, nanos in 0..NANOS) {
            let time = FileTime::new(seconds, nanos).unwrap();

            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn a_fraction_of_a_second_stays() {
        let read = |text: &str| FileTime::from_rfc3339(text).map(FileTime::to_rfc3339);

        assert_eq!(read("2026-11-22T18:00:00.120Z").unwrap(), "2026-11-22T18:00:00.12Z");
        assert_eq!(read("2026-11-22T19:00:00+01:00").unwrap(), "2026-11-22T18:00:00Z");
        assert!(read("2026-11-22").is_err());
    }

    #[test]
    fn times_of_others_are_understood() {
        let read = |text: &str| text.parse::<FileTime>().map(|time| (time.seconds, time.nanos));

        assert_eq!(read("1763834400"), Ok((1_763_834_400, 0)));
        assert_eq!(read("1763834400.5"), Ok((1_763_834_400, 500_000_000)));
        assert_eq!(read("-0.5"), Ok((-1, 500_000_000)));
        for text in ["", "x", "1.x", "1e9", "+1", " 1"] {
            assert_eq!(read(text), Err(InvalidFileTime), "{text:?}");
        }
    }
}
