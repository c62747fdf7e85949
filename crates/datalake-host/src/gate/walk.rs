//! The way to a path, part by part, each of them judged.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, fsync, mkdirat, openat, readlinkat};
use rustix::io::Errno;

use super::fault::GateFault;
use super::judge::{PartRole, judge_part};
use super::judge_errno;
use super::trusted::TrustedUsers;
use crate::fault::fault_of_io;

/// So many links are followed, as by the kernel.
const MOST_LINKS: usize = 40;

/// What becomes of a folder that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// There is nothing at the path.
    Fails,
    /// It is made, for the caller alone.
    IsMade,
}

/// What lies at the end, opened but not for use.
pub(super) struct GatedPath {
    /// Where it lies, without links.
    pub(super) path: PathBuf,
    pub(super) handle: OwnedFd,
    pub(super) stat: Stat,
    folder: Option<OwnedFd>,
}

/// A walk from `/`.
pub(super) struct GateWalk<'a> {
    trusted: &'a TrustedUsers,
    missing: Missing,
    /// The folders that were entered, `/` first.
    above: Vec<EnteredFolder>,
    left: VecDeque<OsString>,
    links: usize,
    /// What was not trusted on the way. It counts as soon as something is there.
    doubt: Option<GateFault>,
}

struct EnteredFolder {
    handle: OwnedFd,
    path: PathBuf,
}

