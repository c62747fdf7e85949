//! Completions and man pages, from the same definitions as the help.

use std::path::Path;

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use clap_mangen::Man;
use datalake_core::doctor::{FindingId, Group};
use datalake_host::Existing;
use datalake_report::{
    CompletionShell, add_known_values, render_examples_section, render_further_section,
    render_spec_manual,
};

use crate::args::build_command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::{DocumentKind, Printer};

pub(super) const COMPLETIONS: DocumentKind = DocumentKind::of::<String>("completions");

/// Hetzner's locations.
const REGIONS: [&str; 3] = ["fsn1", "nbg1", "hel1"];

/// The ways in which containers get the settings.
const HANDOVERS: [&str; 3] = ["env-file", "podman-secret", "in-place"];

pub(super) fn print_completions(shell: Shell, printer: Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut offer(&build_command()), "datalake", &mut script);
    let script = String::from_utf8_lossy(&script);
    let known = match shell {
        Shell::Bash => Some(CompletionShell::Bash),
        Shell::Zsh => Some(CompletionShell::Zsh),
        Shell::Fish => Some(CompletionShell::Fish),
        _ => None,
    };
    let script = known.map_or(script.to_string(), |shell| add_known_values(shell, &script));
    printer.result(COMPLETIONS, &script, &script);
    Exit::Done
}

/// The commands that help shows, with the values that a shell offers; other values of these flags may be right, too.
fn offer(command: &Command) -> Command {
    let names = |id: &str| match id {
        "region" => Some(REGIONS.to_vec()),
        "handover" => Some(HANDOVERS.to_vec()),
        "only" => Some(Group::ALL.map(Group::as_str).to_vec()),
        "explain" | "fix" => Some(FindingId::ALL.map(FindingId::as_str).to_vec()),
        _ => None,
    };
    let mut shown = Command::new(command.get_name().to_owned())
        .version(command.get_version().unwrap_or_default().to_owned())
        .disable_version_flag(command.get_version().is_none())
        .disable_help_subcommand(command.is_disable_help_subcommand_set())
        .groups(command.get_groups().cloned())
        .subcommands(command.get_subcommands().filter(|below| !below.is_hide_set()).map(offer));
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    for arg in command.get_arguments().cloned() {
        shown = shown.arg(match names(arg.get_id().as_str()) {
            Some(values) => arg.value_parser(PossibleValuesParser::new(values)),
            None => arg,
        });
    }
    shown
}

pub(super) fn man(dir: &Path) -> Result<Exit, Failure> {
    named_path::make_folder(dir)?;
    let mut command = build_command().disable_help_subcommand(true);
    command.build();
    write_pages(&command, &[], dir)?;
    let page = dir.join("datalake.yaml.5");
    named_path::write_file(&page, render_spec_manual().as_bytes(), Existing::IsReplaced)?;
    Ok(Exit::Done)
}

/// Writes the page of a command, and those of the commands below it.
fn write_pages(command: &Command, above: &[String], dir: &Path) -> Result<(), Failure> {
    let own = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let shown = || command.get_subcommands().filter(|below| !below.is_hide_set());
    let within = [above, std::slice::from_ref(&own)].concat();
    for below in shown() {
        write_pages(below, &within, dir)?;
    }
    let below = shown().filter_map(|below| below.get_display_name().map(str::to_owned));
    let further: Vec<_> = above.iter().cloned().chain(below).collect();
    let help = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    let plain = command.clone().before_help(None::<&str>).after_help(None::<&str>);
    let (page, mut text) = (Man::new(plain), Vec::new());
    page.render(&mut text).map_err(|error| Failure::io(dir, &error))?;
    text.extend_from_slice(render_examples_section(&help).as_bytes());
    text.extend_from_slice(render_further_section(&own, &further).as_bytes());
    named_path::write_file(&dir.join(page.get_filename()), &text, Existing::IsReplaced)
}
