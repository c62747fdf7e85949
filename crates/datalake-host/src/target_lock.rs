//! One run at a time on one target, whoever starts it and wherever its records lie.
//!
//! The lock is a name among the kernel's abstract sockets. Root and the service user share those
//! names, the kernel gives one back with the process that holds it, however it ends, and it says
//! which process that is. No file is made, so there is none that somebody could have put there, that
//! a rollback would find, or that a user could not write to.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use datalake_core::{Fault, FaultKind};
use datalake_engine::{Lock, LockFault};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};

use crate::escape::escaped;
use crate::fault::fault_of;

/// What all names begin with.
const NAMES: &str = "datalake/lock/";
/// As much of a command line as is looked at.
const LONGEST_COMMAND_LINE: u64 = 4096;
/// As much of a program's name as is shown.
const LONGEST_PROGRAM: usize = 64;

/// A name that is taken as long as the socket is open. Programs that are started do not inherit it.
struct TakenName {
    _held: OwnedFd,
}

impl Lock for TakenName {}

/// Takes the lock of `target`. It never waits: whoever holds it is named, and is not believed more
/// than that. `is_command` tells which words of a command line are commands of ours.
///
/// # Errors
///
/// [`LockFault::Held`] with the process that the kernel names.
pub fn lock_target(
    target: &str,
    is_command: impl Fn(&str) -> bool,
) -> Result<Box<dyn Lock>, LockFault> {
    let unusable = |errno: Errno| LockFault::Unusable(named_fault(errno));
    let name = format!("{NAMES}{target}");
    let name = SocketAddrUnix::new_abstract_name(name.as_bytes()).map_err(unusable)?;
    let socket = new_socket().map_err(unusable)?;
    match bind(&socket, &name) {
        Ok(()) => (),
        Err(Errno::ADDRINUSE) => return Err(LockFault::Held(holder_of(&name, is_command))),
        Err(errno) => return Err(unusable(errno)),
    }
    // Only a socket that listens tells whose it is.
    listen(&socket, 8).map_err(unusable)?;
    Ok(Box::new(TakenName { _held: socket }))
}

fn new_socket() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

fn named_fault(errno: Errno) -> Fault {
    let fault = fault_of(errno);
    Fault::new(FaultKind::Io, format!("the kernel gives no name to a socket: {}", fault.detail))
}

/// Who holds the lock, as far as the kernel tells.
fn holder_of(name: &SocketAddrUnix, is_command: impl Fn(&str) -> bool) -> String {
    let unknown = || "the kernel does not say which process it is".to_owned();
    // A holder that lets nobody connect is not waited for.
    let Ok(socket) = new_socket() else { return unknown() };
    if connect(&socket, name).is_err() {
        return unknown();
    }
    let credentials = tokio::net::UnixStream::from_std(UnixStream::from(socket));
    let Ok(credentials) = credentials.and_then(|stream| stream.peer_cred()) else {
        return unknown();
    };
    let user = credentials.uid();
    match credentials.pid() {
        Some(process) if process > 0 => {
            let command = command_of(process, is_command);
            let command = command.map(|text| format!(", `{text}`")).unwrap_or_default();
            format!("process {process} of user {user}{command}")
        }
        Some(_) | None => format!("a process of user {user} in another container"),
    }
}

/// Program and command of a process. Its other words may be secret, and are not shown.
fn command_of(process: i32, is_command: impl Fn(&str) -> bool) -> Option<String> {
    let file = File::open(format!("/proc/{process}/cmdline")).ok()?;
    let mut line = Vec::new();
    file.take(LONGEST_COMMAND_LINE).read_to_end(&mut line).ok()?;
    program_and_command(&line, is_command)
}

fn program_and_command(line: &[u8], is_command: impl Fn(&str) -> bool) -> Option<String> {
    let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let program = words.next()?;
    let program = Path::new(program.as_ref()).file_name()?.as_encoded_bytes();
    let program = escaped(program.get(..LONGEST_PROGRAM).unwrap_or(program));
    let command = words.find(|word| is_command(word));
    Some(
        command.map_or_else(
            || program.clone(),
            |word| format!("{program} {}", escaped(word.as_bytes())),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(target: &str) -> Result<Box<dyn Lock>, LockFault> {
        lock_target(target, |word| word == "provision")
    }

    fn own_target(name: &str) -> String {
        format!("test/{}/{name}", std::process::id())
    }

    #[tokio::test]
    async fn a_target_is_locked_once_and_the_kernel_names_the_holder() {
        let target = own_target("once");
        let held = lock(&target).unwrap();

        let Err(LockFault::Held(holder)) = lock(&target) else { panic!("it is locked twice") };
        assert!(
            holder.starts_with(&format!("process {} of user ", std::process::id())),
            "{holder}"
        );
        assert!(lock(&own_target("other")).is_ok());

        drop(held);
        assert!(lock(&target).is_ok());
    }

    #[tokio::test]
    async fn a_holder_that_lets_nobody_connect_is_not_waited_for() {
        let target = own_target("silent");
        let name =
            SocketAddrUnix::new_abstract_name(format!("{NAMES}{target}").as_bytes()).unwrap();
        let socket = new_socket().unwrap();
        bind(&socket, &name).unwrap();

        let Err(LockFault::Held(holder)) = lock(&target) else { panic!("it is not locked") };

        assert_eq!(holder, "the kernel does not say which process it is");
    }

    #[tokio::test]
    async fn a_holder_whose_queue_is_full_is_not_waited_for() {
        let target = own_target("full");
        let name =
            SocketAddrUnix::new_abstract_name(format!("{NAMES}{target}").as_bytes()).unwrap();
        let socket = new_socket().unwrap();
        bind(&socket, &name).unwrap();
        listen(&socket, 0).unwrap();
        let waiting: Vec<_> = (0..4).map(|_| new_socket().unwrap()).collect();
        for one in &waiting {
            let _ = connect(one, &name);
        }

        assert!(matches!(lock(&target), Err(LockFault::Held(_))));
    }

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let told = program_and_command(line.as_bytes(), |word| word == "provision");
        assert_eq!(told.as_deref(), Some(expected));
    }

    #[test]
    fn of_a_command_line_program_and_command_are_shown() {
        check("/usr/bin/datalake\0--state\0st\0provision\0--yes\0", "datalake provision");
        check("evil\u{1b}[2J\0--token\0secret\0", "evil\\u{1b}[2J");
        check(&"x".repeat(5000), &"x".repeat(64));
    }
}
