//! Everything below one folder, reached without following a symbolic link.

use datalake_engine::ListedLinks;
use std::fs::File;
use std::iter;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::{HostPath, InvalidPath};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::fault::{fault_of, not_plain};
use crate::linked::real_path_of;
use crate::place::HeldPath;
use crate::way::{FolderAtEnd, LinkRules, go_to_folder, target_of};

/// A folder held open. A [`HostPath`] here counts from this folder.
///
/// No link is followed but those of the host's own root, in folders that only it can write, and
/// never below the service user's home.
pub(crate) struct Root {
    handle: OwnedFd,
    /// What stands before a path in a message.
    prefix: String,
    /// The folder below which no link is followed, whoever has made it.
    closed: OnceLock<HostPath>,
}

impl Root {
    /// Opens the folder at `path`, which may lead through symbolic links: it is the operator's word.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = openat(CWD, path, flags, Mode::empty()).map_err(fault_of)?;
        Ok(Self::of_handle(handle))
    }

    /// A folder that was opened already.
    pub(crate) fn of_handle(handle: OwnedFd) -> Self {
        Self { handle, prefix: String::new(), closed: OnceLock::new() }
    }

    /// Opens the folder that the operator names, following nobody's links but root's and the
    /// caller's own.
    pub(crate) fn open_named(path: &Path) -> Result<Self, WayFault> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = |path: &str| {
            openat(CWD, path, flags, Mode::empty())
                .map_err(|errno| WayFault::At { path: path.to_owned(), fault: fault_of(errno) })
        };
        let caller = geteuid().as_raw();
        let rules = LinkRules {
            trusted: &[0, caller],
            is_exclusive: caller == 0,
            closed: &[],
            follows_last: true,
            listed: &[],
            heirs: &|_| false,
        };
        let arrival = go_to_folder(path, &opened("/")?, &opened(".")?, &rules)?;
        Ok(Self::of_handle(arrival.handle).shown_below(path))
    }

    /// Nothing below `folder` is reached through a link from now on.
    pub(crate) fn close_below(&self, folder: &HostPath) {
        // Whoever asks for a second one has the same service user.
        let _ = self.closed.set(folder.clone());
    }

    /// The folder at `path` as a root of its own.
    pub(crate) fn enter(&self, path: &HostPath) -> Result<Self, Fault> {
        let handle = self.handle_of(path, OFlags::PATH | OFlags::DIRECTORY)?;
        let prefix = format!("{}{path}", self.prefix);
        Ok(Self { prefix: prefix.trim_end_matches('/').to_owned(), ..Self::of_handle(handle) })
    }

    /// The folder itself, open for listing.
    pub(crate) fn reopened(&self) -> Result<OwnedFd, Fault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(&self.handle, ".", flags, Mode::empty()).map_err(fault_of)
    }

    /// What stands before a path in a message.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where the folder really lies.
    pub(crate) fn real_path(&self) -> PathBuf {
        real_path_of(&self.handle).unwrap_or_else(|| PathBuf::from(&self.prefix))
    }

    /// The path of a folder without a link in it.
    pub(crate) fn resolve(
        &self,
        path: &HostPath,
        ways: &ListedLinks<'_>,
    ) -> Result<HostPath, WayFault> {
        let trusted = self.trusted()?;
        let rules = LinkRules {
            trusted: &trusted,
            is_exclusive: true,
            closed: ways.closed,
            follows_last: false,
            listed: ways.listed,
            heirs: &|owner| ways.owners.includes_user(owner),
        };
        let arrival = self.go(path, &rules)?;
        self.plain_path(&arrival)
    }

    fn go(&self, path: &HostPath, rules: &LinkRules<'_>) -> Result<FolderAtEnd, WayFault> {
        go_to_folder(Path::new(path.as_str()), &self.handle, &self.handle, rules)
    }

    fn plain_path(&self, arrival: &FolderAtEnd) -> Result<HostPath, WayFault> {
        let text = arrival.path.to_string_lossy();
        let text = if text.is_empty() { "/" } else { &text };
        let unfit = |error: InvalidPath| {
            let fault = Fault::new(FaultKind::Unreadable, error.to_string());
            WayFault::At { path: text.to_owned(), fault }
        };
        text.parse().map_err(unfit)
    }

    /// Whose links count as those of the host's own root: of a pretend host its owner's, who calls.
    fn trusted(&self) -> Result<Vec<u32>, WayFault> {
        let stat = self.stat();
        let stat = stat.map_err(|fault| WayFault::At { path: self.prefix.clone(), fault })?;
        let caller = geteuid().as_raw();
        Ok(if stat.st_uid == caller { vec![0, caller] } else { vec![0] })
    }

    /// The same path where root's own links do not stand in the way, as far as it is there.
    fn beside_own_links(&self, path: &HostPath) -> Option<HostPath> {
        let closed: Vec<_> = self.closed.get().into_iter().cloned().collect();
        let trusted = self.trusted().ok()?;
        let rules = LinkRules {
            trusted: &trusted,
            is_exclusive: true,
            closed: &closed,
            follows_last: true,
            listed: &[],
            heirs: &|_| false,
        };
        let mut names = vec![path.file_name().to_owned()];
        let mut folder = path.parent()?;
        let arrival = loop {
            match self.go(&folder, &rules) {
                Ok(arrival) => break arrival,
                Err(WayFault::At { fault, .. }) if fault.kind == FaultKind::Absent => {
                    names.push(folder.file_name().to_owned());
                    folder = folder.parent()?;
                }
                Err(_) => return None,
            }
        };
        let start = self.plain_path(&arrival).ok()?;
        names.iter().rev().try_fold(start, |plain, name| plain.join(name).ok())
    }

    /// The same folder; its messages show paths with `prefix` before them.
    pub(crate) fn shown_below(self, prefix: &Path) -> Self {
        Self { prefix: prefix.display().to_string().trim_end_matches('/').to_owned(), ..self }
    }

    /// What is known of the folder itself.
    pub(crate) fn stat(&self) -> Result<Stat, Fault> {
        fstat(&self.handle).map_err(fault_of)
    }

    /// What kind of file lies at `path`. Nothing is opened for use, so no device wakes up.
    pub(crate) fn kind(&self, path: &HostPath) -> Result<FileType, Fault> {
        self.raw_kind(path).map_err(|errno| self.fault_at(path, errno))
    }

    /// What is known of what lies at `path`. Nothing is opened for use.
    pub(crate) fn stat_at(&self, path: &HostPath) -> Result<Stat, Fault> {
        let handle = self.raw_handle(path, OFlags::PATH);
        handle.and_then(fstat).map_err(|errno| self.fault_at(path, errno))
    }

    /// Opens a plain file; `flags` say what for.
    pub(crate) fn open_file(&self, path: &HostPath, flags: OFlags) -> Result<(File, Stat), Fault> {
        match self.kind(path)? {
            FileType::RegularFile => (),
            other => return Err(self.not_plain(path, other)),
        }
        // The file may have been swapped since: a pipe must not block here.
        let handle = self.handle_of(path, flags | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let stat = fstat(&handle).map_err(fault_of)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok((File::from(handle), stat)),
            other => Err(self.not_plain(path, other)),
        }
    }

    /// Opens a plain file, which is made first where there is none.
    pub(crate) fn open_or_create(&self, path: &HostPath, flags: OFlags) -> Result<File, Fault> {
        match self.open_file(path, flags) {
            Ok((file, _)) => return Ok(file),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => return Err(fault),
        }
        match self.place(path)?.create_file(flags) {
            // Another process was quicker: its file is the file.
            Err(fault) if fault.kind == FaultKind::Disturbed => {
                self.open_file(path, flags).map(|(file, _)| file)
            }
            created => created,
        }
    }

    /// Opens a folder for listing and flushing.
    pub(crate) fn open_folder(&self, path: &HostPath) -> Result<OwnedFd, Fault> {
        self.handle_of(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// Opens the folder that holds `path`.
    pub(crate) fn place<'a>(&self, path: &'a HostPath) -> Result<HeldPath<'a>, Fault> {
        let Some(parent) = path.parent() else {
            return Err(self.not_plain(path, FileType::Directory));
        };
        Ok(HeldPath { folder: self.open_folder(&parent)?, path, prefix: self.prefix.clone() })
    }

    /// The same for a removal: without its folder there is nothing to remove.
    pub(crate) fn place_if_any<'a>(
        &self,
        path: &'a HostPath,
    ) -> Result<Option<HeldPath<'a>>, Fault> {
        match self.place(path) {
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            place => place.map(Some),
        }
    }

    /// Says that `path` is of a kind that cannot be used as asked.
    pub(crate) fn not_plain(&self, path: &HostPath, kind: FileType) -> Fault {
        let fault = not_plain(format_args!("{}{path}", self.prefix), kind);
        if kind != FileType::Symlink {
            return fault;
        }
        let node = self.raw_handle(path, OFlags::PATH).ok();
        match node.as_ref().and_then(target_of) {
            Some(target) => Fault { detail: format!("{} to `{target}`", fault.detail), ..fault },
            None => fault,
        }
    }

    fn handle_of(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, Fault> {
        self.raw_handle(path, flags).map_err(|errno| self.fault_at(path, errno))
    }

    fn raw_handle(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        match self.plain_handle(path, flags) {
            Err(Errno::LOOP) => match self.beside_own_links(path) {
                Some(plain) => self.plain_handle(&plain, flags),
                None => Err(Errno::LOOP),
            },
            opened => opened,
        }
    }

    fn plain_handle(&self, path: &HostPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        let below = match path.as_str().trim_start_matches('/') {
            "" => ".",
            below => below,
        };
        let beneath =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat2(&self.handle, below, flags, Mode::empty(), beneath)
    }

    fn raw_kind(&self, path: &HostPath) -> Result<FileType, Errno> {
        let stat = fstat(self.raw_handle(path, OFlags::PATH)?)?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    /// The link that keeps from `path`, if one does, and where it leads.
    pub(crate) fn link_on_the_way(&self, path: &HostPath) -> Option<(HostPath, String)> {
        // What lies behind root's own links is reached: they are no hindrance.
        if !matches!(self.raw_kind(path), Ok(FileType::Symlink) | Err(Errno::LOOP)) {
            return None;
        }
        let mut parts = iter::successors(Some(path.clone()), HostPath::parent);
        let link = parts.find(|part| self.raw_kind(part) == Ok(FileType::Symlink))?;
        let node = self.raw_handle(&link, OFlags::PATH).ok()?;
        target_of(&node).map(|target| (link, target))
    }

    /// The fault of `errno` at `path`, naming the part of the path that is no folder.
    fn fault_at(&self, path: &HostPath, errno: Errno) -> Fault {
        let fault = fault_of(errno);
        if fault.kind != FaultKind::NotPlain {
            return fault;
        }
        let mut parts: Vec<_> = iter::successors(Some(path.clone()), HostPath::parent).collect();
        parts.reverse();
        let kinds = parts.into_iter().map_while(|part| Some((self.raw_kind(&part).ok()?, part)));
        match kinds.filter(|(kind, _)| *kind != FileType::Directory).last() {
            Some((kind, part)) => self.not_plain(&part, kind),
            None => fault,
        }
    }
}
