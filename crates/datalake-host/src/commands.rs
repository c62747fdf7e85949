//! The one place that starts a process.

mod follow;

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use datalake_core::FilledBody;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::time::timeout;

use crate::escape::escaped;

pub use follow::{follow, follow_with_input};

/// What a program may print on standard output.
const LARGEST_OUTPUT: usize = 1 << 20;

/// How much of the end of a program's standard error is kept.
const LONGEST_ERRORS: usize = 64 << 10;

/// How much of it a [`CommandFault`] tells.
const LONGEST_COMPLAINT: usize = 2 << 10;

/// What a program gets of this process's environment.
const PASSED_ON: [&str; 2] = ["HOME", "LANG"];

/// A program to be run, without a shell.
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

/// How a program has ended, and what it has printed.
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// Its standard output, which may hold secrets.
    pub stdout: FilledBody,
    /// The last 64 KiB of its standard error, which may hold secrets as well.
    pub stderr: FilledBody,
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

/// Runs a program without standard input to its end.
///
/// When it returns, the program is no more; after a fault neither is what it has started in its
/// process group.
///
/// # Errors
///
/// [`CommandFault`], also for a program that ends with a status other than 0.
pub async fn run(command: &Command) -> Result<Output, CommandFault> {
    successful(command, None).await
}

/// Runs a program with `input`, which may be secret, as its standard input; see [`run`].
///
/// # Errors
///
/// [`CommandFault`], as for [`run`]; a program that does not read all of it is none.
pub async fn run_with_input(command: &Command, input: &FilledBody) -> Result<Output, CommandFault> {
    successful(command, Some(input)).await
}

/// Runs a program without standard input to its end, whatever status it ends with.
///
/// # Errors
///
/// [`CommandFault`], as for [`run`], but never [`CommandFault::Failed`].
pub async fn run_to_end(command: &Command) -> Result<Ended, CommandFault> {
    to_its_end(command, None).await
}

/// Runs a program with `input`, which may be secret, as its standard input to its end, whatever status
/// it ends with.
///
/// # Errors
///
/// [`CommandFault`], as for [`run_to_end`]; a program that does not read all of it is none.
pub async fn run_to_end_with_input(
    command: &Command,
    input: &FilledBody,
) -> Result<Ended, CommandFault> {
    to_its_end(command, Some(input)).await
}

async fn successful(command: &Command, input: Option<&FilledBody>) -> Result<Output, CommandFault> {
    let Ended { status, stdout, stderr } = to_its_end(command, input).await?;
    if status.success() {
        return Ok(Output { stdout });
    }
    let program = escaped(command.program.as_encoded_bytes());
    let said = stderr.expose();
    let end = said.get(said.len().saturating_sub(LONGEST_COMPLAINT)..).unwrap_or_default();
    Err(CommandFault::Failed { program, status, stderr: escaped(end) })
}

async fn to_its_end(command: &Command, input: Option<&FilledBody>) -> Result<Ended, CommandFault> {
    let name = escaped(command.program.as_encoded_bytes());
    let (mut group, content) = started(command, input)?;
    let stopped = match timeout(command.limit, finish(&mut group.child, content)).await {
        Ok(Ok(ended)) => return Ok(ended),
        Ok(Err(Stopped::TooMuch)) => CommandFault::TooMuch(name),
        Ok(Err(Stopped::System(source))) => CommandFault::System { program: name, source },
        Err(_) => CommandFault::TimedOut { program: name, limit: command.limit },
    };
    group.end().await;
    Err(stopped)
}

/// The program, just started, and what it is to read.
fn started<'a>(
    command: &Command,
    input: Option<&'a FilledBody>,
) -> Result<(Group, &'a [u8]), CommandFault> {
    let mut prepared = prepared(command);
    if input.is_some() {
        prepared.stdin(Stdio::piped());
    }
    let name = escaped(command.program.as_encoded_bytes());
    let child = prepared.spawn().map_err(|error| start_fault(command, &name, error))?;
    Ok((Group { child }, input.map_or(&b""[..], FilledBody::expose)))
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

enum Stopped {
    TooMuch,
    System(io::Error),
}

/// Reads to the end of both outputs, then waits: until then the child's number stays its own.
async fn finish(child: &mut Child, input: &[u8]) -> Result<Ended, Stopped> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let stdin = child.stdin.take();
    let (stdout, stderr, ()) = tokio::try_join!(
        async { read_bounded(stdout).await },
        async { read_end(stderr, LONGEST_ERRORS).await.map_err(Stopped::System) },
        async { write_all(stdin, input).await.map_err(Stopped::System) },
    )?;
    let status = child.wait().await.map_err(Stopped::System)?;
    Ok(Ended { status, stdout: FilledBody::new(stdout), stderr: FilledBody::new(stderr) })
}

async fn write_all(stdin: Option<ChildStdin>, content: &[u8]) -> io::Result<()> {
    let Some(mut stdin) = stdin else {
        return Ok(());
    };
    match stdin.write_all(content).await {
        // It has closed its input, or has ended: its status tells what that means.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

async fn read_bounded(output: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Stopped> {
    let mut content = Vec::new();
    if let Some(output) = output {
        let mut bounded = output.take(LARGEST_OUTPUT as u64 + 1);
        bounded.read_to_end(&mut content).await.map_err(Stopped::System)?;
    }
    if content.len() > LARGEST_OUTPUT { Err(Stopped::TooMuch) } else { Ok(content) }
}

async fn read_end(output: Option<impl AsyncRead + Unpin>, longest: usize) -> io::Result<Vec<u8>> {
    let mut end = Vec::new();
    let Some(mut output) = output else {
        return Ok(end);
    };
    while output.read_buf(&mut end).await? > 0 {
        let surplus = end.len().saturating_sub(longest);
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
