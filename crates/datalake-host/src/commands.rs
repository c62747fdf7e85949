//! The one place that starts a process.

mod converse;
mod fault;
mod follow;
mod open_program;
mod piped;
mod start;
mod warden;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::time::timeout;

use self::open_program::JudgeEnd;
use self::start::start_program;
use crate::escape::escape_bytes;

pub(crate) use converse::KeptProgram;
pub use fault::CommandFault;
pub(crate) use fault::fault_of_command;
pub use follow::{follow_program, follow_with_input};
pub(crate) use piped::FedProgram;
pub use warden::{guard_group, keep_children};

/// What a program may print on standard output.
const LARGEST_OUTPUT: usize = 1 << 20;

/// How much of the end of a program's standard error is kept.
const LONGEST_ERRORS: usize = 64 << 10;

/// How much of it a [`CommandFault`] tells.
const LONGEST_COMPLAINT: usize = 2 << 10;

/// A program to be run, without a shell.
///
/// Its environment is `PATH` (its absolute folders only) and `HOME` of this process, what is given
/// here, and `LC_ALL=C.UTF-8`. It runs in a process group of its own, so it cannot ask on the terminal.
#[derive(Debug, Clone)]
pub struct ProgramCall {
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
pub struct ProgramEnd {
    /// Its status.
    pub status: ExitStatus,
    /// Its standard output, which may hold secrets.
    pub stdout: FilledBody,
    /// The last 64 KiB of its standard error, which may hold secrets as well.
    pub stderr: FilledBody,
}

/// Runs a program without standard input to its end.
///
/// When it returns, the program is no more; after a fault neither is what it has started in its
/// process group.
///
/// # Errors
///
/// [`CommandFault`], also for a program that ends with a status other than 0.
pub async fn run_program(command: &ProgramCall) -> Result<Output, CommandFault> {
    require_success(command, None).await
}

/// Runs a program with `input`, which may be secret, as its standard input; see [`run_program`].
///
/// # Errors
///
/// [`CommandFault`], as for [`run_program`]; a program that does not read all of it is none.
pub async fn run_with_input(
    command: &ProgramCall,
    input: &FilledBody,
) -> Result<Output, CommandFault> {
    require_success(command, Some(input)).await
}

/// Runs a program without standard input to its end, whatever status it ends with.
///
/// # Errors
///
/// [`CommandFault`], as for [`run_program`], but never [`CommandFault::Failed`].
pub async fn run_to_end(command: &ProgramCall) -> Result<ProgramEnd, CommandFault> {
    to_its_end(command, None).await
}

/// Runs a program with `input`, which may be secret, as its standard input to its end, whatever status
/// it ends with.
///
/// # Errors
///
/// [`CommandFault`], as for [`run_to_end`]; a program that does not read all of it is none.
pub async fn run_to_end_with_input(
    command: &ProgramCall,
    input: &FilledBody,
) -> Result<ProgramEnd, CommandFault> {
    to_its_end(command, Some(input)).await
}

/// What a program without standard input has printed, or what its failure means.
pub(crate) async fn read_answer(command: &ProgramCall) -> Result<FilledBody, Fault> {
    run_program(command).await.map(|output| output.stdout).map_err(fault_of_command)
}

async fn require_success(
    command: &ProgramCall,
    input: Option<&FilledBody>,
) -> Result<Output, CommandFault> {
    let ProgramEnd { status, stdout, stderr } = to_its_end(command, input).await?;
    if status.success() {
        return Ok(Output { stdout });
    }
    let program = escape_bytes(command.program.as_encoded_bytes());
    let said = stderr.expose();
    let end = said.get(said.len().saturating_sub(LONGEST_COMPLAINT)..).unwrap_or_default();
    Err(CommandFault::Failed { program, status, stderr: escape_bytes(end) })
}

async fn to_its_end(
    command: &ProgramCall,
    input: Option<&FilledBody>,
) -> Result<ProgramEnd, CommandFault> {
    let name = escape_bytes(command.program.as_encoded_bytes());
    let (mut group, content) = start_program(command, input)?;
    let stopped = match timeout(command.limit, read_to_end(&mut group.child, content)).await {
        Ok(Ok(ended)) => return Ok(ended),
        Ok(Err(ReadingStop::TooMuch)) => CommandFault::TooMuch(name),
        Ok(Err(ReadingStop::System(source))) => CommandFault::System { program: name, source },
        Err(_) => CommandFault::TimedOut { program: name, limit: command.limit },
    };
    group.end().await;
    Err(stopped)
}

enum ReadingStop {
    TooMuch,
    System(io::Error),
}

/// Reads to the end of both outputs, then waits: until then the child's number stays its own.
async fn read_to_end(child: &mut Child, input: &[u8]) -> Result<ProgramEnd, ReadingStop> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let stdin = child.stdin.take();
    let (stdout, stderr, ()) = tokio::try_join!(
        async { read_bounded(stdout).await },
        async { read_end(stderr, LONGEST_ERRORS).await.map_err(ReadingStop::System) },
        async { write_all(stdin, input).await.map_err(ReadingStop::System) },
    )?;
    let status = child.wait().await.map_err(ReadingStop::System)?;
    Ok(ProgramEnd { status, stdout: FilledBody::new(stdout), stderr: FilledBody::new(stderr) })
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

/// Writes to a program that is asked more later.
async fn write_line(stdin: &mut Option<ChildStdin>, line: &[u8]) -> io::Result<()> {
    let Some(input) = stdin else { return Ok(()) };
    let written = async {
        input.write_all(line).await?;
        input.write_all(b"\n").await?;
        input.flush().await
    };
    match written.await {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

async fn read_bounded(output: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, ReadingStop> {
    let mut content = Vec::new();
    if let Some(output) = output {
        let mut bounded = output.take(LARGEST_OUTPUT as u64 + 1);
        bounded.read_to_end(&mut content).await.map_err(ReadingStop::System)?;
    }
    if content.len() > LARGEST_OUTPUT { Err(ReadingStop::TooMuch) } else { Ok(content) }
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
