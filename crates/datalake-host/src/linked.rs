//! What lies behind a link of the service user's, read with that user's rights alone.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Folder, HostPath, Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::SeenEntry;
use rustix::fs::{CWD, FileType, OFlags, ResolveFlags, fstat, openat, openat2, readlinkat};
use rustix::io::Errno;

use crate::child::{ChildBounds, ChildTask, has_children, run_child};
use crate::fault::{fault_of, fault_of_io, kind_in_words};
use crate::reading::{names_in, read_at_most};

/// The largest file that is read through a link.
const LARGEST_FILE: u64 = 1 << 20;
/// What a child may print: that, or the names in a folder.
const MOST: u64 = LARGEST_FILE + (64 << 10);
/// How long a child may take: a file system of the user's own may never answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Looks at what lies behind the links on the way to `path` below `root`, as `user` where this is
/// root. `NotPlain` tells in half a sentence what is wrong with a link.
pub(crate) fn look_through_links(
    root: OwnedFd,
    path: &HostPath,
    user: Owner,
) -> Result<SeenEntry, Fault> {
    let bytes = if has_children() {
        let bounds = ChildBounds { limit: LIMIT, most: MOST };
        run_child(&ChildTask::ReadLinked(path.as_str()), root, Some(user), &bounds)?
    } else {
        read_linked(root.as_fd(), path.as_str())?
    };
    seen_in(&bytes).ok_or_else(|| Fault::new(FaultKind::Unreadable, "no answer that makes sense"))
}

/// The work of a child: the folder is its standard input.
pub(crate) fn print_linked(path: &str) -> Result<(), Fault> {
    let answer = read_linked(std::io::stdin().as_fd(), path)?;
    std::io::stdout().write_all(&answer).map_err(|error| fault_of_io(&error))
}

/// Mode, user and group, then the content of a file or the names in a folder.
fn read_linked(root: BorrowedFd<'_>, path: &str) -> Result<Vec<u8>, Fault> {
    let below = match path.trim_start_matches('/') {
        "" => ".",
        below => below,
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let handle = open_linked(root, Path::new(below), flags).map_err(|errno| match errno {
        Errno::NOENT => missing_below(root, Path::new(below)),
        errno => unfollowed_fault(errno),
    })?;
    let stat = fstat(&handle).map_err(fault_of)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    let mut answer = format!("{} {} {}\n", stat.st_mode, stat.st_uid, stat.st_gid).into_bytes();
    match kind {
        FileType::RegularFile => answer.extend(read_at_most(File::from(handle), LARGEST_FILE)?),
        FileType::Directory => answer.extend(names_in(&handle)?.join("\0").into_bytes()),
        other => {
            let detail = format!("which is {}", kind_in_words(other));
            return Err(Fault::new(FaultKind::NotPlain, detail));
        }
    }
    Ok(answer)
}

fn open_linked(root: BorrowedFd<'_>, below: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let within = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let below = if below.as_os_str().is_empty() { Path::new(".") } else { below };
    openat2(root, below, flags | OFlags::CLOEXEC, rustix::fs::Mode::empty(), within)
}

/// Why nothing was found at a path. It is absent where the last folder on its way has no such name; a
/// link that leads nowhere is still a link, and nothing may be put there.
///
/// One open folder settles it: of several looks each could see another link or folder in the same place.
fn missing_below(root: BorrowedFd<'_>, below: &Path) -> Fault {
    let mut path = below;
    while let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
        match open_linked(root, folder, OFlags::PATH | OFlags::DIRECTORY) {
            Ok(handle) => {
                let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                match openat(&handle, name, flags, rustix::fs::Mode::empty()) {
                    Err(Errno::NOENT) => return fault_of(Errno::NOENT),
                    Ok(_) | Err(_) => break,
                }
            }
            Err(Errno::NOENT) => path = folder,
            Err(errno) => return unfollowed_fault(errno),
        }
    }
    Fault::new(FaultKind::NotPlain, "which does not exist")
}

fn unfollowed_fault(errno: Errno) -> Fault {
    let fault = fault_of(errno);
    match fault.kind {
        FaultKind::NotPlain => {
            Fault { detail: format!("which cannot be followed: {}", fault.detail), ..fault }
        }
        _ => fault,
    }
}

fn seen_in(bytes: &[u8]) -> Option<SeenEntry> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    let mut numbers = std::str::from_utf8(head).ok()?.split(' ').map(str::parse::<u32>);
    let raw = numbers.next()?.ok()?;
    let owner = Owner { uid: numbers.next()?.ok()?, gid: numbers.next()?.ok()? };
    let mode = Mode::new(raw);
    if FileType::from_raw_mode(raw) == FileType::Directory {
        let names = String::from_utf8_lossy(rest);
        let names = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        return Some(SeenEntry::Folder(Folder { mode, owner, names }));
    }
    Some(SeenEntry::File { content: FilledBody::new(rest.to_vec()), mode, owner })
}

/// Where an open file really lies on this machine.
pub(crate) fn real_path_of(handle: &impl AsFd) -> Option<PathBuf> {
    let link = format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd());
    let path = readlinkat(CWD, link, Vec::new()).ok()?;
    Some(Path::new(OsStr::from_bytes(path.as_bytes())).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// What is told of a path that an open has not found.
    #[track_caller]
    fn check(folder: &Path, below: &str, expected: FaultKind) {
        let root = File::open(folder).unwrap();
        assert_eq!(missing_below(root.as_fd(), Path::new(below)).kind, expected, "{below}");
    }

    #[test]
    fn absent_is_what_the_last_folder_on_the_way_does_not_hold() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("repo/a")).unwrap();
        symlink("repo", folder.path().join("units")).unwrap();

        check(folder.path(), "units/b", FaultKind::Absent);
        check(folder.path(), "units/b/c", FaultKind::Absent);
        check(folder.path(), "b", FaultKind::Absent);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_there() {
        let folder = tempfile::tempdir().unwrap();
        symlink("no/such/folder", folder.path().join("units")).unwrap();

        for below in ["units", "units/a", "units/a/b"] {
            check(folder.path(), below, FaultKind::NotPlain);
        }
    }

    /// A link lay in the place of `units` when the path was opened.
    #[test]
    fn what_has_come_back_meanwhile_is_not_absent() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("units/a")).unwrap();

        check(folder.path(), "units/a", FaultKind::NotPlain);
    }
}
