//! Folders that the operator names and that may have to be made.

use std::path::Path;
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_engine::{Checkpoints, Files, SeenEntry};
use rustix::process::{getegid, geteuid};

use crate::escape::escaped_path;
use crate::files::HostFiles;

impl HostFiles {
    /// Opens the folder that the operator names; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`WayFault`] as of [`HostFiles::open_named`], except for an absent folder.
    pub fn open_named_if_any(
        path: &Path,
        checkpoints: Arc<dyn Checkpoints>,
    ) -> Result<Option<Self>, WayFault> {
        match Self::open_named(path, checkpoints) {
            Ok(files) => Ok(Some(files)),
            Err(WayFault::At { fault, .. }) if fault.kind == FaultKind::Absent => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Opens the folder that the operator names, and makes what is missing of the way to it: for the
    /// owner of the folder that it lies in where the caller is root.
    ///
    /// # Errors
    ///
    /// [`WayFault`] as of [`HostFiles::open_named`], and where a folder cannot be made.
    pub fn make_named(path: &Path, checkpoints: Arc<dyn Checkpoints>) -> Result<Self, WayFault> {
        let mut missing = Vec::new();
        let mut above = path;
        let files = loop {
            if let Some(files) = Self::open_named_if_any(above, Arc::clone(&checkpoints))? {
                break files;
            }
            if above == Path::new(".") {
                return Err(fault_at(
                    path,
                    Fault::new(FaultKind::Absent, "the working folder is gone"),
                ));
            }
            missing.push(above.file_name().unwrap_or_default().to_string_lossy().into_owned());
            above = match above.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
        };
        let mut made = String::new();
        for name in missing.iter().rev().filter(|name| !matches!(name.as_str(), "" | "." | "..")) {
            made = format!("{made}/{name}");
            files.create_folder_for_neighbour(&made).map_err(|fault| fault_at(path, fault))?;
        }
        if missing.is_empty() { Ok(files) } else { Self::open_named(path, checkpoints) }
    }

    /// Makes a folder for the owner of the one that it lies in.
    fn create_folder_for_neighbour(&self, path: &str) -> Result<(), Fault> {
        let unfit = |error: datalake_core::host::InvalidPath| {
            Fault::new(FaultKind::Refused, error.to_string())
        };
        let path: HostPath = path.parse().map_err(unfit)?;
        let above = path.parent().map_or_else(|| "/".parse().map_err(unfit), Ok)?;
        let owner = match self.look(&above)? {
            SeenEntry::Folder(seen) if geteuid().is_root() => seen.owner,
            SeenEntry::Folder(_) | SeenEntry::File { .. } => {
                Owner { uid: geteuid().as_raw(), gid: getegid().as_raw() }
            }
        };
        self.create_folder(&path, Mode::PUBLIC_FOLDER, owner)
    }
}

fn fault_at(path: &Path, fault: Fault) -> WayFault {
    WayFault::At { path: escaped_path(path), fault }
}
