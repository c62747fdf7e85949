//! The copy of quadlet folders that the generator is asked about.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::{QuadletFolder, QuadletTree};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use tempfile::TempDir;

use crate::acting::ServiceUser;
use crate::fault::fault_of_io;
use crate::reading::names_in;

/// How the name of a copy begins.
const PREFIX: &str = "datalake-quadlets-";

/// How many letters and digits follow.
const RANDOM: usize = 12;

/// A copy of quadlet folders, removed when it is dropped.
///
/// The service user alone can read it, as far as root is not asked: unit files may hold secrets, and
/// each of these could be read by the user before.
pub(super) struct QuadletCopy {
    /// Holds the folder until then.
    _whole: TempDir,
    /// Says that somebody still needs the folder; see [`sweep_copies`].
    _in_use: File,
    /// The folders in the copy and on the host, the strongest first.
    folders: Vec<(String, String)>,
}

impl QuadletCopy {
    /// Makes a copy; what killed runs have left of theirs goes before.
    pub(super) fn of(tree: &QuadletTree, user: &ServiceUser) -> Result<Self, Fault> {
        let places = list_places(user);
        for place in &places {
            sweep_copies(place, user);
        }
        Self::written(tree, user, &places).map_err(|error| match fault_of_io(&error) {
            // It would read as if no generator were installed.
            fault if fault.kind == FaultKind::Absent => Fault { kind: FaultKind::Io, ..fault },
            fault => fault,
        })
    }

    fn written(tree: &QuadletTree, user: &ServiceUser, places: &[PathBuf]) -> io::Result<Self> {
        let whole = make_fresh_folder(places)?;
        let in_use = File::open(whole.path())?;
        in_use.lock()?;
        // The generator tells paths without symbolic links.
        let base = whole.path().canonicalize()?;
        let mut folders = Vec::new();
        for (number, folder) in tree.folders.iter().enumerate() {
            let path = base.join(number.to_string());
            write_folder(&path, folder, user)?;
            folders.push((path.display().to_string(), folder.path.to_string()));
        }
        // Last, so that the user reaches nothing below before it is all there.
        give_to_user(&base, user)?;
        Ok(Self { _whole: whole, _in_use: in_use, folders })
    }

    pub(super) fn search_path(&self) -> String {
        let folders: Vec<_> = self.folders.iter().map(|(copy, _)| copy.as_str()).collect();
        folders.join(":")
    }

    /// What was said, with the paths of the host in place of those of the copy.
    pub(super) fn told_of_the_host(&self, said: &FilledBody) -> FilledBody {
        let text = String::from_utf8_lossy(said.expose()).into_owned();
        // `…/10` begins as `…/1` does.
        let text =
            self.folders.iter().rev().fold(text, |text, (copy, host)| text.replace(copy, host));
        FilledBody::new(text.into_bytes())
    }
}

/// Where copies are made, the best first: where nothing outlives the next boot. Root's stay out of
/// `/tmp`, where a user could lead their removal astray.
fn list_places(user: &ServiceUser) -> Vec<PathBuf> {
    if user.is_itself() {
        vec![user.runtime_folder(), PathBuf::from("/tmp")]
    } else {
        vec![PathBuf::from("/run")]
    }
}

/// A fresh folder that nobody else can look into.
fn make_fresh_folder(places: &[PathBuf]) -> io::Result<TempDir> {
    let mut new = tempfile::Builder::new();
    new.prefix(PREFIX).rand_bytes(RANDOM).permissions(Permissions::from_mode(0o700));
    let mut made = Err(io::Error::from(io::ErrorKind::Unsupported));
    for place in places {
        made = new.tempdir_in(place);
        if made.is_ok() {
            break;
        }
    }
    made
}

/// Removes the copies that killed runs have left in `place`, as far as that works.
fn sweep_copies(place: &Path, user: &ServiceUser) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if is_of_a_copy(&entry.file_name()) && is_left_over(&entry.path(), user) {
            // Another run may be at it as well.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_of_a_copy(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Whether `path` is a folder of root's or the user's own that no run needs any more. An empty one
/// may just have been made by a run that has not said yet that it needs it.
fn is_left_over(path: &Path, user: &ServiceUser) -> bool {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(folder) = openat(CWD, path, flags, Mode::empty()) else { return false };
    let Ok(stat) = fstat(&folder) else { return false };
    let own = rustix::process::geteuid().as_raw();
    let is_ours = stat.st_uid == own || stat.st_uid == user.uid();
    let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    let is_used = names_in(&folder).is_ok_and(|names| !names.is_empty());
    is_folder && is_ours && is_used && File::from(folder).try_lock().is_ok()
}

fn write_folder(path: &Path, folder: &QuadletFolder, user: &ServiceUser) -> io::Result<()> {
    make_folder(path, user)?;
    for (name, content) in &folder.files {
        let path_of_file = path.join(name);
        for parent in path_of_file.ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
            if parent.starts_with(path) && !parent.is_dir() {
                make_folder(parent, user)?;
            }
        }
        let new = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path_of_file);
        let mut file = new?;
        file.set_permissions(Permissions::from_mode(0o400))?;
        file.write_all(content.expose())?;
        give_to_user(&path_of_file, user)?;
    }
    Ok(())
}

/// Makes a folder for the user alone, whatever the umask.
fn make_folder(path: &Path, user: &ServiceUser) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    give_to_user(path, user)
}

/// Makes the user the owner; it is so already where the user itself runs this.
fn give_to_user(path: &Path, user: &ServiceUser) -> io::Result<()> {
    if user.is_itself() {
        return Ok(());
    }
    chown(path, Some(user.uid()), Some(user.gid()))
}
