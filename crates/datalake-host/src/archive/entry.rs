//! A folder's entries, reached from an open folder and never through a link.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use datalake_core::fault::Fault;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use rustix::io::Errno;

use crate::fault::fault_of;

/// An entry of a folder.
pub(super) struct ArchiveEntry {
    pub(super) name: CString,
    pub(super) stat: Stat,
    pub(super) kind: FileType,
}

pub(super) fn open_folder(folder: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Fault> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty()).map_err(fault_of)
}

/// Opens a file to read it; a pipe does not block.
pub(super) fn open_file(folder: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Fault> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty()).map_err(fault_of)
}

/// What a link says.
pub(super) fn read_link(folder: BorrowedFd<'_>, name: &CStr) -> Result<CString, Fault> {
    readlinkat(folder, name, Vec::new()).map_err(fault_of)
}

/// The entries of a folder by name; one that went meanwhile is none.
pub(super) fn list_entries(folder: &OwnedFd) -> Result<Vec<ArchiveEntry>, Fault> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder).map_err(fault_of)? {
        let name = entry.map_err(fault_of)?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    names.sort();
    let mut entries = Vec::new();
    for name in names {
        match statat(folder.as_fd(), &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                let kind = FileType::from_raw_mode(stat.st_mode);
                entries.push(ArchiveEntry { name, stat, kind });
            }
            Err(Errno::NOENT) => (),
            Err(errno) => return Err(fault_of(errno)),
        }
    }
    Ok(entries)
}
