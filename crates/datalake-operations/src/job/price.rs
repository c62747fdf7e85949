//! What a job costs: what leaves the service, and the time of processors.

use datalake_core::job::JobKind;
use datalake_core::price::{Account, Micros, Money, Net, UsageHistory, bill};
use datalake_core::size::ByteSize;
use schemars::JsonSchema;
use serde::Serialize;

use crate::costs::CostBasis;
use crate::{ErrorKind, OperationError};

/// Thousandths of a second of one core for a GiB that is read and hashed: an estimate, as are those
/// below.
const READING_MILLIS: u64 = 700;
/// The same where it is written again.
const WRITING_MILLIS: u64 = 1_400;
/// The same where it is compressed as well, at Zstandard's level 10.
const PACKING_MILLIS: u64 = 15_000;
/// Thousandths of a second of one core for each object, whatever its size.
const OBJECT_MILLIS: u64 = 1;

/// By what a job is priced.
#[derive(Debug, Clone)]
pub struct JobTerms {
    /// Price list, tax and budget.
    pub basis: CostBasis,
    /// What an hour of one core costs where the job is run; `None` where nobody says.
    pub core_hour: Option<Money>,
    /// Whether it is run outside of the network in which reading is free.
    pub is_outside: bool,
}

/// What a job costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobPrice {
    /// What is read, in bytes.
    pub read_bytes: u64,
    /// What of it leaves the service, in bytes.
    pub egress_bytes: u64,
    /// What that costs, with the tax of the spec.
    pub egress: String,
    /// What it would cost where it is run outside of Hetzner's network.
    pub egress_outside: String,
    /// The time of one core that it takes, in seconds: an estimate. That of an operator's function is not
    /// in it.
    pub core_seconds: u64,
    /// What that costs; `None` where nobody says what an hour costs.
    pub compute: Option<String>,
    /// The budget of the spec.
    pub budget: Option<String>,
    /// Whether the job costs more than that.
    pub is_over_budget: bool,
}

impl JobPrice {
    /// What a job of so many objects costs.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the price list has no prices for this month, and where budget and prices
    /// are in different currencies.
    pub(super) fn of_job(
        kind: JobKind,
        objects: u64,
        bytes: ByteSize,
        terms: &JobTerms,
    ) -> Result<Self, OperationError> {
        let outside = price_egress(&terms.basis, bytes)?;
        let left = if terms.is_outside { bytes } else { ByteSize(0) };
        let egress = price_egress(&terms.basis, left)?;
        let core_seconds = estimate_seconds(kind, objects, bytes);
        let compute = terms.core_hour.map(|hour| price_seconds(hour, core_seconds));
        let budget = terms.basis.spec.budget;
        let sums: Vec<Money> = [Some(egress), compute].into_iter().flatten().collect();
        let is_over_budget =
            budget.map(|budget| exceeds_budget(&sums, budget)).transpose()?.unwrap_or(false);
        Ok(Self {
            read_bytes: bytes.as_u64(),
            egress_bytes: left.as_u64(),
            egress: egress.to_string(),
            egress_outside: outside.to_string(),
            core_seconds,
            compute: compute.map(|sum| sum.to_string()),
            budget: budget.map(|sum| sum.to_string()),
            is_over_budget,
        })
    }
}

/// What so much egress costs in a month in which nothing else leaves the service.
fn price_egress(basis: &CostBasis, bytes: ByteSize) -> Result<Money, OperationError> {
    let history = UsageHistory::steady(basis.month, ByteSize(0), bytes);
    let account = Account { base_already_paid: true };
    let bill = bill(&basis.plan, basis.month, &history, account)?;
    let net = Net(Money { amount: bill.egress, currency: bill.currency });
    Ok(basis.vat.map_or(net.0, |vat| net.with(vat).0))
}

fn estimate_seconds(kind: JobKind, objects: u64, bytes: ByteSize) -> u64 {
    let per_gib = match kind {
        JobKind::Checksum | JobKind::Python => READING_MILLIS,
        JobKind::Copy => WRITING_MILLIS,
        JobKind::Recompress => PACKING_MILLIS,
    };
    let content = (u128::from(bytes.as_u64()) * u128::from(per_gib)) >> 30;
    let millis = content + u128::from(objects) * u128::from(OBJECT_MILLIS);
    u64::try_from(millis.div_ceil(1_000)).unwrap_or(u64::MAX)
}

fn price_seconds(hour: Money, seconds: u64) -> Money {
    let micros = u128::from(hour.amount.count()) * u128::from(seconds) / 3_600;
    Money { amount: Micros::new(u64::try_from(micros).unwrap_or(u64::MAX)), ..hour }
}

fn exceeds_budget(sums: &[Money], budget: Money) -> Result<bool, OperationError> {
    if let Some(other) = sums.iter().find(|sum| sum.currency != budget.currency) {
        let message = format!("a price in {} and a budget in {}", other.currency, budget.currency);
        return Err(OperationError::new(ErrorKind::Usage, message)
            .advise("choose a price list in the budget's currency: `cost: { plan: … }`"));
    }
    let sum: u64 = sums.iter().map(|sum| sum.amount.count()).sum();
    Ok(Micros::new(sum).cents() > budget.amount.cents())
}

#[cfg(test)]
mod tests {
    use datalake_core::price::Currency;

    use super::*;

    #[test]
    fn the_time_of_a_core_grows_with_bytes_and_with_objects() {
        for (kind, objects, bytes, seconds) in [
            (JobKind::Checksum, 0, ByteSize::gib(10), 7),
            (JobKind::Checksum, 1_000_000, ByteSize(0), 1_000),
            (JobKind::Copy, 0, ByteSize::gib(10), 14),
            (JobKind::Recompress, 1, ByteSize(1), 1),
        ] {
            assert_eq!(estimate_seconds(kind, objects, bytes), seconds, "{kind:?}");
        }
    }

    #[test]
    fn a_budget_is_exceeded_by_a_cent_and_not_by_less() {
        let euro = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(price_seconds(euro("0.06EUR"), 36_000), euro("0.60EUR"));
        let sums = [euro("9.40EUR"), euro("0.60EUR")];
        assert_eq!(exceeds_budget(&sums, euro("10EUR")).ok(), Some(false));
        assert_eq!(exceeds_budget(&sums, euro("9.99EUR")).ok(), Some(true));
        assert_eq!(exceeds_budget(&sums, euro("10USD")).unwrap_err().kind, ErrorKind::Usage);
        assert_eq!(sums[0].currency, Currency::Eur);
    }
}
