//! The managed host's files.

use std::iter::successors;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use datalake_core::{Fault, FaultKind, FilledBody, Folder, HostPath, Mode, Owner};
use datalake_engine::{Checkpoints, Files, NewFile, Seen};
use rustix::fs::{Access, AtFlags, FileType, OFlags, Stat, accessat, fstat, fstatvfs};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::fault::fault_of;
use crate::root::{Root, names_in, read_at_most};

/// The largest file that [`Files::look`] reads.
const LARGEST_FILE: u64 = 1 << 20;

/// The files below one folder: `/` on a real host, any other folder for a pretend one.
///
/// A file that has a second name (a hard link) counts as not plain: changing it here would leave
/// the other name behind, or show what the folder's owner could not read.
pub struct HostFiles {
    root: Root,
    checkpoints: Arc<dyn Checkpoints>,
}

impl HostFiles {
    /// Opens the folder that stands for `/`; the way to it may lead through symbolic links.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no such folder, or no access to it.
    pub fn open(root: &Path, checkpoints: Arc<dyn Checkpoints>) -> Result<Self, Fault> {
        Ok(Self { root: Root::open(root)?, checkpoints })
    }

    /// Whether something new could be written at `path`: asked before the first step of a plan, so
    /// that a bad disk does not stop it half-way.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the folder, or the nearest one above that is there, lies on a file system
    /// that is read-only or full, or may not be written to.
    pub fn require_writable(&self, path: &HostPath) -> Result<(), Fault> {
        let mut folders = successors(path.parent(), HostPath::parent);
        let opened = folders.find_map(|folder| match self.root.open_folder(&folder) {
            Err(fault) if fault.kind == FaultKind::Absent => None,
            answer => Some(answer),
        });
        opened.map_or(Ok(()), |folder| takes_more(&folder?))
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

    fn look_at_file(&self, path: &HostPath) -> Result<Seen, Fault> {
        let (file, stat) = self.root.open_file(path, OFlags::RDONLY)?;
        if stat.st_nlink > 1 {
            let text = format!("`{path}` has another name too: it is a hard link");
            return Err(Fault::new(FaultKind::NotPlain, text));
        }
        let content = FilledBody::new(read_at_most(file, LARGEST_FILE)?);
        Ok(Seen::File { content, mode: Mode::new(stat.st_mode), owner: owner_of(&stat) })
    }

    fn look_at_folder(&self, path: &HostPath) -> Result<Seen, Fault> {
        let handle = self.root.open_folder(path)?;
        let stat = fstat(&handle).map_err(fault_of)?;
        let names = names_in(&handle)?.into_iter().collect();
        Ok(Seen::Folder(Folder { mode: Mode::new(stat.st_mode), owner: owner_of(&stat), names }))
    }
}

impl Files for HostFiles {
    fn look(&self, path: &HostPath) -> Result<Seen, Fault> {
        match self.root.kind(path)? {
            FileType::RegularFile => self.look_at_file(path),
            FileType::Directory => self.look_at_folder(path),
            other => Err(self.root.not_plain(path, other)),
        }
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
