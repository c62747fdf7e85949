//! How much lies in a bucket, and how much of it is billed.

mod folders;
mod groups;
mod words;

use std::ops::AddAssign;

use bytesize::ByteSize;

pub use folders::{FolderSum, FolderTree, SummedFolder};
pub use groups::{LargestGroups, UsageGroups};
pub use words::{describe_usage, render_usage};

/// What the smallest object is billed as (Hetzner, product page, read 2026-07-22: "64 KB"; its other
/// sizes are decimal, and so is this one).
pub const SMALLEST_BILLED: ByteSize = ByteSize(64_000);

/// What one object is billed as, where the smallest is billed as `smallest`.
#[must_use]
pub fn billed_size(size: ByteSize, smallest: ByteSize) -> ByteSize {
    size.max(smallest)
}

/// What so many objects are billed as that are `size` long together and all alike. Of objects that
/// differ more may be billed, never less.
#[must_use]
pub fn billed_together(size: ByteSize, count: u64, smallest: ByteSize) -> ByteSize {
    billed_size(size, ByteSize(smallest.0.saturating_mul(count)))
}

/// A number of things and their bytes.
///
/// ```
/// use datalake_core::size::ByteSize;
/// use datalake_core::usage::Tally;
///
/// let mut tally = Tally::default();
/// tally.add(ByteSize::b(10));
/// tally.add(ByteSize::b(100_000));
///
/// assert_eq!((tally.count, tally.bytes, tally.billed), (2, 100_010, 164_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many there are.
    pub count: u64,
    /// The bytes of their contents.
    pub bytes: u64,
    /// The bytes that are billed: at least [`SMALLEST_BILLED`] for each. What objects carry besides
    /// their content is billed too, and no listing tells it.
    pub billed: u64,
}

impl Tally {
    /// Counts one thing more.
    pub fn add(&mut self, size: ByteSize) {
        self.count += 1;
        self.bytes += size.0;
        self.billed += billed_size(size, SMALLEST_BILLED).0;
    }
}

impl Tally {
    /// The bytes that are billed where the smallest object is billed as `smallest`: exact for
    /// [`SMALLEST_BILLED`] and for none, the least that it can be else.
    #[must_use]
    pub fn billed_by(&self, smallest: ByteSize) -> ByteSize {
        if smallest == SMALLEST_BILLED {
            return ByteSize(self.billed);
        }
        billed_together(ByteSize(self.bytes), self.count, smallest)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
        self.billed += other.billed;
    }
}

/// What lies in a bucket or below a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Objects that can be read.
    pub current: Tally,
    /// Older and deleted versions.
    pub noncurrent: Tally,
    /// Delete markers. Hetzner does not say whether an empty thing is billed as a small one; it is
    /// taken for one here.
    pub markers: Tally,
    /// Unfinished uploads with the parts that they have; one without parts is not billed.
    pub uploads: Tally,
}

impl Usage {
    /// Counts an unfinished upload whose parts hold so much; `None` for no parts.
    pub fn add_upload(&mut self, size: Option<ByteSize>) {
        match size {
            Some(size) => self.uploads.add(size),
            None => self.uploads.count += 1,
        }
    }

    /// All of it together.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut total = self.current;
        total += self.noncurrent;
        total += self.markers;
        total += self.uploads;
        total
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total().count == 0
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.current += other.current;
        self.noncurrent += other.noncurrent;
        self.markers += other.markers;
        self.uploads += other.uploads;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(size: u64, billed: u64) {
        let mut tally = Tally::default();
        tally.add(ByteSize(size));
        assert_eq!(tally, Tally { count: 1, bytes: size, billed }, "{size}");
    }

    #[test]
    fn small_objects_are_billed_as_64_kb() {
        check(0, 64_000);
        check(63_999, 64_000);
        check(64_000, 64_000);
        check(64_001, 64_001);
    }

    #[test]
    fn a_total_has_everything_in_it() {
        let mut usage = Usage::default();
        assert!(usage.is_empty());
        usage.current.add(ByteSize(1));
        usage.noncurrent.add(ByteSize(70_000));
        usage.markers.add(ByteSize(0));
        usage.add_upload(Some(ByteSize(5)));
        usage.add_upload(None);

        let mut twice = usage;
        twice += usage;

        let expected = Tally { count: 5, bytes: 70_006, billed: 3 * 64_000 + 70_000 };
        assert_eq!(usage.total(), expected);
        assert_eq!(twice.total().bytes, 140_012);
    }
}
