//! `migrate plan` and `migrate status`: what lies where, and what of it is moved.

use datalake_core::migration::PartCounts;
use datalake_core::text::printable;
use datalake_host::NamedHostFolders;
use datalake_operations::migration::{
    Migration, MigrationOutlook, count_parts, describe_outlook, find_own_managers,
    find_stopped_services, list_exports, write_lines_beside,
};

use super::lines::{Lines, as_lines};
use super::place::MigrationPlace;
use crate::args::Cli;
use crate::args::migrate::{MigratePlan, Status, What};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{self, DocumentKind, Printer};

pub(super) const MIGRATION_PLAN: DocumentKind =
    DocumentKind::of::<MigrationOutlook>("migration-plan");
pub(super) const MIGRATION_STATUS: DocumentKind =
    DocumentKind::of::<Vec<PartCounts>>("migration-status");

pub(super) async fn plan(
    cli: &Cli,
    flags: &MigratePlan,
    printer: Printer,
) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?;
    let context = place.context()?;
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    migration.require_objects().await?;
    let mut lines = flags.report.as_deref().map(Lines::create).transpose()?;
    let parts = count_parts(&migration, &place.limits, as_lines(&mut lines)).await?;
    let code = find_own_managers(&NamedHostFolders, &flags.what.code, &place.stored_at()?)?;
    let mut outlook = describe_outlook(&migration, parts, code)?;
    outlook.exports = list_exports(&migration).await?;
    if let Some(mut lines) = lines {
        write_lines_beside(&migration, &mut lines)?;
        lines.finish()?;
    }
    let next = next_step(&place, &flags.what, &outlook.parts);
    printer.result(MIGRATION_PLAN, &outlook, &(render::render_outlook(&outlook) + &next));
    Ok(exit_of(&outlook.parts))
}

pub(super) async fn status(cli: &Cli, flags: &Status, printer: Printer) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?;
    let context = place.context()?;
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    migration.require_objects().await?;
    let parts = count_parts(&migration, &place.limits, None).await?;
    let stopped = find_stopped_services(&place.remote.site.context())?;
    if let Some(units) = &stopped {
        printer
            .talk(&format!("a run that was ended has stopped {units}, and not started it again"));
    }
    let next = next_step(&place, &flags.what, &parts);
    let text = render::render_parts(&parts) + &render::left_out(&parts) + &next;
    printer.result(MIGRATION_STATUS, &parts, &text);
    Ok(exit_of(&parts))
}

/// The exit code of how parts stand.
fn exit_of(parts: &[PartCounts]) -> Exit {
    if parts.iter().any(|part| part.failed.items > 0) {
        return Exit::Partly;
    }
    let left = parts.iter().any(|part| part.to_move().items > 0);
    if left { Exit::Drift } else { Exit::Done }
}

fn next_step(place: &MigrationPlace, what: &What, parts: &[PartCounts]) -> String {
    let (name, flags) = (&place.remote.site.name, printable(&what.words()));
    if parts.iter().all(PartCounts::is_empty) {
        return "\nNothing is stored yet, so there is nothing to move.\n".to_owned();
    }
    match exit_of(parts) {
        Exit::Done if parts.iter().all(PartCounts::is_all_moved) => {
            format!("\nAll of it is moved. Next: {name} migrate verify{flags}\n")
        }
        Exit::Done => {
            format!("\n{} Next: {name} migrate verify{flags}\n", render::what_is_moved(parts))
        }
        _ => format!("\nNothing was changed. Next: {name} migrate run{flags}\n"),
    }
}
