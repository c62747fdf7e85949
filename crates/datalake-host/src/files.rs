//! The managed host's files.

use std::fs::File;
use std::iter::successors;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::{Folder, HostPath, Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::{
    Checkpoints, Files, ListedLinks, NewFile, PathStanding, SeenEntry, SeenKind,
};
use rustix::fs::{Access, AtFlags, FileType, OFlags, Stat, accessat, fstat, fstatvfs};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::fault::{fault_of, too_large};
use crate::linked::look_through_links;
use crate::reading::{names_in, read_at_most};
use crate::root::Root;

/// The largest file that [`Files::look`] reads.
const LARGEST_FILE: u64 = 1 << 20;
/// So often a link is followed to read what it leads to.
const MOST_LINKED: u32 = 200;

/// The files below one folder: `/` on a real host, any other folder for a pretend one.
///
/// A file that has a second name (a hard link) counts as not plain: changing it here would leave
/// the other name behind, or show what the folder's owner could not read.
pub struct HostFiles {
    root: Root,
    checkpoints: Arc<dyn Checkpoints>,
    /// The service user, and the folders in which its links are followed to be read.
    reader: OnceLock<(Owner, Vec<HostPath>)>,
    /// How often that was done: each time takes a child.
    through_links: AtomicU32,
}

impl HostFiles {
    /// Opens the folder that stands for `/`; the way to it may lead through symbolic links.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no such folder, or no access to it.
    pub fn open(root: &Path, checkpoints: Arc<dyn Checkpoints>) -> Result<Self, Fault> {
        Ok(Self::of(Root::open(root)?, checkpoints))
    }

    fn of(root: Root, checkpoints: Arc<dyn Checkpoints>) -> Self {
        let (reader, through_links) = (OnceLock::new(), AtomicU32::new(0));
        Self { root, checkpoints, reader, through_links }
    }

    /// What lies behind a link, where links are read; else the fault that it is one.
    fn look_behind(&self, path: &HostPath, fault: Fault) -> Result<SeenEntry, Fault> {
        let Some((user, folders)) = self.reader.get() else { return Err(fault) };
        let is_below = |folder: &HostPath| {
            let rest = path.as_str().strip_prefix(folder.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !folders.iter().any(is_below) || self.root.link_on_the_way(path).is_none() {
            return Err(fault);
        }
        if self.through_links.fetch_add(1, Ordering::Relaxed) >= MOST_LINKED {
            let detail = format!("{}; too many links to look behind all of them", fault.detail);
            return Err(Fault { detail, ..fault });
        }
        let seen = self.root.reopened().and_then(|root| look_through_links(root, path, *user));
        seen.map_err(|missing| match missing.kind {
            FaultKind::Absent => missing,
            FaultKind::NotPlain => {
                Fault { detail: format!("{}, {}", fault.detail, missing.detail), ..fault }
            }
            _ => Fault { detail: format!("{}: {}", fault.detail, missing.detail), ..missing },
        })
    }

    /// Opens the folder that the operator names. Links on the way to it are followed where they, and
    /// the folders that they lie in, belong to root or to the caller.
    ///
    /// # Errors
    ///
    /// [`WayFault`] for a link of somebody else, and where there is no such folder.
    pub fn open_named(path: &Path, checkpoints: Arc<dyn Checkpoints>) -> Result<Self, WayFault> {
        Ok(Self::of(Root::open_named(path)?, checkpoints))
    }

    /// The folder at `path`, which no link leads to, as a host of its own: paths count from it.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no such folder.
    pub fn enter(&self, path: &HostPath) -> Result<Self, Fault> {
        Ok(Self::of(self.root.enter(path)?, Arc::clone(&self.checkpoints)))
    }

    /// Opens a plain file for reading, however long it is.
    ///
    /// # Errors
    ///
    /// A [`Fault`] for anything else.
    pub fn open_file(&self, path: &HostPath) -> Result<File, Fault> {
        self.root.open_file(path, OFlags::RDONLY).map(|(file, _)| file)
    }

    /// To whom the folder itself belongs.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the system does not tell.
    pub fn owner(&self) -> Result<Owner, Fault> {
        self.root.stat().map(|stat| owner_of(&stat))
    }

    /// The mode of the folder itself.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the system does not tell.
    pub fn mode(&self) -> Result<Mode, Fault> {
        self.root.stat().map(|stat| Mode::new(stat.st_mode))
    }

    /// Where the folder itself really lies on this machine.
    #[must_use]
    pub fn real_path(&self) -> PathBuf {
        self.root.real_path()
    }

    /// The folder itself, open for listing.
    pub(crate) fn reopened(&self) -> Result<OwnedFd, Fault> {
        self.root.reopened()
    }

    /// How the folder itself is called in messages.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.root.prefix()
    }

    /// A name of a folder that is the same however one comes to it, and that no other one on this
    /// machine has.
    ///
    /// # Errors
    ///
    /// A [`Fault`] as of [`Files::look`].
    pub fn identify_folder(&self, path: &HostPath) -> Result<String, Fault> {
        let stat = fstat(self.root.open_folder(path)?).map_err(fault_of)?;
        Ok(format!("{:x}-{:x}", stat.st_dev, stat.st_ino))
    }

    fn look_at_file(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        let (file, stat) = self.root.open_file(path, OFlags::RDONLY)?;
        if stat.st_nlink > 1 {
            let shown = format!("{}{path}", self.root.prefix());
            let text = format!("`{shown}` has another name too: it is a hard link");
            return Err(Fault::new(FaultKind::NotPlain, text));
        }
        let content = read_at_most(file, LARGEST_FILE).map_err(|fault| match fault.kind {
            FaultKind::TooLarge => {
                too_large(format_args!("`{}{path}`", self.root.prefix()), LARGEST_FILE)
            }
            _ => fault,
        });
        let content = FilledBody::new(content?);
        Ok(SeenEntry::File { content, mode: Mode::new(stat.st_mode), owner: owner_of(&stat) })
    }

    fn look_at_folder(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        let handle = self.root.open_folder(path)?;
        let stat = fstat(&handle).map_err(fault_of)?;
        let names = names_in(&handle)?.into_iter().collect();
        Ok(SeenEntry::Folder(Folder {
            mode: Mode::new(stat.st_mode),
            owner: owner_of(&stat),
            names,
        }))
    }
}

impl Files for HostFiles {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        match self.look_in_place(path) {
            Err(fault) if fault.kind == FaultKind::NotPlain => self.look_behind(path, fault),
            seen => seen,
        }
    }

    fn look_in_place(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        match self.root.kind(path)? {
            FileType::RegularFile => self.look_at_file(path),
            FileType::Directory => self.look_at_folder(path),
            other => Err(self.root.not_plain(path, other)),
        }
    }

    fn look_at_kind(&self, path: &HostPath) -> Result<PathStanding, Fault> {
        let stat = self.root.stat_at(path)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => SeenKind::File,
            FileType::Directory => SeenKind::Folder,
            _ => SeenKind::Other,
        };
        Ok(PathStanding { kind, mode: Mode::new(stat.st_mode), owner: owner_of(&stat) })
    }

    fn is_file(&self, path: &HostPath) -> Result<bool, Fault> {
        match self.root.kind(path)? {
            FileType::RegularFile => Ok(true),
            FileType::Directory => Ok(false),
            other => Err(self.root.not_plain(path, other)),
        }
    }

    fn link_target(&self, path: &HostPath) -> Option<String> {
        let (link, target) = self.root.link_on_the_way(path)?;
        (link == *path).then_some(target)
    }

    fn resolve(&self, path: &HostPath, ways: &ListedLinks<'_>) -> Result<HostPath, WayFault> {
        self.root.resolve(path, ways)
    }

    fn link_on_the_way(&self, path: &HostPath) -> Option<(HostPath, String)> {
        self.root.link_on_the_way(path)
    }

    fn read_links_as(&self, user: Owner, folders: Vec<HostPath>) {
        // Whoever asks for a second one has the same service user.
        let _ = self.reader.set((user, folders));
    }

    fn close_below(&self, home: &HostPath) {
        self.root.close_below(home);
    }

    fn reads_everything(&self) -> bool {
        geteuid().is_root()
    }

    fn require_writable(&self, path: &HostPath) -> Result<(), Fault> {
        let mut folders = successors(path.parent(), HostPath::parent);
        let opened = folders.find_map(|folder| match self.root.open_folder(&folder) {
            Err(fault) if fault.kind == FaultKind::Absent => None,
            answer => Some(answer),
        });
        opened.map_or(Ok(()), |folder| takes_more(&folder?))
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.root.place(path)?.replace(file, self.checkpoints.as_ref())
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.root.place_if_any(path)?.map_or(Ok(()), |place| place.remove_file())
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.root.place(path)?.create_folder(mode, owner)
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.root.place_if_any(path)?.map_or(Ok(()), |place| place.remove_folder())
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.root.place_if_any(path)?.map_or(Ok(()), |place| place.sweep())
    }
}

fn takes_more(folder: &OwnedFd) -> Result<(), Fault> {
    accessat(folder, ".", Access::WRITE_OK, AtFlags::EACCESS).map_err(fault_of)?;
    let space = fstatvfs(folder).map_err(fault_of)?;
    let free = if geteuid().is_root() { space.f_bfree } else { space.f_bavail };
    // Some file systems have no count at all.
    if free == 0 && space.f_blocks > 0 { Err(fault_of(Errno::NOSPC)) } else { Ok(()) }
}

fn owner_of(stat: &Stat) -> Owner {
    Owner { uid: stat.st_uid, gid: stat.st_gid }
}
