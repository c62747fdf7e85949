//! A folder of this machine as one transfer sees it: all of it, or some files in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FileFacts, TreePath};
use datalake_engine::transfer::{
    Hashing, Landing, LocalTree, NewTreeFile, Oddity, OpenFile, ReadFile, TreeEntry, TreeWalk,
};
use datalake_host::{HostTree, Links};

use super::notes::{Fact, Notes};

/// One side of a transfer on this machine.
pub(super) struct LocalSide {
    trees: Vec<HostTree>,
    /// The files that take part by their names; `None` for all of the one tree.
    only: Option<BTreeMap<String, Picked>>,
    /// Whether a file that is not there is told.
    must_be_there: bool,
    notes: Option<Arc<Notes>>,
}

/// A file that takes part under a name.
#[derive(Debug, Clone)]
struct Picked {
    tree: usize,
    name: TreePath,
}

/// A walk over the files that take part.
struct Round(Option<Vec<TreeEntry>>);

/// A walk whose files are noted.
struct Noted {
    walk: Box<dyn TreeWalk>,
    notes: Arc<Notes>,
}

impl LocalSide {
    /// A folder with all that is in it.
    pub(super) fn whole(path: &Path, links: Links) -> Result<Self, Fault> {
        let trees = vec![HostTree::open(path, links)?];
        Ok(Self { trees, only: None, must_be_there: false, notes: None })
    }

    /// Files that are read under other names. The operator has named them: links among them are
    /// followed.
    pub(super) fn files(files: &[(String, PathBuf)]) -> Result<Self, (PathBuf, Fault)> {
        let (mut trees, mut known, mut only) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for (name, path) in files {
            let at = |fault| (path.clone(), fault);
            let (folder, file) = split(path).map_err(at)?;
            let tree = match known.get(&folder) {
                Some(tree) => *tree,
                None => {
                    trees.push(HostTree::open(&folder, Links::Follow).map_err(at)?);
                    known.insert(folder, trees.len() - 1);
                    trees.len() - 1
                }
            };
            only.insert(name.clone(), Picked { tree, name: file });
        }
        Ok(Self { trees, only: Some(only), must_be_there: true, notes: None })
    }

    /// A folder in which only these names are looked at and written.
    pub(super) fn places(folder: &Path, names: &[&str]) -> Result<Self, Fault> {
        let trees = vec![HostTree::open(folder, Links::Skip)?];
        // A name that is none of a file is refused when its source is met.
        let picked = names.iter().filter_map(|text| {
            let name = TreePath::try_from(*text).ok()?;
            Some(((*text).to_owned(), Picked { tree: 0, name }))
        });
        Ok(Self { trees, only: Some(picked.collect()), must_be_there: false, notes: None })
    }

    /// The same; what is walked over is noted.
    pub(super) fn noting(self, notes: &Arc<Notes>) -> Self {
        Self { notes: Some(Arc::clone(notes)), ..self }
    }

    fn place(&self, path: &TreePath) -> Result<(&HostTree, TreePath), Fault> {
        let nowhere = || Fault::new(FaultKind::Absent, "it is none of the files that take part");
        let (tree, name) = match &self.only {
            None => (0, path.clone()),
            Some(only) => {
                let picked = only.get(path.as_str()).ok_or_else(nowhere)?;
                (picked.tree, picked.name.clone())
            }
        };
        Ok((self.trees.get(tree).ok_or_else(nowhere)?, name))
    }

    fn look(&self, only: &BTreeMap<String, Picked>) -> Vec<TreeEntry> {
        only.iter().filter_map(|(name, picked)| self.entry(name, picked)).collect()
    }

    fn entry(&self, name: &str, picked: &Picked) -> Option<TreeEntry> {
        let odd = |oddity| Some(TreeEntry::Odd(name.to_owned(), oddity));
        match self.trees.get(picked.tree)?.look_at(&picked.name) {
            Ok(Some(TreeEntry::File(_, facts))) => {
                Some(TreeEntry::File(TreePath::try_from(name).ok()?, facts))
            }
            // What the operator has named is missed where it does not go along.
            Ok(Some(TreeEntry::Odd(..))) if self.must_be_there => {
                odd(Oddity::Unreadable(Fault::new(FaultKind::NotPlain, "it is no plain file")))
            }
            Ok(Some(TreeEntry::Odd(..))) => odd(Oddity::Special("no plain file")),
            Ok(None) if self.must_be_there => {
                odd(Oddity::Unreadable(Fault::new(FaultKind::Absent, "No such file or directory")))
            }
            Ok(None) => None,
            Err(fault) => odd(Oddity::Unreadable(fault)),
        }
    }
}

#[async_trait]
impl LocalTree for LocalSide {
    fn walk(&self) -> Box<dyn TreeWalk> {
        let walk: Box<dyn TreeWalk> = match (&self.only, self.trees.first()) {
            (Some(only), _) => Box::new(Round(Some(self.look(only)))),
            (None, Some(tree)) => tree.walk(),
            (None, None) => Box::new(Round(None)),
        };
        match &self.notes {
            None => walk,
            Some(notes) => Box::new(Noted { walk, notes: Arc::clone(notes) }),
        }
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        let (tree, path) = self.place(path)?;
        tree.read_whole(&path, facts, hashing).await
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        let (tree, path) = self.place(path)?;
        tree.open(&path, facts).await
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<bytes::Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        let (tree, path) = self.place(path)?;
        tree.write_whole(&path, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        let (tree, path) = self.place(path)?;
        tree.create(&path).await
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let (tree, path) = self.place(path)?;
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
impl TreeWalk for Round {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        Ok(self.0.take())
    }
}

#[async_trait]
impl TreeWalk for Noted {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        let entries = self.walk.next().await?;
        for entry in entries.iter().flatten() {
            if let TreeEntry::File(path, facts) = entry {
                self.notes.add(path.as_str(), Fact::File(*facts));
            }
        }
        Ok(entries)
    }
}

/// The folder of a file and its name there.
fn split(path: &Path) -> Result<(PathBuf, TreePath), Fault> {
    let unfit = |why: &str| Fault::new(FaultKind::Refused, why);
    let name = path.file_name().ok_or_else(|| unfit("it names no file"))?;
    let name = name.to_str().ok_or_else(|| unfit("its name is no UTF-8, which keys have to be"))?;
    let name = TreePath::try_from(name).map_err(|error| unfit(&error.to_string()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok((folder.to_owned(), name))
}
