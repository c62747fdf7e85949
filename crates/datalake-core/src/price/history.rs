//! What was stored from when on, and what left the service.

use bytesize::ByteSize;

use super::{Month, TbHours};
use crate::time::Timestamp;

const HOUR: i64 = 3600;

/// From a point in time up to another one, which is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first second.
    pub from: Timestamp,
    /// The first second behind it.
    pub until: Timestamp,
}

/// What lies in all buckets together from a point in time on, as it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Since when.
    pub since: Timestamp,
    /// How much; `None` where there is no bucket.
    pub stored: Option<ByteSize>,
}

/// What was stored from when on, and what left the service.
///
/// ```
/// use datalake_core::price::{Level, Month, UsageHistory};
/// use datalake_core::size::ByteSize;
///
/// let created = "2026-11-03T10:20:00Z".parse()?;
/// let deleted = "2026-11-03T12:00:01Z".parse()?;
/// let levels = [
///     Level { since: created, stored: Some(ByteSize::gb(5)) },
///     Level { since: deleted, stored: None },
/// ];
/// let used = UsageHistory::new(levels, []).used("2026-11".parse::<Month>()?.span());
///
/// // 10 o'clock, 11 o'clock, and one second of 12 o'clock.
/// assert_eq!(used.hours, 3);
/// assert_eq!(used.stored.byte_seconds(), 5_000_000_000 * 6_001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageHistory {
    levels: Vec<Level>,
    egress: Vec<(Timestamp, ByteSize)>,
}

/// What was used in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Hours of the clock with a bucket in any second of them.
    pub hours: u32,
    /// What was stored, for how long.
    pub stored: TbHours,
    /// What left the service for outside of it.
    pub egress: ByteSize,
}

impl Span {
    /// How many seconds it has.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::try_from(self.until.unix() - self.from.unix()).unwrap_or(0)
    }

    /// The part that lies in both.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let from = self.from.max(other.from);
        Self { from, until: self.until.min(other.until).max(from) }
    }
}

impl UsageHistory {
    /// A history of these levels and of what left the service when. Before the first level there is
    /// no bucket; of several at one time the last counts.
    pub fn new(
        levels: impl IntoIterator<Item = Level>,
        egress: impl IntoIterator<Item = (Timestamp, ByteSize)>,
    ) -> Self {
        let mut levels: Vec<_> = levels.into_iter().collect();
        levels.sort_by_key(|level| level.since);
        Self { levels, egress: egress.into_iter().collect() }
    }

    /// A month in which nothing changes.
    #[must_use]
    pub fn steady(month: Month, stored: ByteSize, egress: ByteSize) -> Self {
        let since = month.span().from;
        Self::new([Level { since, stored: Some(stored) }], [(since, egress)])
    }

    /// What was used in a span.
    #[must_use]
    pub fn used(&self, span: Span) -> Used {
        let mut used = Used::default();
        let mut counted_until = i64::MIN;
        for (at, level) in self.levels.iter().enumerate() {
            let until = self.levels.get(at + 1).map_or(span.until, |next| next.since);
            let held = Span { from: level.since, until }.within(span);
            let (Some(stored), true) = (level.stored, held.from < held.until) else { continue };
            used.stored += TbHours::new(stored, held.seconds());
            let first = held.from.unix().div_euclid(HOUR).max(counted_until);
            let behind = (held.until.unix() - 1).div_euclid(HOUR) + 1;
            used.hours += u32::try_from(behind - first).unwrap_or(0);
            counted_until = counted_until.max(behind);
        }
        let left = self.egress.iter().filter(|(at, _)| (span.from..span.until).contains(at));
        used.egress = ByteSize(left.fold(0_u64, |sum, (_, size)| sum.saturating_add(size.0)));
        used
    }
}
