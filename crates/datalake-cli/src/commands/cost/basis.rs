//! By what bills are made: price list, month, tax; and what left the bucket.

use datalake_core::price::{Account, Month, Plan, Unpriced, Vat};
use datalake_core::{ByteSize, CostSpec, Timestamp};
use datalake_engine::{Clock as _, EgressBy, Place, UsageLog};
use datalake_host::UsageDb;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::cost::Terms;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{key_text, size};
use crate::site::Site;

/// By what a command's bills are made.
pub(in crate::commands) struct Basis {
    /// What the spec says of money.
    pub(in crate::commands) spec: CostSpec,
    /// The price list.
    pub(in crate::commands) plan: Plan,
    /// The month.
    pub(in crate::commands) month: Month,
    /// The tax, if sums are to have it.
    pub(in crate::commands) vat: Option<Vat>,
    /// What the account pays already.
    pub(in crate::commands) account: Account,
    /// The present time.
    pub(in crate::commands) now: Timestamp,
}

/// What left the bucket in a month, as far as anybody has noted it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::commands) struct Noted {
    /// What datalake's own commands brought to this machine.
    pub(in crate::commands) moved_by_datalake: u64,
    /// What the operator has entered.
    pub(in crate::commands) entered: u64,
    /// This machine stands in Hetzner's network: what it reads is free.
    pub(in crate::commands) on_hetzner: bool,
    /// What counts.
    pub(in crate::commands) counted: u64,
}

impl Basis {
    /// What flags and spec say.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a plan that is not known, or a wrong value of the spec.
    pub(in crate::commands) fn of(site: &Site, terms: &Terms) -> Result<Self, Failure> {
        let spec = site.settings.cost()?;
        let name = terms.plan.as_ref().unwrap_or(&spec.plan);
        let Some(plan) = spec.plans.iter().find(|plan| plan.name == *name).cloned() else {
            let names: Vec<_> = spec.plans.iter().map(|plan| plan.name.as_str()).collect();
            let message = format!("there is no plan `{}`", key_text(name));
            return Err(Failure::new(Exit::Usage, message)
                .hint(format!("the plans are: {}", names.join(", "))));
        };
        let now = site.clock.now();
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

    /// The size that is billed by this plan, of what a tally says.
    pub(in crate::commands) fn smallest(&self) -> ByteSize {
        let prices = self.plan.at(self.month.span().from);
        prices.map(|prices| prices.storage.smallest).unwrap_or_default()
    }

    /// What left the bucket in the month.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a history that cannot be read.
    pub(in crate::commands) fn noted(
        &self,
        log: Option<&UsageDb>,
        place: &Place,
    ) -> Result<Noted, Failure> {
        let on_hetzner = self.spec.on_hetzner;
        let Some(log) = log else { return Ok(Noted { on_hetzner, ..Noted::default() }) };
        let notes = log.egress(place, self.month.span()).map_err(|fault| log_failure(&fault))?;
        let sum = |by| notes.iter().filter(|note| note.by == by).map(|note| note.size.0).sum();
        let (moved_by_datalake, entered) = (sum(EgressBy::Datalake), sum(EgressBy::Operator));
        let counted = if on_hetzner { entered } else { entered + moved_by_datalake };
        Ok(Noted { moved_by_datalake, entered, on_hetzner, counted })
    }
}

impl Noted {
    /// What is known of egress and what is not, in a sentence.
    pub(in crate::commands) fn words(&self) -> String {
        let free = if self.on_hetzner { " (free: it stands in Hetzner's network)" } else { "" };
        format!(
            "egress in this month: {} brought to this machine by datalake{free}, {} entered by you; the \
             service tells nobody what Modal and others have read",
            size(self.moved_by_datalake),
            size(self.entered),
        )
    }
}

/// A fault of the history of usage.
pub(in crate::commands) fn log_failure(fault: &datalake_core::Fault) -> Failure {
    use datalake_core::FaultKind;
    let failure = Failure::about("the history of usage", fault);
    match fault.kind {
        FaultKind::Unreadable => failure.under(Exit::Io).hint(
            "nothing was written to it: put a copy of it back, or move it away to begin a new one",
        ),
        FaultKind::Throttled => failure
            .under(Exit::Locked)
            .hint("another datalake is writing to it: run the same command again"),
        FaultKind::Denied => failure.under(Exit::Denied),
        FaultKind::DiskFull | FaultKind::ReadOnly | FaultKind::Io => failure.under(Exit::Io),
        _ => failure,
    }
}

impl From<Unpriced> for Failure {
    fn from(error: Unpriced) -> Self {
        Self::of(Exit::Usage, &error).hint("name another month, or another plan")
    }
}
