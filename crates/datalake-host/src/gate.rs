//! The gate: what somebody else may have put there is judged before it is read, run or written to.
//!
//! Specs, credentials, state folders and programs are reached part by part from `/`. Each folder and
//! the file itself have to belong to a trusted user, and nobody else may be able to write to them. So
//! nobody who is not trusted can exchange any of them between the look and the use either.

mod advice;
mod environment;
mod fault;
mod groups;
mod interpreter;
mod judge;
mod namespace;
mod programs;
mod trusted;
mod walk;

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, OFlags, Stat};

use crate::fault::fault_of;
use crate::reading::read_at_most;

pub use environment::{judge_code_file, judge_code_folder, judge_python};
pub use fault::GateFault;
pub use judge::{Distrust, DistrustReason};
pub use programs::judge_program;
pub(crate) use programs::{clear_program, cleared_environment, cleared_path};
pub use trusted::{TrustedUsers, distrust_user};

use judge::{PartRole, judge_part};
use walk::{GateWalk, Missing};

/// Reads a plain file of at most `limit` bytes, if it stands the judgement.
///
/// # Errors
///
/// [`GateFault`]; `Absent` where there is no such file, whoever the folders above belong to.
pub fn read_trusted_file(
    path: &Path,
    limit: u64,
    trusted: &TrustedUsers,
) -> Result<Vec<u8>, GateFault> {
    let (file, _) = open_trusted_file(path, trusted)?;
    read_at_most(file, limit).map_err(|fault| GateFault::Unusable(path.to_owned(), fault))
}

/// Opens a plain file for reading, if it stands the judgement. A pipe or device does not block.
pub(crate) fn open_trusted_file(
    path: &Path,
    trusted: &TrustedUsers,
) -> Result<(File, Stat), GateFault> {
    let found = GateWalk::to(path, trusted, Missing::Fails)?;
    match FileType::from_raw_mode(found.stat.st_mode) {
        FileType::RegularFile => (),
        other => return Err(GateFault::NotPlain(found.path, other)),
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let (handle, stat) = found.open(flags)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => (),
        other => return Err(GateFault::NotPlain(found.path, other)),
    }
    judge_part(&found.path, handle.as_fd(), &stat, PartRole::Target).require_trusted(trusted)?;
    Ok((File::from(handle), stat))
}

/// Opens a folder, if it stands the judgement.
pub(crate) fn open_trusted_folder(
    path: &Path,
    trusted: &TrustedUsers,
) -> Result<OwnedFd, GateFault> {
    folder_at(path, trusted, Missing::Fails)
}

/// Judges what a timer would use: files, programs, and the folder of records, if it is there. Whoever calls
/// `sudo` now is not there then.
///
/// # Errors
///
/// [`GateFault`] for what somebody else may have put there, or an absent file or program.
pub fn judge_unattended(files: &[&str], programs: &[&str], folder: &str) -> Result<(), GateFault> {
    let trusted = TrustedUsers::trust_unattended();
    for file in files {
        open_trusted_file(Path::new(file), &trusted)?;
    }
    for program in programs {
        if program.starts_with('/') {
            GateWalk::to(Path::new(program), &trusted, Missing::Fails)?;
        }
        judge_program(OsStr::new(program), &trusted)?;
    }
    match open_trusted_folder(Path::new(folder), &trusted) {
        Ok(_) | Err(GateFault::Absent(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// The same; folders that are missing are made first, each for the caller alone.
pub(crate) fn make_trusted_folder(
    path: &Path,
    trusted: &TrustedUsers,
) -> Result<OwnedFd, GateFault> {
    folder_at(path, trusted, Missing::IsMade)
}

fn folder_at(path: &Path, trusted: &TrustedUsers, missing: Missing) -> Result<OwnedFd, GateFault> {
    let found = GateWalk::to(path, trusted, missing)?;
    match FileType::from_raw_mode(found.stat.st_mode) {
        FileType::Directory => Ok(found.handle),
        other => Err(GateFault::NotPlain(found.path, other)),
    }
}

/// The fault of the system at a path.
fn judge_errno(path: &Path, errno: rustix::io::Errno) -> GateFault {
    GateFault::Unusable(path.to_owned(), fault_of(errno))
}
