//! `cost forecast` and `cost check`: what the month will have cost.

use datalake_operations::costs::{CostOutlook, CountedSum, choose_budget, name_places};
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::{as_log, choose_basis, open_log, read_places};
use super::outlook::{OutlookTold, expected_text, outlook_told};
use crate::args::Cli;
use crate::args::cost::{CostCheck, Terms};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{BillTold, DocumentKind, Printer, bill_text, counted, paid, paid_words};
use crate::site::Site;

pub(super) const COST_CHECK: DocumentKind = DocumentKind::of::<Checked>("cost-check");
pub(super) const COST_FORECAST: DocumentKind = DocumentKind::of::<OutlookTold>("cost-forecast");

pub(super) async fn show(cli: &Cli, terms: &Terms, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let basis = choose_basis(&site, terms)?;
    let places = read_places(cli, &site)?;
    let outlook = CostOutlook::read(&basis, as_log(open_log(&site)?.as_ref()), &places)?;
    let Some(expected) = outlook.expected else {
        return Err(outlook.refuse_too_little().into());
    };
    let mut text = format!(
        "{} in {} will cost {} by the trend of {}:\n\n{}\n",
        name_places(&places),
        basis.month,
        paid_words(expected.forecast.likely.net(), basis.vat),
        counted(expected.trend.samples as u64, "sample"),
        expected_text(&expected, &basis),
    );
    text.push_str(&bill_text(&basis.plan, &expected.forecast.likely, basis.vat));
    text.push_str(&format!("  {}\n", outlook.noted.describe_egress()));
    text.push_str(&outlook.describe_unrecorded());
    text.push_str("The band runs from the slowest to the fastest tenth of what was seen.\n");
    printer.result(COST_FORECAST, outlook_told(&outlook, &basis), &text);
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

pub(super) async fn check(cli: &Cli, flags: &CostCheck, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let basis = choose_basis(&site, &flags.terms)?;
    let budget = choose_budget(&basis, flags.budget)?;
    let places = read_places(cli, &site)?;
    let outlook = CostOutlook::read(&basis, as_log(open_log(&site)?.as_ref()), &places)?;
    let (bill, counted) = outlook.choose_bill(&basis, flags.high)?;
    let counts = counts_as(counted);
    let sum = paid(bill.net(), basis.vat);
    let over = sum.amount.cents() > budget.amount.cents();
    let verdict = if over { "over" } else { "within" };
    let words = paid_words(bill.net(), basis.vat);
    let text = format!(
        "{} in {}: {words} ({counts}), {verdict} the budget of {budget}.\n{}",
        name_places(&places),
        basis.month,
        outlook.describe_unrecorded(),
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
            "hint: `datalake cost report` shows what costs how much, `cost whatif` what helps",
        );
    }
    Ok(if over { Exit::OverBudget } else { Exit::Done })
}

/// What counts as the sum, in words.
fn counts_as(sum: CountedSum) -> &'static str {
    match sum {
        CountedSum::HighEnd => "upper end of the band",
        CountedSum::Trend => "by the trend",
        CountedSum::LastSample => "if it stays as it was when it was last looked at",
    }
}
