//! `migrate free`: local files that the bucket surely has, removed.

use datalake_core::migration::{FileTotal, PartCounts};
use datalake_operations::migration::{
    FreedPart, Migration, ProofDepth, count_parts, free_parts, require_switch_proof,
};

use super::super::name_typed;
use super::lines::{Lines, as_lines};
use super::look::MIGRATION_STATUS;
use super::place::MigrationPlace;
use crate::args::Cli;
use crate::args::migrate::Free;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{self, DocumentKind, Printer, count, counted, size};

pub(super) const MIGRATION_FREED: DocumentKind =
    DocumentKind::of::<Vec<FreedPart>>("migration-freed");

pub(super) async fn free(cli: &Cli, flags: &Free, printer: Printer) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?.bounded();
    let context = place.context()?;
    // The next command is about the same files.
    let named = |error| Failure::from(error).with_flags("migrate check", &flags.what.words());
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    if migration.home.is_none() {
        return Err(Failure::new(Exit::Usage, "objects of another place are removed with `rm`"));
    }
    let parts = count_parts(&migration, &place.limits, None).await?;
    let moved = total_moved(&parts);
    let text = render::render_parts(&parts) + &render::left_out(&parts);
    let proof = match moved.items {
        0 => None,
        _ => Some(require_switch_proof(&migration).await.map_err(named)?),
    };
    let Some(proof) = proof.filter(|proof| {
        printer.talk(&proof.describe());
        !flags.dry_run
    }) else {
        printer.result(MIGRATION_STATUS, &parts, &(text + "\nNothing was removed.\n"));
        return Ok(if moved.items == 0 { Exit::Done } else { Exit::Drift });
    };
    printer.talk(&text);
    let what = format!("{} ({}) at most", counted(moved.items, "local file"), size(moved.bytes));
    printer.talk(&format!("{what} would go, each after a look at the store."));
    name_typed(&context.bucket, flags.confirm.as_deref(), place.remote.site.may_ask())?;
    let mut lines = flags.report.as_deref().map(Lines::create).transpose()?;
    let depth = ProofDepth { deep: flags.deep, limits: &place.limits };
    let freed = free_parts(&migration, &proof, &depth, as_lines(&mut lines)).await?;
    if let Some(lines) = lines {
        lines.finish()?;
    }
    let told = tell_freed(printer, &freed);
    told.map_err(|failure| failure.with_flags("migrate check", &flags.what.words()))
}

/// The pickles that the bucket seems to have.
fn total_moved(parts: &[PartCounts]) -> FileTotal {
    let pickled = parts.iter().filter(|part| part.part.is_pickled());
    pickled.map(|part| part.moved).fold(FileTotal::default(), FileTotal::plus)
}

fn tell_freed(printer: Printer, freed: &[FreedPart]) -> Result<Exit, Failure> {
    let line = |part: &FreedPart| {
        format!(
            "{:<12}{} removed ({}), {} kept\n",
            part.part.word(),
            counted(part.removed.items, "file"),
            size(part.removed.bytes),
            count(part.kept)
        )
    };
    let mut text = freed.iter().map(line).collect::<String>();
    for row in freed.iter().flat_map(|part| &part.left_out) {
        text.push_str(&format!("{:<12}{}\n", "", render::left_row(row)));
    }
    printer.result(MIGRATION_FREED, freed, &text);
    let kept: u64 = freed.iter().map(|part| part.kept).sum();
    if kept == 0 {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Partly, format!("{} kept", counted(kept, "file"))).hint(
        "`--report FILE` gives the reason for each; `datalake migrate check` asks Dagster again",
    ))
}
