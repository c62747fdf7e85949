//! `docs/commands.md`: every command and flag, from the definitions that parse them.

use clap::{Arg, Command};
use datalake_cli::args::build_command;

use super::{anchor, cell, hold, sentence};

const HEAD: &str = "\
# Commands

Every command and flag, as `--help` has them. [What is the same for all commands](#for-all-commands) stands at the end. `KEY` is a whole key in the spec's bucket,
`s3://BUCKET/KEY` one in any other. See also [exit codes](exit-codes.md), [errors](errors.md), [the spec](configuration.md) and [`--json`](json.md).
";

#[test]
fn the_page_of_commands_is_what_the_program_understands() {
    let cli = build_command();
    let mut commands = Vec::new();
    for command in cli.get_subcommands() {
        gather(command, "datalake", &mut commands);
    }
    let contents: String = commands.iter().map(content_line).collect();
    let sections: String = commands.iter().map(section).collect();
    let head = format!("{HEAD}\n| command | what it does |\n|---|---|\n{contents}\n");

    hold("commands.md", &[head, sections, for_all(&cli)].concat());
}

/// A command with its whole name.
struct Told {
    name: String,
    command: Command,
}

fn gather(command: &Command, above: &str, commands: &mut Vec<Told>) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    let inner: Vec<_> = command.get_subcommands().cloned().collect();
    commands.push(Told { name: name.clone(), command: command.clone() });
    for command in &inner {
        gather(command, &name, commands);
    }
}

fn content_line(told: &Told) -> String {
    let short = told.name.trim_start_matches("datalake ");
    let about = told.command.get_about().map(ToString::to_string).unwrap_or_default();
    format!("| [`{short}`](#{}) | {} |\n", anchor(&told.name), cell(&about))
}

fn section(told: &Told) -> String {
    let Told { name, command } = told;
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let mut text = format!("## {name}\n\n{}\n\n", sentence(&about));
    if let Some(examples) = command.get_before_help().map(ToString::to_string) {
        let lines = examples.lines().filter_map(|line| line.strip_prefix("  "));
        text += &format!("```\n{}\n```\n\n", lines.collect::<Vec<_>>().join("\n"));
    }
    if command.has_subcommands() {
        return text;
    }
    let usage = command.clone().bin_name(name).render_usage().to_string();
    text += &format!("`{}`\n\n", usage.trim_start_matches("Usage: ").trim());
    let own = command.get_arguments().filter(|arg| !arg.is_global_set());
    text + &table(own)
}

fn for_all(cli: &Command) -> String {
    let (values, places): (Vec<_>, Vec<_>) = cli
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .partition(|arg| arg.get_help_heading().is_some());
    format!(
        "## For all commands\n\n{}Values of the spec; they win over `DATALAKE_…` variables and `datalake.yaml`:\n\n{}",
        table(places.into_iter()),
        table(values.into_iter())
    )
}

fn table<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let rows: String = arguments.filter(|arg| !arg.is_hide_set()).map(row).collect();
    if rows.is_empty() { rows } else { format!("| | |\n|---|---|\n{rows}\n") }
}

fn row(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
    let mut what = sentence(&help.unwrap_or_default());
    let takes = arg.get_action().takes_values();
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|_| takes).collect();
    if !values.is_empty() {
        let told = |value: &clap::builder::PossibleValue| match value.get_help() {
            Some(help) => format!("`{}` ({help})", value.get_name()),
            None => format!("`{}`", value.get_name()),
        };
        what += &format!(" One of {}.", values.iter().map(told).collect::<Vec<_>>().join(", "));
    }
    let defaults: Vec<_> =
        arg.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    if takes && !defaults.is_empty() {
        what += &format!(" Default: `{}`.", defaults.join(" "));
    }
    format!("| {} | {} |\n", cell(&shown(arg)), cell(&what))
}

/// How an argument is written.
fn shown(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let takes = arg.get_action().takes_values();
    let Some(long) = arg.get_long() else {
        return format!(
            "`{}`",
            if value.is_empty() { arg.get_id().as_str().to_uppercase() } else { value }
        );
    };
    let value = match (takes, arg.is_require_equals_set()) {
        (false, _) => String::new(),
        (true, true) => format!("[={value}]"),
        (true, false) => format!(" {value}"),
    };
    match arg.get_short() {
        Some(short) => format!("`-{short}`, `--{long}{value}`"),
        None => format!("`--{long}{value}`"),
    }
}
