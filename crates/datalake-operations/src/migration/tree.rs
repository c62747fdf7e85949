//! A folder of Dagster's as one part of a migration sees it: some of its files, under the names that
//! they get in the bucket.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::AssetKeys;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_dagster::{
    ContentKind, ContentScan, HEAD, StoredKind, begins_as_pickle, is_log_path, op_output_here,
    op_output_there,
};
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{
    Hashing, Landing, LocalTree, NewTreeFile, OpenFile, PeekLength, PeekTree, ReadFile, TreeWalk,
};

use super::arriving::{ArrivingFile, require_pickle};
use super::kinds::{ENDS, KindFinder, ends_of};
use super::left_behind::LeftBehind;
use super::walk::PartWalk;

/// Large files are looked through in steps of this size.
const STEP: u64 = 4 << 20;
/// So much is read at most to tell what a dry run would move; beyond that, beginnings and ends do.
const LOOKED_INTO: u64 = 1 << 30;

/// The files of some kinds below a folder.
#[derive(Clone)]
pub(crate) struct PartTree {
    tree: Arc<dyn PeekTree>,
    kinds: &'static [StoredKind],
    /// The keys of the assets that the instance knows.
    known: Arc<AssetKeys>,
    /// What is left out is noted here.
    left_out: Arc<LeftBehind>,
    /// Kinds that other parts take; `None` where another part tells what lies here.
    others: Option<Vec<StoredKind>>,
    /// What files were when they were met is kept here, by their names in the bucket.
    facts: Option<Arc<Facts>>,
    /// Which of its files take part just now; all of them where nothing is said.
    chosen: Arc<Mutex<Option<Arc<FileFilter>>>>,
    /// How much may still be read only to tell what would be moved.
    looks: Arc<AtomicU64>,
}

/// Tells whether a file of this name in the bucket takes part.
pub(crate) type FileFilter = dyn Fn(&str, &FileFacts) -> bool + Send + Sync;

/// What files were when they were met.
pub(crate) type Facts = Mutex<BTreeMap<String, FileFacts>>;

impl PartTree {
    /// The files of some kinds in a tree, of an instance that knows these assets.
    pub(crate) fn new(
        tree: &Arc<dyn PeekTree>,
        kinds: &'static [StoredKind],
        known: &Arc<AssetKeys>,
    ) -> Self {
        Self {
            tree: Arc::clone(tree),
            kinds,
            known: Arc::clone(known),
            left_out: Arc::default(),
            others: None,
            facts: None,
            chosen: Arc::default(),
            looks: Arc::new(AtomicU64::new(LOOKED_INTO)),
        }
    }

    /// The same; files of other kinds are noted, except those that other parts take.
    pub(crate) fn noting(
        self,
        left_out: &Arc<LeftBehind>,
        others: Option<Vec<StoredKind>>,
    ) -> Self {
        Self { left_out: Arc::clone(left_out), others, ..self }
    }

    /// The same; the name of everything that stays is kept.
    pub(crate) fn naming(self) -> Self {
        Self { left_out: Arc::new(LeftBehind::naming_all()), ..self }
    }

    /// What stays, as far as the folder was gone through.
    pub(crate) fn left_out(&self) -> Arc<LeftBehind> {
        Arc::clone(&self.left_out)
    }

    /// The same; what its files are is kept.
    pub(crate) fn remembering(self, facts: &Arc<Facts>) -> Self {
        Self { facts: Some(Arc::clone(facts)), ..self }
    }

    /// From now on only these of its files take part.
    pub(crate) fn choose_files(&self, chosen: Option<Arc<FileFilter>>) {
        *hold_mutex(&self.chosen) = chosen;
    }

    pub(crate) fn is_chosen(&self, name: &str, facts: &FileFacts) -> bool {
        let chosen = hold_mutex(&self.chosen).clone();
        chosen.is_none_or(|chosen| chosen(name, facts))
    }

    /// Its folder as it is.
    pub(crate) fn tree(&self) -> &Arc<dyn PeekTree> {
        &self.tree
    }

    pub(crate) fn takes(&self, kind: StoredKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether what lies among its files is told with it.
    pub(crate) fn notes(&self) -> bool {
        self.others.is_some()
    }

    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.facts.as_deref()
    }

    /// Notes a file that is of another kind.
    pub(crate) fn leave(&self, kind: StoredKind, name: &str, size: ByteSize) {
        if self.others.as_ref().is_some_and(|others| !others.contains(&kind)) {
            self.left_out.add(kind, name, size);
        }
    }

    /// The name in the bucket of a path of this part.
    pub(crate) fn name_there(&self, path: TreePath) -> Option<TreePath> {
        if self.takes(StoredKind::OpOutput) {
            return TreePath::try_from(op_output_there(path.as_str())).ok();
        }
        Some(path)
    }

    /// The path of a name in the bucket.
    pub(crate) fn name_here(&self, path: &TreePath) -> Result<TreePath, Fault> {
        if self.takes(StoredKind::OpOutput) {
            return TreePath::try_from(op_output_here(path.as_str()))
                .map_err(|error| Fault::new(FaultKind::Refused, error.to_string()));
        }
        Ok(path.clone())
    }

    /// Whether its files are pickles: half of one could be met, since they are written in place.
    pub(crate) fn is_pickled(&self) -> bool {
        self.kinds.iter().all(|kind| kind.is_pickled())
    }

    async fn look_through(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let file = self.tree.open(&self.name_here(path)?, facts).await?;
        let content = scan_file(file.as_ref(), facts.size.0).await?;
        self.judge_content(path, facts.size, content).await
    }

