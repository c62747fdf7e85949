//! The environment of a Python: what lies beside an interpreter and is run with it.
//!
//! `site` runs `sitecustomize`, lines of `.pth` files and, by `pyvenv.cfg`, another standard library
//! before any program, with `-I` too (docs.python.org, "site" and "The initialization of the sys.path
//! module search path", 2026-10).

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use super::fault::GateFault;
use super::interpreter::named_programs;
use super::judge::{PartRole, judge_part};
use super::programs::{HEAD, clear_program, place_of};
use super::trusted::TrustedUsers;
use super::walk::{GateWalk, Missing};
use super::{judge_errno, open_trusted_file, open_trusted_folder, read_trusted_file};
use crate::fault::fault_of_io;
use crate::reading::read_some;

/// So many entries of an environment are judged; one that holds more is refused.
const MOST_ENTRIES: usize = 200_000;

/// Bytes of a `pyvenv.cfg`.
const LARGEST_SETTINGS: u64 = 64 << 10;

/// What names in `lib` begin with that an interpreter loads.
const LOADED: [&[u8]; 4] = [b"python", b"pypy", b"libpython", b"libpypy"];

/// Judges what an interpreter runs besides itself, where this process runs as root: `pyvenv.cfg`, and
/// the libraries of the environment and of the Python that it was made from. What lies in `/usr` and
/// not in `/usr/local` is the system's. `word` is as for [`super::judge_program`].
///
/// # Errors
///
/// [`GateFault`]; `Distrusted` names the first thing that somebody else may have put there.
pub fn judge_python(word: &OsStr, trusted: &TrustedUsers) -> Result<(), GateFault> {
    if !trusted.is_root() {
        return Ok(());
    }
    let judged = clear_program(word, trusted).and_then(|program| {
        let mut survey = PythonSurvey::of(trusted);
        survey.add_program(Path::new(&program))?;
        survey.finish()
    });
    judged.map_err(|fault| match fault {
        GateFault::Distrusted(distrust) => GateFault::Distrusted(distrust.for_check_of_owner()),
        fault => fault,
    })
}

