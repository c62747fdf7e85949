//! Bills, comparisons and forecasts as text and as JSON.

use super::{Bill, Currency, Micros, Money, Net, Pace, PriceList, Sharing, Trend, Vat};
use crate::size::{ByteSize, format_size};
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// A bill for programs: sums as exact decimal numbers, and rounded to cents.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BillTold {
    /// The price list.
    plan: String,
    /// The month, such as `2026-11`.
    month: String,
    /// The currency of all sums.
    currency: Currency,
    /// The hours of the month.
    hours: u32,
    /// The base price.
    base: Micros,
    /// The price of what is stored beyond what is included.
    storage: Micros,
    /// The price of egress beyond what is included.
    egress: Micros,
    /// The sum without tax.
    net: Micros,
    /// The sum without tax, in cents.
    net_cents: u64,
    /// The tax, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    vat: Option<Vat>,
    /// The sum with tax, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    gross_cents: Option<u64>,
    /// What was stored: bytes times seconds.
    stored_byte_seconds: u128,
    /// What of it is included in the base price.
    stored_free_byte_seconds: u128,
    /// What leaves the service, in bytes.
    egress_bytes: u64,
    /// What of it may leave without a price, in bytes; `null` for any amount.
    egress_free_bytes: Option<u64>,
    /// What has no price in this plan, and is not in the sum.
    unpriced_egress_bytes: u64,
}

impl BillTold {
    /// A bill by a plan.
    #[must_use]
    pub fn new(plan: &PriceList, bill: &Bill, vat: Option<Vat>) -> Self {
        let net = bill.net();
        Self {
            plan: plan.name.clone(),
            month: bill.month.to_string(),
            currency: bill.currency,
            hours: bill.hours,
            base: bill.base,
            storage: bill.storage,
            egress: bill.egress,
            net: net.0.amount,
            net_cents: net.0.amount.cents(),
            vat,
            gross_cents: vat.map(|vat| net.with(vat).0.amount.cents()),
            stored_byte_seconds: bill.stored.byte_seconds(),
            stored_free_byte_seconds: bill.stored_free.byte_seconds(),
            egress_bytes: bill.egressed.0,
            egress_free_bytes: Some(bill.egress_free.0).filter(|free| *free < u64::MAX),
            unpriced_egress_bytes: bill.unpriced.0,
        }
    }
}

impl BillTold {
    /// What the sums are in.
    #[must_use]
    pub fn name_currency(&self) -> Currency {
        self.currency
    }
}

/// The lines of a bill: what, how much of it, the sum.
#[must_use]
pub fn list_bill_lines(bill: &Bill, vat: Option<Vat>) -> Vec<[String; 3]> {
    let sum = |amount| Money { amount, currency: bill.currency }.to_string();
    let free = match bill.egress_free.0 {
        u64::MAX => "all of it free".to_owned(),
        free => format!("{} free", format_size(free)),
    };
    let line = |name: &str, what: String, amount| [name.to_owned(), what, sum(amount)];
    let mut lines = vec![
        line("base", format!("{} hours with a bucket", bill.hours), bill.base),
        line("storage", format!("{}, {} free", bill.stored, bill.stored_free), bill.storage),
        line("egress", format!("{}, {free}", format_size(bill.egressed.0)), bill.egress),
        line("net", String::new(), bill.net().0.amount),
    ];
    if let Some(vat) = vat {
        let gross = bill.net().with(vat).0.amount;
        lines.push(line("gross", format!("with {vat} % tax"), gross));
    }
    lines
}

/// What a share is, what would be saved without a part, and what the base price is, in sentences.
#[must_use]
pub fn describe_saving(sharing: Sharing) -> String {
    let storage = Money { amount: sharing.storage, ..sharing.sum };
    let start = "A share is a part of all billed bytes. Leaving something out saves";
    match sharing.storage {
        Micros::ZERO => format!("{start} nothing: the base price includes all that is stored."),
        _ => format!(
            "{start} what it costs beyond the base price, net: that includes {}, and the other {} cost \
             {storage}.",
            format_size(sharing.billed - sharing.beyond),
            format_size(sharing.beyond)
        ),
    }
}

/// An amount of money to the cent, without its currency.
#[must_use]
pub fn format_cents(amount: Micros) -> String {
    let cents = amount.cents();
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A sum as it is paid: with the tax where one is given.
#[must_use]
pub fn compute_paid(net: Net, vat: Option<Vat>) -> Money {
    vat.map_or(net.0, |vat| net.with(vat).0)
}

/// A sum as it is paid, with the word for what it is.
#[must_use]
pub fn describe_paid(net: Net, vat: Option<Vat>) -> String {
    format!("{} {}", compute_paid(net, vat), describe_tax(vat))
}

/// What sums with this tax are called.
#[must_use]
pub fn describe_tax(vat: Option<Vat>) -> String {
    vat.map_or_else(|| "net".to_owned(), |vat| format!("with {vat} % tax"))
}

/// A bill, line by line.
#[must_use]
pub fn render_bill(plan: &PriceList, bill: &Bill, vat: Option<Vat>) -> String {
    let mut text = format!("{} ({}), {}\n", plan.title, plan.name, bill.month);
    for [name, what, sum] in list_bill_lines(bill, vat) {
        text.push_str(&format!("  {name:<8} {what:<58} {sum:>14}\n"));
    }
    if bill.unpriced.0 > 0 {
        let beyond = format_size(bill.unpriced.0);
        text.push_str(&format!(
            "  {beyond} of egress have no price in this list: not in the sum\n"
        ));
    }
    text
}

/// What a plan leaves out and comes with, one a line.
#[must_use]
pub fn render_terms(plan: &PriceList) -> String {
    let terms = plan.terms.iter().map(|term| format!("  - {term}\n"));
    terms.chain([format!("  - prices: {}\n", plan.source)]).collect()
}

/// How fast something grows: `+1.2 GB a day`.
#[must_use]
pub fn format_pace(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "+" };
    format!("{sign}{} a day", format_size(bytes.unsigned_abs()))
}

/// A change of size with its sign.
#[must_use]
pub fn format_change(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "+" };
    format!("{sign}{}", format_size(bytes.unsigned_abs()))
}

/// When something reaches a size, in a sentence.
#[must_use]
pub fn describe_reach(trend: &Trend, mark: ByteSize) -> String {
    let reach = trend.reach(mark);
    let date = |time: Option<Timestamp>| time.map(Timestamp::date);
    let mark = format_size(mark.0);
    match (date(reach.earliest), date(reach.likely), date(reach.latest)) {
        (None, _, _) => format!("at this rate you stay below {mark}"),
        (Some(earliest), None, _) => format!("{mark} is reached on {earliest} at the earliest"),
        (Some(earliest), Some(likely), latest) => {
            let latest = latest.unwrap_or_else(|| "never".to_owned());
            format!("{mark} is reached on {likely} ({earliest} to {latest})")
        }
    }
}

/// The three paces with their names.
pub const PACES: [(Pace, &str); 3] =
    [(Pace::Slow, "low"), (Pace::Likely, "likely"), (Pace::Fast, "high")];
