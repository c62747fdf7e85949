//! By what bills are made: price list, month, tax; and what left the bucket.

use std::ops::AddAssign;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::price::{Account, Bill, Month, PriceList, Unpriced, UsageHistory, Vat, bill};
use datalake_core::size::ByteSize;
use datalake_core::spec::CostSpec;
use datalake_core::text::printable;
use datalake_core::time::Timestamp;
use datalake_core::usage::Usage;
use datalake_engine::{EgressBy, UsageLog, UsagePlace};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ErrorKind, OperationError};

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
    /// This machine stands in Hetzner's network: what it reads is free.
    pub on_hetzner: bool,
    /// What counts.
    pub counted: u64,
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
