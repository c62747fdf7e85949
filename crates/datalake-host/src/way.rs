//! A way through folders on which each link is judged before it is followed.
//!
//! Every part is opened from the folder before it, so whoever swaps a part meanwhile leads nobody
//! astray: a link is followed only after its owner and the owner of its folder were looked at.

use std::collections::VecDeque;
use std::ffi::{CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::HostPath;
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat, readlinkat};
use rustix::io::Errno;

use crate::escape::escape_bytes;
use crate::fault::{fault_of, kind_in_words};

/// So many links may stand on one way, as in the kernel.
const MOST_LINKS: u32 = 40;

/// Which links may be followed.
pub(crate) struct LinkRules<'a> {
    /// Users whose links are followed, in folders of theirs.
    pub(crate) trusted: &'a [u32],
    /// Whether these folders must be closed to all other writers.
    pub(crate) is_exclusive: bool,
    /// Below these folders nothing but a listed link is followed.
    pub(crate) closed: &'a [HostPath],
    /// Whether the last part may be such a link.
    pub(crate) follows_last: bool,
    /// Links that the operator has listed.
    pub(crate) listed: &'a [HostPath],
    /// To whom the target of a listed link may belong.
    pub(crate) heirs: &'a dyn Fn(u32) -> bool,
}

/// A folder at the end of a way.
pub(crate) struct FolderAtEnd {
    /// The folder, open to be entered.
    pub(crate) handle: OwnedFd,
    /// The way to it without a link, from the start.
    pub(crate) path: PathBuf,
}

/// What is still to be gone.
enum Leg {
    /// A name, and how many parts of the path that was asked for count up to it.
    Part(Vec<u8>, usize),
    /// The end of a listed link's target.
    Judge { link: String, target: String, is_own: bool },
}

struct PassedFolder {
    name: Vec<u8>,
    handle: OwnedFd,
    stat: Stat,
}

/// A walk from folder to folder.
struct LinkWalk<'a> {
    rules: &'a LinkRules<'a>,
    root: &'a OwnedFd,
    asked: Vec<Vec<u8>>,
    legs: VecDeque<Leg>,
    stages: Vec<PassedFolder>,
    links: u32,
}

/// Goes to the folder at `path`. An absolute path, and an absolute link, count from `root`; a
/// relative one from `here`.
pub(crate) fn go_to_folder(
    path: &Path,
    root: &OwnedFd,
    here: &OwnedFd,
    rules: &LinkRules<'_>,
) -> Result<FolderAtEnd, WayFault> {
    let bytes = path.as_os_str().as_bytes();
    let start = if bytes.starts_with(b"/") { root } else { here };
    let asked: Vec<Vec<u8>> = split_path(bytes).map(<[u8]>::to_vec).collect();
    let legs = asked.iter().enumerate().map(|(at, name)| Leg::Part(name.clone(), at + 1));
    let legs = legs.collect();
    let mut walk = LinkWalk { rules, root, asked, legs, stages: Vec::new(), links: 0 };
    walk.begin_at(start)?;
    while let Some(leg) = walk.legs.pop_front() {
        match leg {
            Leg::Part(name, at) => walk.go_on(&name, at)?,
            Leg::Judge { link, target, is_own } => walk.judge_target(link, target, is_own)?,
        }
    }
    walk.arrive()
}

