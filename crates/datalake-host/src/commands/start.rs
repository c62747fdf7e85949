//! A program's start, in a process group of its own.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Stdio;

use datalake_core::secret::FilledBody;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

use super::warden::Warden;
use super::{CommandFault, ProgramCall};
use crate::escape::escape_bytes;
use crate::gate::{TrustedUsers, clear_program, cleared_environment, cleared_path};

/// What a program gets of this process's environment.
const PASSED_ON: [&str; 1] = ["HOME"];

/// The locale of every program: what one says in another language has another kind here.
const LOCALE: [(&str, &str); 1] = [("LC_ALL", "C.UTF-8")];

/// The program, just started, and what it is to read.
pub(super) fn start_program<'a>(
    command: &ProgramCall,
    input: Option<&'a FilledBody>,
) -> Result<(ProcessGroup, &'a [u8]), CommandFault> {
    let trusted = TrustedUsers::of_process();
    let program = clear_program(&command.program, &trusted).map_err(CommandFault::Distrusted)?;
    let mut prepared = prepare_program(command, &program, &trusted);
    if input.is_some() {
        prepared.stdin(Stdio::piped());
    }
    let name = escape_bytes(command.program.as_encoded_bytes());
    let unguarded = |source| CommandFault::System { program: name.clone(), source };
    let warden = Warden::start().map_err(unguarded)?;
    // A group of its own, or the one that its warden leads.
    let group = warden.as_ref().and_then(Warden::group);
    prepared.process_group(Pid::as_raw(group));
    let child = prepared.spawn().map_err(|error| start_fault(command, &name, error))?;
    Ok((ProcessGroup { child, warden }, input.map_or(&b""[..], FilledBody::expose)))
}

fn prepare_program(
    command: &ProgramCall,
    program: &OsStr,
    trusted: &TrustedUsers,
) -> tokio::process::Command {
    let mut prepared = tokio::process::Command::new(program);
    prepared.args(&command.arguments).current_dir(&command.directory).env_clear();
    prepared.env("PATH", cleared_path(trusted));
    let own = PASSED_ON.iter().filter_map(|name| Some((OsString::from(name), env::var_os(name)?)));
    let given = command.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
    let all = own.chain(given);
    prepared.envs(all.filter(|(name, value)| cleared_environment(name, value, trusted)));
    prepared.envs(LOCALE);
    prepared.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    prepared.kill_on_drop(true);
    prepared
}

fn start_fault(command: &ProgramCall, name: &str, error: io::Error) -> CommandFault {
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
    let path = cleared_path(&TrustedUsers::of_process());
    // A path that is absolute already stays itself.
    // What may not be looked at may be there: named by its path, it is denied and not absent.
    let unknown = Path::new(program).components().count() > 1;
    env::split_paths(&path).any(|folder| folder.join(program).try_exists().unwrap_or(unknown))
}

/// A child in a process group of its own; dropped before its end, the whole group is killed.
pub(super) struct ProcessGroup {
    pub(super) child: Child,
    /// The leader of the group, where it is not the child itself.
    warden: Option<Warden>,
}

impl ProcessGroup {
    fn kill(&self) {
        // The number is that of the group as long as the child is not reaped, and `None` after.
        let Some(number) = self.child.id().and_then(|id| i32::try_from(id).ok()) else { return };
        let group = match &self.warden {
            Some(warden) => warden.group(),
            None => Pid::from_raw(number),
        };
        if let Some(group) = group {
            // Whoever is gone already needs no signal.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    pub(super) async fn end(&mut self) {
        self.kill();
        // Takes it off the system's list, too. Whoever is gone already cannot be killed again.
        let _ = self.child.kill().await;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}
