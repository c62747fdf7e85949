//! A folder of this machine as one transfer sees it: all of it, or some files in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{FileFacts, TreePath};

use super::named_paths::{Links, NamedPaths, NamedTree};
use super::source_notes::{SourceFact, SourceNotes};
use super::{
    Hashing, Landing, LocalTree, NewTreeFile, Oddity, OpenFile, ReadFile, SourceFile, TreeEntry,
    TreeWalk,
};

/// One side of a transfer on this machine.
#[derive(Default)]
pub struct TreeView {
    trees: Vec<Box<dyn NamedTree>>,
    /// The files that take part by their names; `None` for all of the one tree.
    only: Option<BTreeMap<String, PickedFile>>,
    /// Whether a file that does not exist is told.
    must_exist: bool,
    notes: Option<Arc<SourceNotes>>,
}

/// A file that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnopenedFile {
    /// Its path, as it was named.
    pub path: PathBuf,
    /// Why.
    pub fault: Fault,
}

/// A file that takes part under a name.
#[derive(Debug, Clone)]
struct PickedFile {
    tree: usize,
    name: TreePath,
    /// As the operator wrote it, where it is a source.
    path: Option<PathBuf>,
}

/// A walk over the files that take part.
struct PickedWalk(Option<Vec<TreeEntry>>);

/// A walk whose files are noted.
struct NotingWalk {
    walk: Box<dyn TreeWalk>,
    notes: Arc<SourceNotes>,
}

impl PickedFile {
    fn describe(&self) -> String {
        self.path.as_ref().map(|path| format!("`{}`", path.display())).unwrap_or_default()
    }
}

impl TreeView {
    /// A folder with all that is in it.
    #[must_use]
    pub fn of_folder(tree: Box<dyn NamedTree>) -> Self {
        Self { trees: vec![tree], ..Self::default() }
    }

    /// A folder that does not exist yet, where nothing is to be written.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self::default()
    }

    /// Files that are read under other names. The operator has named them: links among them are
    /// followed.
    ///
    /// # Errors
    ///
    /// [`UnopenedFile`] for the first whose folder cannot be opened.
    pub fn of_files(paths: &dyn NamedPaths, files: &[SourceFile]) -> Result<Self, UnopenedFile> {
        let (mut trees, mut known, mut only) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for SourceFile { name, path } in files {
            let unopened = |fault| UnopenedFile { path: path.clone(), fault };
            let (folder, file) = split_path(path).map_err(unopened)?;
            let tree = match known.get(&folder) {
                Some(tree) => *tree,
                None => {
                    trees.push(paths.open_tree(&folder, Links::Follow).map_err(unopened)?);
                    known.insert(folder, trees.len() - 1);
                    trees.len() - 1
                }
            };
            let path = Some(path.clone());
            only.insert(name.clone(), PickedFile { tree, name: file, path });
        }
        Ok(Self { trees, only: Some(only), must_exist: true, notes: None })
    }

    /// The same; only these names are looked at and written.
    #[must_use]
    pub fn with_names(self, names: &[&str]) -> Self {
        // A name that is none of a file is refused when its source is met.
        let picked = names.iter().filter_map(|text| {
            let name = TreePath::try_from(*text).ok()?;
            Some(((*text).to_owned(), PickedFile { tree: 0, name, path: None }))
        });
        Self { only: Some(picked.collect()), ..self }
    }

    /// The same; what is walked over is noted.
    #[must_use]
    pub fn noting(self, notes: &Arc<SourceNotes>) -> Self {
        Self { notes: Some(Arc::clone(notes)), ..self }
    }

    fn find_file(&self, path: &TreePath) -> Result<(&dyn NamedTree, TreePath), Fault> {
        let nowhere = || Fault::new(FaultKind::Absent, "it is none of the files that take part");
        let (tree, name) = match &self.only {
            None => (0, path.clone()),
            Some(only) => {
                let picked = only.get(path.as_str()).ok_or_else(nowhere)?;
                (picked.tree, picked.name.clone())
            }
        };
        Ok((self.trees.get(tree).ok_or_else(nowhere)?.as_ref(), name))
    }

    fn find_entries(&self, only: &BTreeMap<String, PickedFile>) -> Vec<TreeEntry> {
        only.iter().filter_map(|(name, picked)| self.find_entry(name, picked)).collect()
    }

    fn find_entry(&self, name: &str, picked: &PickedFile) -> Option<TreeEntry> {
        let odd = |oddity| Some(TreeEntry::Odd(name.to_owned(), oddity));
        match self.trees.get(picked.tree)?.look_at(&picked.name) {
            Ok(Some(TreeEntry::File(_, facts))) => {
                Some(TreeEntry::File(TreePath::try_from(name).ok()?, facts))
            }
            // What the operator has named is missed where it does not go along.
            Ok(Some(TreeEntry::Odd(..))) if self.must_exist => {
                odd(Oddity::Unreadable(Fault::new(FaultKind::NotPlain, picked.describe())))
            }
            Ok(Some(TreeEntry::Odd(..))) => odd(Oddity::Special("no plain file")),
            Ok(None) if self.must_exist => {
                odd(Oddity::Unreadable(Fault::new(FaultKind::Absent, picked.describe())))
            }
            Ok(None) => None,
            Err(fault) => odd(Oddity::Unreadable(fault)),
        }
    }
}

#[async_trait]
impl LocalTree for TreeView {
    fn walk(&self) -> Box<dyn TreeWalk> {
        let walk: Box<dyn TreeWalk> = match (&self.only, self.trees.first()) {
            (Some(only), _) => Box::new(PickedWalk(Some(self.find_entries(only)))),
            (None, Some(tree)) => tree.walk(),
            (None, None) => Box::new(PickedWalk(None)),
        };
        match &self.notes {
            None => walk,
            Some(notes) => Box::new(NotingWalk { walk, notes: Arc::clone(notes) }),
        }
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        let (tree, path) = self.find_file(path)?;
        tree.read_whole(&path, facts, hashing).await
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        let (tree, path) = self.find_file(path)?;
        tree.open(&path, facts).await
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        let (tree, path) = self.find_file(path)?;
        tree.write_whole(&path, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        let (tree, path) = self.find_file(path)?;
        tree.create(&path).await
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let (tree, path) = self.find_file(path)?;
        tree.remove(&path, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        match self.trees.first() {
            Some(tree) => tree.sweep(name).await,
            None => Ok(()),
        }
    }

    async fn flush(&self) -> Result<(), Fault> {
        for tree in &self.trees {
            tree.flush().await?;
        }
        Ok(())
    }
}

#[async_trait]
impl TreeWalk for PickedWalk {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        Ok(self.0.take())
    }
}

#[async_trait]
impl TreeWalk for NotingWalk {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        let entries = self.walk.next().await?;
        for entry in entries.iter().flatten() {
            if let TreeEntry::File(path, facts) = entry {
                self.notes.add_fact(path.as_str(), SourceFact::File(*facts));
            }
        }
        Ok(entries)
    }
}

/// The folder of a file and its name there.
fn split_path(path: &Path) -> Result<(PathBuf, TreePath), Fault> {
    let unfit = |why: &str| Fault::new(FaultKind::Refused, why);
    let name = path.file_name().ok_or_else(|| unfit("it names no file"))?;
    let name =
        name.to_str().ok_or_else(|| unfit("its name is not UTF-8, which keys have to be"))?;
    let name = TreePath::try_from(name).map_err(|error| unfit(&error.to_string()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok((folder.to_owned(), name))
}

#[cfg(test)]
mod tests;
