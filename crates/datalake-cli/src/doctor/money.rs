//! What is known of prices.

use datalake_core::doctor::{Examination, Look};
use datalake_core::price::Base;

use crate::site::Site;

/// Tells of the price list that the spec chooses.
pub(super) fn look(site: &Site, seen: &mut Examination) {
    let cost = match site.settings.document().cost.clone().check() {
        Ok(cost) => cost,
        Err(error) => {
            seen.money.prices = Look::NotHere(error.to_string());
            seen.money.plan = Look::NotHere(error.to_string());
            return;
        }
    };
    match cost.plans.iter().find(|plan| plan.name == cost.plan) {
        Some(plan) => {
            let has_no_fee = plan.prices.last().is_some_and(|it| it.base == Base::None);
            seen.money.prices = Look::Saw(plan.source.clone());
            seen.money.plan = Look::Saw((plan.name.clone(), has_no_fee));
        }
        None => {
            let why = format!("there is no price list `{}`", cost.plan);
            seen.money.prices = Look::NotHere(why.clone());
            seen.money.plan = Look::NotHere(why);
        }
    }
}
