//! Names below an open folder.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::Owner;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, FileStamp, FileTime};
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, Stat, Uid, fchown, fstat, mkdirat,
    openat, openat2, statat, syncfs,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::Links;
use crate::fault::{fault_of, kind_in_words};
use crate::reading::names_in;

/// The root of a tree, held open.
pub(super) struct TreeRoot {
    root: OwnedFd,
    pub(super) links: Links,
}

impl TreeRoot {
    pub(super) fn open(path: &Path, links: Links) -> Result<Self, Fault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, path, flags, Mode::empty()).map_err(fault_of)?;
        Ok(Self::of(root, links))
    }

    pub(super) fn of(root: OwnedFd, links: Links) -> Self {
        Self { root, links }
    }

    /// Opens a file for reading; a pipe or device does not block and is found out by its kind.
    pub(super) fn read(&self, path: &str) -> Result<OwnedFd, Fault> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match self.links {
            Links::Skip => self.beneath(path, flags).map_err(fault_of),
            Links::Follow => openat(&self.root, path, flags, Mode::empty()).map_err(fault_of),
        }
    }

    /// What lies at a path, not opened for use; `None` where nothing does.
    pub(super) fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let opened = match self.links {
            Links::Skip => self.beneath(path, flags),
            Links::Follow => openat(&self.root, path, flags, Mode::empty()),
        };
        match opened {
            Ok(handle) => fstat(handle).map(Some).map_err(fault_of),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    /// Opens the folder that a path lies in, for changes in it.
    pub(super) fn folder(&self, path: Option<&str>) -> Result<OwnedFd, Errno> {
        self.beneath(path.unwrap_or("."), OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC)
    }

    /// The same; makes the folders that are missing, each for the heir of the one above it.
    pub(super) fn make_folder(
        &self,
        path: Option<&str>,
        heir: impl Fn(&OwnedFd) -> Result<Option<Owner>, Fault>,
    ) -> Result<OwnedFd, Fault> {
        match self.folder(path) {
            Err(Errno::NOENT) => (),
            opened => return opened.map_err(fault_of),
        }
        let mut folder = self.folder(None).map_err(fault_of)?;
        for name in path.unwrap_or_default().split('/') {
            let owner = heir(&folder)?;
            let made = match mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(errno) => return Err(fault_of(errno)),
            };
            folder = enter_folder(folder.as_fd(), name).map_err(fault_of)?;
            if let Some(owner) = owner.filter(|_| made) {
                require_new(&folder)?;
                give_owner(folder.as_fd(), owner)?;
            }
        }
        Ok(folder)
    }

    /// Makes all that was written to the file system of the root survive a loss of power.
    pub(super) fn flush(&self) -> Result<(), Fault> {
        syncfs(&self.root).map_err(fault_of)
    }

    fn beneath(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        openat2(&self.root, path, flags | OFlags::NOFOLLOW, Mode::empty(), resolve)
    }
}

/// Whoever may write above can have put another folder in place of the new one: were it given away
/// with something of the caller's in it, that would be theirs.
fn require_new(folder: &OwnedFd) -> Result<(), Fault> {
    let stat = fstat(folder).map_err(fault_of)?;
    if stat.st_uid != geteuid().as_raw() || !names_in(folder)?.is_empty() {
        return Err(fault_of_disturbance("the new folder was swapped for another"));
    }
    Ok(())
}

/// Gives an open file or folder to an owner.
pub(super) fn give_owner(file: BorrowedFd<'_>, owner: Owner) -> Result<(), Fault> {
    let (user, group) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
    fchown(file, Some(user), Some(group)).map_err(fault_of)
}

/// Opens a folder in a folder; never through a link.
pub(super) fn enter_folder(
    folder: BorrowedFd<'_>,
    name: impl rustix::path::Arg,
) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty())
}

/// What lies under a name, not following a link.
pub(super) fn look_at_name(folder: BorrowedFd<'_>, name: &str) -> Result<Option<Stat>, Fault> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(fault_of(errno)),
    }
}

/// What lies under a name, following a link.
pub(super) fn follow_name(folder: BorrowedFd<'_>, name: &CStr) -> Result<Stat, Errno> {
    statat(folder, name, AtFlags::empty())
}

/// The facts of an open plain file.
pub(super) fn read_facts(file: BorrowedFd<'_>) -> Result<(FileFacts, Stat), Fault> {
    let stat = fstat(file).map_err(fault_of)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok((facts_of(&stat), stat)),
        other => Err(Fault::new(FaultKind::NotPlain, format!("it is {}", kind_in_words(other)))),
    }
}

/// The facts of a plain file.
pub(super) fn facts_of(stat: &Stat) -> FileFacts {
    let time = |seconds, nanos| {
        FileTime::new(seconds, u32::try_from(nanos).unwrap_or_default()).unwrap_or_default()
    };
    FileFacts {
        size: ByteSize(u64::try_from(stat.st_size).unwrap_or_default()),
        modified: time(stat.st_mtime, stat.st_mtime_nsec),
        stamp: FileStamp { changed: time(stat.st_ctime, stat.st_ctime_nsec), inode: stat.st_ino },
    }
}

pub(super) fn fault_of_disturbance(how: &str) -> Fault {
    Fault::new(FaultKind::Disturbed, how)
}
