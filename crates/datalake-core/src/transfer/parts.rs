//! Parts of large objects.

use std::ops::Range;

use crate::size::ByteSize;

/// The smallest part that is not the last one.
pub const SMALLEST_PART: ByteSize = ByteSize(5 << 20);
/// The most parts of one object.
pub const MOST_PARTS: u16 = 10_000;
/// The largest object that one request stores or copies, and the largest part.
pub const LARGEST_PUT: ByteSize = ByteSize(5_000_000_000);
/// The largest object.
const LARGEST: u64 = 5 << 40;
/// Parts are a multiple of this.
const STEP: u64 = 1 << 20;

/// How a content is cut into parts: all of one size, the last one as long as is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlan {
    size: u64,
    part: u64,
}

/// No number of parts can hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an object has at most 5 TiB")]
pub struct TooLarge;

impl PartPlan {
    /// Cuts a content of `size` into parts of `preferred`, or as much larger as is needed for 10,000
    /// of them to suffice. An empty content has one empty part.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] for more than an object can hold.
    pub fn new(size: ByteSize, preferred: ByteSize) -> Result<Self, TooLarge> {
        if size.0 > LARGEST {
            return Err(TooLarge);
        }
        let needed = size.0.div_ceil(u64::from(MOST_PARTS)).next_multiple_of(STEP);
        let part = needed.max(preferred.0.max(SMALLEST_PART.0)).min(LARGEST_PUT.0);
        Ok(Self { size: size.0, part })
    }

    /// The same content in parts of exactly this size, as someone else has cut it; `None` where
    /// that are no or too many parts.
    #[must_use]
    pub fn exactly(size: ByteSize, part: ByteSize) -> Option<Self> {
        let plan = Self { size: size.0, part: part.0 };
        let fits = part.0 > 0 && size.0.div_ceil(part.0) <= u64::from(MOST_PARTS);
        fits.then_some(plan)
    }

    /// The length of the whole content.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        ByteSize(self.size)
    }

    /// The size of all parts but the last one.
    #[must_use]
    pub fn part_size(&self) -> ByteSize {
        ByteSize(self.part)
    }

    /// How many parts there are, at least one.
    #[must_use]
    pub fn count(&self) -> u16 {
        u16::try_from(self.size.div_ceil(self.part).max(1)).unwrap_or(MOST_PARTS)
    }

    /// Where the part of this number, from 1, lies in the content.
    #[must_use]
    pub fn range(&self, number: u16) -> Range<u64> {
        let start = u64::from(number.saturating_sub(1)) * self.part;
        start.min(self.size)..start.saturating_add(self.part).min(self.size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[track_caller]
    fn check(size: u64, preferred: u64, (part, count): (u64, u16)) {
        let plan = PartPlan::new(ByteSize(size), ByteSize(preferred)).unwrap();

        assert_eq!((plan.part_size().0, plan.count()), (part, count));
    }

    #[test]
    fn parts_grow_with_the_content() {
        check(0, 16 * MIB, (16 * MIB, 1));
        check(16 * MIB, 16 * MIB, (16 * MIB, 1));
        check(16 * MIB + 1, 16 * MIB, (16 * MIB, 2));
        check(160_000 * MIB, 16 * MIB, (16 * MIB, 10_000));
        check(160_000 * MIB + 1, 16 * MIB, (17 * MIB, 9_412));
        check(5 << 40, 16 * MIB, (525 * MIB, 9_987));
        check(7 * MIB, MIB, (5 * MIB, 2));
        assert_eq!(PartPlan::new(ByteSize((5 << 40) + 1), ByteSize(MIB)), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn parts_follow_each_other_to_the_end(size in 0_u64..5 << 40, preferred in 0..64 * MIB) {
            let plan = PartPlan::new(ByteSize(size), ByteSize(preferred)).unwrap();

            let mut end = 0;
            for number in 1..=plan.count() {
                let range = plan.range(number);
                prop_assert_eq!(range.start, end);
                prop_assert!(size == 0 || range.end > range.start);
                end = range.end;
            }
            prop_assert_eq!(end, size);
        }
    }
}
