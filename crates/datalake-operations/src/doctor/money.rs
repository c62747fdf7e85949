//! What is known of prices.

use datalake_core::doctor::{Look, MoneyEvidence};
use datalake_core::price::Base;

use super::ReadSpec;

/// Tells of the price list that the spec chooses.
pub(super) fn examine_prices(spec: &ReadSpec<'_>, seen: &mut MoneyEvidence) {
    let cost = match spec.document.cost.clone().check() {
        Ok(cost) => cost,
        Err(error) => {
            seen.prices = Look::NotHere(error.to_string());
            seen.plan = Look::NotHere(error.to_string());
            return;
        }
    };
    match cost.plans.iter().find(|plan| plan.name == cost.plan) {
        Some(plan) => {
            let has_no_fee = plan.prices.last().is_some_and(|it| it.base == Base::None);
            seen.prices = Look::Saw(plan.source.clone());
            seen.plan = Look::Saw((plan.name.clone(), has_no_fee));
        }
        None => {
            let why = format!("there is no price list `{}`", cost.plan);
            seen.prices = Look::NotHere(why.clone());
            seen.plan = Look::NotHere(why);
        }
    }
}
