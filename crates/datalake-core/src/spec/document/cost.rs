//! What things cost, as it is written.

use std::collections::BTreeMap;

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{flag, flag_shape, price_shape, word, word_shape};
use super::{InvalidSpec, parse_key_value};
use crate::price::{
    Account, Base, Currency, Egress, FreeEgress, Micros, Per, PriceList, Prices, Rate, Storage,
};
use crate::size::size_of;
use crate::spec::CostSpec;
use crate::time::Timestamp;

/// `cost:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CostDocument {
    /// `plan:` — the price list; `hetzner` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// `vat:` — in percent; none unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "word")]
    #[schemars(schema_with = "word_shape")]
    pub vat: Option<String>,
    /// `budget:` — a sum for a month, such as `10EUR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// `base-already-paid:` — the account pays the base price for something else; false unless said.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "flag")]
    #[schemars(schema_with = "flag_shape")]
    pub base_already_paid: Option<bool>,
    /// `on-hetzner:` — this machine is in Hetzner's network, so what it reads is free; false
    /// unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "flag")]
    #[schemars(schema_with = "flag_shape")]
    pub on_hetzner: Option<bool>,
    /// `plans:` — price lists of one's own, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<String, PlanDocument>,
}

/// A price list of one's own; what is left out costs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PlanDocument {
    /// `currency:` — EUR or USD; needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `base-month:` — the most that being there costs in a month.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_price")]
    #[schemars(schema_with = "price_shape")]
    pub base_month: Option<String>,
    /// `base-hour:` — what an hour with a bucket costs, up to `base-month`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_price")]
    #[schemars(schema_with = "price_shape")]
    pub base_hour: Option<String>,
    /// `storage-tb-month:` — a TB for a month.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_price")]
    #[schemars(schema_with = "price_shape")]
    pub storage_tb_month: Option<String>,
    /// `storage-tb-hour:` — a TB for an hour, instead of that.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_price")]
    #[schemars(schema_with = "price_shape")]
    pub storage_tb_hour: Option<String>,
    /// `storage-included:` — so much costs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_included: Option<String>,
    /// `smallest-object:` — what the smallest object is billed as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest_object: Option<String>,
    /// `egress-tb:` — a TB that leaves the service.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "deserialize_price")]
    #[schemars(schema_with = "price_shape")]
    pub egress_tb: Option<String>,
    /// `egress-included:` — so much of it costs nothing in a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress_included: Option<String>,
}

impl CostDocument {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks this part alone.
    ///
    /// # Errors
    ///
    /// The first [`InvalidSpec`].
    pub fn check(self) -> Result<CostSpec, InvalidSpec> {
        let mut plans = PriceList::all();
        for (name, document) in self.plans {
            if plans.iter().any(|plan| plan.name == name) {
                let reason = format!("`{name}` is the name of a list that is known already");
                return Err(InvalidSpec { key: PLANS, reason });
            }
            plans.push(document.check(name)?);
        }
        let plan = self.plan.unwrap_or_else(|| PriceList::USUAL.to_owned());
        if !plans.iter().any(|known| known.name == plan) {
            let reason = format!("there is no plan `{plan}`");
            return Err(InvalidSpec { key: "cost.plan", reason });
        }
        Ok(CostSpec {
            plan,
            vat: self.vat.map(|text| parse_key_value("cost.vat", &text)).transpose()?,
            budget: self.budget.map(|text| parse_key_value("cost.budget", &text)).transpose()?,
            account: Account { base_already_paid: self.base_already_paid.unwrap_or(false) },
            on_hetzner: self.on_hetzner.unwrap_or(false),
            plans,
        })
    }
}

const PLANS: &str = "cost.plans";

