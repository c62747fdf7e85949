//! One name in an open folder, and the one way to put something there.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_engine::{Checkpoint, Checkpoints, NewFile};
use rustix::fs::{
    AtFlags, FileType, Gid, OFlags, Stat, Uid, fchmod, fchown, fstat, fsync, mkdirat, openat,
    readlinkat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::escape::escape_bytes;
use crate::fault::{fault_of, fault_of_io, not_plain};
use crate::reading::names_in;

/// The end of a temporary file's name: last, so that no reader of units takes it for one.
const TEMPORARY: &str = ".datalake-tmp";

/// A path whose folder is held open: whoever moves that folder meanwhile leads nobody astray.
pub(crate) struct HeldPath<'a> {
    pub(crate) folder: OwnedFd,
    pub(crate) path: &'a HostPath,
    pub(crate) prefix: String,
}

/// Whether `name` is that of a temporary file.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(TEMPORARY)
}

impl HeldPath<'_> {
    /// Creates or replaces the file. Until its content is whole only its owner can read it.
    pub(crate) fn replace(
        &self,
        file: &NewFile<'_>,
        checkpoints: &dyn Checkpoints,
    ) -> Result<(), Fault> {
        self.require_file_or_nothing()?;
        self.sweep()?;
        let handle = self.create(&self.temporary(), OFlags::WRONLY)?;
        let replaced = fill_file(handle, file).and_then(|()| {
            checkpoints.pass(Checkpoint::TemporaryWritten);
            self.rename_temporary()
        });
        self.or_remove(replaced, AtFlags::empty())?;
        checkpoints.pass(Checkpoint::FileRenamed);
        self.flush_folder()
    }

    /// Creates an empty file that its owner alone may use, durable on return.
    pub(crate) fn create_file(&self, flags: OFlags) -> Result<File, Fault> {
        let file = self.create(self.name(), flags)?;
        // The mask of this process may have taken the owner's own bits.
        fchmod(&file, mode_bits(Mode::PRIVATE)).map_err(fault_of)?;
        self.flush_folder()?;
        Ok(file)
    }

    /// Makes the folder, with mode and owner from its first moment under its name.
    pub(crate) fn create_folder(&self, mode: Mode, owner: Owner) -> Result<(), Fault> {
        if self.found(self.name())?.is_some() {
            return Err(fault_of(Errno::EXIST));
        }
        self.sweep()?;
        mkdirat(&self.folder, self.temporary(), mode_bits(Mode::PRIVATE_FOLDER))
            .map_err(fault_of)?;
        let done = self.dress_folder(mode, owner).and_then(|()| self.rename_temporary());
        self.or_remove(done, AtFlags::REMOVEDIR)?;
        self.flush_folder()
    }

    /// Removes the file, if there is one.
    pub(crate) fn remove_file(&self) -> Result<(), Fault> {
        self.require_file_or_nothing()?;
        self.remove(self.name(), AtFlags::empty())
    }

    /// Removes the folder, if there is one; it has to be empty.
    pub(crate) fn remove_folder(&self) -> Result<(), Fault> {
        match self.found(self.name())? {
            None => Ok(()),
            Some(FileType::Directory) => self.remove(self.name(), AtFlags::REMOVEDIR),
            Some(other) => Err(self.not_plain(self.name(), other)),
        }
    }

    /// Removes what a killed `replace` or `create_folder` has left.
    pub(crate) fn sweep(&self) -> Result<(), Fault> {
        let temporary = self.temporary();
        match self.found(&temporary)? {
            None => Ok(()),
            Some(FileType::RegularFile) => self.remove(&temporary, AtFlags::empty()),
            Some(FileType::Directory) => self.remove(&temporary, AtFlags::REMOVEDIR),
            Some(other) => Err(self.not_plain(&temporary, other)),
        }
    }

    /// Makes what has changed in the folder survive a loss of power.
    pub(crate) fn flush_folder(&self) -> Result<(), Fault> {
        match fsync(&self.folder) {
            // Some network file systems have nothing to flush for a folder.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    fn name(&self) -> &str {
        self.path.file_name()
    }

    fn temporary(&self) -> String {
        format!(".{}{TEMPORARY}", self.name())
    }

    fn found(&self, name: &str) -> Result<Option<FileType>, Fault> {
        match statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    fn require_file_or_nothing(&self) -> Result<(), Fault> {
        match self.found(self.name())? {
            None | Some(FileType::RegularFile) => Ok(()),
            Some(other) => Err(self.not_plain(self.name(), other)),
        }
    }

    fn remove(&self, name: &str, flags: AtFlags) -> Result<(), Fault> {
        match unlinkat(&self.folder, name, flags) {
            Ok(()) => self.flush_folder(),
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    fn create(&self, name: &str, flags: OFlags) -> Result<File, Fault> {
        let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(&self.folder, name, flags, mode_bits(Mode::PRIVATE))
            .map(File::from)
            .map_err(fault_of)
    }

    fn rename_temporary(&self) -> Result<(), Fault> {
        renameat(&self.folder, self.temporary(), &self.folder, self.name()).map_err(fault_of)
    }

    /// Removes the temporary after a fault, which alone counts.
    fn or_remove(&self, done: Result<(), Fault>, flags: AtFlags) -> Result<(), Fault> {
        if done.is_err() {
            let _ = unlinkat(&self.folder, self.temporary(), flags);
        }
        done
    }

    fn dress_folder(&self, mode: Mode, owner: Owner) -> Result<(), Fault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(&self.folder, self.temporary(), flags, rustix::fs::Mode::empty());
        let handle = handle.map_err(fault_of)?;
        let stat = fstat(&handle).map_err(fault_of)?;
        // Who may write here can have put another folder in place of the new one. Were it given
        // away with something of the caller's in it, that would be theirs.
        if stat.st_uid != geteuid().as_raw() || !names_in(&handle)?.is_empty() {
            return Err(Fault::new(FaultKind::Disturbed, "the new folder was swapped for another"));
        }
        set_owner_and_mode(&handle, &stat, mode, owner)
    }

    fn not_plain(&self, name: &str, kind: FileType) -> Fault {
        let path = self.path.parent().and_then(|parent| parent.join(name).ok());
        let path = path.as_ref().unwrap_or(self.path);
        let fault = not_plain(format_args!("{}{path}", self.prefix), kind);
        match readlinkat(&self.folder, name, Vec::new()) {
            Ok(target) if kind == FileType::Symlink => {
                let target = escape_bytes(target.as_bytes());
                Fault { detail: format!("{} to `{target}`", fault.detail), ..fault }
            }
            Ok(_) | Err(_) => fault,
        }
    }
}

/// Writes a new file's content, then its owner and mode, and flushes it.
fn fill_file(mut file: File, new: &NewFile<'_>) -> Result<(), Fault> {
    file.write_all(new.content.expose()).map_err(|error| fault_of_io(&error))?;
    let stat = fstat(&file).map_err(fault_of)?;
    set_owner_and_mode(&file, &stat, new.mode, new.owner)
}

/// Sets owner and mode, in this order: a change of owner takes bits away.
fn set_owner_and_mode(
    handle: impl AsFd,
    stat: &Stat,
    mode: Mode,
    owner: Owner,
) -> Result<(), Fault> {
    let handle = handle.as_fd();
    if (stat.st_uid, stat.st_gid) != (owner.uid, owner.gid) {
        let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
        fchown(handle, Some(uid), Some(gid)).map_err(fault_of)?;
    }
    fchmod(handle, mode_bits(mode)).map_err(fault_of)?;
    fsync(handle).map_err(fault_of)
}

fn mode_bits(mode: Mode) -> rustix::fs::Mode {
    rustix::fs::Mode::from_raw_mode(mode.bits())
}
