//! The port to a folder tree on this machine.

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, FileTime, TreePath};

use super::hashes::{Digests, Hashes, Hashing};
use crate::{ContentHash, Payload};

/// A folder and all that is in it.
///
/// Nothing outside is ever reached: no symbolic link below the folder is followed unless the
/// adapter was told to, and then only to read. A fault about one file says nothing of others.
#[async_trait]
pub trait LocalTree: Send + Sync {
    /// Begins to walk through the tree.
    fn walk(&self) -> Box<dyn TreeWalk>;

    /// Reads and hashes a file at once; it must fit in memory.
    ///
    /// `Disturbed`: it is not what `facts` say, or was changed or removed while it was read.
    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault>;

    /// Opens a file for reading in parts. `Disturbed`: it is not what `facts` say.
    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault>;

    /// Whether a file can be moved, as far as reading it tells: a dry run asks so before it says
    /// that a file would be moved.
    async fn inspect(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let _ = (path, facts);
        Ok(())
    }

    /// Whether the tree takes an object of this name, length and beginning; a dry run asks so.
    async fn expect(&self, path: &TreePath, size: ByteSize, head: &[u8]) -> Result<(), Fault> {
        let _ = (path, size, head);
        Ok(())
    }

    /// How many bytes at the beginning of an object [`LocalTree::expect`] wants to see.
    fn expects(&self) -> u64 {
        0
    }

    /// Writes a whole file, and the folders that it needs: readers see the old one or the new one.
    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault>;

    /// Begins a file beside the place where it will be, and the folders that it needs.
    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault>;

    /// Removes a file. `Disturbed`: it is not what `facts` say. One that is gone counts as removed.
    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault>;

    /// Removes what a killed run has left of a file that it was writing; its name as in
    /// [`Oddity::Leftover`].
    async fn sweep(&self, name: &str) -> Result<(), Fault>;

    /// Makes all that was written survive a loss of power.
    async fn flush(&self) -> Result<(), Fault>;
}

/// A walk through a tree, in the order of listings: names compared as bytes, with a `/` behind
/// those of folders.
#[async_trait]
pub trait TreeWalk: Send {
    /// The next entries; `None` when all were told. What cannot be read is an entry of its own
    /// and does not end the walk; only a root that cannot be read is a fault.
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault>;
}

/// What a walk has met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeEntry {
    /// A plain file.
    File(TreePath, FileFacts),
    /// Something else, by its name; bytes that are no UTF-8 show as replacement characters.
    Odd(String, Oddity),
}

/// What is no plain file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// A folder with nothing in it; a bucket has no folders.
    EmptyFolder,
    /// A symbolic link that is not followed.
    Link,
    /// A symbolic link that leads nowhere.
    DanglingLink,
    /// Symbolic links that lead to each other.
    CircularLink,
    /// A link to a folder above it: going there would never end.
    UpwardLink,
    /// A device, socket or pipe, in words.
    Special(&'static str),
    /// A name that is not UTF-8, which keys have to be.
    NotUtf8,
    /// Part of a file that a killed run was writing.
    Leftover,
    /// An object that somebody has put in the place of one that was sent, and whose source is gone.
    Foreign,
    /// It cannot be read; what is below it is unknown.
    Unreadable(Fault),
}

/// A file or part of one that was read.
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// Its content; without SHA-256 its hash is zero and it cannot be sent.
    pub payload: Payload,
    /// The MD5, where it was asked for.
    pub md5: Option<[u8; 16]>,
    /// Whether the file's times were so far away when reading began that a later change must show
    /// in them.
    pub settled: bool,
}

/// A file that is open for reading.
#[async_trait]
pub trait OpenFile: Send + Sync {
    /// Reads and hashes a range. `Disturbed`: the file is not any more what it was at opening, or
    /// was removed.
    async fn read(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, Fault>;

    /// Reads two ranges and hashes them, side by side where that is faster. Faults as
    /// [`OpenFile::read`].
    async fn read_pair(
        &self,
        [one, other]: [Range<u64>; 2],
        hashing: Hashing,
    ) -> Result<[ReadFile; 2], Fault> {
        Ok([self.read(one, hashing).await?, self.read(other, hashing).await?])
    }

    /// Hashes a range without keeping it. Faults as [`OpenFile::read`].
    async fn hash(&self, range: Range<u64>, hashes: Hashes) -> Result<Hashes, Fault>;

    /// Hashes ranges that follow each other, side by side where that is faster. Faults as
    /// [`OpenFile::read`].
    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        let mut digests = Vec::new();
        for range in ranges {
            digests.push(self.hash(range, Hashes::begin(hashing)).await?.digests());
        }
        Ok(digests)
    }

    /// Whether the file's times were so far away at opening that a later change must show in them.
    fn is_settled(&self) -> bool {
        true
    }
}

/// A file that is being written; dropped before it is finished, it leaves nothing.
#[async_trait]
pub trait NewTreeFile: Send + Sync {
    /// Writes at a place, and takes the bytes into the hashes. Ranges may come in any order.
    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        hashes: Hashes,
    ) -> Result<Hashes, Fault>;

    /// Whether what was written can be hashed afterwards, and faster than while it is written.
    fn hashes_later(&self) -> bool {
        false
    }

    /// Hashes ranges that were written, as they are in the file now.
    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        let _ = (ranges, hashing);
        Err(Fault::new(FaultKind::Unsupported, "this file is hashed while it is written"))
    }

    /// Gives the file its time and puts it in its place in one go.
    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault>;
}

/// How a file comes to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landing {
    /// The time that it gets.
    pub modified: FileTime,
    /// The file that it replaces; `None` where there must be nothing of that name, also not in
    /// other letters where the file system does not tell them apart. Otherwise `Disturbed`.
    pub replaces: Option<FileFacts>,
}

impl ReadFile {
    /// A content in buffers whose hashes were taken.
    #[must_use]
    pub fn new(chunks: Vec<Bytes>, hashes: &Hashes, settled: bool) -> Self {
        Self::of(chunks, hashes.digests(), settled)
    }

    /// A content in buffers that has these hashes.
    #[must_use]
    pub fn of(chunks: Vec<Bytes>, digests: Digests, settled: bool) -> Self {
        let hash = ContentHash(digests.sha256.unwrap_or_default());
        Self { payload: Payload::hashed(chunks, hash), md5: digests.md5, settled }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyFolder => f.write_str("an empty folder"),
            Self::Link => f.write_str("a symbolic link, not followed"),
            Self::DanglingLink => f.write_str("a symbolic link that leads nowhere"),
            Self::CircularLink => f.write_str("a symbolic link that leads in a circle"),
            Self::UpwardLink => {
                f.write_str("it leads back to a folder above it: going there would never end")
            }
            Self::Special(kind) => f.write_str(kind),
            Self::NotUtf8 => f.write_str("its name is not UTF-8"),
            Self::Leftover => f.write_str("left by a run that was killed"),
            Self::Foreign => f.write_str(
                "changed there by someone else, and gone here: it no longer counts as sent",
            ),
            Self::Unreadable(fault) => write!(f, "it cannot be read: {fault}"),
        }
    }
}
