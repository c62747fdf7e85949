//! `migrate`: what Dagster keeps on this host, moved into the bucket, proved, and brought back.

mod back;
mod backup;
mod check;
mod free;
mod kinds;
mod lines;
mod look;
mod place;
mod proof;
mod report;
mod run;
mod telling;

use crate::args::Cli;
use crate::args::migrate::{Back, Migrate};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    back::MIGRATION_BACK,
    back::MIGRATION_BACK_PLAN,
    backup::BACKUP,
    backup::BACKUP_READ,
    check::MIGRATION_CHECK,
    free::MIGRATION_FREED,
    kinds::MIGRATION_KINDS,
    look::MIGRATION_PLAN,
    look::MIGRATION_STATUS,
    report::MIGRATION_REPORT,
    run::MIGRATION,
    proof::MIGRATION_PROOF,
];

pub(super) async fn migrate(cli: &Cli, what: &Migrate, printer: Printer) -> Result<Exit, Failure> {
    match what {
        Migrate::Plan(flags) => look::plan(cli, flags, printer).await,
        Migrate::Run(flags) => run::run(cli, flags, printer).await,
        Migrate::Status(flags) => look::status(cli, flags, printer).await,
        Migrate::Verify(flags) => proof::verify(cli, flags, printer).await,
        Migrate::Kinds => Ok(kinds::show_kinds(printer)),
        Migrate::Backup(flags) => backup::backup(cli, flags, printer).await,
        Migrate::Check(flags) => Box::pin(check::check(cli, flags, printer)).await,
        Migrate::Free(flags) => free::free(cli, flags, printer).await,
        Migrate::Back { what: Back::Plan(flags) } => back::plan(cli, flags, printer).await,
        Migrate::Back { what: Back::Run(flags) } => Box::pin(back::run(cli, flags, printer)).await,
        Migrate::Report(flags) => Box::pin(report::report(cli, flags, printer)).await,
    }
}