    /// What keeps a content out of the bucket; one of another kind is noted as such.
    async fn judge_content(
        &self,
        path: &TreePath,
        size: ByteSize,
        content: ContentKind,
    ) -> Result<(), Fault> {
        let refused = require_whole(content);
        if refused.is_err() && content != ContentKind::Cut {
            let here = self.name_here(path)?;
            let peeked = self.tree.peek_files(&[here], ENDS).await;
            let kind = match peeked.as_slice() {
                [Ok(file)] => StoredKind::of_no_pickle(&ends_of(file)),
                _ => StoredKind::Unknown,
            };
            self.left_out.add_late(kind, path.as_str(), size);
        }
        refused
    }

    /// What keeps an object of this name and content out of the folder.
    fn require_content(&self, path: &TreePath, content: &[Bytes]) -> Result<(), Fault> {
        if !self.is_pickled() {
            return self.require_known(path, &[]);
        }
        let mut scan = ContentScan::default();
        for chunk in content {
            scan.feed(chunk);
        }
        let known = require_pickle(scan.end() == ContentKind::Pickle);
        if known.is_err() {
            let size = content.iter().map(|chunk| chunk.len() as u64).sum();
            self.left_out.add_late(StoredKind::Unknown, path.as_str(), ByteSize(size));
        }
        known
    }

    /// What keeps an object of this name and beginning out of the folder.
    fn require_known(&self, path: &TreePath, head: &[u8]) -> Result<(), Fault> {
        if self.is_pickled() {
            return require_pickle(begins_as_pickle(head));
        }
        if is_log_path(path.as_str()) {
            return Ok(());
        }
        Err(Fault::new(FaultKind::NotPlain, "not the name of a log: it stays in the bucket"))
    }
}

/// Reads a file as far as it tells what the file is: long texts and arrays are passed over.
async fn scan_file(file: &dyn OpenFile, size: u64) -> Result<ContentKind, Fault> {
    let (mut scan, mut place) = (ContentScan::default(), 0);
    while place < size {
        let pass = scan.skippable().min(size - place);
        if pass > STEP {
            scan.skip(pass);
            place += pass;
            continue;
        }
        let end = size.min(place + STEP);
        let read = file.read(place..end, Hashing::Sha256).await?;
        read.payload.chunks().iter().for_each(|chunk| scan.feed(chunk));
        place = end;
    }
    Ok(scan.end())
}

/// What keeps a content out of the bucket.
fn require_whole(content: ContentKind) -> Result<(), Fault> {
    match content {
        ContentKind::Pickle => Ok(()),
        ContentKind::Cut => {
            let detail = "half a pickle: it is being written, or its writer was stopped";
            Err(Fault::new(FaultKind::NotWhole, detail))
        }
        ContentKind::Other => Err(Fault::new(FaultKind::NotPlain, "no pickle: it stays")),
        ContentKind::Database => {
            Err(Fault::new(FaultKind::NotPlain, "an SQLite database, no pickle: it stays"))
        }
    }
}

#[async_trait]
impl LocalTree for PartTree {
    fn walk(&self) -> Box<dyn TreeWalk> {
        self.left_out.clear();
        let kinds = KindFinder::new(&self.tree, &self.known);
        Box::new(PartWalk::begin(self.tree.walk(), self.clone(), kinds))
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        let read = self.tree.read_whole(&self.name_here(path)?, facts, hashing).await?;
        if self.is_pickled() {
            let mut scan = ContentScan::default();
            read.payload.chunks().iter().for_each(|chunk| scan.feed(chunk));
            self.judge_content(path, facts.size, scan.end()).await?;
        } else if self.is_framed() {
            self.judge_content_of_frame(path, read.payload.chunks())?;
        }
        Ok(read)
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        if self.is_pickled() {
            self.look_through(path, facts).await?;
        } else if self.is_framed() {
            self.look_at_ends(path).await?;
        }
        self.tree.open(&self.name_here(path)?, facts).await
    }

    async fn inspect(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        if self.is_framed() {
            return self.look_at_ends(path).await;
        }
        let size = facts.size.0;
        let spend = |left: u64| left.checked_sub(size);
        let may = self.looks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok();
        if self.is_pickled() && may { self.look_through(path, facts).await } else { Ok(()) }
    }

    fn expects(&self) -> u64 {
        if self.is_pickled() { HEAD as u64 } else { 0 }
    }

    async fn expect(&self, path: &TreePath, size: ByteSize, head: &[u8]) -> Result<(), Fault> {
        if self.is_pickled() {
            let peeked = self
                .tree
                .peek_files(&[self.name_here(path)?], PeekLength { head: HEAD, tail: 0 })
                .await;
            if matches!(peeked.as_slice(), [Ok(file)] if !begins_as_pickle(&file.head)) {
                let detail = "there is a file of another kind: it stays";
                return Err(Fault::new(FaultKind::Disturbed, detail));
            }
        }
        let known = self.require_known(path, head);
        if known.is_err() {
            self.left_out.add_late(StoredKind::Unknown, path.as_str(), size);
        }
        known
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        self.require_content(path, &content)?;
        self.tree.write_whole(&self.name_here(path)?, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        if !self.is_pickled() {
            self.require_known(path, &[])?;
            return self.tree.create(&self.name_here(path)?).await;
        }
        let file = self.tree.create(&self.name_here(path)?).await?;
        Ok(Box::new(ArrivingFile::new(file, path, &self.left_out)))
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        self.tree.remove(&self.name_here(path)?, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        self.tree.sweep(name).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        self.tree.flush().await
    }
}

#[cfg(test)]
mod tests;
