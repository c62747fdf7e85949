//! A tree of files in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, FileTime, TreePath};

use crate::hold_mutex;
use crate::transfer::{
    Digests, Hashes, Hashing, Landing, LocalTree, NewTreeFile, Oddity, OpenFile, ReadFile,
    TreeEntry, TreeWalk,
};

pub(super) type Nodes = Arc<Mutex<BTreeMap<String, MemoryNode>>>;

/// A tree of files in memory.
#[derive(Debug, Default, Clone)]
pub struct MemoryTree {
    pub(super) nodes: Nodes,
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryNode {
    /// A file with its content and time.
    File(Bytes, FileTime),
    /// Something that is no file.
    Odd(Oddity),
}

struct MemoryWalk(Option<Vec<TreeEntry>>);

struct OpenMemoryFile {
    nodes: Nodes,
    path: String,
    facts: FileFacts,
}

struct MemoryWriting {
    nodes: Nodes,
    path: String,
    content: Mutex<Vec<u8>>,
}

impl MemoryTree {
    /// Puts something into the tree.
    pub fn put(&self, path: &str, node: MemoryNode) {
        hold_mutex(&self.nodes).insert(path.to_owned(), node);
    }

    /// Puts a file into the tree that was changed at this second.
    pub fn file(&self, path: &str, content: impl Into<Bytes>, seconds: i64) {
        let modified = FileTime::new(seconds, 0).expect("no nanoseconds are few enough");
        self.put(path, MemoryNode::File(content.into(), modified));
    }

    /// Takes something out of the tree.
    pub fn take(&self, path: &str) -> Option<MemoryNode> {
        hold_mutex(&self.nodes).remove(path)
    }

    /// All files with their contents.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Bytes> {
        let nodes = hold_mutex(&self.nodes);
        let file = |(path, node): (&String, &MemoryNode)| match node {
            MemoryNode::File(content, _) => Some((path.clone(), content.clone())),
            MemoryNode::Odd(_) => None,
        };
        nodes.iter().filter_map(file).collect()
    }

    pub(super) fn find_entry(&self, path: &TreePath) -> Result<Option<TreeEntry>, Fault> {
        let odd = |oddity: &Oddity| TreeEntry::Odd(path.as_str().to_owned(), oddity.clone());
        Ok(match hold_mutex(&self.nodes).get(path.as_str()) {
            None => None,
            Some(MemoryNode::Odd(Oddity::Unreadable(fault))) => return Err(fault.clone()),
            Some(MemoryNode::Odd(oddity)) => Some(odd(oddity)),
            Some(MemoryNode::File(content, modified)) => {
                let facts = FileFacts::new(ByteSize(content.len() as u64), *modified);
                Some(TreeEntry::File(path.clone(), facts))
            }
        })
    }

    /// The time of a file.
    #[must_use]
    pub fn modified(&self, path: &str) -> Option<FileTime> {
        file_at(&self.nodes, path).ok().map(|(_, facts)| facts.modified)
    }
}

pub(super) fn file_at(nodes: &Nodes, path: &str) -> Result<(Bytes, FileFacts), Fault> {
    match hold_mutex(nodes).get(path) {
        Some(MemoryNode::File(content, modified)) => {
            let facts = FileFacts::new(ByteSize(content.len() as u64), *modified);
            Ok((content.clone(), facts))
        }
        Some(MemoryNode::Odd(Oddity::Unreadable(fault))) => Err(fault.clone()),
        Some(MemoryNode::Odd(_)) => Err(Fault::new(FaultKind::NotPlain, "no plain file")),
        None => Err(Fault::new(FaultKind::Absent, "no such file")),
    }
}

fn same_file(nodes: &Nodes, path: &str, facts: &FileFacts) -> Result<Bytes, Fault> {
    let (content, found) = match file_at(nodes, path) {
        Err(fault) if fault.kind == FaultKind::Absent => {
            return Err(Fault::new(FaultKind::Disturbed, "it was removed"));
        }
        found => found?,
    };
    if found == *facts {
        return Ok(content);
    }
    Err(Fault::new(FaultKind::Disturbed, "it was changed"))
}

