//! Parts of a bucket, and their shares of the bill.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Bill, Micros, Money};
use crate::usage::{LargestGroups, Tally, Usage};

/// A part of a bucket and its share of the bill.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Part {
    /// Its name, as it is.
    pub name: String,
    /// How many objects, versions, markers and uploads.
    pub count: u64,
    /// Their real size.
    pub bytes: u64,
    /// What is billed.
    pub billed_bytes: u64,
    /// Its share of the sum, by what is billed.
    pub share: Micros,
    /// What a month would cost less without it, net: the base price stays, and what it includes.
    pub saved: Micros,
}

/// Parts of one kind, the largest first, and all others together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Parts {
    /// The largest.
    pub largest: Vec<Part>,
    /// How many there are besides.
    pub other_count: u64,
    /// Those together.
    pub others: Part,
}

/// What is shared out: a sum, by what is billed of the whole.
#[derive(Debug, Clone, Copy)]
pub struct Sharing {
    /// The sum.
    pub sum: Money,
    /// All that is billed.
    pub billed: u64,
    /// What of the sum is for storage.
    pub storage: Micros,
    /// What of all that is billed is beyond what the base price includes.
    pub beyond: u64,
}

impl Sharing {
    /// The sum of a bill for so much.
    #[must_use]
    pub fn of_bill(bill: &Bill, billed: u64) -> Self {
        let (stored, free) = (bill.stored.byte_seconds(), bill.stored_free.byte_seconds());
        let beyond = scale_amount(u128::from(billed), stored.saturating_sub(free), stored);
        Self { sum: bill.net().0, billed, storage: bill.storage, beyond }
    }

    /// What a month would cost less without a part.
    #[must_use]
    pub fn compute_saving(self, billed: u64) -> Micros {
        let gone = u128::from(billed.min(self.beyond));
        Micros::new(scale_amount(u128::from(self.storage.count()), gone, u128::from(self.beyond)))
    }

    /// A part with its share.
    #[must_use]
    pub fn share_part(self, name: &str, tally: &Tally) -> Part {
        let sum = u128::from(self.sum.amount.count());
        let share = scale_amount(sum, u128::from(tally.billed), u128::from(self.billed));
        Part {
            name: name.to_owned(),
            count: tally.count,
            bytes: tally.bytes,
            billed_bytes: tally.billed,
            share: Micros::new(share),
            saved: self.compute_saving(tally.billed),
        }
    }

    /// The largest groups, at most so many, and the rest.
    #[must_use]
    pub fn share_parts(self, groups: &LargestGroups, top: usize) -> Parts {
        let shown = groups.groups.iter().take(top);
        let mut rest = groups.rest;
        groups.groups.iter().skip(top).for_each(|(_, usage)| rest += *usage);
        let hidden = groups.groups.len().saturating_sub(top) as u64;
        Parts {
            largest: shown.map(|(name, usage)| self.share_part(name, &usage.total())).collect(),
            other_count: groups.others + hidden,
            others: self.share_part("", &rest.total()),
        }
    }

    /// What cannot be read and is billed all the same.
    #[must_use]
    pub fn share_hidden(self, usage: &Usage) -> Vec<Part> {
        vec![
            self.share_part("old versions", &usage.noncurrent),
            self.share_part("delete markers", &usage.markers),
            self.share_part("unfinished uploads", &usage.uploads),
        ]
    }
}

/// A part of an amount; nothing of a whole that is nothing.
fn scale_amount(amount: u128, part: u128, whole: u128) -> u64 {
    // Byte-seconds of petabytes times bytes pass 128 bits: both are made smaller alike.
    let shift = 64_u32.saturating_sub(whole.leading_zeros());
    let scaled = (amount * (part >> shift)).checked_div(whole >> shift).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bytesize::ByteSize;

    use super::*;
    use crate::price::{Account, Month, PriceList, UsageHistory, bill};

    fn share_gigabytes(gigabytes: u64) -> Sharing {
        let month = Month::of("2026-11-02T00:00:00Z".parse().unwrap());
        let plan = PriceList::named("hetzner").unwrap();
        let stored = ByteSize::gb(gigabytes);
        let history = UsageHistory::steady(month, stored, ByteSize(0));
        Sharing::of_bill(&bill(&plan, month, &history, Account::default()).unwrap(), stored.0)
    }

    #[test]
    fn what_the_base_price_includes_saves_nothing() {
        assert_eq!(share_gigabytes(900).compute_saving(ByteSize::gb(100).0), Micros::ZERO);
    }

    #[test]
    fn what_is_beyond_it_saves_its_price_and_no_more() {
        let whole = share_gigabytes(3_000);
        let half = whole.compute_saving(ByteSize::gb(1_000).0).count();

        assert_eq!(whole.beyond, ByteSize::gb(2_000).0);
        assert!(half.abs_diff(whole.storage.count() / 2) <= 1, "{half} of {:?}", whole.storage);
        assert_eq!(whole.compute_saving(ByteSize::gb(3_000).0), whole.storage);
    }
}
