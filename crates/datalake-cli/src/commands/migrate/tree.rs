//! A folder of Dagster's as one part of a migration sees it: some of its files, under the names that
//! they get in the bucket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::{ByteSize, Fault, FaultKind, FileFacts, TreePath};
use datalake_dagster::{
    Content, ContentScan, StoredKind, op_output_here, op_output_there, stored_kind,
};
use datalake_engine::transfer::{
    Hashing, Landing, LocalTree, NewTreeFile, Oddity, OpenFile, ReadFile, TreeEntry, TreeWalk,
};
use datalake_host::HostTree;

use super::super::transfer::held;

/// Large files are looked through in steps of this size.
const STEP: u64 = 4 << 20;

/// What was left out of a walk.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    kinds: Mutex<BTreeMap<StoredKind, Left>>,
    /// Whether every name is wanted, or one of each kind.
    named: bool,
}

/// Files of one kind that were left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Left {
    /// How many.
    pub(super) items: u64,
    /// How long they are together.
    pub(super) bytes: u64,
    /// Their names, where they are wanted.
    pub(super) names: Vec<String>,
}

/// The files of one kind below a folder.
#[derive(Clone)]
pub(super) struct PartTree {
    tree: Arc<HostTree>,
    kind: StoredKind,
    /// What is left out is noted here.
    left_out: Option<Arc<LeftOut>>,
    /// What files were when they were met is kept here, by their names in the bucket.
    facts: Option<Arc<Facts>>,
}

/// What files were when they were met.
pub(super) type Facts = Mutex<BTreeMap<String, FileFacts>>;

impl LeftOut {
    /// Keeps every name, for a report of all.
    pub(super) fn named() -> Self {
        Self { named: true, ..Self::default() }
    }

    pub(super) fn kinds(&self) -> BTreeMap<StoredKind, Left> {
        held(&self.kinds).clone()
    }

    fn add(&self, kind: StoredKind, (name, size): (&str, ByteSize)) {
        let mut kinds = held(&self.kinds);
        let left = kinds.entry(kind).or_default();
        left.items += 1;
        left.bytes += size.0;
        if self.named || left.names.is_empty() {
            left.names.push(name.to_owned());
        }
    }
}

impl PartTree {
    /// The files of `kind` in a tree.
    pub(super) fn of(tree: &Arc<HostTree>, kind: StoredKind) -> Self {
        Self { tree: Arc::clone(tree), kind, left_out: None, facts: None }
    }

    /// The same; files of other kinds are noted.
    pub(super) fn noting(self, left_out: &Arc<LeftOut>) -> Self {
        Self { left_out: Some(Arc::clone(left_out)), ..self }
    }

    /// The same; what its files are is kept.
    pub(super) fn remembering(self, facts: &Arc<Facts>) -> Self {
        Self { facts: Some(Arc::clone(facts)), ..self }
    }

    /// The name in the bucket of a path of this kind.
    fn there(&self, path: TreePath) -> Option<TreePath> {
        match self.kind {
            StoredKind::OpOutput => TreePath::try_from(op_output_there(path.as_str())).ok(),
            _ => Some(path),
        }
    }

    /// The path of a name in the bucket.
    pub(super) fn here(&self, path: &TreePath) -> Result<TreePath, Fault> {
        match self.kind {
            StoredKind::OpOutput => TreePath::try_from(op_output_here(path.as_str()))
                .map_err(|error| Fault::new(FaultKind::Refused, error.to_string())),
            _ => Ok(path.clone()),
        }
    }

    /// Whether half of a file could be met: pickles are written in place.
    fn is_pickled(&self) -> bool {
        matches!(self.kind, StoredKind::Asset | StoredKind::OpOutput)
    }

    async fn look_through(&self, file: &dyn OpenFile, size: u64) -> Result<(), Fault> {
        let (mut scan, mut place) = (ContentScan::default(), 0);
        while place < size {
            let end = size.min(place + STEP);
            let read = file.read(place..end, Hashing::Sha256).await?;
            read.payload.chunks().iter().for_each(|chunk| scan.feed(chunk));
            place = end;
        }
        require_whole(scan.end())
    }
}

