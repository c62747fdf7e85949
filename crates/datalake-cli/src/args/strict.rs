//! Which of the options of all commands a command takes: those that it reads, and no others.

use clap::{Arg, Command, CommandFactory};

use super::Cli;

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

const ABOUT: &str = "Options that stand before any command, and behind those that read them";
const FOOTER: &str = "More options: `datalake help global-options`";

/// The command line as it is understood and shown: before the command, all options of all commands;
/// behind it, those that the command reads. Pages show a command's own options alone.
pub(crate) fn build_strict_command() -> Command {
    let cli = Cli::command();
    let of_all: Vec<Arg> = cli.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let of_all: Vec<Arg> = of_all.into_iter().map(|arg| arg.global(false).hide(true)).collect();
    let names: Vec<_> = of_all.iter().map(|arg| arg.get_id().clone()).collect();
    let cli = names
        .into_iter()
        .fold(cli, |cli, name| cli.mut_arg(name, |arg| arg.global(false).hide(true)));
    add_read_options(cli, &[], &of_all)
}

/// The options of all commands as a page of their own.
pub(crate) fn list_global_options() -> Command {
    let cli = Cli::command();
    let of_all = cli.get_arguments().filter(|arg| arg.is_global_set()).cloned();
    let page = Command::new("datalake").about(ABOUT).disable_help_flag(true);
    page.override_usage("datalake [OPTIONS] COMMAND …").args(of_all.map(|arg| arg.global(false)))
}

fn add_read_options(mut command: Command, path: &[&str], of_all: &[Arg]) -> Command {
    let below: Vec<String> =
        command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    if below.is_empty() {
        let read = list_read_options(path).concat();
        let added = of_all.iter().filter(|arg| read.contains(&arg.get_id().as_str())).cloned();
        return command.args(added).after_help(FOOTER);
    }
    for name in below {
        let path = [path, &[name.as_str()]].concat();
        command = command.mut_subcommand(&name, |below| add_read_options(below, &path, of_all));
    }
    command
}

/// The options of all commands that a command reads.
fn list_read_options(path: &[&str]) -> Vec<&'static [&'static str]> {
    match path {
        ["man"] => Vec::new(),
        ["completions" | "schema" | "help" | "demo"] => vec![JSON],
        ["history"] | ["config", "paths"] => vec![PLACE, USER],
        ["discover"] | ["dagster", "reload" | "restart" | "stop" | "start" | "status" | "logs"] => {
            vec![PLACE, USER, UNITS]
        }
        ["cost", "estimate" | "compare"] => vec![PLACE, USER, SERVICE],
        ["bucket", ..]
        | ["ls" | "du" | "tree" | "stat" | "cat" | "rm" | "restore" | "presign"]
        | ["put" | "get" | "cp" | "mv" | "sync" | "verify" | "scrub"] => {
            vec![PLACE, USER, SERVICE, BUCKET, TABLES]
        }
        _ => vec![PLACE, USER, UNITS, SERVICE, BUCKET, TABLES, PREFIX],
    }
}
