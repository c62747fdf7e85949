//! Programs that are run: found, judged with what they have run themselves.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::fault::GateFault;
use super::interpreter::{NamedProgram, named_programs};
use super::trusted::TrustedUsers;
use super::{open_trusted_file, open_trusted_folder};
use crate::reading::read_some;

/// As many bytes of a script are looked at; the kernel looks at fewer.
pub(super) const HEAD: usize = 4096;

/// So many scripts may have each other run.
const DEEPEST: usize = 8;

/// Variables of a program that name folders or files of its settings.
const PLACES: [&str; 6] = [
    "GNUPGHOME",
    "HOME",
    "MODAL_CONFIG_PATH",
    "PASSWORD_STORE_DIR",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];

/// The program that `word` names: a path as it is, a name by the absolute folders of the search path.
/// One that is named by a path is judged, with the interpreters that it names; for root so is one
/// that was found.
///
/// # Errors
///
/// [`GateFault`]; `Absent` where there is no such program.
pub fn judge_program(word: &OsStr, trusted: &TrustedUsers) -> Result<(), GateFault> {
    clear_program(word, trusted).map(drop)
}

/// The same; gives what is to be started. What is absent or may not be run is left to the start,
/// which tells it.
pub(crate) fn clear_program(word: &OsStr, trusted: &TrustedUsers) -> Result<OsString, GateFault> {
    let path = Path::new(word);
    let is_path = word.as_encoded_bytes().contains(&b'/');
    let path = match (is_path, trusted.is_root()) {
        (true, _) => path.to_owned(),
        (false, true) => match find_in_search_path(word, trusted) {
            Some(path) => path,
            None => return Ok(word.to_owned()),
        },
        (false, false) => return Ok(word.to_owned()),
    };
    if !is_this_program(&path) {
        judge_chain(&path, trusted, DEEPEST)?;
    }
    Ok(path.into_os_string())
}

/// Judges a program and what it has run to be run itself.
fn judge_chain(path: &Path, trusted: &TrustedUsers, depth: usize) -> Result<(), GateFault> {
    let file = match open_trusted_file(path, trusted) {
        Ok((file, _)) => file,
        // The start says so.
        Err(GateFault::Absent(_) | GateFault::Unusable(..)) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    let unread = |fault| GateFault::Unusable(path.to_owned(), fault);
    let head = read_some(&file, HEAD).map_err(unread)?;
    let named = named_programs(&head);
    let is_too_deep = depth == 0 && !named.programs.is_empty();
    // Whoever is not root harms nobody else: what can be judged is, and the rest is theirs.
    if trusted.is_root() && (is_too_deep || named.has_unknown) {
        return Err(GateFault::Interpreter(path.to_owned()));
    }
    if is_too_deep {
        return Ok(());
    }
    for program in named.programs {
        if let Some(path) = place_of(program, path, trusted) {
            judge_chain(&path, trusted, depth.saturating_sub(1))?;
        }
    }
    Ok(())
}

/// Where a program lies that the script at `script` names; `None` where it is not to be judged, or
/// is nowhere.
pub(super) fn place_of(
    program: NamedProgram,
    script: &Path,
    trusted: &TrustedUsers,
) -> Option<PathBuf> {
    match program {
        NamedProgram::At(path) => Some(path),
        NamedProgram::InSearchPath(name) if trusted.is_root() => {
            find_in_search_path(&name, trusted)
        }
        NamedProgram::InSearchPath(_) => None,
        NamedProgram::Beside(name) => Some(script.canonicalize().ok()?.with_file_name(name)),
    }
}

/// The program of this name that a start would find, in the folders of the search path that are
/// passed on. Where there is none, the first in the other absolute ones: its refusal tells why.
fn find_in_search_path(name: &OsStr, trusted: &TrustedUsers) -> Option<PathBuf> {
    let all = absolute_folders(&env::var_os("PATH").unwrap_or_default());
    find_in_folders(name, &cleared_path(trusted)).or_else(|| find_in_folders(name, &all))
}

fn find_in_folders(name: &OsStr, folders: &OsStr) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata()
            .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    env::split_paths(folders).map(|folder| folder.join(name)).find(is_program)
}

/// Whether it is the very program that runs.
fn is_this_program(path: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|about| (about.dev(), about.ino())).ok();
    identity(path).is_some_and(|found| identity(Path::new("/proc/self/exe")) == Some(found))
}

/// The search path that programs are given: its absolute folders, for root the trusted ones only.
pub(crate) fn cleared_path(trusted: &TrustedUsers) -> OsString {
    let path = absolute_folders(&env::var_os("PATH").unwrap_or_default());
    if !trusted.is_root() {
        return path;
    }
    let is_fit = |folder: &PathBuf| open_trusted_folder(folder, trusted).is_ok();
    env::join_paths(env::split_paths(&path).filter(is_fit)).unwrap_or_default()
}

/// Whether a variable may be passed on to a program: for root, one that names a place of settings
/// which somebody else may have put there may not.
pub(crate) fn cleared_environment(name: &OsStr, value: &OsStr, trusted: &TrustedUsers) -> bool {
    let is_place = PLACES.iter().any(|place| name == *place);
    if !is_place || !trusted.is_root() {
        return true;
    }
    let path = Path::new(value);
    match open_trusted_folder(path, trusted) {
        Ok(_) | Err(GateFault::Absent(_)) => true,
        Err(GateFault::NotPlain(..)) => open_trusted_file(path, trusted).is_ok(),
        Err(_) => false,
    }
}

/// `path` without its relative folders, in which anyone may have put a program.
fn absolute_folders(path: &OsStr) -> OsString {
    let folders = env::split_paths(path).filter(|folder| folder.is_absolute());
    env::join_paths(folders).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_looked_for_in_absolute_folders_only() {
        assert_eq!(absolute_folders(OsStr::new("/a:.:b/c::/d")), "/a:/d");
        assert_eq!(absolute_folders(OsStr::new("")), "");
    }
}
