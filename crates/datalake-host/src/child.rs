//! Work for a child of this very program that has fewer rights than root.
//!
//! Two things cannot be done safely by root itself: to read what a service user's link leads to, and
//! to have `SQLite` open a database by its path in a folder of that user. The first is done as that
//! user, the second in a root that is that folder. What the child does is in `serve_child`.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::Owner;
use rustix::process::geteuid;

use crate::fault::fault_of_io;

/// The first word of a child's command line.
pub(crate) const WORD: &str = "--child-of-datalake";

/// This very program, also after its file was replaced.
const PROGRAM: &str = "/proc/self/exe";

/// Set where this process is a program that serves as its own child.
pub(crate) static SERVES: OnceLock<()> = OnceLock::new();

/// What a child does, with an open folder as its standard input.
pub(crate) enum ChildTask<'a> {
    /// Prints what lies at a path below the folder, following links.
    ReadLinked(&'a str),
    /// Copies a database in the folder into a file of the caller's.
    CopyDatabase(&'a std::ffi::OsStr, &'a std::path::Path),
    /// Prints the keys of all assets in a database in the folder.
    PrintKeys(&'a str),
}

/// Whether root has a child do what is not safe for it; others do it themselves.
pub(crate) fn has_children() -> bool {
    geteuid().is_root() && SERVES.get().is_some()
}

/// What a child may take.
pub(crate) struct ChildBounds {
    /// How long.
    pub(crate) limit: Duration,
    /// How many bytes it may print.
    pub(crate) most: u64,
}

/// Has a child do its work, as `user` where one is given, and gives what it has printed.
pub(crate) fn run_child(
    task: &ChildTask<'_>,
    folder: OwnedFd,
    user: Option<Owner>,
    bounds: &ChildBounds,
) -> Result<Vec<u8>, Fault> {
    let ChildBounds { limit, most } = *bounds;
    let mut command = Command::new(PROGRAM);
    command.arg0("datalake").arg(WORD).env_clear().current_dir("/");
    match task {
        ChildTask::ReadLinked(path) => command.arg("read-linked").arg(path),
        ChildTask::CopyDatabase(name, to) => command.arg("copy-database").arg(name).arg(to),
        ChildTask::PrintKeys(name) => command.arg("print-keys").arg(name),
    };
    if let Some(user) = user {
        // Root's other groups go as well.
        command.gid(user.gid).uid(user.uid);
    }
    command.stdin(Stdio::from(folder)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| fault_of_io(&error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (told, answer) = channel();
    thread::spawn(move || {
        let (mut printed, mut said) = (Vec::new(), Vec::new());
        let read = stdout.map_or(Ok(0), |out| out.take(most + 1).read_to_end(&mut printed));
        let read = read.and_then(|_| {
            stderr.map_or(Ok(0), |said_by| said_by.take(4096).read_to_end(&mut said))
        });
        // Who waits no longer needs no answer.
        let _ = told.send(read.map(|_| (printed, said)));
    });
    let answer = answer.recv_timeout(limit);
    if !matches!(answer, Ok(Ok(_))) {
        let _ = child.kill();
    }
    let (printed, said) = match answer {
        Ok(read) => read.map_err(|error| fault_of_io(&error))?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            let _ = child.wait();
            return Err(Fault::new(FaultKind::Io, "it did not answer in time"));
        }
    };
    if printed.len() as u64 > most {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Fault::new(FaultKind::Unreadable, format!("it exceeds {most} bytes")));
    }
    let status = child.wait().map_err(|error| fault_of_io(&error))?;
    if status.success() {
        return Ok(printed);
    }
    let kind = kind_of(status.code().unwrap_or_default());
    Err(Fault::new(kind, crate::escape::escape_bytes(&said)))
}

/// The kinds of faults that a child tells by its exit code.
const KINDS: [FaultKind; 7] = [
    FaultKind::Io,
    FaultKind::Absent,
    FaultKind::Denied,
    FaultKind::NotPlain,
    FaultKind::Unreadable,
    FaultKind::Damaged,
    FaultKind::TooLarge,
];

/// The exit code that stands for a kind of fault.
pub(crate) fn code_of(kind: FaultKind) -> u8 {
    let place = KINDS.iter().position(|known| *known == kind).unwrap_or_default();
    u8::try_from(place + 1).unwrap_or(1)
}

fn kind_of(code: i32) -> FaultKind {
    let place = usize::try_from(code).unwrap_or_default().saturating_sub(1);
    KINDS.get(place).copied().unwrap_or(FaultKind::Io)
}
