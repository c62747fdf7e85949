//! The commands, one file each.

mod access;
mod bucket;
mod config;
mod cost;
mod dagster;
#[cfg(feature = "sandbox")]
mod demo;
mod deps;
mod discover;
mod doctor;
mod help;
mod history;
mod init;
mod job;
mod key;
mod lake;
mod migrate;
mod modal;
mod objects;
mod project;
mod provision;
mod report;
mod reporter;
mod restore;
mod rollback;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schedule;
mod schema;
mod services;
mod shell;
mod status;
mod tables;
mod transfer;
mod usage;
mod watch;

use datalake_core::plan::Plan;
use datalake_core::s3::BucketName;
use datalake_core::spec::HostSpec;
use datalake_desired::{HostPaths, list_restart_commands};

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{self, Printer, key_text};
use crate::site::Site;

/// Runs the command of the command line.
///
/// # Errors
///
/// [`Failure`], not yet shown.
pub(crate) async fn run(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Init(flags) => init::init(cli, flags, printer).await,
        Command::Discover => discover::discover(cli, printer).await,
        Command::Provision(flags) => provision::provision(cli, flags, printer).await,
        Command::Status => status::status(cli, printer).await,
        Command::Doctor(flags) => Box::pin(doctor::doctor(cli, flags, printer)).await,
        Command::Rollback(flags) => rollback::rollback(cli, flags, printer).await,
        Command::Dagster { what } => dagster::dagster(cli, what, printer).await,
        Command::History(flags) => history::history(cli, flags, printer).await,
        Command::Bucket { what } => bucket::bucket(cli, what, printer).await,
        Command::Ls(flags) => objects::ls(cli, flags, printer).await,
        Command::Du(flags) => objects::du(cli, flags, printer).await,
        Command::Tree(flags) => objects::tree(cli, flags, printer).await,
        Command::Stat(flags) => objects::stat(cli, flags, printer).await,
        Command::Cat(flags) => objects::cat(cli, flags, printer).await,
        Command::Rm(flags) => objects::rm(cli, flags, printer).await,
        Command::Restore(flags) => restore::restore(cli, flags, printer).await,
        Command::Put(flags) => transfer::put(cli, flags, printer).await,
        Command::Get(flags) => transfer::get(cli, flags, printer).await,
        Command::Cp(flags) => transfer::cp(cli, flags, printer).await,
        Command::Mv(flags) => transfer::mv(cli, flags, printer).await,
        Command::Sync(flags) => transfer::sync(cli, flags, printer).await,
        Command::Verify(flags) => transfer::verify(cli, flags, printer).await,
        Command::Scrub(flags) => transfer::scrub(cli, flags, printer).await,
        Command::Tables { what } => Box::pin(tables::tables(cli, what, printer)).await,
        Command::Migrate { what } => Box::pin(migrate::migrate(cli, what, printer)).await,
        Command::Presign(flags) => objects::presign(cli, flags, printer).await,
        Command::Job { what } => Box::pin(job::run_job_command(cli, what, printer)).await,
        Command::Cost { what } => cost::cost(cli, what, printer).await,
        Command::Usage { what } => usage::usage(cli, what, printer).await,
        Command::Report(flags) => report::report(cli, flags, printer).await,
        Command::Access { what } => Box::pin(access::access(cli, what, printer)).await,
        Command::Key { what } => Box::pin(key::run_key_command(cli, what, printer)).await,
        Command::Lake { what } => Box::pin(lake::lake(cli, what, printer)).await,
        Command::Modal { what, .. } => modal::modal(cli, what, printer).await,
        Command::Schedule { what } => {
            Box::pin(schedule::run_schedule_command(cli, what, printer)).await
        }
        Command::Schema(flags) => schema::schema(flags, printer),
        Command::Config { show } => config::config(cli, *show, printer).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(flags) => sandbox::sandbox(cli, flags, printer).await,
        #[cfg(feature = "sandbox")]
        Command::Demo(flags) => demo::demo(flags, printer).await,
        Command::Completions { shell } => Ok(shell::print_completions(*shell, printer)),
        Command::Help { words } => help::show_help(words, Printer::new(false)),
        Command::Man { dir } => shell::man(dir),
    }
}

