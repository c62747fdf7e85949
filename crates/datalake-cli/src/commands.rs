//! The commands, one file each.

mod config;
mod dagster;
mod deps;
mod going_back;
mod history;
mod init;
mod provision;
mod rollback;
#[cfg(feature = "sandbox")]
mod sandbox;
mod services;
mod shell;
mod status;
mod watch;

use datalake_core::{HostSpec, UnitName};

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Printer;

pub(crate) use deps::{DepsReport, PackageDeps, UnitDeps};

/// Runs the command of the command line.
///
/// # Errors
///
/// [`Failure`], not yet shown.
pub(crate) async fn run(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Init(flags) => init::init(cli, flags, printer),
        Command::Provision(flags) => provision::provision(cli, flags, printer).await,
        Command::Status => status::status(cli, printer).await,
        Command::Rollback(flags) => rollback::rollback(cli, flags, printer).await,
        Command::Dagster { what } => dagster::dagster(cli, what, printer).await,
        Command::History => history::history(cli, printer).await,
        Command::Config { show } => config::config(cli, *show, printer).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(flags) => sandbox::sandbox(cli, flags, printer).await,
        Command::Completions { shell } => Ok(shell::completions(*shell, printer)),
        Command::Man { dir } => shell::man(dir),
    }
}

/// The commands with which the containers take up what has changed.
fn restart_steps(host: &HostSpec) -> String {
    let units: Vec<_> = host.units.iter().map(UnitName::as_str).collect();
    let (user, units) = (&host.user, units.join(" "));
    format!(
        "Next steps, for the containers to take it up:\n  \
         systemctl --user -M {user}@ daemon-reload\n  \
         systemctl --user -M {user}@ restart {units}\n"
    )
}

/// Asks a yes-or-no question on the terminal; `no` is the answer to an empty line.
fn confirmed(question: &str, yes: bool, may_ask: bool) -> Result<bool, Failure> {
    use std::io::IsTerminal;
    if yes {
        return Ok(true);
    }
    if !may_ask || !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, "nobody is there to confirm the plan")
            .hint("add --yes to apply it, or --dry-run to only look at it"));
    }
    let answer = inquire::Confirm::new(question).with_default(false).prompt();
    answer.map_err(|error| Failure::of(Exit::Interrupted, &error))
}
