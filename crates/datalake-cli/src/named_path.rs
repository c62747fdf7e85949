//! Paths that the operator names: the one place of this crate that asks the file system itself.
//!
//! Everything else of a host is reached by `datalake-host`, from handles that are held open.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
pub(crate) use datalake_engine::transfer::NamedKind;
use datalake_engine::transfer::NamedPaths as _;
use datalake_host::{
    Existing, MachinePaths, NewNamedFile, read_named_file, read_stream, write_named_file,
};

use crate::failure::Failure;

/// What lies there, links followed.
#[must_use]
pub(crate) fn find_kind(path: &Path) -> NamedKind {
    MachinePaths.find_kind(path)
}

/// Whether anything has this name, a link that leads nowhere too.
#[must_use]
pub(crate) fn is_taken(path: &Path) -> bool {
    MachinePaths.is_taken(path)
}

/// Reads all of a file, `-` for standard input, at most `limit` bytes.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let content = if path == Path::new("-") {
        read_stream(io::stdin(), limit)
    } else {
        read_named_file(path, limit)
    };
    content.map_err(|fault| Failure::of_named(path, &fault))
}

/// The same of a text.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, Failure> {
    String::from_utf8(read_bytes(path, limit)?).map_err(|_| {
        Failure::of_named(path, &Fault::new(FaultKind::Unreadable, "it is not UTF-8 text"))
    })
}

/// Begins a file that gets its name when it is whole.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn create_file(path: &Path) -> Result<NewNamedFile, Failure> {
    let created = NewNamedFile::create(path, Existing::IsReplaced);
    created.map_err(|fault| Failure::of_named(path, &fault))
}

/// Gives the file its name.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn finish_file(file: NewNamedFile, path: &Path) -> Result<(), Failure> {
    file.finish().map_err(|fault| Failure::of_named(path, &fault))
}

/// Writes a file in one go: a reader sees the old one or the new one.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn write_file(path: &Path, content: &[u8], existing: Existing) -> Result<(), Failure> {
    write_named_file(path, content, existing).map_err(|fault| Failure::of_named(path, &fault))
}

/// Makes a folder, with those above it, unless it is there.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::io(path, &error))
}

/// The path from `/` on, without links.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn find_whole(path: &Path) -> Result<PathBuf, Failure> {
    fs::canonicalize(path).map_err(|error| Failure::io(path, &error))
}

/// One entry of a tree: its place, mode, owner and content.
pub(crate) type TreeItem = (PathBuf, u32, u32, Vec<u8>);

/// All folders and files below a folder of the demo, in order.
///
/// # Errors
///
/// An error of the system.
pub(crate) fn list_tree(root: &Path) -> io::Result<Vec<TreeItem>> {
    let (mut entries, mut left) = (Vec::new(), vec![root.to_owned()]);
    while let Some(path) = left.pop() {
        let facts = fs::symlink_metadata(&path)?;
        let mut content = Vec::new();
        if facts.is_dir() {
            for entry in fs::read_dir(&path)? {
                left.push(entry?.path());
            }
        } else {
            content = fs::read(&path)?;
        }
        entries.push((path, facts.mode(), facts.uid(), content));
    }
    entries.sort();
    Ok(entries)
}

/// Copies a file, where it is there, to a new name among the temporary files, and lets it stay.
///
/// # Errors
///
/// [`Failure`] naming the path.
pub(crate) fn keep_copy(
    path: &Path,
    prefix: &str,
    suffix: &str,
) -> Result<Option<PathBuf>, Failure> {
    let at_path = |error: io::Error| Failure::io(path, &error);
    if !is_taken(path) {
        return Ok(None);
    }
    let copy = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile();
    let (_, kept) = copy.map_err(at_path)?.keep().map_err(|error| at_path(error.error))?;
    fs::copy(path, &kept).map_err(at_path)?;
    Ok(Some(kept))
}

/// Puts a file, with the folders above it, into a folder that this process has just made.
///
/// # Errors
///
/// An error of the system.
pub(crate) fn put_file(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

/// Gives the temporary folder `new` the name `path` unless that is taken; everybody may look into it.
///
/// # Errors
///
/// An error of the system.
pub(crate) fn give_name(new: tempfile::TempDir, path: &Path) -> io::Result<()> {
    fs::set_permissions(new.path(), Permissions::from_mode(0o755))?;
    match fs::rename(new.path(), path) {
        // Somebody else was faster; the folder of ours goes with its guard.
        Err(_) if is_taken(path) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            // The folder has its name now and must outlive its guard.
            let _ = new.keep();
            Ok(())
        }
    }
}
