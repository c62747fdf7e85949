//! What a month costs.

use bytesize::ByteSize;

use super::{
    Account, Base, Currency, FreeEgress, Micros, Money, Month, Net, Per, PriceList, Prices, Span,
    TbHours, UsageHistory, Used,
};
use crate::time::Timestamp;

/// What a month costs, line by line, net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// The month.
    pub month: Month,
    /// What the sums are in.
    pub currency: Currency,
    /// Hours with a bucket.
    pub hours: u32,
    /// For being there.
    pub base: Micros,
    /// What was stored, for how long.
    pub stored: TbHours,
    /// How much of that costs nothing.
    pub stored_free: TbHours,
    /// For what was stored.
    pub storage: Micros,
    /// What left the service.
    pub egressed: ByteSize,
    /// How much of that costs nothing.
    pub egress_free: ByteSize,
    /// For what left the service.
    pub egress: Micros,
    /// What left the service beyond what the plan has a price for; it is not in the sum.
    pub unpriced: ByteSize,
}

/// The plan has no prices for a part of the month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the prices of `{plan}` are known from {from} on, not for all of {month}")]
pub struct Unpriced {
    /// The plan.
    pub plan: String,
    /// Its first day.
    pub from: String,
    /// The month.
    pub month: Month,
}

impl Bill {
    /// The sum.
    #[must_use]
    pub fn net(&self) -> Net {
        let amount = self.base + self.storage + self.egress;
        Net(Money { amount, currency: self.currency })
    }
}

/// What `history` costs in a month.
///
/// Where prices change within the month, each part is billed by its own prices with the quotas of its
/// own hours; the base price has the higher of the caps over both. No service says how it does that.
///
/// # Errors
///
/// [`Unpriced`] where the plan begins later.
///
/// ```
/// use datalake_core::price::{Account, Month, PriceList, UsageHistory, bill};
/// use datalake_core::size::ByteSize;
///
/// let month: Month = "2026-11".parse()?;
/// let history = UsageHistory::steady(month, ByteSize::gb(2_500), ByteSize::gb(3_000));
/// let bill = bill(&PriceList::named("hetzner")?, month, &history, Account::default())?;
///
/// assert_eq!(bill.net().0.to_string(), "17.81 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bill(
    plan: &PriceList,
    month: Month,
    history: &UsageHistory,
    account: Account,
) -> Result<Bill, Unpriced> {
    let whole = month.span();
    let mut bill = Bill::nothing(month, plan.currency);
    let mut cap = Micros::ZERO;
    for (prices, span) in split_by_prices(plan, whole) {
        let used = history.used(span);
        let part = BilledPart { prices, used, span, whole };
        cap = cap.max(part.cap());
        part.add_to(&mut bill, account);
    }
    if plan.at(whole.from).is_none() {
        let from = plan.prices.first().map_or(Timestamp::midnight(0, 0, 0), |first| first.from);
        return Err(Unpriced { plan: plan.name.clone(), from: from.date(), month });
    }
    bill.base = bill.base.min(cap);
    Ok(bill)
}

/// A part of a month with the same prices.
struct BilledPart<'a> {
    prices: &'a Prices,
    used: Used,
    span: Span,
    whole: Span,
}

fn split_by_prices(plan: &PriceList, whole: Span) -> impl Iterator<Item = (&Prices, Span)> {
    let ends = plan.prices.iter().skip(1).map(|next| next.from).chain([whole.until]);
    let spans = plan.prices.iter().zip(ends).map(move |(prices, end)| {
        let until = end.min(whole.until).max(prices.from);
        (prices, Span { from: prices.from, until }.within(whole))
    });
    spans.filter(|(_, span)| span.from < span.until)
}

impl BilledPart<'_> {
    fn cap(&self) -> Micros {
        match self.prices.base {
            Base::Account { monthly, .. } if self.used.hours > 0 => monthly,
            Base::Account { .. } | Base::None => Micros::ZERO,
            Base::Monthly(price) => price,
        }
    }

    fn add_to(&self, bill: &mut Bill, account: Account) {
        let free = self.free_storage();
        let paid = self.used.stored.max(self.least_storage()).above(free);
        let storage = &self.prices.storage;
        let seconds = match storage.per {
            Per::Hour => 3600,
            Per::Month => self.whole.seconds(),
        };
        let free_egress = self.free_egress();
        let more = ByteSize(self.used.egress.0.saturating_sub(free_egress.0));
        bill.hours += self.used.hours;
        bill.base += self.base(account);
        bill.stored += self.used.stored;
        bill.stored_free += free;
        bill.storage += storage.rate.of_storage(paid, seconds);
        bill.egressed = sum_sizes(bill.egressed, self.used.egress);
        bill.egress_free = sum_sizes(bill.egress_free, free_egress);
        match self.prices.egress.rate {
            Some(rate) => bill.egress += rate.of(more.0),
            None => bill.unpriced = sum_sizes(bill.unpriced, more),
        }
    }

    fn base(&self, account: Account) -> Micros {
        match self.prices.base {
            Base::Account { hourly, .. } if !account.base_already_paid => {
                Micros::new(hourly.count().saturating_mul(u64::from(self.used.hours)))
            }
            Base::Account { .. } | Base::None => Micros::ZERO,
            Base::Monthly(price) => Micros::new(self.share(price.count())),
        }
    }

    fn free_storage(&self) -> TbHours {
        let storage = &self.prices.storage;
        TbHours::new(
            storage.included,
            match storage.per {
                Per::Hour => u64::from(self.used.hours) * 3600,
                Per::Month => self.span.seconds(),
            },
        )
    }

    fn least_storage(&self) -> TbHours {
        TbHours::new(self.prices.storage.least, self.span.seconds())
    }

    fn free_egress(&self) -> ByteSize {
        match self.prices.egress.free {
            FreeEgress::All => ByteSize(u64::MAX),
            FreeEgress::PerHour(size) => {
                ByteSize(size.0.saturating_mul(u64::from(self.used.hours)))
            }
            FreeEgress::PerMonth(size) => ByteSize(self.share(size.0)),
            FreeEgress::TimesStored(times) => {
                let mean = self.used.stored.mean(self.whole.seconds());
                ByteSize(mean.0.saturating_mul(u64::from(times)))
            }
        }
    }

    /// This part's share of what is for the whole month, rounded half up.
    fn share(&self, whole: u64) -> u64 {
        let above = u128::from(whole) * u128::from(self.span.seconds());
        Micros::fraction(above, u128::from(self.whole.seconds())).count()
    }
}

impl Bill {
    fn nothing(month: Month, currency: Currency) -> Self {
        Self {
            month,
            currency,
            hours: 0,
            base: Micros::ZERO,
            stored: TbHours::default(),
            stored_free: TbHours::default(),
            storage: Micros::ZERO,
            egressed: ByteSize(0),
            egress_free: ByteSize(0),
            egress: Micros::ZERO,
            unpriced: ByteSize(0),
        }
    }
}

fn sum_sizes(one: ByteSize, other: ByteSize) -> ByteSize {
    ByteSize(one.0.saturating_add(other.0))
}