impl GateWalk<'_> {
    /// Goes to a path, which counts from the folder that this process is in.
    ///
    /// # Errors
    ///
    /// [`GateFault`]; `Absent` where nothing is at the path, whoever the folders above belong to.
    pub(super) fn to(
        path: &Path,
        trusted: &TrustedUsers,
        missing: Missing,
    ) -> Result<GatedPath, GateFault> {
        let whole = std::path::absolute(path).map_err(|error| match error.kind() {
            // The folder that this process is in is gone, and with it all that was in it.
            ErrorKind::NotFound => GateFault::Absent(path.to_owned()),
            _ => GateFault::Unusable(path.to_owned(), fault_of_io(&error)),
        })?;
        let mut walk = GateWalk {
            trusted,
            missing,
            above: Vec::new(),
            left: VecDeque::new(),
            links: 0,
            doubt: None,
        };
        walk.begin_at_root()?;
        walk.prepend(&whole);
        walk.finish()
    }

    fn finish(mut self) -> Result<GatedPath, GateFault> {
        while let Some(name) = self.left.pop_front() {
            if name == ".." {
                if self.above.len() > 1 {
                    self.above.pop();
                }
                continue;
            }
            if let Some(found) = self.enter(&name)? {
                return match self.doubt {
                    None => Ok(found),
                    Some(doubt) => Err(doubt),
                };
            }
        }
        self.end_at_folder()
    }

    /// The path ends with a folder that was entered.
    fn end_at_folder(mut self) -> Result<GatedPath, GateFault> {
        let Some(EnteredFolder { handle, path }) = self.above.pop() else {
            return Err(GateFault::Absent(PathBuf::from("/")));
        };
        let stat = fstat(&handle).map_err(|errno| judge_errno(&path, errno))?;
        judge_part(&path, handle.as_fd(), &stat, PartRole::Target).require_trusted(self.trusted)?;
        match self.doubt {
            None => Ok(GatedPath { path, handle, stat, folder: None }),
            Some(doubt) => Err(doubt),
        }
    }

    /// Goes one name on; gives what is there where the path ends with it and it is no folder.
    fn enter(&mut self, name: &OsStr) -> Result<Option<GatedPath>, GateFault> {
        let (handle, path) = self.open(name)?;
        let stat = fstat(&handle).map_err(|errno| judge_errno(&path, errno))?;
        let role = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => PartRole::Above,
            FileType::Symlink => PartRole::Link,
            _ => PartRole::Target,
        };
        // A folder at the end is judged once more as what it is there.
        let judged = judge_part(&path, handle.as_fd(), &stat, role).require_trusted(self.trusted);
        if let Err(fault) = judged {
            self.doubt.get_or_insert(fault);
        }
        match role {
            PartRole::Above => self.above.push(EnteredFolder { handle, path }),
            PartRole::Link => self.follow(&handle, &path)?,
            PartRole::Target if self.left.is_empty() => {
                let folder = self.above.pop().map(|level| level.handle);
                return Ok(Some(GatedPath { path, handle, stat, folder }));
            }
            // Nothing can be below a file.
            PartRole::Target => return Err(GateFault::Absent(path)),
        }
        Ok(None)
    }

    /// Opens a name, not for use; makes the folder that is missing where that is wanted.
    fn open(&self, name: &OsStr) -> Result<(OwnedFd, PathBuf), GateFault> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Some(folder) = self.above.last() else {
            return Err(GateFault::Absent(PathBuf::from(name)));
        };
        let path = folder.path.join(name);
        match openat(&folder.handle, name, flags, Mode::empty()) {
            Ok(handle) => return Ok((handle, path)),
            Err(Errno::NOENT) if self.missing == Missing::Fails => {
                return Err(GateFault::Absent(path));
            }
            Err(Errno::NOENT) => (),
            Err(errno) => {
                return Err(self.doubt.clone().unwrap_or_else(|| judge_errno(&path, errno)));
            }
        }
        if let Some(doubt) = &self.doubt {
            return Err(doubt.clone());
        }
        let failed = |errno| judge_errno(&path, errno);
        match mkdirat(&folder.handle, name, Mode::from_raw_mode(0o700)) {
            // Another process was quicker: its folder is judged like any other.
            Ok(()) | Err(Errno::EXIST) => (),
            Err(errno) => return Err(failed(errno)),
        }
        flush_folder(&folder.handle).map_err(failed)?;
        Ok((openat(&folder.handle, name, flags, Mode::empty()).map_err(failed)?, path))
    }

    /// Goes on where a link says, unless somebody else may have said it.
    fn follow(&mut self, link: &OwnedFd, path: &Path) -> Result<(), GateFault> {
        if let Some(doubt) = &self.doubt {
            return Err(doubt.clone());
        }
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(judge_errno(path, Errno::LOOP));
        }
        let target = readlinkat(link, "", Vec::new()).map_err(|errno| judge_errno(path, errno))?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            self.above.truncate(1);
        }
        self.prepend(&target);
        Ok(())
    }

    fn prepend(&mut self, path: &Path) {
        for part in path.components().rev() {
            match part {
                Component::Normal(name) => self.left.push_front(name.to_owned()),
                Component::ParentDir => self.left.push_front(OsString::from("..")),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => (),
            }
        }
    }

    fn begin_at_root(&mut self) -> Result<(), GateFault> {
        let path = PathBuf::from("/");
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = openat(CWD, &path, flags, Mode::empty());
        let handle = handle.map_err(|errno| judge_errno(&path, errno))?;
        let stat = fstat(&handle).map_err(|errno| judge_errno(&path, errno))?;
        let judged = judge_part(&path, handle.as_fd(), &stat, PartRole::Above);
        self.doubt = judged.require_trusted(self.trusted).err();
        self.above.push(EnteredFolder { handle, path });
        Ok(())
    }
}

impl GatedPath {
    /// Opens it for use; what is opened may be another thing by now, so its facts come along.
    pub(super) fn open(&self, flags: OFlags) -> Result<(OwnedFd, Stat), GateFault> {
        let failed = |errno| judge_errno(&self.path, errno);
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (Some(folder), Some(name)) = (&self.folder, self.path.file_name()) else {
            return Err(failed(Errno::ISDIR));
        };
        let handle = openat(folder, name.as_bytes(), flags, Mode::empty()).map_err(failed)?;
        let stat = fstat(&handle).map_err(failed)?;
        Ok((handle, stat))
    }
}

/// Makes what has changed in a folder survive a loss of power.
fn flush_folder(folder: &OwnedFd) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fsync(openat(folder, ".", flags, Mode::empty())?) {
        // Some network file systems have nothing to flush for a folder.
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(errno) => Err(errno),
    }
}
