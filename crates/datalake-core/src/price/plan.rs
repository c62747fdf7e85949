//! Price lists.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use bytesize::ByteSize;

use super::{Currency, Micros};
use crate::time::Timestamp;
use crate::usage::SMALLEST_BILLED;

/// A price list: prices with the dates from which they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// Its name on the command line.
    pub name: String,
    /// What it is a list of.
    pub title: String,
    /// What it is written in. All prices are net.
    pub currency: Currency,
    /// The prices, the oldest first; each holds until the next.
    pub prices: Vec<Prices>,
    /// What the numbers leave out, and what comes with them.
    pub terms: Vec<String>,
    /// Where the prices were read, and when.
    pub source: String,
}

/// The prices of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// The first midnight (UTC) that they hold.
    pub from: Timestamp,
    /// What is paid for being there.
    pub base: Base,
    /// What is paid for what is stored.
    pub storage: Storage,
    /// What is paid for what leaves the service.
    pub egress: Egress,
}

/// What is paid for being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    None,
    /// By the hour with at least one bucket in the account, empty or not; once per account.
    Account {
        /// For each such hour.
        hourly: Micros,
        /// The most in a month.
        monthly: Micros,
    },
    /// By the month, whatever is there.
    Monthly(Micros),
}

/// What is paid for what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// The price of so many bytes.
    pub rate: Rate,
    /// For how long.
    pub per: Per,
    /// So much costs nothing; what is left of it lapses with the month.
    pub included: ByteSize,
    /// So much is paid at least.
    pub least: ByteSize,
    /// The smallest object is paid as one of this size.
    pub smallest: ByteSize,
}

/// A length of time that a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// An hour. What is included is so for hours with a bucket.
    Hour,
    /// A month, however long it is.
    Month,
}

/// What is paid for what leaves the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Egress {
    /// So much is free.
    pub free: FreeEgress,
    /// The price of so many bytes more; `None` where there is no such price.
    pub rate: Option<Rate>,
}

/// How much may leave the service for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeEgress {
    /// Everything.
    All,
    /// So much for each hour with a bucket; what is left lapses with the month.
    PerHour(ByteSize),
    /// So much in a month.
    PerMonth(ByteSize),
    /// So many times what is stored in the mean.
    TimesStored(u32),
}

/// A price for a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The price.
    pub price: Micros,
    /// Of so many bytes.
    pub bytes: u64,
}

/// What an account pays already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// The base price is paid already, for something else.
    pub base_already_paid: bool,
}

/// Storage over time: bytes times seconds, exact. Its text is in TB-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct TbHours(u128);

/// There is no price list of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no plan `{0}`")]
pub struct UnknownPlan(pub String);

/// A decimal GB.
pub(super) const GB: u64 = 1_000_000_000;
/// A decimal TB.
pub(super) const TB: u64 = 1_000 * GB;

impl PriceList {
    /// The plan that is meant where none is named.
    pub const USUAL: &'static str = "hetzner";

    /// All price lists that are known here.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let hetzner = [super::hetzner::price_in_euro(), super::hetzner::price_in_dollar()];
        let all = hetzner.into_iter().chain(super::competitors::list_competitors());
        all.chain(super::self_hosted::list_self_hosted()).collect()
    }

    /// The list of this name.
    ///
    /// # Errors
    ///
    /// [`UnknownPlan`].
    pub fn named(name: &str) -> Result<Self, UnknownPlan> {
        let found = Self::all().into_iter().find(|plan| plan.name == name);
        found.ok_or_else(|| UnknownPlan(name.to_owned()))
    }

    /// The prices that hold at a point in time.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> Option<&Prices> {
        self.prices.iter().rev().find(|prices| prices.from <= time)
    }
}

impl FromStr for PriceList {
    type Err = UnknownPlan;

    fn from_str(name: &str) -> Result<Self, UnknownPlan> {
        Self::named(name)
    }
}

impl Rate {
    /// A price of one GB.
    #[must_use]
    pub const fn per_gb(micros: u64) -> Self {
        Self { price: Micros::new(micros), bytes: GB }
    }

