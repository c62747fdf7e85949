//! By what bills are made: price list, month, tax; and what left the bucket.

use std::ops::AddAssign;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::price::{
    Account, Bill, EgressMonth, Micros, Money, Month, PriceList, Span, Unpriced, UsageHistory, Vat,
    bill,
};
use datalake_core::size::{ByteSize, format_size};
use datalake_core::spec::CostSpec;
use datalake_core::text::printable;
use datalake_core::time::Timestamp;
use datalake_core::usage::Usage;
use datalake_engine::{EgressBy, EgressNote, UsageLog, UsagePlace, UsageSample};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ErrorKind, OperationError};

/// Egress is told for so long, in seconds: a year.
const LOOK_BACK: i64 = 366 * 86_400;

/// What is asked for instead of what the spec says.
#[derive(Debug, Clone, Default)]
pub struct CostTerms {
    /// The price list.
    pub plan: Option<String>,
    /// The month; the present one without.
    pub month: Option<Month>,
    /// The tax.
    pub vat: Option<Vat>,
    /// Whether the account pays the base price already.
    pub base_already_paid: bool,
}

/// By what bills are made.
#[derive(Debug, Clone)]
pub struct CostBasis {
    /// What the spec says of money.
    pub spec: CostSpec,
    /// The price list.
    pub plan: PriceList,
    /// The month.
    pub month: Month,
    /// The tax, if sums are to have it.
    pub vat: Option<Vat>,
    /// What the account pays already.
    pub account: Account,
    /// The present time.
    pub now: Timestamp,
}

/// What left the bucket in a month, as far as anybody has noted it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotedEgress {
    /// What datalake's own commands brought to this machine.
    pub moved_by_datalake: u64,
    /// What the operator has entered.
    pub entered: u64,
    /// This machine is in Hetzner's network: what it reads is free.
    pub on_hetzner: bool,
    /// What counts.
    pub counted: u64,
}

impl NotedEgress {
    /// What is known of it and what is not, in a sentence.
    #[must_use]
    pub fn describe_egress(&self) -> String {
        let free =
            if self.on_hetzner { " (free: this machine is in Hetzner's network)" } else { "" };
        format!(
            "egress in this month: {} brought to this machine by datalake{free}, {} entered by you; the \
             service does not report what Modal and others have read",
            format_size(self.moved_by_datalake),
            format_size(self.entered),
        )
    }
}

impl AddAssign for NotedEgress {
    fn add_assign(&mut self, other: Self) {
        self.moved_by_datalake += other.moved_by_datalake;
        self.entered += other.entered;
        self.counted += other.counted;
        self.on_hetzner |= other.on_hetzner;
    }
}

impl CostBasis {
    /// What terms and spec say.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a plan that is not known.
    pub fn choose(
        spec: CostSpec,
        terms: &CostTerms,
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        let name = terms.plan.as_ref().unwrap_or(&spec.plan);
        let Some(plan) = spec.plans.iter().find(|plan| plan.name == *name).cloned() else {
            let names: Vec<_> = spec.plans.iter().map(|plan| plan.name.as_str()).collect();
            let name = printable(name).replace('\t', "\\t");
            let message = format!("there is no plan `{name}`");
            return Err(OperationError::new(ErrorKind::Usage, message)
                .advise(format!("the plans are: {}", names.join(", "))));
        };
        Ok(Self {
            plan,
            month: terms.month.unwrap_or(Month::of(now)),
            vat: terms.vat.or(spec.vat),
            account: Account {
                base_already_paid: terms.base_already_paid || spec.account.base_already_paid,
            },
            now,
            spec,
        })
    }

    /// The size from which on an object is billed as what it is.
    #[must_use]
    pub fn smallest(&self) -> ByteSize {
        let prices = self.plan.at(self.month.span().from);
        prices.map(|prices| prices.storage.smallest).unwrap_or_default()
    }

    /// What usage is billed as.
    #[must_use]
    pub fn billed(&self, usage: &Usage) -> ByteSize {
        let smallest = self.smallest();
        let tallies = [usage.current, usage.noncurrent, usage.markers, usage.uploads];
        ByteSize(tallies.iter().map(|tally| tally.billed_by(smallest).0).sum())
    }

    /// The bill of the month, if so much lay there all the time.
    ///
    /// # Errors
    ///
    /// [`Unpriced`] where the plan begins later.
    pub fn bill_steady(&self, stored: ByteSize, egress: ByteSize) -> Result<Bill, Unpriced> {
        let history = UsageHistory::steady(self.month, stored, egress);
        bill(&self.plan, self.month, &history, self.account)
    }

    /// What the first bucket of an account costs in a month, as it is paid, empty or not; `None` where
    /// that is nothing, or nobody knows.
    #[must_use]
    pub fn price_first_bucket(&self) -> Option<Money> {
        let amount = self.cost_month(ByteSize(0)).ok()?;
        (amount != Micros::ZERO).then_some(Money { amount, currency: self.plan.currency })
    }

