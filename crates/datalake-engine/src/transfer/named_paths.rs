//! The port to paths that an operator names.

use std::path::{Path, PathBuf};

use datalake_core::fault::Fault;
use datalake_core::transfer::TreePath;

use super::{LocalTree, TreeEntry};

/// The file system of this machine, where an operator names a path in it. The way to such a path is
/// the operator's word and may lead through links.
pub trait NamedPaths: Send + Sync {
    /// What lies at a path, links followed.
    fn find_kind(&self, path: &Path) -> NamedKind;

    /// Whether anything has this name, a link that leads nowhere too.
    fn is_taken(&self, path: &Path) -> bool;

    /// The same path for the same place, however it is written, whether or not anything is there.
    fn find_identity(&self, path: &Path) -> PathBuf;

    /// Makes a folder, with those above it, unless it is there.
    fn make_folder(&self, path: &Path) -> Result<(), Fault>;

    /// Opens a folder.
    fn open_tree(&self, path: &Path, links: Links) -> Result<Box<dyn NamedTree>, Fault>;

    /// Whether a folder lies there.
    fn is_folder(&self, path: &Path) -> bool {
        self.find_kind(path) == NamedKind::Folder
    }
}

/// A folder of this machine in which single files can be looked at.
pub trait NamedTree: LocalTree {
    /// What lies at a path; `None` where nothing does. A link is followed where this tree follows
    /// links.
    fn look_at(&self, path: &TreePath) -> Result<Option<TreeEntry>, Fault>;
}

/// What lies at a path that an operator names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedKind {
    /// Nothing: something above it is missing, or is a file.
    Absent,
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A pipe, a device, or what nobody may look at: opening it tells.
    Other,
}

/// Whether symbolic links below a folder are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// Report them, do not follow them.
    #[default]
    Skip,
    /// Follow them for reading, out of the folder too; nothing is written through one.
    Follow,
}
