//! Starting other programs, with their output passed through.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A task that did not succeed.
pub(crate) struct Failed {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl Failed {
    /// The command line was not understood.
    pub(crate) fn usage(text: &str) -> Self {
        Self { message: text.to_owned(), code: 2 }
    }

    /// The task failed.
    pub(crate) fn new(message: String) -> Self {
        Self { message, code: 1 }
    }
}

/// Runs this very cargo.
pub(crate) fn cargo(words: &[&str]) -> Result<(), Failed> {
    run(cargo_command().args(words), &format!("cargo {}", words.join(" ")))
}

/// The same with a variable.
pub(crate) fn cargo_with(words: &[&str], (name, value): (&str, &str)) -> Result<(), Failed> {
    run(cargo_command().args(words).env(name, value), &format!("cargo {}", words.join(" ")))
}

/// Whether cargo has this subcommand.
pub(crate) fn is_installed(subcommand: &str) -> bool {
    let mut command = cargo_command();
    command.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn cargo_command() -> Command {
    Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// Runs a program to its end; its own exit code is passed on.
pub(crate) fn run(command: &mut Command, name: &str) -> Result<(), Failed> {
    let status =
        command.status().map_err(|error| Failed::new(format!("cannot start {name}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failed { message: format!("failed: {name}"), code })
}

/// Runs a program to its end; what it printed.
pub(crate) fn printed(command: &mut Command, name: &str) -> Result<Vec<u8>, Failed> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failed::new(format!("cannot start {name}: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Failed::new(format!("failed: {name}")))
}

/// Runs this very cargo; what it printed.
pub(crate) fn printed_by_cargo(words: &[&str]) -> Result<Vec<u8>, Failed> {
    printed(cargo_command().args(words), &format!("cargo {}", words.join(" ")))
}

/// The same with a variable.
pub(crate) fn printed_by_cargo_with(
    words: &[&str],
    variable: (&str, &OsStr),
) -> Result<Vec<u8>, Failed> {
    let (name, value) = variable;
    printed(cargo_command().args(words).env(name, value), &format!("cargo {}", words.join(" ")))
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

/// Tells something on standard error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
