//! The file system and the records of a machine, of which one call fails and does nothing.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::Fault;
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_engine::transfer::{
    Hashes, Hashing, Landing, Links, LocalTree, LongFiles, NamedKind, NamedPaths, NamedTree,
    NewLongFile, NewTreeFile, OpenFile, ReadFile, RecordFolder, RecordFolders, TreeEntry, TreeWalk,
};
use datalake_engine::{Lock, LockFault, StateFolder, hold_mutex};

/// Counts the calls of all ports of a machine, of which one may fail.
#[derive(Default, Clone)]
pub(crate) struct Calls(Arc<Mutex<Option<(u32, Fault)>>>);

impl Calls {
    /// Has the call with this number from now on fail, once; 1 is the next one.
    pub(crate) fn fail_call(&self, number: u32, fault: Fault) {
        *hold_mutex(&self.0) = Some((number, fault));
    }

    pub(crate) fn is_failure_ahead(&self) -> bool {
        hold_mutex(&self.0).is_some()
    }

    fn count(&self) -> Result<(), Fault> {
        let mut failing = hold_mutex(&self.0);
        match failing.take() {
            Some((1, fault)) => Err(fault),
            Some((number, fault)) => {
                *failing = Some((number - 1, fault));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn count_io(&self) -> io::Result<()> {
        self.count().map_err(io::Error::other)
    }
}

/// Something whose calls are counted.
pub(crate) struct Counted<T> {
    pub(crate) inner: T,
    pub(crate) calls: Calls,
}

impl<T> Counted<T> {
    fn next(&self) -> Result<&T, Fault> {
        self.calls.count()?;
        Ok(&self.inner)
    }

    fn boxed<U>(&self, inner: U) -> Box<Counted<U>> {
        Box::new(Counted { inner, calls: self.calls.clone() })
    }
}

impl<T: NamedPaths> NamedPaths for Counted<T> {
    fn find_kind(&self, path: &Path) -> NamedKind {
        self.inner.find_kind(path)
    }

    fn is_taken(&self, path: &Path) -> bool {
        self.inner.is_taken(path)
    }

    fn find_identity(&self, path: &Path) -> PathBuf {
        self.inner.find_identity(path)
    }

    fn make_folder(&self, path: &Path) -> Result<(), Fault> {
        self.next()?.make_folder(path)
    }

    fn open_tree(&self, path: &Path, links: Links) -> Result<Box<dyn NamedTree>, Fault> {
        Ok(self.boxed(self.next()?.open_tree(path, links)?))
    }
}

impl NamedTree for Counted<Box<dyn NamedTree>> {
    fn look_at(&self, path: &TreePath) -> Result<Option<TreeEntry>, Fault> {
        self.next()?.look_at(path)
    }
}

#[async_trait]
impl TreeWalk for Counted<Box<dyn TreeWalk>> {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        self.calls.count()?;
        self.inner.next().await
    }
}

#[async_trait]
impl LocalTree for Counted<Box<dyn NamedTree>> {
    fn walk(&self) -> Box<dyn TreeWalk> {
        self.boxed(self.inner.walk())
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        self.next()?.read_whole(path, facts, hashing).await
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        self.next()?.open(path, facts).await
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        self.next()?.write_whole(path, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        Ok(self.boxed(self.next()?.create(path).await?))
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        self.next()?.remove(path, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        self.next()?.sweep(name).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        self.next()?.flush().await
    }
}

#[async_trait]
impl NewTreeFile for Counted<Box<dyn NewTreeFile>> {
    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        hashes: Hashes,
    ) -> Result<Hashes, Fault> {
        self.next()?.write_at(place, content, hashes).await
    }

    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault> {
        self.calls.count()?;
        self.inner.finish(landing).await
    }
}

impl<T: RecordFolders> RecordFolders for Counted<T> {
    fn open_folder(&self, name: &str) -> Result<Box<dyn RecordFolder>, Fault> {
        Ok(self.boxed(self.next()?.open_folder(name)?))
    }

    fn lock_pair(&self, id: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.inner.lock_pair(id)
    }
}

impl RecordFolder for Counted<Box<dyn RecordFolder>> {
    fn is_there(&self) -> bool {
        self.inner.is_there()
    }
}

impl StateFolder for Counted<Box<dyn RecordFolder>> {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.next()?.read(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.next()?.write(name, content)
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        StateFolder::append(&**self.next()?, name, content)
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        StateFolder::remove(&**self.next()?, name)
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.next()?.names(folder)
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.inner.lock(holder)
    }
}

impl LongFiles for Counted<Box<dyn RecordFolder>> {
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        self.next()?.open(name)
    }

    fn create(&self, name: &str) -> Result<Box<dyn NewLongFile>, Fault> {
        Ok(self.boxed(self.next()?.create(name)?))
    }

    fn append(&self, name: &str) -> Result<Box<dyn Write + Send>, Fault> {
        Ok(self.boxed(LongFiles::append(&**self.next()?, name)?))
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        LongFiles::remove(&**self.next()?, name)
    }
}

impl<W: Write + ?Sized> Write for Counted<Box<W>> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls.count_io()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.calls.count_io()?;
        self.inner.flush()
    }
}

impl NewLongFile for Counted<Box<dyn NewLongFile>> {
    fn finish(self: Box<Self>) -> Result<(), Fault> {
        self.calls.count()?;
        self.inner.finish()
    }
}