/// What keeps a content out of the bucket.
pub(super) fn require_whole(content: Content) -> Result<(), Fault> {
    match content {
        Content::Pickle | Content::Other => Ok(()),
        Content::Cut => {
            let detail = "half a pickle: it is being written, or its writer was stopped";
            Err(Fault::new(FaultKind::Disturbed, detail))
        }
        Content::Database => {
            Err(Fault::new(FaultKind::NotPlain, "an SQLite database, no pickle: it stays"))
        }
    }
}

#[async_trait]
impl LocalTree for PartTree {
    fn walk(&self) -> Box<dyn TreeWalk> {
        Box::new(PartWalk {
            walk: self.tree.walk(),
            part: self.clone(),
            run: Vec::new(),
            ended: false,
        })
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        let read = self.tree.read_whole(&self.here(path)?, facts, hashing).await?;
        if self.is_pickled() {
            let mut scan = ContentScan::default();
            read.payload.chunks().iter().for_each(|chunk| scan.feed(chunk));
            require_whole(scan.end())?;
        }
        Ok(read)
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        let file = self.tree.open(&self.here(path)?, facts).await?;
        if self.is_pickled() {
            self.look_through(file.as_ref(), facts.size.0).await?;
        }
        Ok(file)
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        self.tree.write_whole(&self.here(path)?, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        self.tree.create(&self.here(path)?).await
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        self.tree.remove(&self.here(path)?, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        self.tree.sweep(name).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        self.tree.flush().await
    }
}

/// A walk over the files of one kind, in the order of their names in the bucket.
struct PartWalk {
    walk: Box<dyn TreeWalk>,
    part: PartTree,
    /// Files of the run that is gone through: renamed steps may change their order.
    run: Vec<TreeEntry>,
    ended: bool,
}

impl PartWalk {
    /// The entry under its name in the bucket, if it is of this kind.
    fn taken(&self, entry: TreeEntry) -> Option<TreeEntry> {
        let (kind, name, size) = match &entry {
            TreeEntry::File(path, facts) => (stored_kind(path.as_str()), path.as_str(), facts.size),
            // An empty folder may have had pickles once: nothing is missing.
            TreeEntry::Odd(_, Oddity::EmptyFolder) => return None,
            // What lies there is not known: every part has to say so.
            TreeEntry::Odd(_, Oddity::Unreadable(_)) => return Some(entry),
            TreeEntry::Odd(name, _) => (stored_kind(name), name.as_str(), ByteSize(0)),
        };
        if kind != self.part.kind {
            if let Some(left_out) = &self.part.left_out {
                left_out.add(kind, (name, size));
            }
            return None;
        }
        match entry {
            TreeEntry::File(path, facts) => {
                let path = self.part.there(path)?;
                if let Some(kept) = &self.part.facts {
                    held(kept).insert(path.as_str().to_owned(), facts);
                }
                Some(TreeEntry::File(path, facts))
            }
            odd @ TreeEntry::Odd(..) => Some(odd),
        }
    }

    /// Adds an entry; gives those of the run before it, in order, where it begins a new one.
    fn gather(&mut self, entry: TreeEntry, out: &mut Vec<TreeEntry>) {
        let folder = |entry: &TreeEntry| {
            let name = name_of(entry);
            name.split('/').next().unwrap_or(name).to_owned()
        };
        if self.run.last().is_some_and(|last| folder(last) != folder(&entry)) {
            self.give(out);
        }
        self.run.push(entry);
    }

    fn give(&mut self, out: &mut Vec<TreeEntry>) {
        self.run.sort_by(|one, other| name_of(one).cmp(name_of(other)));
        out.append(&mut self.run);
    }
}

fn name_of(entry: &TreeEntry) -> &str {
    match entry {
        TreeEntry::File(path, _) => path.as_str(),
        TreeEntry::Odd(name, _) => name,
    }
}

#[async_trait]
impl TreeWalk for PartWalk {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        let reorders = self.part.kind == StoredKind::OpOutput;
        while !self.ended {
            let mut out = Vec::new();
            match self.walk.next().await? {
                None => {
                    self.ended = true;
                    self.give(&mut out);
                }
                Some(entries) => {
                    for entry in entries {
                        match self.taken(entry) {
                            Some(entry) if reorders => self.gather(entry, &mut out),
                            Some(entry) => out.push(entry),
                            None => (),
                        }
                    }
                }
            }
            // An empty batch would pass for an end.
            if !out.is_empty() {
                return Ok(Some(out));
            }
        }
        Ok(None)
    }
}