fn land_file(
    nodes: &Nodes,
    path: &str,
    content: Bytes,
    landing: &Landing,
) -> Result<FileFacts, Fault> {
    let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    let mut map = hold_mutex(nodes);
    if above.into_iter().any(|folder| map.contains_key(folder)) {
        return Err(Fault::new(FaultKind::NotPlain, "a file is where a folder must be"));
    }
    if map.keys().any(|other| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))) {
        return Err(Fault::new(FaultKind::NotPlain, "there is a folder"));
    }
    let found = match map.get(path) {
        None => None,
        Some(MemoryNode::File(old, modified)) => {
            Some(FileFacts::new(ByteSize(old.len() as u64), *modified))
        }
        Some(MemoryNode::Odd(_)) => return Err(Fault::new(FaultKind::NotPlain, "no plain file")),
    };
    if found != landing.replaces {
        return Err(Fault::new(FaultKind::Disturbed, "there is something else now"));
    }
    let facts = FileFacts::new(ByteSize(content.len() as u64), landing.modified);
    map.insert(path.to_owned(), MemoryNode::File(content, landing.modified));
    Ok(facts)
}

fn cut_part(content: &Bytes, range: &Range<u64>) -> Result<Bytes, Fault> {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let range = place(range.start)..place(range.end);
    if range.end > content.len() {
        return Err(Fault::new(FaultKind::Disturbed, "it became shorter"));
    }
    Ok(content.slice(range))
}

fn hash_content(content: Bytes, hashing: Hashing) -> ReadFile {
    let mut hashes = Hashes::begin(hashing);
    hashes.update(&content);
    ReadFile::new(vec![content], &hashes, true)
}

#[async_trait]
impl LocalTree for MemoryTree {
    fn walk(&self) -> Box<dyn TreeWalk> {
        let nodes = hold_mutex(&self.nodes);
        let entries = nodes.iter().map(|(path, node)| match node {
            MemoryNode::File(content, modified) => {
                let facts = FileFacts::new(ByteSize(content.len() as u64), *modified);
                match TreePath::try_from(path.as_str()) {
                    Ok(name) => TreeEntry::File(name, facts),
                    Err(_) => TreeEntry::Odd(path.clone(), Oddity::NotUtf8),
                }
            }
            MemoryNode::Odd(oddity) => TreeEntry::Odd(path.clone(), oddity.clone()),
        });
        Box::new(MemoryWalk(Some(entries.collect())))
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        same_file(&self.nodes, path.as_str(), facts).map(|content| hash_content(content, hashing))
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        same_file(&self.nodes, path.as_str(), facts)?;
        let (nodes, path) = (Arc::clone(&self.nodes), path.as_str().to_owned());
        Ok(Box::new(OpenMemoryFile { nodes, path, facts: *facts }))
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        land_file(&self.nodes, path.as_str(), content.concat().into(), landing)
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        let (nodes, path) = (Arc::clone(&self.nodes), path.as_str().to_owned());
        Ok(Box::new(MemoryWriting { nodes, path, content: Mutex::default() }))
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        if file_at(&self.nodes, path.as_str()).is_ok() {
            same_file(&self.nodes, path.as_str(), facts)?;
        }
        hold_mutex(&self.nodes).remove(path.as_str());
        Ok(())
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        hold_mutex(&self.nodes).remove(name);
        Ok(())
    }

    async fn flush(&self) -> Result<(), Fault> {
        Ok(())
    }
}

#[async_trait]
impl TreeWalk for MemoryWalk {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        Ok(self.0.take())
    }
}

#[async_trait]
impl OpenFile for OpenMemoryFile {
    async fn read(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, Fault> {
        let content = same_file(&self.nodes, &self.path, &self.facts)?;
        cut_part(&content, &range).map(|content| hash_content(content, hashing))
    }

    async fn hash(&self, range: Range<u64>, mut hashes: Hashes) -> Result<Hashes, Fault> {
        let content = same_file(&self.nodes, &self.path, &self.facts)?;
        hashes.update(&cut_part(&content, &range)?);
        Ok(hashes)
    }
}

#[async_trait]
impl NewTreeFile for MemoryWriting {
    fn hashes_later(&self) -> bool {
        true
    }

    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        let content = Bytes::copy_from_slice(&hold_mutex(&self.content));
        let hash = |range| {
            let mut hashes = Hashes::begin(hashing);
            hashes.update(&cut_part(&content, &range)?);
            Ok(hashes.digests())
        };
        ranges.into_iter().map(hash).collect()
    }

    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        mut hashes: Hashes,
    ) -> Result<Hashes, Fault> {
        let mut whole = hold_mutex(&self.content);
        let mut place = usize::try_from(place).unwrap_or(usize::MAX);
        for chunk in content {
            hashes.update(&chunk);
            let end = place + chunk.len();
            if whole.len() < end {
                whole.resize(end, 0);
            }
            whole.get_mut(place..end).expect("it was made long enough").copy_from_slice(&chunk);
            place = end;
        }
        Ok(hashes)
    }

    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault> {
        let content = std::mem::take(&mut *hold_mutex(&self.content));
        land_file(&self.nodes, &self.path, content.into(), landing)
    }
}
