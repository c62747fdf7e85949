//! `cost estimate` and `cost compare`.

use datalake_core::price::{Bill, Intended, PriceList, estimate};
use datalake_core::size::ByteSize;
use datalake_core::usage::SMALLEST_BILLED;
use datalake_operations::costs::{CostBasis, describe_comparisons};
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::choose_basis;
use crate::args::Cli;
use crate::args::cost::Estimate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{BillTold, DocumentKind, Printer, bill_text, count, paid, size, terms_text};
use crate::site::Site;

pub(super) const COST_COMPARISON: DocumentKind = DocumentKind::of::<Compared>("cost-comparison");
pub(super) const COST_ESTIMATE: DocumentKind = DocumentKind::of::<Estimated>("cost-estimate");

/// A month by one price list.
#[derive(Serialize, JsonSchema)]
struct Estimated {
    /// What is billed as stored, in bytes: small objects count more than they are.
    billed_bytes: u64,
    /// The bill.
    bill: BillTold,
    /// What is and what is not in it.
    terms: Vec<String>,
    /// Where the prices come from, with the date.
    source: String,
}

/// A month by every price list.
#[derive(Serialize, JsonSchema)]
struct Compared {
    /// The bills, in the order of the lists.
    bills: Vec<Estimated>,
    /// Lists that cannot tell, each with the reason.
    unknown: Vec<String>,
}

pub(super) async fn one(cli: &Cli, flags: &Estimate, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let basis = choose_basis(&site, &flags.terms)?;
    let intended = read_intended(flags);
    let bill = estimate(&basis.plan, basis.month, &intended, basis.account)?;
    let billed = intended.billed(&basis.plan, basis.month);
    let mut text = bill_text(&basis.plan, &bill, basis.vat);
    text.push_str(&small_words(&intended, billed));
    if basis.account.base_already_paid {
        text.push_str(
            "  the base price is paid already; that its quota is still free is taken for granted\n",
        );
    }
    text.push_str(&terms_text(&basis.plan));
    printer.result(COST_ESTIMATE, describe_estimate(&basis, &basis.plan, &bill, billed), &text);
    Ok(Exit::Done)
}

pub(super) async fn all(cli: &Cli, flags: &Estimate, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let basis = choose_basis(&site, &flags.terms)?;
    let intended = read_intended(flags);
    let (mut bills, mut unknown) = (Vec::new(), Vec::new());
    for plan in &basis.spec.plans {
        match estimate(plan, basis.month, &intended, basis.account) {
            Ok(bill) => bills.push((plan, bill)),
            Err(error) => unknown.push(error.to_string()),
        }
    }
    let mut text = format!(
        "{} stored and {} of egress in {}, each list in its own currency\n\n",
        size(intended.storage.0),
        size(intended.egress.0),
        basis.month
    );
    for (plan, bill) in &bills {
        let sum = paid(bill.net(), basis.vat).to_string();
        let beyond = if bill.unpriced.0 > 0 { " and more" } else { "" };
        text.push_str(&format!("{:<20} {sum:>12}{beyond:<9}  {}\n", plan.name, plan.title));
    }
    for why in &unknown {
        text.push_str(&format!("not in it: {why}\n"));
    }
    text.push_str(&describe_comparisons(&bills));
    text.push('\n');
    for (plan, _) in &bills {
        text.push_str(&format!("{}\n{}", plan.name, terms_text(plan)));
    }
    let told = |(plan, bill): &(&PriceList, Bill)| {
        describe_estimate(&basis, plan, bill, intended.billed(plan, basis.month))
    };
    let compared = Compared { bills: bills.iter().map(told).collect(), unknown };
    printer.result(COST_COMPARISON, compared, &text);
    Ok(Exit::Done)
}

fn read_intended(flags: &Estimate) -> Intended {
    Intended { storage: flags.storage, objects: flags.objects, egress: flags.egress }
}

fn describe_estimate(
    basis: &CostBasis,
    plan: &PriceList,
    bill: &Bill,
    billed: ByteSize,
) -> Estimated {
    Estimated {
        billed_bytes: billed.0,
        bill: BillTold::new(plan, bill, basis.vat),
        terms: plan.terms.clone(),
        source: plan.source.clone(),
    }
}

/// Whether small objects make a difference.
fn small_words(intended: &Intended, billed: ByteSize) -> String {
    match intended.objects {
        Some(objects) if billed > intended.storage => format!(
            "  {} in {} objects are billed as {}\n",
            size(intended.storage.0),
            count(objects),
            size(billed.0)
        ),
        Some(_) => String::new(),
        None => format!(
            "  objects are taken to be {} or larger each; --objects N gives their number\n",
            size(SMALLEST_BILLED.0)
        ),
    }
}
