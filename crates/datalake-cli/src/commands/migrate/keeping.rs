//! A folder in which no file is ever lost: what is replaced is kept beside the folder.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::{Fault, FileFacts, TreePath};
use datalake_engine::transfer::{
    Hashes, Hashing, Landing, LocalTree, NewTreeFile, OpenFile, ReadFile, TreeWalk,
};
use datalake_host::HostTree;

use super::super::transfer::held;
use super::folder::FolderPlace;
use super::tree::PartTree;

/// Files are kept in steps of this size.
const STEP: u64 = 4 << 20;

/// Files whose old contents are kept.
pub(super) struct KeepingTree {
    part: PartTree,
    keeper: Arc<Keeper>,
}

/// Keeps files.
pub(super) struct Keeper {
    from: Arc<HostTree>,
    /// The folder of the files.
    beside: FolderPlace,
    /// The name of the folder beside it that they are kept in; made with the first one.
    name: String,
    opened: Mutex<Option<(FolderPlace, Arc<HostTree>)>>,
}

/// A file that is being written.
struct Keeping {
    file: Box<dyn NewTreeFile>,
    path: TreePath,
    keeper: Arc<Keeper>,
}

impl KeepingTree {
    /// Keeps what is replaced in a folder of that name beside `beside`, which the files lie in.
    pub(super) fn new(
        part: &PartTree,
        from: &Arc<HostTree>,
        beside: &FolderPlace,
        name: String,
    ) -> Self {
        let (from, beside) = (Arc::clone(from), beside.clone());
        let keeper = Keeper { from, beside, name, opened: Mutex::default() };
        Self { part: part.clone(), keeper: Arc::new(keeper) }
    }

    /// The folder of what was replaced, if anything was.
    pub(super) fn kept(&self) -> Option<String> {
        held(&self.keeper.opened).as_ref().map(|(folder, _)| folder.shown())
    }
}

impl Keeper {
    fn opened(&self) -> Result<Arc<HostTree>, Fault> {
        let mut opened = held(&self.opened);
        if let Some((_, tree)) = &*opened {
            return Ok(Arc::clone(tree));
        }
        let made = self.beside.make_beside(&self.name);
        let made = made.and_then(|folder| Ok((folder.open_tree()?, folder)));
        let (tree, folder) = made.map_err(|failure| {
            Fault::new(datalake_core::FaultKind::Io, failure.messages.join(": "))
        })?;
        let (_, tree) = opened.insert((folder, Arc::new(tree)));
        Ok(Arc::clone(tree))
    }

    /// Copies a file before it is replaced.
    async fn keep(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let file = self.from.open(path, facts).await?;
        let copy = self.opened()?.create(path).await?;
        let (mut place, size) = (0, facts.size.0);
        while place < size {
            let end = size.min(place + STEP);
            let read = file.read(place..end, Hashing::Sha256).await?;
            copy.write_at(place, read.payload.chunks().to_vec(), Hashes::NONE).await?;
            place = end;
        }
        let landing = Landing { modified: facts.modified, replaces: None };
        copy.finish(&landing).await.map(drop)
    }
}

#[async_trait]
impl LocalTree for KeepingTree {
    fn walk(&self) -> Box<dyn TreeWalk> {
        self.part.walk()
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        self.part.read_whole(path, facts, hashing).await
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        self.part.open(path, facts).await
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        if let Some(old) = &landing.replaces {
            self.keeper.keep(&self.part.here(path)?, old).await?;
        }
        self.part.write_whole(path, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        let file = self.part.create(path).await?;
        let (path, keeper) = (self.part.here(path)?, Arc::clone(&self.keeper));
        Ok(Box::new(Keeping { file, path, keeper }))
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        self.part.remove(path, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        self.part.sweep(name).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        let kept = held(&self.keeper.opened).as_ref().map(|(_, tree)| Arc::clone(tree));
        if let Some(kept) = kept {
            kept.flush().await?;
        }
        self.part.flush().await
    }
}

#[async_trait]
impl NewTreeFile for Keeping {
    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        hashes: Hashes,
    ) -> Result<Hashes, Fault> {
        self.file.write_at(place, content, hashes).await
    }

    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault> {
        if let Some(old) = &landing.replaces {
            self.keeper.keep(&self.path, old).await?;
        }
        self.file.finish(landing).await
    }
}
