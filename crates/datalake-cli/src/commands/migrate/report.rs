//! `migrate report`: what became of each asset and partition.

use datalake_core::migration::MigrationReport;
use datalake_core::text::printable;
use datalake_host::Existing;
use datalake_operations::migration::{FoundAssetKeys, Migration, find_asset_keys, report_assets};
use datalake_report::{render_migration, render_migration_page};

use super::place::MigrationPlace;
use crate::args::Cli;
use crate::args::migrate::MigrateReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::{DocumentKind, Printer};
use crate::silence::show_elapsed;

pub(super) const MIGRATION_REPORT: DocumentKind =
    DocumentKind::of::<MigrationReport>("migration-report");

pub(super) async fn report(
    cli: &Cli,
    flags: &MigrateReport,
    printer: Printer,
) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?;
    let context = place.context()?;
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    let found = find_asset_keys(&migration, flags.webserver.as_deref()).await;
    if migration.home.is_some() {
        tell_keys(&found, printer);
    }
    let work = Box::pin(report_assets(&migration, &found, &place.limits));
    let report = show_elapsed(printer, "comparing both sides", work).await?;
    if let Some(path) = &flags.html {
        let page = render_migration_page(&report);
        named_path::write_file(path, page.as_bytes(), Existing::IsReplaced)?;
        printer.talk(&format!("wrote {}", printable(&path.display().to_string())));
    }
    let text = render_migration(&report) + &report.describe_unfit_keys();
    printer.result(MIGRATION_REPORT, &report, &text);
    Ok(if report.is_all_moved() { Exit::Done } else { Exit::Drift })
}

fn tell_keys(found: &FoundAssetKeys, printer: Printer) {
    if let Some(fault) = &found.database_fault {
        printer.talk(&format!("the database of assets cannot be read: {fault}"));
    }
    if !found.are_known {
        printer.talk("no list of assets was found: each file counts as an asset of its own");
    }
}
