//! Folders in memory under the paths that an operator names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::TreePath;

use super::MemoryTree;
use crate::hold_mutex;
use crate::transfer::{Links, NamedKind, NamedPaths, NamedTree, TreeEntry};

/// Folders in memory under the paths that an operator names.
#[derive(Debug, Default)]
pub struct MemoryPaths(Mutex<BTreeMap<PathBuf, MemoryTree>>);

impl MemoryPaths {
    /// The folder at a path, which comes into being as needed.
    pub fn folder(&self, path: impl Into<PathBuf>) -> MemoryTree {
        hold_mutex(&self.0).entry(path.into()).or_default().clone()
    }

    /// The folder that lies at a path or above it, and the rest of the path.
    fn find_folder(&self, path: &Path) -> Option<(MemoryTree, String)> {
        let folders = hold_mutex(&self.0);
        let (folder, tree) = path.ancestors().find_map(|above| folders.get_key_value(above))?;
        let rest = path.strip_prefix(folder).ok()?.to_str()?.to_owned();
        Some((tree.clone(), rest))
    }
}

impl NamedPaths for MemoryPaths {
    fn find_kind(&self, path: &Path) -> NamedKind {
        let is_above = hold_mutex(&self.0).keys().any(|folder| folder.starts_with(path));
        if is_above {
            return NamedKind::Folder;
        }
        match self.find_folder(path) {
            Some((tree, name)) if tree.files().contains_key(&name) => NamedKind::File,
            Some((tree, name)) => {
                let below = format!("{name}/");
                let is_folder = tree.files().keys().any(|file| file.starts_with(&below));
                if is_folder { NamedKind::Folder } else { NamedKind::Absent }
            }
            None => NamedKind::Absent,
        }
    }

    fn is_taken(&self, path: &Path) -> bool {
        self.find_kind(path) != NamedKind::Absent
    }

    fn find_identity(&self, path: &Path) -> PathBuf {
        path.components().collect()
    }

    fn make_folder(&self, path: &Path) -> Result<(), Fault> {
        match self.find_kind(path) {
            NamedKind::Absent | NamedKind::Folder => drop(self.folder(path)),
            NamedKind::File | NamedKind::Other => {
                return Err(Fault::new(FaultKind::Disturbed, "there is a file"));
            }
        }
        Ok(())
    }

    fn open_tree(&self, path: &Path, _: Links) -> Result<Box<dyn NamedTree>, Fault> {
        match hold_mutex(&self.0).get(path) {
            Some(tree) => Ok(Box::new(tree.clone())),
            None => Err(Fault::new(FaultKind::Absent, "no such folder")),
        }
    }
}

impl NamedTree for MemoryTree {
    fn look_at(&self, path: &TreePath) -> Result<Option<TreeEntry>, Fault> {
        self.find_entry(path)
    }
}