/// Judges a file of Python code that is run, or the place for one. Python looks for modules beside it, so
/// nobody else may be able to write to its folder, sticky or not.
///
/// # Errors
///
/// [`GateFault`] for what somebody else may have put there.
pub fn judge_code_file(path: &Path, trusted: &TrustedUsers) -> Result<(), GateFault> {
    if let Some(folder) = path.parent() {
        open_trusted_folder(folder, trusted)?;
    }
    match open_trusted_file(path, trusted) {
        Ok(_) | Err(GateFault::Absent(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Judges a folder of Python code that is run by root, with all that lies in it.
///
/// # Errors
///
/// [`GateFault`]; `Distrusted` names the first thing that somebody else may have put there.
pub fn judge_code_folder(folder: &Path, trusted: &TrustedUsers) -> Result<(), GateFault> {
    if !trusted.is_root() {
        return Ok(());
    }
    let mut survey = PythonSurvey::of(trusted);
    let judged = survey.enter(folder).and_then(|found| {
        let absent = || GateFault::Absent(folder.to_owned());
        survey.folders.push(found.ok_or_else(absent)?);
        survey.judge_folders()
    });
    judged.map_err(|fault| match fault {
        GateFault::Distrusted(distrust) => GateFault::Distrusted(distrust.for_check_of_owner()),
        fault => fault,
    })
}

struct PythonSurvey<'a> {
    trusted: &'a TrustedUsers,
    /// Folders that may be an environment, and those among them that were looked at.
    roots: Vec<PathBuf>,
    seen_roots: BTreeSet<PathBuf>,
    /// Folders of libraries, all of which counts.
    folders: Vec<PathBuf>,
    seen_folders: BTreeSet<PathBuf>,
    entries: usize,
}

impl<'a> PythonSurvey<'a> {
    fn of(trusted: &'a TrustedUsers) -> Self {
        let (seen_roots, seen_folders) = (BTreeSet::new(), BTreeSet::new());
        Self {
            trusted,
            roots: Vec::new(),
            seen_roots,
            folders: Vec::new(),
            seen_folders,
            entries: 0,
        }
    }

    /// The interpreter, or those that a script names. All of them were judged as programs, so they end.
    fn add_program(&mut self, path: &Path) -> Result<(), GateFault> {
        // The start says what is absent or may not be run.
        let Ok(file) = File::open(path) else { return Ok(()) };
        let unread = |fault| GateFault::Unusable(path.to_owned(), fault);
        let named = named_programs(&read_some(&file, HEAD).map_err(unread)?).programs;
        if named.is_empty() {
            self.add_interpreter(path);
        }
        for program in named {
            if let Some(path) = place_of(program, path, self.trusted) {
                self.add_program(&path)?;
            }
        }
        Ok(())
    }

    /// Its settings lie beside it or one folder above, and its libraries where it is without links.
    fn add_interpreter(&mut self, path: &Path) {
        let places = [std::path::absolute(path), path.canonicalize()];
        for folder in places.iter().flatten().filter_map(|path| path.parent()) {
            self.add_folder_of_programs(folder);
        }
    }

    fn add_folder_of_programs(&mut self, folder: &Path) {
        self.roots
            .extend([Some(folder), folder.parent()].into_iter().flatten().map(Path::to_owned));
    }

    fn finish(mut self) -> Result<(), GateFault> {
        while let Some(root) = self.roots.pop() {
            if !is_of_system(&root) && self.seen_roots.insert(root.clone()) {
                self.judge_root(&root)?;
            }
        }
        Ok(())
    }

    fn judge_root(&mut self, root: &Path) -> Result<(), GateFault> {
        // Whoever may write to it can put settings there.
        self.enter(root)?;
        let settings = root.join("pyvenv.cfg");
        match read_trusted_file(&settings, LARGEST_SETTINGS, self.trusted) {
            Ok(text) => {
                if let Some(home) = find_home(&text) {
                    self.add_folder_of_programs(&Path::new("/").join(home));
                }
            }
            Err(GateFault::Absent(_)) => (),
            Err(fault) => return Err(fault),
        }
        for name in ["lib", "lib64"] {
            let Some(folder) = self.enter(&root.join(name))? else { continue };
            let is_loaded =
                |name: &&OsString| LOADED.iter().any(|it| name.as_bytes().starts_with(it));
            for name in list_names(&folder)?.iter().filter(is_loaded) {
                self.judge_entry(folder.join(name))?;
            }
        }
        self.judge_folders()
    }

    /// Judges what lies in the folders of libraries.
    fn judge_folders(&mut self) -> Result<(), GateFault> {
        while let Some(folder) = self.folders.pop() {
            for name in list_names(&folder)? {
                self.judge_entry(folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Where a folder lies without links; `None` where none is there.
    fn enter(&self, path: &Path) -> Result<Option<PathBuf>, GateFault> {
        match GateWalk::to(path, self.trusted, Missing::Fails) {
            Ok(found) => {
                let kind = FileType::from_raw_mode(found.stat.st_mode);
                Ok((kind == FileType::Directory).then_some(found.path))
            }
            Err(GateFault::Absent(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Judges what lies in a folder that is judged, and what a link leads to.
    fn judge_entry(&mut self, path: PathBuf) -> Result<(), GateFault> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            let message = format!("its environment has more than {MOST_ENTRIES} entries to judge");
            return Err(GateFault::Unusable(path, Fault::new(FaultKind::Denied, message)));
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = match openat(CWD, &path, flags, Mode::empty()) {
            Ok(handle) => handle,
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(judge_errno(&path, errno)),
        };
        let stat = fstat(&handle).map_err(|errno| judge_errno(&path, errno))?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let role = match kind {
            FileType::Symlink => PartRole::Link,
            _ => PartRole::Target,
        };
        judge_part(&path, handle.as_fd(), &stat, role).require_trusted(self.trusted)?;
        let folder = match kind {
            FileType::Directory => Some(path),
            FileType::Symlink => self.enter(&path)?.filter(|folder| !is_of_system(folder)),
            _ => None,
        };
        if let Some(folder) = folder
            && self.seen_folders.insert(folder.clone())
        {
            self.folders.push(folder);
        }
        Ok(())
    }
}

/// Whether only the system's packages write there.
fn is_of_system(folder: &Path) -> bool {
    let is_in_usr = folder.starts_with("/usr") && !folder.starts_with("/usr/local");
    folder == Path::new("/") || is_in_usr
}

/// The folder of the interpreter that an environment was made from: `home = /usr/bin`.
fn find_home(settings: &[u8]) -> Option<PathBuf> {
    let text = String::from_utf8_lossy(settings);
    let values = text.lines().filter_map(|line| line.split_once('='));
    let mut homes = values.filter(|(key, _)| key.trim().eq_ignore_ascii_case("home"));
    homes.next().map(|(_, value)| PathBuf::from(value.trim()))
}

fn list_names(folder: &Path) -> Result<Vec<OsString>, GateFault> {
    let unread = |error| GateFault::Unusable(folder.to_owned(), fault_of_io(&error));
    let entries = fs::read_dir(folder).map_err(unread)?;
    entries.map(|entry| entry.map(|entry| entry.file_name()).map_err(unread)).collect()
}

#[cfg(test)]
mod tests;
