//! Children that do not outlive this process, however it ends.
//!
//! A process that is killed can end nobody. So each program is started by a keeper: this very
//! executable, called with a word of its own, which starts the program in its process group, waits for
//! it and reads from a pipe, the lifeline, whose other end this process alone holds. When that end is
//! gone before the program is, the keeper kills the group: the program, what it has started there (the
//! `podman` behind `runuser`), and itself.
//!
//! The death signal of the kernel (`PR_SET_PDEATHSIG`) reaches one process only, and is forgotten where
//! a program changes its user, as `runuser` does. A descriptor of the lock that is inherited would be
//! held by podman's pause process for good.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::OnceLock;
use std::thread;

use datalake_core::Fault;
use rustix::fs::{CWD, Mode, OFlags, fcntl_setfl, openat};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

use crate::fault::{fault_of, fault_of_io};

/// The executable of this process, also where its file was replaced since.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// What the keeper says before the number of the error with which a program did not start.
const NOT_STARTED: &str = "datalake keeper: not started, error ";

/// The status with which it says so.
const NOT_STARTED_STATUS: u8 = 126;

/// The status of a program that a signal has ended which the keeper does not survive to repeat.
const SIGNALLED: u8 = 128;

/// How children are kept, once [`keep_children`] was called.
static KEPT: OnceLock<Lifeline> = OnceLock::new();

struct Lifeline {
    word: &'static str,
    reader: PipeReader,
    _writer: PipeWriter,
}

/// From now on each program is started by a keeper. The executable of this process has to call
/// [`keep_child`] with the words after `word` where that is its first one.
///
/// Without this call a program is killed with the process that started it only as long as that
/// process can still do so: not after SIGKILL.
///
/// # Errors
///
/// A [`Fault`] where there is no pipe to be had.
pub fn keep_children(word: &'static str) -> Result<(), Fault> {
    let (reader, writer) = io::pipe().map_err(|error| fault_of_io(&error))?;
    // The keeper finds this end under its number; the other one is closed in every program.
    fcntl_setfd(reader.as_fd(), FdFlags::empty()).map_err(fault_of)?;
    // A second call changes nothing.
    let _ = KEPT.set(Lifeline { word, reader, _writer: writer });
    Ok(())
}

/// The keeper's command, which the path of a program is to follow; `None` where there is none.
pub(super) fn kept_program() -> Option<tokio::process::Command> {
    let lifeline = KEPT.get()?;
    let mut keeper = tokio::process::Command::new(OWN_PROGRAM);
    keeper.arg(lifeline.word).arg(lifeline.reader.as_raw_fd().to_string());
    Some(keeper)
}

/// Why a program was not started, if its keeper says so.
pub(super) fn start_error(status: ExitStatus, stderr: &[u8]) -> Option<io::Error> {
    if KEPT.get().is_none() || status.code() != Some(i32::from(NOT_STARTED_STATUS)) {
        return None;
    }
    let said = std::str::from_utf8(stderr).ok()?.strip_prefix(NOT_STARTED)?;
    said.trim().parse().ok().map(io::Error::from_raw_os_error)
}

/// Starts a program and waits for it: the other side of [`keep_children`]. `words` are the number of
/// the lifeline, the program and its arguments. Gives the status to end with.
#[must_use]
pub fn keep_child(words: &[OsString]) -> u8 {
    let [lifeline, program, arguments @ ..] = words else { return NOT_STARTED_STATUS };
    match watch_lifeline(lifeline) {
        Ok(()) => (),
        Err(error) => return say_not_started(&error),
    }
    let child = std::process::Command::new(program).args(arguments).spawn();
    match child.and_then(|mut child| child.wait()) {
        Ok(status) => repeat_end(status),
        Err(error) => say_not_started(&error),
    }
}

/// Kills the process group when the lifeline ends; at once, where it has already.
fn watch_lifeline(number: &OsStr) -> io::Result<()> {
    let number = number.to_str().and_then(|number| number.parse::<u32>().ok());
    let number = number.ok_or(ErrorKind::InvalidInput)?;
    // Opened anew through the kernel's list: to adopt the number itself would be unsafe code.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = openat(CWD, format!("/proc/self/fd/{number}"), flags, Mode::empty())?;
    let mut lifeline = File::from(opened);
    match lifeline.read(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => (),
        Ok(_) => return Err(Errno::PIPE.into()),
        Err(error) => return Err(error),
    }
    fcntl_setfl(&lifeline, OFlags::empty())?;
    let wait = move || {
        // Nobody writes: this returns when nobody is left who could.
        let _ = lifeline.read(&mut [0]);
        let _ = kill_current_process_group(Signal::KILL);
    };
    thread::Builder::new().name("lifeline".to_owned()).spawn(wait).map(drop)
}

fn say_not_started(error: &io::Error) -> u8 {
    let number = error.raw_os_error().unwrap_or(Errno::IO.raw_os_error());
    let _ = writeln!(io::stderr().lock(), "{NOT_STARTED}{number}");
    NOT_STARTED_STATUS
}

/// Ends as the program has ended.
fn repeat_end(status: ExitStatus) -> u8 {
    if let Some(code) = status.code() {
        return u8::try_from(code).unwrap_or(NOT_STARTED_STATUS);
    }
    let number = status.signal().unwrap_or_default();
    if let Some(signal) = Signal::from_named_raw(number) {
        let _ = kill_process(getpid(), signal);
    }
    SIGNALLED.saturating_add(u8::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_program_whose_run_is_gone_is_not_started() {
        let (reader, writer) = io::pipe().unwrap();
        drop(writer);
        let number = reader.as_raw_fd();

        assert_eq!(keep_child(&words(&format!("{number} true"))), NOT_STARTED_STATUS);
        assert_eq!(keep_child(&words("x true")), NOT_STARTED_STATUS);
        assert_eq!(keep_child(&[]), NOT_STARTED_STATUS);
    }

    #[test]
    fn a_kept_program_ends_as_it_would_by_itself() {
        let (reader, writer) = io::pipe().unwrap();
        // Where this end went, the keeper would kill the tests.
        std::mem::forget(writer);
        let number = reader.as_raw_fd();

        assert_eq!(keep_child(&words(&format!("{number} true"))), 0);
        assert_eq!(keep_child(&words(&format!("{number} false"))), 1);
        assert_eq!(keep_child(&words(&format!("{number} /no/such/program"))), NOT_STARTED_STATUS);
    }
}
