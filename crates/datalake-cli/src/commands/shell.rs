//! Completions and man pages, from the same definitions as the help.

use std::path::Path;

use datalake_host::Existing;

use crate::args::build_command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::{DocumentKind, Printer};

pub(super) const COMPLETIONS: DocumentKind = DocumentKind::of::<String>("completions");

pub(super) fn completions(shell: clap_complete::Shell, printer: Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut build_command(), "datalake", &mut script);
    let script = String::from_utf8_lossy(&script);
    printer.result(COMPLETIONS, &script, &script);
    Exit::Done
}

pub(super) fn man(dir: &Path) -> Result<Exit, Failure> {
    named_path::make_folder(dir)?;
    let mut command = build_command().disable_help_subcommand(true);
    command.build();
    write_pages(&command, dir)?;
    Ok(Exit::Done)
}

/// Writes the page of a command, and those of the commands below it.
fn write_pages(command: &clap::Command, dir: &Path) -> Result<(), Failure> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_pages(below, dir)?;
    }
    let (page, mut text) = (clap_mangen::Man::new(command.clone()), Vec::new());
    page.render(&mut text).map_err(|error| Failure::io(dir, &error))?;
    named_path::write_file(&dir.join(page.get_filename()), &text, Existing::IsReplaced)
}
