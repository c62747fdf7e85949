//! The simulator's own clock.
//!
//! It shows two times. The network's is the real one plus an offset: it stamps
//! the `Date` header and decides whether a signature is too old. The calendar
//! is the network's time plus all that [`advance`](SimClock::advance) added: things
//! are dated by it, age by it, and expire by it. Clients thus keep working after
//! a jump of 30 days.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A moment of the calendar, in milliseconds since 1970.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub(crate) struct Moment(i64);

impl Moment {
    /// The moment `duration` later.
    pub(crate) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(count_milliseconds(duration)))
    }

    /// The moment `days` later.
    pub(crate) fn after_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(i64::from(days).saturating_mul(DAY)))
    }

    pub(crate) fn to_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Moment {
    fn from(time: OffsetDateTime) -> Self {
        Self(i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
    }
}

impl From<Moment> for s3s::dto::Timestamp {
    fn from(moment: Moment) -> Self {
        moment.to_time().into()
    }
}

impl From<s3s::dto::Timestamp> for Moment {
    fn from(timestamp: s3s::dto::Timestamp) -> Self {
        OffsetDateTime::from(timestamp).into()
    }
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct SimClock {
    offset: AtomicI64,
    advanced: AtomicI64,
}

impl SimClock {
    /// A clock whose calendar is ahead by what [`SimClock::ahead`] said once.
    pub(crate) fn ahead_by(milliseconds: i64) -> Self {
        Self { offset: AtomicI64::new(0), advanced: AtomicI64::new(milliseconds) }
    }

    /// How many milliseconds the calendar is ahead of the network's time.
    pub(crate) fn ahead(&self) -> i64 {
        self.advanced.load(Ordering::Relaxed)
    }

    pub(crate) fn network(&self) -> OffsetDateTime {
        self.shifted(0)
    }

    pub(crate) fn calendar(&self) -> Moment {
        self.shifted(self.ahead()).into()
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.advanced.fetch_add(count_milliseconds(duration), Ordering::Relaxed);
    }

    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds.saturating_mul(1000), Ordering::Relaxed);
    }

    fn shifted(&self, by: i64) -> OffsetDateTime {
        let shift = self.offset.load(Ordering::Relaxed).saturating_add(by);
        OffsetDateTime::now_utc().saturating_add(time::Duration::milliseconds(shift))
    }
}

fn count_milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
