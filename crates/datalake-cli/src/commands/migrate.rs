//! `migrate`: what Dagster keeps on this host, moved into the bucket, proved, and brought back.

mod ahead;
mod arriving;
mod back;
mod backup;
mod beside;
mod code;
mod folder;
mod foreign;
mod free;
mod home;
mod is_home;
mod keeping;
mod kinds;
mod left_out;
mod lines;
mod look;
mod open;
mod part;
mod pause;
mod proof;
mod report;
mod run;
mod standing;
mod tree;
mod walk;

use crate::args::Cli;
use crate::args::migrate::{Back, Migrate};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

pub(super) use run::last_flags;

pub(crate) use kinds::LeftRow;
pub(crate) use look::Outlook;
pub(crate) use report::{AssetRow, MigrationReport, PartitionRow};
pub(crate) use standing::{Counts, Standing};

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    back::MIGRATION_BACK,
    back::MIGRATION_BACK_PLAN,
    backup::BACKUP,
    backup::BACKUP_READ,
    free::MIGRATION_FREED,
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
        Migrate::Backup(flags) => backup::backup(cli, flags, printer).await,
        Migrate::Free(flags) => free::free(cli, flags, printer).await,
        Migrate::Back { what: Back::Plan(flags) } => back::plan(cli, flags, printer).await,
        Migrate::Back { what: Back::Run(flags) } => back::run(cli, flags, printer).await,
        Migrate::Report(flags) => report::report(cli, flags, printer).await,
    }
}
