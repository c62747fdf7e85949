//! Completions and man pages, from the same definitions as the help.

use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

pub(super) const COMPLETIONS: DocumentKind = DocumentKind::of::<String>("completions");

pub(super) fn completions(shell: clap_complete::Shell, printer: Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "datalake", &mut script);
    let script = String::from_utf8_lossy(&script);
    printer.result(COMPLETIONS, &script, &script);
    Exit::Done
}

pub(super) fn man(dir: &Path) -> Result<Exit, Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::io(dir, &error))?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(|error| Failure::io(dir, &error))?;
    Ok(Exit::Done)
}
