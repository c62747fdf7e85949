//! `cost`: what things cost, one file each.

mod basis;
mod estimate;
mod forecast;
mod holdings;
mod outlook;
mod report;
mod whatif;

use crate::args::Cli;
use crate::args::cost::Cost;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

pub(in crate::commands) use basis::{Basis, log_failure};
pub(in crate::commands) use forecast::place;
pub(in crate::commands) use holdings::{Holdings, Subject};
pub(in crate::commands) use outlook::{Expected, Outlook, stored};
pub(in crate::commands) use report::Costed;

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    estimate::COST_COMPARISON,
    estimate::COST_ESTIMATE,
    forecast::COST_CHECK,
    forecast::COST_FORECAST,
    report::COST_REPORT,
    whatif::COST_WHATIF,
];

pub(super) async fn cost(cli: &Cli, what: &Cost, printer: Printer) -> Result<Exit, Failure> {
    match what {
        Cost::Estimate(flags) => estimate::one(cli, flags, printer).await,
        Cost::Compare(flags) => estimate::all(cli, flags, printer).await,
        Cost::Report(flags) => report::report(cli, flags, printer).await,
        Cost::Forecast(terms) => forecast::show(cli, terms, printer).await,
        Cost::Whatif(flags) => whatif::whatif(cli, flags, printer).await,
        Cost::Check(flags) => forecast::check(cli, flags, printer).await,
    }
}
