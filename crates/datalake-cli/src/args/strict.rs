//! Which of the options of all commands a command takes: those that it reads, and no others.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use super::examples::list_examples;

/// Where and how to work.
const PLACE: &[&str] = &["sandbox", "root", "state", "config", "json", "no_input"];
/// Which S3 service, and with which key pair.
const SERVICE: &[&str] = &["region", "endpoint", "credentials_file", "credentials_fd"];
const BUCKET: &[&str] = &["bucket"];
const TABLES: &[&str] = &["tables_bucket"];
const PREFIX: &[&str] = &["prefix"];
/// Whose file of the spec is trusted.
const USER: &[&str] = &["user"];
const UNITS: &[&str] = &["units", "handover"];
const JSON: &[&str] = &["json"];
const TALK: &[&str] = &["verbose"];

/// Options that few need: `datalake help COMMAND` has them.
const RARE: [&str; 13] = [
    "transfers",
    "bwlimit",
    "max_requests",
    "connections",
    "part_size",
    "links",
    "check",
    "trust_service",
    "pickles",
    "log_dir",
    "logs_prefix",
    "from_region",
    "from_endpoint",
];

const ABOUT: &str = "Options that stand before any command, and behind those that read them";

/// The command line as it is defined, with an example on each page.
#[must_use]
pub fn build_command() -> Command {
    add_examples(Cli::command(), &[])
}

fn add_examples(mut command: Command, path: &[&str]) -> Command {
    for name in list_names(&command) {
        let path = [path, &[name.as_str()]].concat();
        command = command.mut_subcommand(&name, |below| add_examples(below, &path));
    }
    let examples = list_examples(path);
    let widest = examples.iter().map(|(typed, _)| typed.len()).max();
    let Some(widest) = widest else { return command };
    let line = |(typed, what): &(&str, &str)| {
        format!("  {}", format!("datalake {typed:widest$}   {what}").trim_end())
    };
    let lines: Vec<_> = examples.iter().map(line).collect();
    command.before_help(format!("Examples:\n{}\n", lines.join("\n")))
}

fn list_names(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|below| below.get_name().to_owned()).collect()
}

/// The command line as it is understood and shown: before the command, all options of all commands;
/// behind it, those that the command reads. Pages show a command's own options alone.
#[must_use]
pub fn build_strict_command() -> Command {
    let cli = build_command();
    let of_all = cli.get_arguments().filter(|arg| arg.is_global_set()).cloned();
    let of_all: Vec<Arg> = of_all.map(|arg| arg.global(false).hide(true)).collect();
    let names: Vec<_> = of_all.iter().map(|arg| arg.get_id().clone()).collect();
    let hide = |arg: Arg| arg.global(false).hide(true);
    let cli = names.into_iter().fold(cli, |cli, name| cli.mut_arg(name, hide));
    add_read_options(cli, &[], &of_all)
}

/// The options of all commands as a page of their own.
pub(crate) fn list_global_options() -> Command {
    let cli = Cli::command();
    let of_all = cli.get_arguments().filter(|arg| arg.is_global_set()).cloned();
    let page = Command::new("datalake").about(ABOUT).disable_help_flag(true);
    page.override_usage("datalake [OPTIONS] COMMAND …").args(of_all.map(|arg| arg.global(false)))
}

fn add_read_options(command: Command, path: &[&str], of_all: &[Arg]) -> Command {
    let mut command = command.disable_help_flag(true).arg(help_option());
    let names = list_names(&command);
    if names.is_empty() {
        let footer =
            format!("More: `datalake help {}`, `datalake help global-options`", path.join(" "));
        let read = list_read_options(path).concat();
        let added = of_all.iter().filter(|arg| read.contains(&arg.get_id().as_str())).cloned();
        return hide_rare_options(command).args(added).after_help(footer);
    }
    for name in names {
        let path = [path, &[name.as_str()]].concat();
        command = command.mut_subcommand(&name, |below| add_read_options(below, &path, of_all));
    }
    command
}

/// `-h` and `--help` show the same short page.
fn help_option() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::HelpShort)
        .help_heading(None)
        .help("Print this page")
}

fn hide_rare_options(command: Command) -> Command {
    let is_rare = |arg: &&Arg| RARE.contains(&arg.get_id().as_str());
    let rare: Vec<_> =
        command.get_arguments().filter(is_rare).map(|arg| arg.get_id().clone()).collect();
    rare.into_iter()
        .fold(command, |command, name| command.mut_arg(name, |arg| arg.hide_short_help(true)))
}

/// The options of all commands that a command reads.
fn list_read_options(path: &[&str]) -> Vec<&'static [&'static str]> {
    match path {
        ["man" | "help"] => Vec::new(),
        ["completions" | "schema" | "demo"] => vec![JSON],
        ["history"] | ["config", "paths"] | ["schedule", ..] => vec![TALK, PLACE, USER],
        ["discover"] | ["dagster", "reload" | "restart" | "stop" | "start" | "status" | "logs"] => {
            vec![TALK, PLACE, USER, UNITS]
        }
        ["cost", "estimate" | "compare"] => vec![TALK, PLACE, USER, SERVICE],
        ["bucket", ..]
        | [
            "ls" | "du" | "tree" | "stat" | "cat" | "rm" | "restore" | "presign" | "put" | "get"
            | "cp" | "mv" | "sync" | "verify" | "scrub",
        ] => {
            vec![TALK, PLACE, USER, SERVICE, BUCKET, TABLES]
        }
        _ => vec![TALK, PLACE, USER, UNITS, SERVICE, BUCKET, TABLES, PREFIX],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_words(words: &str, is_understood: bool) {
        let found = build_strict_command().try_get_matches_from(words.split(' '));
        assert_eq!(found.is_ok(), is_understood, "{words}: {found:?}");
    }

    #[test]
    fn behind_a_command_stand_only_options_that_it_reads() {
        check_words("datalake --unit web ls", true);
        check_words("datalake ls --bucket acme-lake", true);
        check_words("datalake ls --unit web", false);
        check_words("datalake provision --unit web", true);
        check_words("datalake bucket cors show --handover env-file", false);
        check_words("datalake history --json", true);
        check_words("datalake history --bucket acme-lake", false);
        check_words("datalake ls -v", true);
        check_words("datalake schema -v", false);
        check_words("datalake schema --config x", false);
        check_words("datalake completions bash --region fsn1", false);
        check_words("datalake cost estimate --prefix x", false);
    }

    #[test]
    fn every_page_has_an_example_and_fits_a_screen() {
        let mut command = build_strict_command().term_width(100);
        command.build();
        let (mut left, mut wrong) = (vec![(command, String::new())], Vec::new());
        while let Some((mut command, path)) = left.pop() {
            let below: Vec<_> =
                command.get_subcommands().filter(|it| !it.is_hide_set()).cloned().collect();
            if below.is_empty() {
                let page = command.render_help().to_string();
                let lines = page.lines().count();
                if lines > 40 || !page.contains("Examples:") {
                    wrong.push(format!("{path}: {lines} lines"));
                }
            }
            left.extend(below.into_iter().map(|it| {
                let path = format!("{path} {}", it.get_name());
                (it, path)
            }));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