fn split_path(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

impl LinkWalk<'_> {
    fn begin_at(&mut self, folder: &OwnedFd) -> Result<(), WayFault> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = openat(folder, ".", flags, Mode::empty());
        let handle = handle.map_err(|errno| self.at(b"", errno))?;
        let stat = fstat(&handle).map_err(|errno| self.at(b"", errno))?;
        self.stages.clear();
        self.stages.push(PassedFolder { name: Vec::new(), handle, stat });
        Ok(())
    }

    fn go_on(&mut self, name: &[u8], at: usize) -> Result<(), WayFault> {
        if name == b".." {
            return self.go_up();
        }
        let Some(here) = self.stages.last() else { return Ok(()) };
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let node = openat(&here.handle, name, flags, Mode::empty());
        let node = node.map_err(|errno| self.at(name, errno))?;
        let stat = fstat(&node).map_err(|errno| self.at(name, errno))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.stages.push(PassedFolder { name: name.to_vec(), handle: node, stat });
                Ok(())
            }
            FileType::Symlink => {
                self.follow(name, at, &PassedFolder { name: name.to_vec(), handle: node, stat })
            }
            kind => {
                let fault =
                    Fault::new(FaultKind::NotPlain, format!("it is {}", kind_in_words(kind)));
                Err(WayFault::At { path: self.shown(name), fault })
            }
        }
    }

    /// The folder above. Above the root there is the root; above the working folder its parent.
    fn go_up(&mut self) -> Result<(), WayFault> {
        if self.stages.len() > 1 && self.stages.last().is_some_and(|stage| stage.name != b"..") {
            self.stages.pop();
            return Ok(());
        }
        let Some(here) = self.stages.last() else { return Ok(()) };
        let root = fstat(self.root).map_err(|errno| self.at(b"..", errno))?;
        if (root.st_dev, root.st_ino) == (here.stat.st_dev, here.stat.st_ino) {
            return Ok(());
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(&here.handle, "..", flags, Mode::empty());
        let handle = handle.map_err(|errno| self.at(b"..", errno))?;
        let stat = fstat(&handle).map_err(|errno| self.at(b"..", errno))?;
        self.stages.push(PassedFolder { name: b"..".to_vec(), handle, stat });
        Ok(())
    }

    fn follow(&mut self, name: &[u8], at: usize, found: &PassedFolder) -> Result<(), WayFault> {
        let PassedFolder { handle, stat, .. } = found;
        let target: CString =
            readlinkat(handle, c"", Vec::new()).map_err(|errno| self.at(name, errno))?;
        let target = target.into_bytes();
        let (link, shown) = (self.shown(name), escape_bytes(&target));
        self.links += 1;
        let is_listed = self.is_listed(name, at);
        if self.links > MOST_LINKS || !(is_listed || self.is_trusted(stat, at)) {
            return Err(WayFault::Link { link, target: shown });
        }
        if is_listed {
            let is_own = self.rules.trusted.contains(&stat.st_uid);
            self.legs.push_front(Leg::Judge { link, target: shown, is_own });
        }
        for part in split_path(&target).collect::<Vec<_>>().into_iter().rev() {
            self.legs.push_front(Leg::Part(part.to_vec(), at));
        }
        if target.starts_with(b"/") { self.begin_at(self.root) } else { Ok(()) }
    }

    /// Whether the operator has listed the link, by the path that was asked for or its real one.
    fn is_listed(&self, name: &[u8], at: usize) -> bool {
        let asked = self.asked_up_to(at);
        let real = self.real(name);
        let is = |listed: &HostPath| {
            let listed = listed.as_str().as_bytes();
            listed == asked || listed == real
        };
        self.rules.listed.iter().any(is)
    }

    fn is_trusted(&self, stat: &Stat, at: usize) -> bool {
        let Some(folder) = self.stages.last() else { return false };
        if at >= self.asked.len() && !self.rules.follows_last {
            return false;
        }
        let asked = self.asked_up_to(at);
        let is_below = |closed: &HostPath| {
            let rest = asked.strip_prefix(closed.as_str().trim_end_matches('/').as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        let trusts = |owner: u32| self.rules.trusted.contains(&owner);
        trusts(stat.st_uid)
            && trusts(folder.stat.st_uid)
            && !(self.rules.is_exclusive && others_write(&folder.stat))
            && !self.rules.closed.iter().any(is_below)
    }

    fn judge_target(&self, link: String, target: String, is_own: bool) -> Result<(), WayFault> {
        let Some(here) = self.stages.last() else { return Ok(()) };
        let owner = here.stat.st_uid;
        // What is root's is reached by a link of root's alone: another one can be turned anywhere.
        if (self.rules.heirs)(owner) || (is_own && self.rules.trusted.contains(&owner)) {
            return Ok(());
        }
        Err(WayFault::Foreign { link, target, owner })
    }

    fn arrive(mut self) -> Result<FolderAtEnd, WayFault> {
        let path = self.real(b"");
        match self.stages.pop() {
            Some(last) => Ok(FolderAtEnd {
                handle: last.handle,
                path: PathBuf::from(OsStr::from_bytes(&path)),
            }),
            None => Err(self.at(b"", Errno::NOENT)),
        }
    }

    fn asked_up_to(&self, at: usize) -> Vec<u8> {
        let mut path = Vec::new();
        for part in self.asked.iter().take(at) {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        path
    }

    /// The way so far and a name, each part after a `/`.
    fn real(&self, name: &[u8]) -> Vec<u8> {
        let mut path = Vec::new();
        let names = self.stages.iter().map(|stage| stage.name.as_slice());
        for part in names.chain([name]).filter(|part| !part.is_empty()) {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        path
    }

    fn shown(&self, name: &[u8]) -> String {
        let path = escape_bytes(&self.real(name));
        if path.is_empty() { "/".to_owned() } else { path }
    }

    fn at(&self, name: &[u8], errno: Errno) -> WayFault {
        WayFault::At { path: self.shown(name), fault: fault_of(errno) }
    }
}

/// Whether more than its owner can change what lies in a folder.
fn others_write(folder: &Stat) -> bool {
    let by_group = folder.st_mode & 0o020 != 0 && folder.st_gid != 0;
    by_group || folder.st_mode & 0o002 != 0
}

/// Where a link leads, fit for a terminal; `None` where it is none.
pub(crate) fn target_of(node: &OwnedFd) -> Option<String> {
    readlinkat(node, c"", Vec::new()).ok().map(|target| escape_bytes(target.as_bytes()))
}
