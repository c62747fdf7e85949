//! Why a program gave no usable answer, and what that means.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};

use crate::gate::GateFault;

/// Why a program gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandFault {
    /// No such program.
    #[error("there is no program `{0}`")]
    NotFound(String),
    /// It may not be run.
    #[error("program `{0}` may not be run")]
    Denied(String),
    /// Somebody else may have put it there.
    #[error(transparent)]
    Distrusted(GateFault),
    /// It cannot be run in that folder.
    #[error("`{}` is not a folder that a program can run in", .0.display())]
    Directory(PathBuf),
    /// It did not finish in time, and is killed.
    #[error("program `{program}` did not finish within {limit:?}")]
    TimedOut {
        /// Its name.
        program: String,
        /// What it was given.
        limit: Duration,
    },
    /// It has ended with a failure.
    #[error("program `{program}` failed ({status}){}", shorten_complaint(.stderr))]
    Failed {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of its standard error, escaped.
        stderr: String,
    },
    /// It has printed more than 1 MiB, and is killed.
    #[error("program `{0}` prints more than 1 MiB")]
    TooMuch(String),
    /// The operating system could not start it or read from it.
    #[error("cannot run program `{program}`")]
    System {
        /// Its name.
        program: String,
        /// What was said.
        #[source]
        source: io::Error,
    },
}

/// What a program's failure means. It is never read as "nothing there" but where systemd says so.
pub(crate) fn fault_of_command(fault: CommandFault) -> Fault {
    let kind = match &fault {
        CommandFault::Denied(_) | CommandFault::Distrusted(_) => FaultKind::Denied,
        CommandFault::NotFound(_) => FaultKind::NoProgram,
        CommandFault::TimedOut { .. } | CommandFault::Directory(_) => FaultKind::Unreachable,
        CommandFault::Failed { stderr, .. } => kind_of_complaint(stderr),
        CommandFault::TooMuch(_) => FaultKind::Unreadable,
        CommandFault::System { .. } => FaultKind::Io,
    };
    match fault {
        CommandFault::System { program, source } => {
            Fault::new(kind, format!("cannot run program `{program}`: {source}"))
        }
        other => Fault::new(kind, other.to_string()),
    }
}

/// `stderr` of systemctl, journalctl and podman, in the words of systemd 257 to 262 and podman 5.
fn kind_of_complaint(stderr: &str) -> FaultKind {
    let says = |words: &[&str]| words.iter().any(|word| stderr.contains(word));
    if says(&["insufficient permissions", "ermission denied", "ccess denied", "nteractive auth"]) {
        FaultKind::Denied
    } else if says(&["Failed to connect to", "not connected", "Connection refused", "timed out"]) {
        FaultKind::Unreachable
    } else if says(&[
        ".service not found",
        ".service not loaded",
        "no such container",
        "no such secret",
    ]) {
        FaultKind::Absent
    } else {
        FaultKind::Refused
    }
}

fn shorten_complaint(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_the_programs_have_their_kind() {
        let cases = [
            ("Failed to restart nope.service: Unit nope.service not found.", FaultKind::Absent),
            ("No journal files were opened due to insufficient permissions.", FaultKind::Denied),
            (
                "Failed to connect to system scope bus via machine transport: Permission denied",
                FaultKind::Denied,
            ),
            (
                "Failed to connect to user scope bus via local transport: No such file or directory",
                FaultKind::Unreachable,
            ),
            (
                "Failed to get properties: Transport endpoint is not connected",
                FaultKind::Unreachable,
            ),
            (
                "Error: inspecting secret: no secret with name or id \"a\": no such secret",
                FaultKind::Absent,
            ),
            ("Job for a.service failed.", FaultKind::Refused),
        ];
        for (stderr, kind) in cases {
            assert_eq!(kind_of_complaint(stderr), kind, "{stderr}");
        }
        let missing = fault_of_command(CommandFault::NotFound("podman".to_owned()));
        assert_eq!(missing.kind, FaultKind::NoProgram);
    }
}
