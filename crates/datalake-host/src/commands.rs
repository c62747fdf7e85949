//! The one place that starts a process.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use datalake_core::FilledBody;
use datalake_engine::LineSink;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::time::timeout;

use crate::escape::escaped;

/// What a program may print on standard output.
const LARGEST_OUTPUT: usize = 1 << 20;

/// How much of the end of a program's complaints is kept.
const LONGEST_COMPLAINT: usize = 2 << 10;

/// A line that is longer is handed over in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// What a program gets of this process's environment.
const PASSED_ON: [&str; 2] = ["HOME", "LANG"];

/// A program to be run, without a shell and without standard input.
///
/// Its environment is `PATH` (its absolute folders only), `HOME` and `LANG` of this process, and
/// what is given here. It runs in a process group of its own, so it cannot ask on the terminal.
#[derive(Debug, Clone)]
pub struct Command {
    /// A name to be found in `PATH`, or a path.
    pub program: OsString,
    /// The arguments; never a secret, for everyone on the machine can read them.
    pub arguments: Vec<OsString>,
    /// Variables besides those passed on; they win over them.
    pub environment: BTreeMap<OsString, OsString>,
    /// The working folder.
    pub directory: PathBuf,
    /// When the program and those it has started are killed.
    pub limit: Duration,
}

/// What a program that succeeded has printed.
pub struct Output {
    /// Its standard output, which may hold secrets.
    pub stdout: FilledBody,
}

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
    /// It cannot be run in that folder.
    #[error("`{}` is no folder to run a program in", .0.display())]
    Directory(PathBuf),
    /// It has not ended in time, and is killed.
    #[error("program `{program}` has not ended within {limit:?}")]
    TimedOut {
        /// Its name.
        program: String,
        /// What it was given.
        limit: Duration,
    },
    /// It has ended with a failure.
    #[error("program `{program}` failed ({status}){}", complaint(.stderr))]
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

/// Runs a program to its end.
///
/// When it returns, the program is no more; after a fault neither is what it has started in its
/// process group.
///
/// # Errors
///
/// [`CommandFault`], also for a program that ends with a status other than 0.
pub async fn run(command: &Command) -> Result<Output, CommandFault> {
    let name = escaped(command.program.as_encoded_bytes());
    let child = prepared(command).spawn().map_err(|error| start_fault(command, &name, error))?;
    let mut group = Group { child };
    match timeout(command.limit, finish(&mut group.child)).await {
        Ok(Ok(Ended { status, stdout, .. })) if status.success() => {
            Ok(Output { stdout: FilledBody::new(stdout) })
        }
        Ok(Ok(Ended { status, stderr, .. })) => {
            Err(CommandFault::Failed { program: name, status, stderr: escaped(&stderr) })
        }
        Ok(Err(stopped)) => {
            group.end().await;
            Err(match stopped {
                Stopped::TooMuch => CommandFault::TooMuch(name),
                Stopped::System(source) => CommandFault::System { program: name, source },
            })
        }
        Err(_) => {
            group.end().await;
            Err(CommandFault::TimedOut { program: name, limit: command.limit })
        }
    }
}

/// Runs a program and hands its standard output to `sink` line by line, until it ends or `sink`
/// says `false`. It has no limit of time: dropping the call ends the program, too.
///
/// # Errors
///
/// [`CommandFault`], also for a program that ends with a status other than 0 by itself.
pub async fn follow(command: &Command, sink: LineSink<'_>) -> Result<(), CommandFault> {
    let name = escaped(command.program.as_encoded_bytes());
    let child = prepared(command).spawn().map_err(|error| start_fault(command, &name, error))?;
    let mut group = Group { child };
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let outputs = tokio::try_join!(hand_over(stdout, sink), async {
        read_end(stderr).await.map_err(Ending::System)
    });
    let ended = match outputs {
        Ok(((), stderr)) => group.child.wait().await.map(|status| (status, stderr)),
        Err(Ending::Enough) => {
            group.end().await;
            return Ok(());
        }
        Err(Ending::System(source)) => Err(source),
    };
    match ended {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, stderr)) => {
            Err(CommandFault::Failed { program: name, status, stderr: escaped(&stderr) })
        }
        Err(source) => {
            group.end().await;
            Err(CommandFault::System { program: name, source })
        }
    }
}

