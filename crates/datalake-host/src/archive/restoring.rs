//! An archive unpacked.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{
    DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, lchown, symlink,
};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::{ArchiveFault, ArchiveProgress, Unarchived};
use rustix::process::geteuid;
use tar::{EntryType, Header};

use super::FOLDER;
use super::reading::{Taken, read_archive};
use crate::fault::fault_of_io;

/// What is done when all files are there: links, so that nothing is written through one, and what
/// folders are to be, the deepest first.
#[derive(Default)]
struct Later {
    links: Vec<(PathBuf, PathBuf, Header)>,
    folders: Vec<(PathBuf, Header)>,
}

/// Unpacks an archive into a folder that is empty or not there, and compares every byte with the
/// hashes in it. Owners are given back where this is root.
///
/// # Errors
///
/// [`ArchiveFault`] where it cannot be read to its end or something cannot be written.
pub(super) fn restore_archive(
    path: &Path,
    into: &Path,
    progress: &ArchiveProgress,
) -> Result<Unarchived, ArchiveFault> {
    let at = |error: &io::Error| ArchiveFault::At(into.to_owned(), fault_of_io(error));
    match fs::read_dir(into) {
        Ok(mut names) => {
            if names.next().is_some() {
                return Err(ArchiveFault::Exists(into.to_owned()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = DirBuilder::new().mode(0o700).create(into);
            made.map_err(|error| at(&error))?;
        }
        Err(error) => return Err(at(&error)),
    }
    let mut later = Later::default();
    let found = read_archive(path, progress, &mut |taken| unpack_entry(into, taken, &mut later))?;
    later.settle().map_err(|(path, error)| ArchiveFault::At(path, fault_of_io(&error)))?;
    Ok(found)
}

fn unpack_entry(into: &Path, taken: Taken<'_>, later: &mut Later) -> Result<(), Fault> {
    let place = place_entry(into, taken.name)?;
    let io = |error: io::Error| fault_of_io(&error);
    match taken.header.entry_type() {
        EntryType::Directory => {
            if place != into {
                DirBuilder::new().mode(0o700).create(&place).map_err(io)?;
            }
            later.folders.push((place, taken.header.clone()));
        }
        EntryType::Regular => {
            // One that was put in twice: the last one counts.
            match fs::remove_file(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
                _ => (),
            }
            let options = OpenOptions::new().write(true).create_new(true).mode(0o600).clone();
            let mut file = options.open(&place).map_err(io)?;
            io::copy(taken.content, &mut file).map_err(io)?;
            give_owner_and_mode(&place, taken.header).map_err(io)?;
            file.set_modified(read_modified(taken.header)).map_err(io)?;
        }
        EntryType::Symlink => {
            let target = taken.target.unwrap_or_default();
            let target = PathBuf::from(OsStr::from_bytes(&target));
            later.links.push((place, target, taken.header.clone()));
        }
        _ => {
            return Err(Fault::new(
                FaultKind::NotPlain,
                "no archive of datalake holds such a thing",
            ));
        }
    }
    Ok(())
}

/// Where an entry goes; a name that would leave the folder is a fault.
fn place_entry(into: &Path, name: &[u8]) -> Result<PathBuf, Fault> {
    let name = Path::new(OsStr::from_bytes(name));
    let outside = || Fault::new(FaultKind::Refused, "its name leads out of the folder");
    let below = name.strip_prefix(FOLDER).map_err(|_| outside())?;
    if below.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    Ok(if below.as_os_str().is_empty() { into.to_owned() } else { into.join(below) })
}

impl Later {
    fn settle(mut self) -> Result<(), (PathBuf, io::Error)> {
        for (place, target, header) in self.links {
            symlink(target, &place)
                .and_then(|()| give_owner(&place, &header))
                .map_err(|error| (place, error))?;
        }
        self.folders.reverse();
        for (place, header) in self.folders {
            let times = File::open(&place).and_then(|folder| {
                give_owner_and_mode(&place, &header)?;
                folder.set_modified(read_modified(&header))
            });
            times.map_err(|error| (place, error))?;
        }
        Ok(())
    }
}

/// Gives back owner and mode, in this order: a change of owner takes bits of the mode away.
fn give_owner_and_mode(place: &Path, header: &Header) -> io::Result<()> {
    give_owner(place, header)?;
    fs::set_permissions(place, Permissions::from_mode(header.mode()? & 0o7777))
}

fn give_owner(place: &Path, header: &Header) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let id = |id: u64| u32::try_from(id).ok();
    lchown(place, id(header.uid()?), id(header.gid()?))
}

fn read_modified(header: &Header) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(header.mtime().unwrap_or_default())
}
