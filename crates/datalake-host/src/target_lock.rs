//! One run at a time on one target, whoever starts it and wherever its records lie.
//!
//! The lock is a file outside of the target, in folders that every process of the machine sees and
//! that are empty after a boot. It belongs to one user and has mode 0600: that user and root can
//! open it, nobody else can hold it. A name that somebody else has taken is cleared by root, and
//! told to the user. It goes with the run that holds it; what a killed one leaves is locked by
//! nobody.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::{Lock, LockFault};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, Uid, fchmod, fchown, fstat, open, openat,
    renameat_with, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::fault::{fault_of, kind_in_words};
use crate::lock::{lock_file, write_holder};

/// Where the files lie. All that can be used are taken, in this order: a service may see one of
/// them only to read, and a user's files in the other one may go with its last login.
const FOLDERS: [&str; 2] = ["/run/lock", "/dev/shm"];
/// So often a file is looked for anew that another process makes or removes meanwhile.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(2);
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Takes the lock of `target` for `owner`: that user and root exclude each other and themselves. It
/// never waits for another run.
///
/// # Errors
///
/// [`LockFault::Held`] with what the other run has written of itself.
pub fn lock_target(owner: u32, target: &str, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
    lock_in_all(&FOLDERS.map(Path::new), &Claim::new(owner, target, holder))
}

fn lock_in_all(folders: &[&Path], claim: &Claim<'_>) -> Result<Box<dyn Lock>, LockFault> {
    let mut held = Vec::new();
    for folder in folders {
        held.extend(claim.take_in(folder)?);
    }
    if held.is_empty() {
        let shown = folders.iter().map(|folder| format!("`{}`", folder.display()));
        let shown = shown.collect::<Vec<_>>().join(" nor in ");
        let detail = format!("no file of user {} can be made in {shown}", claim.owner);
        return Err(LockFault::Unusable(Fault::new(FaultKind::Denied, detail)));
    }
    Ok(Box::new(HeldFiles { _held: held }))
}

struct HeldFiles {
    _held: Vec<HeldFile>,
}

impl Lock for HeldFiles {}

/// A locked file under its name.
struct HeldFile {
    file: File,
    folder: OwnedFd,
    name: String,
}

impl HeldFile {
    /// Whether whoever comes next finds this very file.
    fn is_found(&self) -> bool {
        let found = statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        let (Ok(found), Ok(own)) = (found, fstat(&self.file)) else { return false };
        (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)
    }
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        // It is removed while it is still locked: who has it open sees that it is gone.
        if self.is_found() {
            let _ = unlinkat(&self.folder, &self.name, AtFlags::empty());
        }
    }
}

/// What one look at the lock's place has led to.
enum LockLook {
    File(File),
    /// Another process was at it.
    Changing,
    /// This user can have no file here.
    Closed,
}

struct Claim<'a> {
    owner: u32,
    name: String,
    holder: &'a str,
}

impl<'a> Claim<'a> {
    fn new(owner: u32, target: &str, holder: &'a str) -> Self {
        Self { owner, name: format!("datalake-{owner}-{target}.lock"), holder }
    }

    fn take_in(&self, path: &Path) -> Result<Option<HeldFile>, LockFault> {
        let Some(folder) = open_common_folder(path) else { return Ok(None) };
        let shown = |fault: Fault| {
            let detail = format!("`{}/{}`: {}", path.display(), self.name, fault.detail);
            LockFault::Unusable(Fault { detail, ..fault })
        };
        for _ in 0..ATTEMPTS {
            match self.look_in(&folder).map_err(shown)? {
                LockLook::Closed => return Ok(None),
                LockLook::Changing => thread::sleep(PAUSE),
                LockLook::File(file) => {
                    lock_file(&file)?;
                    let folder = folder.try_clone().map_err(|_| shown(fault_of(Errno::MFILE)))?;
                    let mut held = HeldFile { file, folder, name: self.name.clone() };
                    if held.is_found() {
                        // A full disk takes the name of the holder, not the lock.
                        let _ = write_holder(&mut held.file, self.holder);
                        return Ok(Some(held));
                    }
                }
            }
        }
        Err(shown(Fault::new(
            FaultKind::Disturbed,
            "something creates and removes it all the time",
        )))
    }

