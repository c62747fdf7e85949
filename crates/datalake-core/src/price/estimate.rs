//! What a bucket would cost that is not there yet.

use bytesize::ByteSize;

use super::{Account, Bill, Month, PriceList, Unpriced, UsageHistory, bill};
use crate::usage::billed_together;

/// What somebody means to store and to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intended {
    /// The contents of all objects together.
    pub storage: ByteSize,
    /// How many objects there are; `None` where they are taken to be large.
    pub objects: Option<u64>,
    /// What leaves the service in the month.
    pub egress: ByteSize,
}

impl Intended {
    /// The size that is billed: as if all objects had the same size.
    #[must_use]
    pub fn billed(&self, plan: &PriceList, month: Month) -> ByteSize {
        let smallest = plan.at(month.span().from).map(|prices| prices.storage.smallest);
        let objects = self.objects.unwrap_or(0);
        billed_together(self.storage, objects, smallest.unwrap_or_default())
    }
}

/// What it would cost in a month, if it lay there from the first to the last second of it.
///
/// # Errors
///
/// [`Unpriced`] where the plan begins later.
pub fn estimate(
    plan: &PriceList,
    month: Month,
    intended: &Intended,
    account: Account,
) -> Result<Bill, Unpriced> {
    let stored = intended.billed(plan, month);
    bill(plan, month, &UsageHistory::steady(month, stored, intended.egress), account)
}