    /// What a month costs, as it is paid, if so much lies there all the time and nothing leaves it.
    ///
    /// # Errors
    ///
    /// [`Unpriced`] where the plan begins later.
    pub fn cost_month(&self, stored: ByteSize) -> Result<Micros, Unpriced> {
        let net = self.bill_steady(stored, ByteSize(0))?.net();
        Ok(self.vat.map_or(net.0, |vat| net.with(vat).0).amount)
    }

    /// What left the bucket month by month in the last year, as far as a history tells.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a history that cannot be read.
    pub fn read_egress_months(
        &self,
        log: Option<&dyn UsageLog>,
        place: &UsagePlace,
    ) -> Result<Vec<EgressMonth>, OperationError> {
        let notes = log.map_or(Ok(Vec::new()), |log| log.egress(place, self.last_year()));
        let notes = notes.map_err(|fault| OperationError::of_usage_log(&fault))?;
        Ok(sum_by_month(&notes))
    }

    /// The newest sample of each day of the last year.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a history that cannot be read.
    pub fn read_daily_samples(
        &self,
        log: Option<&dyn UsageLog>,
        place: &UsagePlace,
    ) -> Result<Vec<UsageSample>, OperationError> {
        let samples = log.map_or(Ok(Vec::new()), |log| log.samples(place, self.last_year()));
        let mut samples = samples.map_err(|fault| OperationError::of_usage_log(&fault))?;
        samples.reverse();
        samples.dedup_by_key(|sample| sample.at.date());
        samples.reverse();
        Ok(samples)
    }

    fn last_year(&self) -> Span {
        Span { from: self.now.plus_seconds(-LOOK_BACK), until: self.now.plus_seconds(1) }
    }

    /// What left the bucket in the month, as far as a history tells.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a history that cannot be read.
    pub fn read_egress(
        &self,
        log: Option<&dyn UsageLog>,
        place: &UsagePlace,
    ) -> Result<NotedEgress, OperationError> {
        let on_hetzner = self.spec.on_hetzner;
        let Some(log) = log else {
            return Ok(NotedEgress { on_hetzner, ..NotedEgress::default() });
        };
        let notes = log.egress(place, self.month.span());
        let notes = notes.map_err(|fault| OperationError::of_usage_log(&fault))?;
        let sum = |by| notes.iter().filter(|note| note.by == by).map(|note| note.size.0).sum();
        let (moved_by_datalake, entered) = (sum(EgressBy::Datalake), sum(EgressBy::Operator));
        let counted = if on_hetzner { entered } else { entered + moved_by_datalake };
        Ok(NotedEgress { moved_by_datalake, entered, on_hetzner, counted })
    }
}

fn sum_by_month(notes: &[EgressNote]) -> Vec<EgressMonth> {
    let mut months: Vec<EgressMonth> = Vec::new();
    for note in notes {
        let month = Month::of(note.at).to_string();
        if months.last().is_none_or(|last| last.month != month) {
            months.push(EgressMonth { month, moved_by_datalake: 0, entered: 0 });
        }
        let Some(last) = months.last_mut() else { continue };
        match note.by {
            EgressBy::Datalake => last.moved_by_datalake += note.size.0,
            EgressBy::Operator => last.entered += note.size.0,
        }
    }
    months
}

impl OperationError {
    /// A fault of the history of usage.
    #[must_use]
    pub fn of_usage_log(fault: &Fault) -> Self {
        let error = Self::about("the history of usage", fault);
        match fault.kind {
            FaultKind::Unreadable => error.under(ErrorKind::Io).advise(
                "nothing was written to it: put a copy of it back, or move it away to begin a new \
                 one",
            ),
            FaultKind::Throttled => error
                .under(ErrorKind::Locked)
                .advise("another datalake is writing to it: run the same command again"),
            FaultKind::Denied => error.under(ErrorKind::Denied),
            FaultKind::DiskFull | FaultKind::ReadOnly | FaultKind::Io => error.under(ErrorKind::Io),
            _ => error,
        }
    }
}

impl From<Unpriced> for OperationError {
    fn from(error: Unpriced) -> Self {
        Self::of(ErrorKind::Usage, &error).advise("name another month, or another plan")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn egress_is_summed_month_by_month() {
        let note = |at: &str, size, by| EgressNote {
            at: at.parse().unwrap(),
            size: ByteSize(size),
            by,
            note: String::new(),
        };
        let notes = [
            note("2026-10-31T23:00:00Z", 1, EgressBy::Operator),
            note("2026-11-01T00:00:00Z", 2, EgressBy::Datalake),
            note("2026-11-02T00:00:00Z", 4, EgressBy::Operator),
        ];
        let month = |month: &str, moved_by_datalake, entered| EgressMonth {
            month: month.to_owned(),
            moved_by_datalake,
            entered,
        };

        assert_eq!(sum_by_month(&notes), [month("2026-10", 0, 1), month("2026-11", 2, 4)]);
    }
}