    /// A price of one TB.
    #[must_use]
    pub const fn per_tb(micros: u64) -> Self {
        Self { price: Micros::new(micros), bytes: TB }
    }

    /// What so many bytes cost.
    pub(super) fn of(self, bytes: u64) -> Micros {
        Micros::fraction(u128::from(bytes) * u128::from(self.price.count()), u128::from(self.bytes))
    }

    /// What so much storage costs at this price for each `seconds`.
    pub(super) fn of_storage(self, stored: TbHours, seconds: u64) -> Micros {
        let unit = u128::from(self.bytes) * u128::from(seconds);
        Micros::fraction(stored.0 * u128::from(self.price.count()), unit)
    }
}

impl Storage {
    /// A price by the month for all of it.
    #[must_use]
    pub const fn monthly(rate: Rate) -> Self {
        let nothing = ByteSize(0);
        Self { rate, per: Per::Month, included: nothing, least: nothing, smallest: nothing }
    }

    /// A price by the hour above what is included, with Hetzner's smallest object.
    #[must_use]
    pub const fn hourly_above(included: ByteSize, rate: Rate) -> Self {
        let least = ByteSize(0);
        Self { rate, per: Per::Hour, included, least, smallest: SMALLEST_BILLED }
    }
}

impl TbHours {
    /// So many bytes for so many seconds.
    #[must_use]
    pub fn new(size: ByteSize, seconds: u64) -> Self {
        Self(u128::from(size.0) * u128::from(seconds))
    }

    /// Bytes times seconds.
    #[must_use]
    pub fn byte_seconds(self) -> u128 {
        self.0
    }

    /// What this is more than that; nothing where it is less.
    #[must_use]
    pub fn above(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The bytes that it is in the mean over so many seconds, rounded down.
    #[must_use]
    pub fn mean(self, seconds: u64) -> ByteSize {
        let mean = self.0.checked_div(u128::from(seconds)).unwrap_or(0);
        ByteSize(u64::try_from(mean).unwrap_or(u64::MAX))
    }
}

impl Add for TbHours {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for TbHours {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for TbHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = self.0 / (u128::from(TB) * 3600 / 1000);
        write!(f, "{}.{:03} TB-h", thousandths / 1000, thousandths % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lists_are_in_order() {
        let plans = PriceList::all();
        for plan in &plans {
            assert_eq!(plans.iter().filter(|other| other.name == plan.name).count(), 1);
            assert_eq!(PriceList::named(&plan.name).as_ref(), Ok(plan));
            assert!(plan.prices.is_sorted_by(|one, next| one.from < next.from), "{}", plan.name);
            assert!(!plan.prices.is_empty() && !plan.source.is_empty(), "{}", plan.name);
        }
        assert!(PriceList::named(PriceList::USUAL).is_ok() && PriceList::named("no").is_err());
    }

    #[test]
    fn the_prices_of_a_day_are_those_since_the_last_change() {
        let plan = PriceList::named("hetzner").unwrap();
        let monthly = |time: &str| match plan.at(time.parse().unwrap())?.base {
            Base::Account { monthly, .. } => Some(monthly.to_string()),
            Base::None | Base::Monthly(_) => None,
        };

        assert_eq!(monthly("2024-11-30T23:59:59Z"), None);
        assert_eq!(monthly("2026-03-31T23:59:59Z").as_deref(), Some("4.99"));
        assert_eq!(monthly("2026-04-01T00:00:00Z").as_deref(), Some("6.49"));
    }

    #[test]
    fn tb_hours_are_exact_and_told_in_thousandths() {
        let hours = TbHours::new(ByteSize(2_500_000_000_000), 720 * 3600);

        assert_eq!(hours.to_string(), "1800.000 TB-h");
        assert_eq!(hours.mean(720 * 3600), ByteSize(2_500_000_000_000));
        assert_eq!(TbHours::new(ByteSize(1), 1).byte_seconds(), 1);
        assert_eq!(TbHours::default().above(hours), TbHours::default());
    }
}
