//! A host's files in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use datalake_core::{Fault, FaultKind, FilledBody, Folder, HostPath, Mode, Owner};

use super::held;
use crate::ports::{Files, NewFile, Seen};

/// A host's files in memory. The root folder is always there.
#[derive(Debug, Default)]
pub struct MemoryFiles(Mutex<BTreeMap<HostPath, Node>>);

/// A copy of everything in a [`MemoryFiles`], for comparing.
pub type Everything = BTreeMap<HostPath, Node>;

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    content: Option<Vec<u8>>,
    mode: Mode,
    owner: Owner,
}

impl MemoryFiles {
    /// Everything that is there, for comparing.
    #[must_use]
    pub fn everything(&self) -> Everything {
        held(&self.0).clone()
    }

    fn put(&self, path: &HostPath, node: Node) -> Result<(), Fault> {
        let mut nodes = held(&self.0);
        let parent = path.parent().unwrap_or_else(|| path.clone());
        let is_folder = |node: &Node| node.content.is_none();
        if parent.as_str() != "/" && !nodes.get(&parent).is_some_and(is_folder) {
            return Err(Fault::new(FaultKind::Absent, parent.as_str()));
        }
        nodes.insert(path.clone(), node);
        Ok(())
    }
}

impl Files for MemoryFiles {
    fn look(&self, path: &HostPath) -> Result<Seen, Fault> {
        let nodes = held(&self.0);
        let node = nodes.get(path).ok_or_else(|| Fault::new(FaultKind::Absent, path.as_str()))?;
        let (mode, owner) = (node.mode, node.owner);
        Ok(match &node.content {
            Some(content) => Seen::File { content: FilledBody::new(content.clone()), mode, owner },
            None => Seen::Folder(Folder { mode, owner, names: names(&nodes, path) }),
        })
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        let content = Some(file.content.expose().to_vec());
        self.put(path, Node { content, mode: file.mode, owner: file.owner })
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        held(&self.0).remove(path);
        Ok(())
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.put(path, Node { content: None, mode, owner })
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        let mut nodes = held(&self.0);
        if !names(&nodes, path).is_empty() {
            return Err(Fault::new(FaultKind::Io, "the folder is not empty"));
        }
        nodes.remove(path);
        Ok(())
    }

    fn sweep(&self, _: &HostPath) -> Result<(), Fault> {
        Ok(())
    }
}

fn names(nodes: &BTreeMap<HostPath, Node>, folder: &HostPath) -> BTreeSet<String> {
    let inside = nodes.keys().filter(|path| path.parent().as_ref() == Some(folder));
    inside.map(|path| path.file_name().to_owned()).collect()
}
