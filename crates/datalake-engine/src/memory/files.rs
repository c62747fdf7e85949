//! A host's files in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Folder, HostPath, Mode, Owner};
use datalake_core::secret::FilledBody;

use crate::hold_mutex;
use crate::ports::{Files, NewFile, SeenEntry};

/// A host's files in memory. The root folder is always there.
#[derive(Debug, Default)]
pub struct MemoryFiles(Mutex<BTreeMap<HostPath, MemoryEntry>>);

/// A copy of everything in a [`MemoryFiles`], for comparing.
pub type Everything = BTreeMap<HostPath, MemoryEntry>;

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryEntry {
    content: Option<Vec<u8>>,
    mode: Mode,
    owner: Owner,
}

impl MemoryFiles {
    /// Everything that is there, for comparing.
    #[must_use]
    pub fn everything(&self) -> Everything {
        hold_mutex(&self.0).clone()
    }

    fn put(&self, path: &HostPath, node: MemoryEntry) -> Result<(), Fault> {
        let mut nodes = hold_mutex(&self.0);
        let parent = path.parent().unwrap_or_else(|| path.clone());
        let is_folder = |node: &MemoryEntry| node.content.is_none();
        if parent.as_str() != "/" && !nodes.get(&parent).is_some_and(is_folder) {
            return Err(Fault::new(FaultKind::Absent, parent.as_str()));
        }
        nodes.insert(path.clone(), node);
        Ok(())
    }
}

impl From<Everything> for MemoryFiles {
    fn from(everything: Everything) -> Self {
        Self(Mutex::new(everything))
    }
}

impl Files for MemoryFiles {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        let nodes = hold_mutex(&self.0);
        if path.as_str() == "/" {
            let owner = Owner { uid: 0, gid: 0 };
            let names = list_names(&nodes, path);
            return Ok(SeenEntry::Folder(Folder { mode: Mode::PUBLIC_FOLDER, owner, names }));
        }
        let node = nodes.get(path).ok_or_else(|| Fault::new(FaultKind::Absent, path.as_str()))?;
        let (mode, owner) = (node.mode, node.owner);
        Ok(match &node.content {
            Some(content) => {
                SeenEntry::File { content: FilledBody::new(content.clone()), mode, owner }
            }
            None => SeenEntry::Folder(Folder { mode, owner, names: list_names(&nodes, path) }),
        })
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        let content = Some(file.content.expose().to_vec());
        self.put(path, MemoryEntry { content, mode: file.mode, owner: file.owner })
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        hold_mutex(&self.0).remove(path);
        Ok(())
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.put(path, MemoryEntry { content: None, mode, owner })
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        let mut nodes = hold_mutex(&self.0);
        if !list_names(&nodes, path).is_empty() {
            return Err(Fault::new(FaultKind::Io, "the folder is not empty"));
        }
        nodes.remove(path);
        Ok(())
    }

    fn sweep(&self, _: &HostPath) -> Result<(), Fault> {
        Ok(())
    }
}

fn list_names(nodes: &BTreeMap<HostPath, MemoryEntry>, folder: &HostPath) -> BTreeSet<String> {
    let inside = nodes.keys().filter(|path| path.parent().as_ref() == Some(folder));
    inside.map(|path| path.file_name().to_owned()).collect()
}
