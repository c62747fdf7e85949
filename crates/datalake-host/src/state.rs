//! datalake's own folder.

mod long_files;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::{Checkpoints, Lock, LockFault, NewFile, StateFolder};
use rustix::fs::{FileType, OFlags};
use rustix::process::{getegid, geteuid};

use crate::fault::fault_of_io;
use crate::gate::{GateFault, TrustedUsers, make_trusted_folder, open_trusted_folder};
use crate::lock;
use crate::place::is_temporary;
use crate::reading::{names_in, read_at_most};
use crate::root::Root;

/// The folder is ours; the limit only keeps a mistake from filling the memory.
const LARGEST_FILE: u64 = 1 << 30;

/// The file that one run at a time holds locked.
const LOCK: &str = "lock";

/// A folder of mode 0700 with files of mode 0600. It comes into being with the first write.
pub struct StateDir {
    path: PathBuf,
    root: OnceLock<Root>,
    checkpoints: Arc<dyn Checkpoints>,
}

impl StateDir {
    /// Opens the folder at `path`, which need not be there yet.
    ///
    /// # Errors
    ///
    /// A [`Fault`] of kind `Denied` where the folder belongs to another user, or others may write
    /// to it.
    pub fn open(path: &Path, checkpoints: Arc<dyn Checkpoints>) -> Result<Self, Fault> {
        let state = Self { path: path.to_owned(), root: OnceLock::new(), checkpoints };
        state.existing()?;
        Ok(state)
    }

