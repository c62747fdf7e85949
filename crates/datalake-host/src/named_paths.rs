//! Paths of this machine that an operator names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{Links, NamedKind, NamedPaths, NamedTree};

use crate::HostTree;
use crate::fault::fault_of_io;

/// The file system of this machine, where an operator names a path in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachinePaths;

impl NamedPaths for MachinePaths {
    fn find_kind(&self, path: &Path) -> NamedKind {
        match path.metadata() {
            Ok(about) if about.is_file() => NamedKind::File,
            Ok(about) if about.is_dir() => NamedKind::Folder,
            Err(error) if is_absence(&error) => NamedKind::Absent,
            Ok(_) | Err(_) => NamedKind::Other,
        }
    }

    fn is_taken(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    fn find_identity(&self, path: &Path) -> PathBuf {
        let plain = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        fs::canonicalize(path).unwrap_or_else(|_| plain())
    }

    fn make_folder(&self, path: &Path) -> Result<(), Fault> {
        fs::create_dir_all(path).map_err(|error| {
            // The system's own words, whatever they are: the path is the operator's.
            let detail = error.to_string();
            match fault_of_io(&error).kind {
                FaultKind::Denied => Fault::new(FaultKind::Denied, detail),
                _ => Fault::new(FaultKind::Io, detail),
            }
        })
    }

    fn open_tree(&self, path: &Path, links: Links) -> Result<Box<dyn NamedTree>, Fault> {
        Ok(Box::new(HostTree::open(path, links)?))
    }
}

/// Whether nothing has that path: something above it is missing, or is a file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
