//! What names become keys and files, and which do not.

use std::path::Path;

use datalake_core::text::printable;

use super::job::{describe_path, folder_of};
use crate::{ErrorKind, OperationError};

/// The bytes of the longest key.
const LONGEST_KEY: usize = 1024;

/// Refuses a destination whose keys could never be stored, or never come back as files.
pub(super) fn require_storable(key: &str) -> Result<(), OperationError> {
    let refused = |why: &str| {
        let shown: String = key.chars().take(100).collect();
        let message = format!("`{}` {why}", printable(&shown));
        Err(OperationError::new(ErrorKind::Usage, message))
    };
    if key.len() > LONGEST_KEY {
        return refused("… is too long: a key has at most 1,024 bytes");
    }
    if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return refused("has a segment `.` or `..`, which no file can have that is fetched again");
    }
    if key.contains('\0') {
        return refused("holds a NUL byte, which no file name can");
    }
    Ok(())
}

/// What is said of a folder where a file is meant.
pub(super) fn folder_error(path: &Path) -> OperationError {
    let message = format!("`{}` is a folder", describe_path(path));
    OperationError::new(ErrorKind::Usage, message).advise("--recursive takes all that is in it")
}

/// The last part of a path, which a key gets.
pub(super) fn file_name(path: &Path) -> Result<String, OperationError> {
    let unfit = |why: &str| {
        OperationError::new(ErrorKind::Usage, format!("`{}` {why}", describe_path(path)))
    };
    let name = path.file_name().ok_or_else(|| unfit("names no file"))?;
    let name = name.to_str().ok_or_else(|| unfit("is not UTF-8, which keys have to be"))?;
    Ok(name.to_owned())
}

/// Whether a path is written as a folder.
pub(super) fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// A key as a folder of a bucket.
pub(super) fn as_folder(key: &str) -> String {
    if key.is_empty() || key.ends_with('/') { key.to_owned() } else { format!("{key}/") }
}

/// A key behind its last `/`.
pub(super) fn behind_folder(key: &str) -> &str {
    key.get(folder_of(key).len()..).unwrap_or_default()
}
