//! `cost forecast` and `cost check`: what the month will have cost.

use datalake_core::ByteSize;
use datalake_core::price::{Bill, Money, UsageHistory, bill};
use datalake_engine::Place;
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::Basis;
use super::outlook::{Outlook, OutlookTold, stored};
use crate::args::Cli;
use crate::args::cost::{Check, Terms};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{BillTold, DocumentKind, Printer, bill_text, counted, paid, paid_words};
use crate::site::Site;

pub(super) const COST_CHECK: DocumentKind = DocumentKind::of::<Checked>("cost-check");
pub(super) const COST_FORECAST: DocumentKind = DocumentKind::of::<OutlookTold>("cost-forecast");

pub(super) async fn show(cli: &Cli, terms: &Terms, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let basis = Basis::of(&site, terms)?;
    let place = place(&site)?;
    let outlook = Outlook::of(&site, &basis, &place)?;
    let Some(expected) = outlook.expected else {
        return Err(too_little(&outlook));
    };
    let mut text = format!(
        "s3://{} in {} will cost {} by the trend of {}:\n\n{}\n",
        place.bucket,
        basis.month,
        paid_words(expected.forecast.likely.net(), basis.vat),
        counted(expected.trend.samples as u64, "sample"),
        expected.text(&basis),
    );
    text.push_str(&bill_text(&basis.plan, &expected.forecast.likely, basis.vat));
    text.push_str(&format!("  {}\n", outlook.noted.words()));
    text.push_str(
        "The band is what lies between the slowest and the fastest tenth of what was seen.\n",
    );
    printer.result(COST_FORECAST, outlook.told(&basis), &text);
    Ok(Exit::Done)
}

/// A month beside its budget.
#[derive(Serialize, JsonSchema)]
struct Checked {
    /// What the month may cost.
    budget: String,
    /// What it costs.
    sum: String,
    /// What counts as the sum, in words.
    counted: &'static str,
    /// Whether it is over the budget.
    over: bool,
    /// The bill.
    bill: BillTold,
}

pub(super) async fn check(cli: &Cli, flags: &Check, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let basis = Basis::of(&site, &flags.terms)?;
    let budget = budget(flags, &basis)?;
    let place = place(&site)?;
    let outlook = Outlook::of(&site, &basis, &place)?;
    let (bill, counts) = counting(&outlook, &basis, flags.high)?;
    let sum = paid(bill.net(), basis.vat);
    let over = sum.amount.cents() > budget.amount.cents();
    let verdict = if over { "over" } else { "within" };
    let words = paid_words(bill.net(), basis.vat);
    let text = format!(
        "s3://{} in {}: {words} ({counts}), {verdict} the budget of {budget}.\n",
        place.bucket, basis.month
    );
    let checked = Checked {
        budget: budget.to_string(),
        sum: sum.to_string(),
        counted: counts,
        over,
        bill: BillTold::new(&basis.plan, &bill, basis.vat),
    };
    printer.result(COST_CHECK, checked, &text);
    if over && !printer.is_json() {
        printer.talk(
            "hint: `datalake cost report` tells what costs how much, `cost whatif` what helps",
        );
    }
    Ok(if over { Exit::OverBudget } else { Exit::Done })
}

fn budget(flags: &Check, basis: &Basis) -> Result<Money, Failure> {
    let budget = flags.budget.or(basis.spec.budget).ok_or_else(|| {
        Failure::new(Exit::Usage, "there is no budget")
            .hint("give --budget 10EUR, or set `cost: { budget: 10EUR }`")
    })?;
    if budget.currency == basis.plan.currency {
        return Ok(budget);
    }
    let message = format!(
        "the budget is in {}, and the plan `{}` in {}",
        budget.currency, basis.plan.name, basis.plan.currency
    );
    Err(Failure::new(Exit::Usage, message)
        .hint("there are no exchange rates here: use one of both"))
}

/// The bill that is compared with the budget. One sample alone is taken to stay as it is.
fn counting(outlook: &Outlook, basis: &Basis, high: bool) -> Result<(Bill, &'static str), Failure> {
    match (&outlook.expected, outlook.samples.last()) {
        (Some(expected), _) if high => Ok((expected.forecast.high, "upper end of the band")),
        (Some(expected), _) => Ok((expected.forecast.likely, "by the trend")),
        (None, Some(latest)) => {
            let stored = stored(basis, latest).stored;
            let egress = ByteSize(outlook.noted.counted);
            let history = UsageHistory::steady(basis.month, stored, egress);
            let bill = bill(&basis.plan, basis.month, &history, basis.account)?;
            Ok((bill, "if it stays as it was when it was last looked at"))
        }
        (None, None) => Err(too_little(outlook)),
    }
}

fn too_little(outlook: &Outlook) -> Failure {
    let known = counted(outlook.samples.len() as u64, "sample");
    let message = format!("too little was recorded: {known} within ninety days");
    Failure::new(Exit::Config, message).hint(
        "`datalake usage record` once a day, from a timer; two samples an hour apart are the least",
    )
}

/// The bucket that the spec names; no service is asked.
pub(in crate::commands) fn place(site: &Site) -> Result<Place, Failure> {
    let spec = site.store_spec()?;
    let bucket = spec.bucket.ok_or_else(|| {
        Failure::new(Exit::Usage, "the spec names no bucket")
            .hint("give --bucket NAME, or set `bucket:`")
    })?;
    Ok(Place { endpoint: spec.endpoint, bucket })
}
