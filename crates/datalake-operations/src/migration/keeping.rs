//! A folder in which no file is ever lost: what is replaced is kept beside the folder.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{
    Digests, Hashes, Hashing, Landing, LocalTree, NewTreeFile, OpenFile, PeekTree, ReadFile,
    TreeWalk,
};

use super::tree::PartTree;
use crate::FolderPlace;

/// Files are kept in steps of this size.
const STEP: u64 = 4 << 20;

/// Files whose old contents are kept.
pub(crate) struct KeepingTree {
    part: PartTree,
    keeper: Arc<FileKeeper>,
}

/// Keeps files.
pub(crate) struct FileKeeper {
    from: Arc<dyn PeekTree>,
    /// Made with the first one.
    beside: KeptBeside,
    opened: Mutex<Option<KeptFolder>>,
}

/// Where replaced files are kept.
pub(crate) struct KeptBeside {
    /// The folder of the files.
    pub(crate) folder: FolderPlace,
    /// The name of the folder beside it that they are kept in.
    pub(crate) name: String,
}

/// The folder that they are kept in, made and open.
struct KeptFolder {
    place: FolderPlace,
    tree: Arc<dyn PeekTree>,
}

/// A file that is being written.
struct KeepingFile {
    file: Box<dyn NewTreeFile>,
    path: TreePath,
    keeper: Arc<FileKeeper>,
}

impl KeepingTree {
    /// Keeps what is replaced of the files of `from` beside their folder.
    pub(crate) fn new(part: &PartTree, from: &Arc<dyn PeekTree>, beside: KeptBeside) -> Self {
        let keeper = FileKeeper { from: Arc::clone(from), beside, opened: Mutex::default() };
        Self { part: part.clone(), keeper: Arc::new(keeper) }
    }

    /// The folder of what was replaced, if anything was.
    pub(crate) fn name_of_kept(&self) -> Option<String> {
        hold_mutex(&self.keeper.opened).as_ref().map(|kept| kept.place.shown())
    }
}

impl FileKeeper {
    fn open_kept(&self) -> Result<Arc<dyn PeekTree>, Fault> {
        let mut opened = hold_mutex(&self.opened);
        if let Some(kept) = &*opened {
            return Ok(Arc::clone(&kept.tree));
        }
        let made = self.beside.folder.make_beside(&self.beside.name);
        let made = made.and_then(|place| Ok(KeptFolder { tree: place.open_tree()?, place }));
        let kept = made.map_err(|error| Fault::new(FaultKind::Io, error.messages.join(": ")))?;
        Ok(Arc::clone(&opened.insert(kept).tree))
    }

    /// Copies a file before it is replaced.
    async fn keep_file(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let file = self.from.open(path, facts).await?;
        let copy = self.open_kept()?.create(path).await?;
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
            self.keeper.keep_file(&self.part.name_here(path)?, old).await?;
        }
        self.part.write_whole(path, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        let file = self.part.create(path).await?;
        let (path, keeper) = (self.part.name_here(path)?, Arc::clone(&self.keeper));
        Ok(Box::new(KeepingFile { file, path, keeper }))
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        self.part.remove(path, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        self.part.sweep(name).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        let kept = hold_mutex(&self.keeper.opened).as_ref().map(|kept| Arc::clone(&kept.tree));
        if let Some(kept) = kept {
            kept.flush().await?;
        }
        self.part.flush().await
    }
}

#[async_trait]
impl NewTreeFile for KeepingFile {
    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        hashes: Hashes,
    ) -> Result<Hashes, Fault> {
        self.file.write_at(place, content, hashes).await
    }

    fn hashes_later(&self) -> bool {
        self.file.hashes_later()
    }

    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        self.file.hash_all(ranges, hashing).await
    }

    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault> {
        if let Some(old) = &landing.replaces {
            self.keeper.keep_file(&self.path, old).await?;
        }
        self.file.finish(landing).await
    }
}