    /// Whether the folder is there by now.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !matches!(self.existing(), Ok(None))
    }

    /// The folder, if it is there by now.
    fn existing(&self) -> Result<Option<&Root>, Fault> {
        if let Some(root) = self.root.get() {
            return Ok(Some(root));
        }
        match open_trusted_folder(&self.path, &TrustedUsers::of_process()) {
            Ok(handle) => {
                let root = Root::of_handle(handle);
                require_own(&root, &self.path)?;
                let root = root.shown_below(&self.path);
                Ok(Some(self.root.get_or_init(|| root)))
            }
            Err(GateFault::Absent(_)) => Ok(None),
            Err(fault) => Err(fault.as_fault()),
        }
    }

    /// The path of a file with mode 0600, which is made empty if it is not there; for programs that
    /// open it themselves.
    pub(crate) fn make_private(&self, name: &str) -> Result<PathBuf, Fault> {
        self.made()?.open_or_create(&path_of(name)?, OFlags::RDWR)?;
        self.path_of_file(name)?.ok_or_else(|| Fault::new(FaultKind::Disturbed, name))
    }

    /// The path of a plain file, without a link in it; `None` where there is no such file.
    pub(crate) fn path_of_file(&self, name: &str) -> Result<Option<PathBuf>, Fault> {
        let Some(root) = self.existing()? else { return Ok(None) };
        match root.open_file(&path_of(name)?, OFlags::RDONLY) {
            Ok(_) => (),
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
            Err(fault) => return Err(fault),
        }
        let folder = std::fs::canonicalize(&self.path).map_err(|error| fault_of_io(&error))?;
        Ok(Some(folder.join(name)))
    }

    fn existing_or_absent(&self) -> Result<&Root, Fault> {
        let text = || format!("there is no folder `{}`", self.path.display());
        self.existing()?.ok_or_else(|| Fault::new(FaultKind::Absent, text()))
    }

    fn made(&self) -> Result<&Root, Fault> {
        if self.existing()?.is_none() {
            let made = make_trusted_folder(&self.path, &TrustedUsers::of_process());
            made.map_err(|fault| fault.as_fault())?;
        }
        self.existing_or_absent()
    }

    /// Makes the folders that hold `path`.
    fn made_above(&self, path: &HostPath) -> Result<&Root, Fault> {
        let root = self.made()?;
        let mut above: Vec<_> = std::iter::successors(path.parent(), HostPath::parent).collect();
        while let Some(folder) = above.pop() {
            match root.kind(&folder) {
                Ok(_) => (),
                Err(fault) if fault.kind == FaultKind::Absent => {
                    root.place(&folder)?.create_folder(Mode::PRIVATE_FOLDER, own())?;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(root)
    }

    /// Removes the temporary files of killed writes. A folder below with a lock of its own is left to
    /// who has that one: a write may be under way in it.
    fn sweep(&self) -> Result<(), Fault> {
        let root = self.made()?;
        let mut folders = vec![path_of("")?];
        while let Some(folder) = folders.pop() {
            let names = names_in(&root.open_folder(&folder)?)?;
            let is_below = folder != path_of("")?;
            if is_below && names.iter().any(|name| name == LOCK) {
                continue;
            }
            for name in names {
                // datalake gives no names that make no path.
                let Ok(path) = folder.join(&name) else { continue };
                match root.kind(&path)? {
                    FileType::RegularFile if is_temporary(&name) => {
                        root.place(&path)?.remove_file()?;
                    }
                    FileType::Directory => folders.push(path),
                    _ => (),
                }
            }
        }
        Ok(())
    }

    fn open_lock(&self) -> Result<File, Fault> {
        self.made()?.open_or_create(&path_of(LOCK)?, OFlags::RDWR)
    }
}

impl StateFolder for StateDir {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let path = path_of(name)?;
        let (file, stat) = self.existing_or_absent()?.open_file(&path, OFlags::RDONLY)?;
        if !TrustedUsers::of_process().has_user(stat.st_uid) {
            let text = format!("`{name}` belongs to user {}, so it is not used", stat.st_uid);
            return Err(Fault::new(FaultKind::Denied, text));
        }
        read_at_most(file, LARGEST_FILE)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let path = path_of(name)?;
        let content = FilledBody::new(content.to_vec());
        let file = NewFile { content: &content, mode: Mode::PRIVATE, owner: own() };
        self.made_above(&path)?.place(&path)?.replace(&file, self.checkpoints.as_ref())
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let path = path_of(name)?;
        let flags = OFlags::WRONLY | OFlags::APPEND;
        let mut file = self.made_above(&path)?.open_or_create(&path, flags)?;
        file.write_all(content).and_then(|()| file.sync_all()).map_err(|error| fault_of_io(&error))
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        let path = path_of(name)?;
        let place = match self.existing()? {
            Some(root) => root.place_if_any(&path)?,
            None => None,
        };
        place.map_or(Ok(()), |place| place.remove_file())
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        let path = path_of(folder)?;
        let Some(root) = self.existing()? else {
            return Ok(Vec::new());
        };
        let mut names = match root.open_folder(&path) {
            Ok(handle) => names_in(&handle)?,
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let is_file = |name: &str| match path.join(name) {
            Ok(path) => root.kind(&path).is_ok_and(|kind| kind == FileType::RegularFile),
            // datalake gives no such names.
            Err(_) => false,
        };
        names.retain(|name| !is_temporary(name) && is_file(name));
        names.sort_unstable();
        Ok(names)
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        let file = self.open_lock().map_err(LockFault::Unusable)?;
        let lock = lock::take_lock(file, holder)?;
        // Who holds the lock alone writes here: what a killed write has left is in use by nobody.
        self.sweep().map_err(LockFault::Unusable)?;
        Ok(lock)
    }
}

/// A name in the folder as a path that counts from it. The empty name is the folder itself.
fn path_of(name: &str) -> Result<HostPath, Fault> {
    let path = format!("/{name}").parse::<HostPath>();
    path.map_err(|error| Fault::new(FaultKind::Io, error.to_string()))
}

fn own() -> Owner {
    Owner { uid: geteuid().as_raw(), gid: getegid().as_raw() }
}

/// Root's folder serves nobody else: they could not write to it.
fn require_own(root: &Root, path: &Path) -> Result<(), Fault> {
    let (stat, own, path) = (root.stat()?, own().uid, path.display());
    if stat.st_uid == 0 && own != 0 {
        let mode = Mode::new(stat.st_mode);
        let text =
            format!("`{path}` belongs to user 0 and has mode {mode}, and this is user {own}");
        return Err(Fault::new(FaultKind::Denied, text));
    }
    Ok(())
}
