//! `migrate kinds`: what a migration knows of each kind of file.

use datalake_operations::migration::{KindRow, list_kinds};

use crate::exit::Exit;
use crate::render::{self, DocumentKind, Printer};

pub(super) const MIGRATION_KINDS: DocumentKind =
    DocumentKind::of::<Vec<KindRow>>("migration-kinds");

pub(super) fn show_kinds(printer: Printer) -> Exit {
    let kinds = list_kinds();
    printer.result(MIGRATION_KINDS, &kinds, &render::render_kinds(&kinds));
    Exit::Done
}