fn prepared(command: &Command) -> tokio::process::Command {
    let mut prepared = tokio::process::Command::new(&command.program);
    prepared.args(&command.arguments).current_dir(&command.directory).env_clear();
    prepared.env("PATH", absolute_folders(&env::var_os("PATH").unwrap_or_default()));
    prepared.envs(PASSED_ON.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    prepared.envs(&command.environment);
    prepared.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    prepared.process_group(0).kill_on_drop(true);
    prepared
}

/// `path` without its relative folders, in which anyone may have put a program.
fn absolute_folders(path: &OsStr) -> OsString {
    let folders = env::split_paths(path).filter(|folder| folder.is_absolute());
    env::join_paths(folders).unwrap_or_default()
}

fn start_fault(command: &Command, name: &str, error: io::Error) -> CommandFault {
    if !command.directory.is_dir() {
        return CommandFault::Directory(command.directory.clone());
    }
    match error.kind() {
        io::ErrorKind::NotFound => CommandFault::NotFound(name.to_owned()),
        // One folder of `PATH` that may not be searched makes "denied" of a name that is nowhere.
        io::ErrorKind::PermissionDenied if !is_anywhere(&command.program) => {
            CommandFault::NotFound(name.to_owned())
        }
        io::ErrorKind::PermissionDenied => CommandFault::Denied(name.to_owned()),
        _ => CommandFault::System { program: name.to_owned(), source: error },
    }
}

fn is_anywhere(program: &OsStr) -> bool {
    let path = absolute_folders(&env::var_os("PATH").unwrap_or_default());
    // A path that is absolute already stays itself.
    env::split_paths(&path).any(|folder| folder.join(program).exists())
}

fn complaint(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}

/// A child that leads a process group; dropped before its end, the whole group is killed.
struct Group {
    child: Child,
}

impl Group {
    fn kill(&self) {
        // The number is that of the group as long as the child is not reaped, and `None` after.
        let number = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = number.and_then(Pid::from_raw) {
            // Whoever is gone already needs no signal.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    async fn end(&mut self) {
        self.kill();
        // Takes it off the system's list, too. Whoever is gone already cannot be killed again.
        let _ = self.child.kill().await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Ended {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

enum Stopped {
    TooMuch,
    System(io::Error),
}

/// Why no more lines are handed over.
enum Ending {
    Enough,
    System(io::Error),
}

async fn hand_over(
    output: Option<impl AsyncRead + Unpin>,
    sink: LineSink<'_>,
) -> Result<(), Ending> {
    let Some(mut output) = output else {
        return Ok(());
    };
    let mut buffer = Vec::new();
    while output.read_buf(&mut buffer).await.map_err(Ending::System)? > 0 {
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            hand(line.strip_suffix(b"\n").unwrap_or(&line), sink)?;
        }
        if buffer.len() > LONGEST_LINE {
            hand(&std::mem::take(&mut buffer), sink)?;
        }
    }
    if buffer.is_empty() { Ok(()) } else { hand(&buffer, sink) }
}

fn hand(line: &[u8], sink: LineSink<'_>) -> Result<(), Ending> {
    if sink(line) { Ok(()) } else { Err(Ending::Enough) }
}

/// Reads to the end of both outputs, then waits: until then the child's number stays its own.
async fn finish(child: &mut Child) -> Result<Ended, Stopped> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(async { read_bounded(stdout).await }, async {
        read_end(stderr).await.map_err(Stopped::System)
    },)?;
    let status = child.wait().await.map_err(Stopped::System)?;
    Ok(Ended { status, stdout, stderr })
}

async fn read_bounded(output: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Stopped> {
    let mut content = Vec::new();
    if let Some(output) = output {
        let mut bounded = output.take(LARGEST_OUTPUT as u64 + 1);
        bounded.read_to_end(&mut content).await.map_err(Stopped::System)?;
    }
    if content.len() > LARGEST_OUTPUT { Err(Stopped::TooMuch) } else { Ok(content) }
}

async fn read_end(output: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut end = Vec::new();
    let Some(mut output) = output else {
        return Ok(end);
    };
    while output.read_buf(&mut end).await? > 0 {
        let surplus = end.len().saturating_sub(LONGEST_COMPLAINT);
        end.drain(..surplus);
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_looked_for_in_absolute_folders_only() {
        assert_eq!(absolute_folders(OsStr::new("/a:.:b/c::/d")), "/a:/d");
        assert_eq!(absolute_folders(OsStr::new("")), "");
    }
}
