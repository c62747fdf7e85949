//! Credentials read from a file, or from an open descriptor.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use datalake_core::fault::Fault;
use datalake_core::host::Mode;
use datalake_core::secret::FilledBody;
use rustix::fs::{CWD, FileType, OFlags, Stat, fcntl_setfl, fstat, openat};
use rustix::io::Errno;

use crate::fault::{fault_of, kind_in_words};
use crate::gate::{GateFault, TrustedUsers, open_trusted_file};
use crate::reading::read_at_most;

/// The largest content that is read.
const LARGEST: u64 = 64 << 10;

/// The first descriptor that is not standard input, output or error.
const FIRST_FREE: i32 = 3;

/// Why credentials cannot be taken from a file or descriptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileFault {
    /// Others than the owner may use it, or someone may run it.
    #[error("mode {0} is wider than 0600")]
    TooWide(Mode),
    /// Someone else could have put it there.
    #[error("it belongs to user {0}, neither to this one nor to root")]
    ForeignOwner(u32),
    /// Somebody else may have put it there, or may exchange it.
    #[error(transparent)]
    Distrusted(GateFault),
    /// It is a symbolic link, a folder or a device.
    #[error("it is {0}, where a plain file is needed")]
    NotPlain(&'static str),
    /// Standard input, output and error hold no credentials.
    #[error("descriptor {0} is taken: use 3 or higher")]
    ReservedDescriptor(i32),
    /// It cannot be opened or read, or exceeds 64 KiB.
    #[error("cannot read it")]
    Unreadable(#[source] Fault),
}

/// Reads a file of mode 0600 or narrower that stands the judgement of the gate.
///
/// The way to the file may lead through symbolic links of trusted users, the file itself must not be
/// one.
///
/// # Errors
///
/// [`SecretFileFault`], without the content of the file.
pub fn read_secret_file(path: &Path) -> Result<FilledBody, SecretFileFault> {
    // Looked at before it is opened, so that no device wakes up.
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let looked_at = open_secret_file(path, flags | OFlags::PATH)?;
    require_file(&stat_of(&looked_at)?)?;
    let trusted = TrustedUsers::of_process();
    let (file, stat) = open_trusted_file(path, &trusted).map_err(|fault| match fault {
        GateFault::Distrusted(_) => SecretFileFault::Distrusted(fault),
        fault => SecretFileFault::Unreadable(fault.as_fault()),
    })?;
    require_private(&stat, &trusted)?;
    read_content(file.into())
}

/// Judges a file of credentials that need not be read now.
///
/// # Errors
///
/// [`GateFault`]; `Absent` where there is no such file.
pub fn judge_secret_file(path: &Path, trusted: &TrustedUsers) -> Result<(), GateFault> {
    open_trusted_file(path, trusted).map(drop)
}

/// Reads what the caller's parent has opened as descriptor `number`: a pipe or a file.
///
/// A file is read from its beginning. One that has a name needs to be as private as for
/// [`read_secret_file`].
///
/// # Errors
///
/// [`SecretFileFault`]; a number that is not open is `Unreadable`.
pub fn read_secret_descriptor(number: i32) -> Result<FilledBody, SecretFileFault> {
    if number < FIRST_FREE {
        return Err(SecretFileFault::ReservedDescriptor(number));
    }
    // Opened anew through the kernel's list: to adopt the number itself would be unsafe code.
    let path = format!("/proc/self/fd/{number}");
    let looked_at = open_secret_file(Path::new(&path), OFlags::PATH | OFlags::CLOEXEC)?;
    let stat = stat_of(&looked_at)?;
    let kind = kind_of(&stat);
    if kind != FileType::Fifo {
        require_file(&stat)?;
        // Without a name (a here-document, a memfd) nobody else can open it.
        if stat.st_nlink > 0 {
            require_private(&stat, &TrustedUsers::of_process())?;
        }
    }
    // A named pipe without a writer must not block the opening, an empty one should the reading.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let handle = open_secret_file(Path::new(&path), flags)?;
    fcntl_setfl(&handle, OFlags::empty()).map_err(judge_errno)?;
    read_content(handle)
}

fn open_secret_file(path: &Path, flags: OFlags) -> Result<OwnedFd, SecretFileFault> {
    match openat(CWD, path, flags, rustix::fs::Mode::empty()) {
        Ok(handle) => Ok(handle),
        Err(Errno::LOOP) => Err(SecretFileFault::NotPlain(kind_in_words(FileType::Symlink))),
        Err(errno) => Err(judge_errno(errno)),
    }
}

fn read_content(handle: OwnedFd) -> Result<FilledBody, SecretFileFault> {
    let content = read_at_most(File::from(handle), LARGEST);
    content.map(FilledBody::new).map_err(SecretFileFault::Unreadable)
}

fn require_file(stat: &Stat) -> Result<(), SecretFileFault> {
    match kind_of(stat) {
        FileType::RegularFile => Ok(()),
        other => Err(SecretFileFault::NotPlain(kind_in_words(other))),
    }
}

fn require_private(stat: &Stat, trusted: &TrustedUsers) -> Result<(), SecretFileFault> {
    let mode = Mode::new(stat.st_mode);
    if mode.bits() & !Mode::PRIVATE.bits() != 0 {
        return Err(SecretFileFault::TooWide(mode));
    }
    if !trusted.has_user(stat.st_uid) {
        return Err(SecretFileFault::ForeignOwner(stat.st_uid));
    }
    Ok(())
}

fn stat_of(handle: &OwnedFd) -> Result<Stat, SecretFileFault> {
    fstat(handle).map_err(judge_errno)
}

fn kind_of(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

fn judge_errno(errno: Errno) -> SecretFileFault {
    SecretFileFault::Unreadable(fault_of(errno))
}