    fn look_in(&self, folder: &OwnedFd) -> Result<LockLook, Fault> {
        match statat(folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if self.is_fit(&stat) => self.open_in(folder),
            Ok(stat) if !geteuid().is_root() => Err(foreign_fault(&stat)),
            Ok(_) => self.clear_in(folder),
            Err(Errno::NOENT) => self.create_in(folder),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    /// A plain file with no other name, which the owner or root has made.
    fn is_fit(&self, stat: &Stat) -> bool {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && [0, self.owner].contains(&stat.st_uid)
            && stat.st_nlink <= 1
            && !Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO)
    }

    fn open_in(&self, folder: &OwnedFd) -> Result<LockLook, Fault> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        match openat(folder, &self.name, flags | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => {
                let stat = fstat(&file).map_err(fault_of)?;
                Ok(if self.is_fit(&stat) {
                    LockLook::File(File::from(file))
                } else {
                    LockLook::Changing
                })
            }
            // Root has just made it, and is about to give it to its owner.
            Err(Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::ACCESS) => Ok(LockLook::Changing),
            Err(Errno::ROFS) => Ok(LockLook::Closed),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    fn create_in(&self, folder: &OwnedFd) -> Result<LockLook, Fault> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        match openat(folder, &self.name, flags | OFlags::CLOEXEC, PRIVATE) {
            Ok(file) => {
                fchmod(&file, PRIVATE).map_err(fault_of)?;
                if geteuid().is_root() {
                    // Where a container's root may not give files away, the user has to wait.
                    let _ = fchown(&file, Some(Uid::from_raw(self.owner)), None);
                }
                Ok(LockLook::File(File::from(file)))
            }
            Err(Errno::EXIST) => Ok(LockLook::Changing),
            Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => Ok(LockLook::Closed),
            Err(errno) => Err(fault_of(errno)),
        }
    }

    /// Takes away what somebody else has put at the lock's place.
    fn clear_in(&self, folder: &OwnedFd) -> Result<LockLook, Fault> {
        let mut random = [0; 8];
        getrandom(&mut random, GetRandomFlags::empty()).map_err(fault_of)?;
        let aside = format!("{}.{:016x}", self.name, u64::from_ne_bytes(random));
        let moved =
            |from: &str, to: &str| renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE);
        match moved(&self.name, &aside) {
            Ok(()) => (),
            Err(Errno::NOENT) => return Ok(LockLook::Changing),
            Err(errno) => return Err(fault_of(errno)),
        }
        let stat = statat(folder, &aside, AtFlags::SYMLINK_NOFOLLOW).map_err(fault_of)?;
        if self.is_fit(&stat) {
            // The owner was quicker: this is a lock.
            moved(&aside, &self.name).map_err(fault_of)?;
        } else if unlinkat(folder, &aside, AtFlags::empty()).is_err() {
            // A folder that is not empty stays where it harms nobody.
            let _ = unlinkat(folder, &aside, AtFlags::REMOVEDIR);
        }
        Ok(LockLook::Changing)
    }
}

/// The folder at `path`, where only the owner of a file can remove it; `None` for any other one.
fn open_common_folder(path: &Path) -> Option<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = open(path, flags, Mode::empty()).ok()?;
    let stat = fstat(&folder).ok()?;
    let is_trusted = [0, geteuid().as_raw()].contains(&stat.st_uid);
    let is_safe = stat.st_mode & 0o022 == 0 || stat.st_mode & 0o1000 != 0;
    (is_trusted && is_safe).then_some(folder)
}

fn foreign_fault(stat: &Stat) -> Fault {
    let kind = kind_in_words(FileType::from_raw_mode(stat.st_mode));
    let detail = format!(
        "{kind} of user {}, which keeps others out; root can remove it, as does a run as root",
        stat.st_uid
    );
    Fault::new(FaultKind::Denied, detail)
}

#[cfg(test)]
mod tests;
