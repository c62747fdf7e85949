//! What is read of open files and folders.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use datalake_core::fault::Fault;
use rustix::fs::Dir;

use crate::fault::{fault_of, fault_of_io, too_large};

/// Reads a whole file that must not exceed `limit` bytes.
pub(crate) fn read_at_most(file: File, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content).map_err(|error| fault_of_io(&error))?;
    if content.len() as u64 > limit {
        return Err(too_large("it", limit));
    }
    Ok(content)
}

/// Reads the first bytes of a file, at most so many.
pub(crate) fn read_some(file: &File, most: usize) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    file.take(most as u64).read_to_end(&mut content).map_err(|error| fault_of_io(&error))?;
    Ok(content)
}

/// The names in an open folder, in no order. A name that is not UTF-8 shows with replacement
/// characters, so that the folder does not look empty.
pub(crate) fn names_in(folder: &OwnedFd) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder).map_err(fault_of)? {
        let entry = entry.map_err(fault_of)?;
        match entry.file_name().to_string_lossy().as_ref() {
            "." | ".." => (),
            name => names.push(name.to_owned()),
        }
    }
    Ok(names)
}
