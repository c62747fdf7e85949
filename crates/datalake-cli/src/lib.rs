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
use std::time::Duration;

use datalake_core::fault::Fault;
use datalake_host::{forbid_core_files, guard_group, keep_children};
use tokio::runtime::{Builder, Runtime};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Printer, broken_output, still_read};
use crate::site::{name_modal, own_name};

/// The word with which this program is called to end others with their run: no command of people.
const GUARD_GROUP: &str = "guard-group";

/// So long threads that are still at work are waited for when all is told.
const THREADS: Duration = Duration::from_secs(1);

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
    match misuse::parse_words(words) {
        Ok(cli) => {
            let printer = Printer::new(cli.place.json).with_detail(cli.place.verbose);
            let end = |result: Result<Exit, Failure>| {
                end_run(
                    result.map_err(|failure| failure.named_for(&own_name(&cli), &name_modal(&cli))),
                    printer,
                )
            };
            let runtime = prepared
                .and_then(|()| build_runtime(&cli).map_err(|error| Failure::of(Exit::Io, &error)));
            match runtime {
                Ok(runtime) => {
                    let command = stop::until_stopped(commands::run(&cli, printer));
                    carry_out(runtime, command, end)
                }
                Err(failure) => end(Err(failure)),
            }
        }
        Err(error) if error.use_stderr() => misuse::misused(words, &error),
        // Help and version are results.
        Err(error) => {
            still_read(error.print());
            end_run(Ok(Exit::Done), Printer::new(false))
        }
    }
}

/// Goes on with a command, and tells its end at once: a thread that still hashes for one that was
/// stopped is not waited for before.
fn carry_out<T>(
    runtime: Runtime,
    command: impl Future<Output = T>,
    end: impl FnOnce(T) -> Exit,
) -> Exit {
    let exit = end(runtime.block_on(command));
    runtime.shutdown_timeout(THREADS);
    exit
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_end_is_told_before_a_thread_that_is_still_at_work() {
        let (told, hears) = channel();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let command = async {
            // Nobody waits for it, as for the hash of a part whose upload was stopped.
            drop(tokio::task::spawn_blocking(move || hears.recv_timeout(Duration::from_secs(20))));
        };

        let exit = carry_out(runtime, command, |()| match told.send(()) {
            Ok(()) => Exit::Interrupted,
            Err(_) => Exit::Bug,
        });

        assert_eq!(exit, Exit::Interrupted);
    }
}
