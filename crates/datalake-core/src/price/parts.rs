//! Parts of a bucket, and their shares of the bill.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Micros, Money};
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
}

impl Sharing {
    /// A part with its share.
    #[must_use]
    pub fn part(self, name: &str, tally: &Tally) -> Part {
        let above = u128::from(self.sum.amount.count()) * u128::from(tally.billed);
        let share = above.checked_div(u128::from(self.billed)).unwrap_or(0);
        Part {
            name: name.to_owned(),
            count: tally.count,
            bytes: tally.bytes,
            billed_bytes: tally.billed,
            share: Micros::new(u64::try_from(share).unwrap_or(u64::MAX)),
        }
    }

    /// The largest groups, at most so many, and the rest.
    #[must_use]
    pub fn parts(self, groups: &LargestGroups, top: usize) -> Parts {
        let shown = groups.groups.iter().take(top);
        let mut rest = groups.rest;
        groups.groups.iter().skip(top).for_each(|(_, usage)| rest += *usage);
        let hidden = groups.groups.len().saturating_sub(top) as u64;
        Parts {
            largest: shown.map(|(name, usage)| self.part(name, &usage.total())).collect(),
            other_count: groups.others + hidden,
            others: self.part("", &rest.total()),
        }
    }

    /// What cannot be read and is billed all the same.
    #[must_use]
    pub fn hidden(self, usage: &Usage) -> Vec<Part> {
        vec![
            self.part("old versions", &usage.noncurrent),
            self.part("delete markers", &usage.markers),
            self.part("unfinished uploads", &usage.uploads),
        ]
    }
}