impl PlanDocument {
    fn check(self, name: String) -> Result<PriceList, InvalidSpec> {
        let missing = || refuse_price_key(&name, "currency", "missing: EUR or USD");
        let currency: Currency =
            read_price_key(&name, "currency", &self.currency.ok_or_else(missing)?)?;
        let price = |key: &'static str, text: Option<String>| -> Result<Option<Micros>, _> {
            text.map(|text| read_price_key::<Micros>(&name, key, &text)).transpose()
        };
        let size = |key: &'static str, text: Option<String>| -> Result<ByteSize, _> {
            let read = |text: String| {
                size_of(&text).map_err(|error| refuse_price_key(&name, key, &error.to_string()))
            };
            text.map_or(Ok(ByteSize(0)), read)
        };
        let (hourly, monthly) =
            (price("base-hour", self.base_hour)?, price("base-month", self.base_month)?);
        let by_hour = price("storage-tb-hour", self.storage_tb_hour)?;
        let by_month = price("storage-tb-month", self.storage_tb_month)?;
        if by_hour.is_some() && by_month.is_some() {
            let reason = "give it by the hour or by the month, not both";
            return Err(refuse_price_key(&name, "storage-tb-hour", reason));
        }
        let storage = Storage {
            per: if by_hour.is_some() { Per::Hour } else { Per::Month },
            included: size("storage-included", self.storage_included)?,
            smallest: size("smallest-object", self.smallest_object)?,
            ..Storage::monthly(Rate::per_tb(by_hour.or(by_month).unwrap_or_default().count()))
        };
        let egress = Egress {
            free: FreeEgress::PerMonth(size("egress-included", self.egress_included)?),
            rate: Some(Rate::per_tb(
                price("egress-tb", self.egress_tb)?.unwrap_or_default().count(),
            )),
        };
        let from = Timestamp::midnight(1970, 1, 1);
        let prices = Prices { from, base: read_base(hourly, monthly), storage, egress };
        Ok(PriceList {
            title: format!("your own list `{name}`"),
            name,
            currency,
            prices: vec![prices],
            terms: Vec::new(),
            source: "`cost: plans:` of the spec".to_owned(),
        })
    }
}

fn read_base(hourly: Option<Micros>, monthly: Option<Micros>) -> Base {
    match (hourly, monthly) {
        (None, None) => Base::None,
        (None, Some(monthly)) => Base::Monthly(monthly),
        (Some(hourly), monthly) => {
            let most = Micros::new(hourly.count().saturating_mul(744));
            Base::Account { hourly, monthly: monthly.unwrap_or(most) }
        }
    }
}

fn read_price_key<T: std::str::FromStr<Err: std::fmt::Display>>(
    name: &str,
    key: &str,
    text: &str,
) -> Result<T, InvalidSpec> {
    text.parse().map_err(|error: T::Err| refuse_price_key(name, key, &error.to_string()))
}

fn refuse_price_key(name: &str, key: &str, why: &str) -> InvalidSpec {
    InvalidSpec { key: PLANS, reason: format!("`{name}`, `{key}`: {why}") }
}

/// A price, which YAML takes for a number; its digits stay as they were written.
fn deserialize_price<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Price {
        Whole(u64),
        Decimal(f64),
        Text(String),
    }
    let price = Price::deserialize(deserializer);
    Ok(Some(match price.map_err(|_| super::read::expected("a price such as `0.0087`"))? {
        Price::Whole(number) => number.to_string(),
        // The shortest text that means this number: what was written.
        Price::Decimal(number) => number.to_string(),
        Price::Text(text) => text,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Intended, estimate};

    fn check(json: &str) -> Result<CostSpec, InvalidSpec> {
        serde_json::from_str::<CostDocument>(json).unwrap().check()
    }

    #[test]
    fn nothing_means_hetzners_list_without_tax() {
        let spec = check("{}").unwrap();

        assert_eq!((spec.plan.as_str(), spec.vat, spec.budget), ("hetzner", None, None));
        assert!(!spec.account.base_already_paid && !spec.on_hetzner);
    }

    #[test]
    fn a_list_of_ones_own_is_a_plan_like_any_other() {
        let spec = check(
            r#"{"plan":"mine","vat":19,"budget":"10EUR","plans":{"mine":{"currency":"EUR",
                "base-month":2.5,"storage-tb-month":"6.00","storage-included":"100GB",
                "egress-tb":1,"egress-included":"1TB"}}}"#,
        );

        let spec = spec.unwrap();
        let plan = spec.plans.iter().find(|plan| plan.name == "mine").unwrap();
        let (storage, egress) = (ByteSize::gb(1_100), ByteSize::tb(3));
        let intended = Intended { storage, objects: None, egress };
        let bill = estimate(plan, "2026-11".parse().unwrap(), &intended, spec.account).unwrap();
        assert_eq!(bill.net().0.to_string(), "10.50 EUR");
        assert_eq!(bill.net().with(spec.vat.unwrap()).0.to_string(), "12.50 EUR");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = |json| check(json).unwrap_err().to_string();

        assert_eq!(wrong(r#"{"plan":"x"}"#), "`cost.plan`: there is no plan `x`");
        assert!(
            wrong(r#"{"budget":"10"}"#)
                .starts_with("`cost.budget`: `10` is not an amount of money")
        );
        assert!(wrong(r#"{"plans":{"m":{}}}"#).contains("`m`, `currency`: missing"));
        assert!(wrong(r#"{"plans":{"aws":{"currency":"USD"}}}"#).contains("known already"));
        let price = wrong(r#"{"plans":{"m":{"currency":"EUR","egress-tb":"1,5"}}}"#);
        assert!(price.contains("`m`, `egress-tb`: `1,5` is not a price"), "{price}");
    }
}
