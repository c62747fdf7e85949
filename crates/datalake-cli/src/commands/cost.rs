//! `cost`: what things cost, one file each.

mod basis;
mod estimate;
mod forecast;
mod outlook;
mod report;
mod whatif;

use crate::args::Cli;
use crate::args::cost::CostCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

pub(in crate::commands) use basis::{as_log, choose_basis, log_failure, open_log, read_place};
pub(in crate::commands) use report::cost_bucket;

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    estimate::COST_COMPARISON,
    estimate::COST_ESTIMATE,
    forecast::COST_CHECK,
    forecast::COST_FORECAST,
    report::COST_REPORT,
    whatif::COST_WHATIF,
];

pub(super) async fn cost(cli: &Cli, what: &CostCommand, printer: Printer) -> Result<Exit, Failure> {
    match what {
        CostCommand::Estimate(flags) => estimate::one(cli, flags, printer).await,
        CostCommand::Compare(flags) => estimate::all(cli, flags, printer).await,
        CostCommand::Report(flags) => report::report(cli, flags, printer).await,
        CostCommand::Forecast(terms) => forecast::show(cli, terms, printer).await,
        CostCommand::Whatif(flags) => whatif::whatif(cli, flags, printer).await,
        CostCommand::Check(flags) => forecast::check(cli, flags, printer).await,
    }
}
