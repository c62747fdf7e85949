//! What a child of this very program does: the other side of `child`.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use datalake_core::fault::{Fault, FaultKind};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::archive::{copy_confined_database, print_confined_keys};
use crate::child::{SERVES, WORD, code_of};
use crate::linked::print_linked;

/// Serves as a child where the words of the command line say so. Programs that use this crate call
/// it first of all; those that do not, do the same work without a child.
pub fn serve_child(words: &[OsString]) -> Option<ExitCode> {
    if words.get(1).is_none_or(|word| word != WORD) {
        let _ = SERVES.set(());
        return None;
    }
    // It ends with the run that needs its answer.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let done = match (words.get(2).and_then(|task| task.to_str()), words.get(3), words.get(4)) {
        (Some("read-linked"), Some(path), None) => print_linked(&path.to_string_lossy()),
        (Some("copy-database"), Some(name), Some(to)) => copy_confined_database(name, to.as_ref()),
        (Some("print-keys"), Some(name), None) => print_confined_keys(name),
        _ => Err(Fault::new(FaultKind::Unsupported, "no work for a child")),
    };
    match done {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(fault) => {
            let kind = code_of(fault.kind);
            let _ = std::io::stderr().write_all(fault.detail.as_bytes());
            Some(ExitCode::from(kind))
        }
    }
}
