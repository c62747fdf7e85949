//! What lies behind a link of the service user's, read with that user's rights alone.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use datalake_core::{Fault, FaultKind, FilledBody, Folder, HostPath, Mode, Owner};
use datalake_engine::Seen;
use rustix::fs::{CWD, FileType, OFlags, ResolveFlags, fstat, openat2, readlinkat};

use crate::child::{ChildBounds, ChildTask, has_children, run_child};
use crate::fault::{fault_of, fault_of_io, kind_in_words};
use crate::root::{names_in, read_at_most};

/// The largest file that is read through a link.
const LARGEST_FILE: u64 = 1 << 20;
/// What a child may print: that, or the names in a folder.
const MOST: u64 = LARGEST_FILE + (64 << 10);
/// How long a child may take: a file system of the user's own may never answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Looks at what lies behind the links on the way to `path` below `root`, as `user` where this is
/// root.
pub(crate) fn look_through_links(
    root: OwnedFd,
    path: &HostPath,
    user: Owner,
) -> Result<Seen, Fault> {
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
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let within = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let handle = openat2(root, below, flags, rustix::fs::Mode::empty(), within);
    let handle = handle.map_err(fault_of)?;
    let stat = fstat(&handle).map_err(fault_of)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    let mut answer = format!("{} {} {}\n", stat.st_mode, stat.st_uid, stat.st_gid).into_bytes();
    match kind {
        FileType::RegularFile => answer.extend(read_at_most(File::from(handle), LARGEST_FILE)?),
        FileType::Directory => answer.extend(names_in(&handle)?.join("\0").into_bytes()),
        other => {
            let detail = format!("the link leads to {}", kind_in_words(other));
            return Err(Fault::new(FaultKind::NotPlain, detail));
        }
    }
    Ok(answer)
}

fn seen_in(bytes: &[u8]) -> Option<Seen> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    let mut numbers = std::str::from_utf8(head).ok()?.split(' ').map(str::parse::<u32>);
    let raw = numbers.next()?.ok()?;
    let owner = Owner { uid: numbers.next()?.ok()?, gid: numbers.next()?.ok()? };
    let mode = Mode::new(raw);
    if FileType::from_raw_mode(raw) == FileType::Directory {
        let names = String::from_utf8_lossy(rest);
        let names = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        return Some(Seen::Folder(Folder { mode, owner, names }));
    }
    Some(Seen::File { content: FilledBody::new(rest.to_vec()), mode, owner })
}

/// Where an open file really lies on this machine.
pub(crate) fn real_path_of(handle: &impl AsFd) -> Option<PathBuf> {
    let link = format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd());
    let path = readlinkat(CWD, link, Vec::new()).ok()?;
    Some(Path::new(OsStr::from_bytes(path.as_bytes())).to_owned())
}