/// The commands with which the containers take up what has changed; the host of a sandbox has none.
fn restart_steps(site: &Site, host: &HostSpec, paths: &HostPaths) -> String {
    if site.is_sandbox() {
        return "The sandbox has no services to restart.\n".to_owned();
    }
    let commands = list_restart_commands(host, paths).join("\n  ");
    format!("Next steps, for the containers to take it up:\n  {commands}\n")
}

/// How a plan is shown, and whether it is carried out.
struct PlanApproval<'a> {
    site: &'a Site,
    /// The command that would carry it out.
    command: &'a str,
    dry_run: bool,
    yes: bool,
}

impl PlanApproval<'_> {
    /// Shows a plan behind its introduction, and asks, unless nothing is to be changed.
    fn approve_plan(&self, plan: &Plan, introduction: &str) -> Result<bool, Failure> {
        let (site, steps) = (self.site, render::counted(plan.steps.len() as u64, "step"));
        let shown = format!("{introduction}Plan ({steps}):\n{}", render::plan(plan));
        if self.dry_run {
            let next = format!("\nNothing was changed. Next: {} {}\n", site.name, self.command);
            site.printer.result(provision::PLAN, plan, &(shown + &next));
            return Ok(false);
        }
        site.printer.text(&shown);
        let is_wanted = confirmed(&format!("Apply {steps}?"), self.yes, site.may_ask())?;
        if !is_wanted {
            site.printer.talk("nothing was changed");
        }
        Ok(is_wanted)
    }
}

/// Asks a yes-or-no question on the terminal; `no` is the answer to an empty line.
fn confirmed(question: &str, yes: bool, may_ask: bool) -> Result<bool, Failure> {
    use std::io::IsTerminal;
    if yes {
        return Ok(true);
    }
    if !may_ask || !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, "confirmation is needed, but there is no terminal")
            .hint("add --yes to apply it, or --dry-run to only look at it"));
    }
    let answer = inquire::Confirm::new(question).with_default(false).prompt();
    answer.map_err(|error| Failure::of(Exit::Interrupted, &error))
}

/// Asks whether something that was just shown shall be done.
fn agreed(question: &str, yes: bool, may_ask: bool) -> Result<bool, Failure> {
    use std::io::IsTerminal;
    if yes {
        return Ok(true);
    }
    if !may_ask || !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "confirmation is needed, but there is no terminal; nothing was changed",
        )
        .hint("add --yes"));
    }
    let answer = inquire::Confirm::new(question).with_default(false).prompt();
    answer.map_err(|error| Failure::of(Exit::Interrupted, &error))
}

/// Sees to it that the operator has typed the bucket's name, as a flag or at a question.
fn name_typed(bucket: &BucketName, confirm: Option<&str>, may_ask: bool) -> Result<(), Failure> {
    use std::io::IsTerminal;
    let refused = |message: String| {
        Failure::new(Exit::Usage, message).hint(format!("if it is meant: --confirm {bucket}"))
    };
    let typed = match confirm {
        Some(typed) => typed.to_owned(),
        None if may_ask && std::io::stdin().is_terminal() => {
            let question = format!("There is no way back. Type the name `{bucket}`:");
            let answer = inquire::Text::new(&question).prompt();
            answer.map_err(|error| Failure::of(Exit::Interrupted, &error))?
        }
        None => {
            return Err(refused(format!(
                "the name `{bucket}` has to be typed: nothing was changed"
            )));
        }
    };
    if typed == bucket.as_str() {
        return Ok(());
    }
    Err(refused(format!("`{}` is not `{bucket}`: nothing was changed", key_text(&typed))))
}
