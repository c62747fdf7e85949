//! `cost report`: what a bucket costs, and which part of it how much.

use datalake_core::usage::Usage;
use datalake_operations::costs::{CostBasis, CostScope, CostTold, CostedBucket, render_costs};

use super::basis::{as_log, choose_basis, open_log};
use crate::args::Cli;
use crate::args::cost::{CostReport, ReportScope};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Ticker, usage_words};
use crate::site::own_name;

pub(super) const COST_REPORT: DocumentKind = DocumentKind::of::<CostTold>("cost-report");

/// Looks at a bucket and makes its bill; a terminal shows how far it is.
///
/// # Errors
///
/// [`Failure`] where the listing is not whole, or the history cannot be read.
pub(in crate::commands) async fn cost_bucket(
    remote: &Remote,
    basis: &CostBasis,
    what: &ReportScope,
) -> Result<CostedBucket, Failure> {
    let mut ticker = Ticker::new(remote.site.printer);
    let mut progress = |total: &Usage| ticker.tell(|| usage_words(total));
    let log = open_log(&remote.site)?;
    let scope = CostScope {
        basis,
        log: as_log(log.as_ref()),
        keys: &what.keys,
        partitioned: &what.partitioned,
        top: what.top,
    };
    Ok(CostedBucket::cost_bucket(&remote.client(), &scope, &mut progress).await?)
}

pub(super) async fn report(
    cli: &Cli,
    flags: &CostReport,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let basis = choose_basis(&remote.site, &flags.terms)?;
    let costed = cost_bucket(&remote, &basis, &flags.what).await?;
    let tables = costed.look_at_tables(&remote.client(), &basis).await?;
    let name = own_name(cli);
    let text = format!(
        "{}\nNext: {name} usage record (keeps this for forecasts), {name} report --html FILE\n{}",
        render_costs(&costed, &basis, flags.what.top),
        tables.as_ref().map(|tables| tables.describe_tables(&basis)).unwrap_or_default()
    );
    let told = CostTold::new(&costed, &basis, flags.what.top, tables.as_ref());
    printer.result(COST_REPORT, told, &text);
    Ok(Exit::Done)
}
