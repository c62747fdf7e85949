//! The command line of `datalake`: layers of settings, wiring of ports, commands and rendering.

mod advice;
pub mod args;
mod bug;
mod commands;
mod config;
mod doctor;
pub mod exit;
mod failure;
pub mod faults;
mod kill;
mod misuse;
mod modal;
#[expect(clippy::disallowed_methods, reason = "the one file for paths that the operator names")]
mod named_path;
mod near;
mod remote;
mod render;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secrets;
mod silence;
mod site;
mod stop;
mod token;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use datalake_core::fault::Fault;
use datalake_host::{forbid_core_files, guard_group, keep_children};
use tokio::runtime::{Builder, Runtime};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Printer, broken_output, still_read};
use crate::site::own_name;

/// The word with which this program is called to end others with their run: no command of people.
const GUARD_GROUP: &str = "guard-group";

/// Runs the command line `words`, the program's name first, and tells the exit code.
pub fn run(words: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    if let Some(code) = datalake_host::serve_child(&words) {
        return code;
    }
    if let [_, word] = words.as_slice()
        && word == GUARD_GROUP
    {
        guard_group();
        return Exit::Done.into();
    }
    bug::with_one_sentence(|| run_guarded(&words)).into()
}

/// The same for a command of people: no core file, no child that outlives it, and one way to stop it.
fn run_guarded(words: &[OsString]) -> Exit {
    let prepared = prepare_process();
    match args::Cli::try_parse_from(words) {
        Ok(cli) => {
            let printer = Printer::new(cli.place.json);
            let result = prepared.and_then(|()| match build_runtime(&cli) {
                Ok(runtime) => runtime.block_on(stop::until_stopped(commands::run(&cli, printer))),
                Err(error) => Err(Failure::of(Exit::Io, &error)),
            });
            let named = |failure: Failure| failure.named_for(&own_name(&cli));
            end_run(result.map_err(named), printer)
        }
        Err(error) if error.use_stderr() => misuse::misused(words, &error),
        // Help and version are results.
        Err(error) => {
            still_read(error.print());
            end_run(Ok(Exit::Done), Printer::new(false))
        }
    }
}

/// What holds from the first moment on.
fn prepare_process() -> Result<(), Failure> {
    let failed = |fault: Fault| Failure::about("this process cannot be prepared", &fault);
    forbid_core_files().map_err(failed)?;
    keep_children(GUARD_GROUP);
    stop::listen()
}

/// Tells a failure, if there is one, and with which code the program ends.
fn end_run(result: Result<Exit, Failure>, printer: Printer) -> Exit {
    result.and_then(confirm_written).unwrap_or_else(|failure| {
        printer.failure(&failure);
        failure.exit
    })
}

/// The same exit code, if all results could be written.
fn confirm_written(exit: Exit) -> Result<Exit, Failure> {
    match broken_output() {
        None => Ok(exit),
        Some(error) => {
            Err(Failure::of(Exit::Io, error).within("standard output cannot be written"))
        }
    }
}

/// Where the command runs. One thread does all that waits, since to wake another one for each answer
/// costs more than the answer; files are read, written and hashed on threads of their own. Only a
/// built-in service needs one besides.
fn build_runtime(cli: &args::Cli) -> std::io::Result<Runtime> {
    let mut builder = if has_service(cli) {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(2);
        builder
    } else {
        Builder::new_current_thread()
    };
    builder.enable_all().build()
}

/// Whether the command has the built-in service for its own.
#[cfg(feature = "sandbox")]
pub(crate) fn has_service(cli: &args::Cli) -> bool {
    cli.place.sandbox.is_some() || matches!(cli.command, args::Command::Sandbox { .. })
}

#[cfg(not(feature = "sandbox"))]
pub(crate) fn has_service(_: &args::Cli) -> bool {
    false
}
