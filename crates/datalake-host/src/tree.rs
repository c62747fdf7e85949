//! A folder tree of this machine, for transfers.
//!
//! Everything is reached from a handle on the root. Below it no symbolic link is followed, unless
//! links are followed to read; nothing is ever written through one. Calls that may wait for a disk
//! run on threads of their own.

mod below;
mod crew;
mod hashing;
mod peek;
mod pool;
mod reading;
mod walk;
mod writing;

use datalake_engine::Owners;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::Owner;
use datalake_core::transfer::{FileFacts, TreePath};
pub use datalake_engine::transfer::Links;
use datalake_engine::transfer::{
    Hashing, Landing, LocalTree, NamedTree, NewTreeFile, Oddity, OpenFile, ReadFile, TreeEntry,
    TreeWalk,
};
use rustix::fs::{FileType, Stat, fstat};
use rustix::process::geteuid;
use rustix::rand::{GetRandomFlags, getrandom};

use self::below::{TreeRoot, facts_of};
use self::crew::Crew;
use self::pool::Pool;
use self::reading::Reading;
use self::walk::FolderWalk;
use self::writing::TreeWriting;
use crate::HostFiles;
use crate::fault::{fault_of, kind_in_words};

/// A folder of this machine and all that is in it.
pub struct HostTree {
    inner: Arc<TreeShared>,
}

/// What all calls of a tree share.
struct TreeShared {
    root: TreeRoot,
    pool: Pool,
    crew: Arc<Crew>,
    /// Sets the temporary files of this tree apart from what a killed run has left.
    tag: String,
    written: AtomicU64,
    /// Whose files lie here, where that counts: others' are not read, and what is made is theirs.
    owners: Option<Owners>,
}

impl HostTree {
    /// Opens the folder at `path`, which may itself be reached through symbolic links: it is the
    /// operator's word.
    pub fn open(path: &Path, links: Links) -> Result<Self, Fault> {
        Ok(Self::of(TreeRoot::open(path, links)?, None))
    }

    /// A folder that is open already; no link in it is followed. A file of somebody else that has
    /// a second name elsewhere is not read. What is made belongs to the owner of its folder, who
    /// has to be one of `owners`.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the folder may not be listed.
    pub fn guarded(folder: &HostFiles, owners: Owners) -> Result<Self, Fault> {
        Ok(Self::of(TreeRoot::of(folder.reopened()?, Links::Skip), Some(owners)))
    }

    fn of(root: TreeRoot, owners: Option<Owners>) -> Self {
        let mut random = [0; 8];
        // Eight bytes come at once or not at all; the address alone would do for a name.
        let _ = getrandom(&mut random, GetRandomFlags::empty());
        let tag = format!("{:016x}", u64::from_ne_bytes(random));
        let inner = TreeShared {
            root,
            pool: Pool::default(),
            crew: Arc::default(),
            tag,
            written: AtomicU64::new(0),
            owners,
        };
        Self { inner: Arc::new(inner) }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Arc<TreeShared>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.inner.blocking(call).await
    }
}

impl TreeShared {
    /// Runs a call that may wait for a disk.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl FnOnce(&Arc<Self>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let inner = Arc::clone(self);
        self.crew.run(move || call(&inner)).await
    }

    /// Refuses a file of somebody else that was linked into the tree.
    fn require_own(&self, stat: &Stat) -> Result<(), Fault> {
        let is_strange = |owners: &Owners| !owners.includes_user(stat.st_uid);
        if stat.st_nlink > 1 && self.owners.as_ref().is_some_and(is_strange) {
            let detail = format!("a hard link to a file of user {}", stat.st_uid);
            return Err(Fault::new(FaultKind::Denied, detail));
        }
        Ok(())
    }

    /// To whom something new in an open folder goes; `None` leaves it to who runs this.
    fn heir(&self, folder: &OwnedFd) -> Result<Option<Owner>, Fault> {
        let Some(owners) = self.owners.as_ref().filter(|_| geteuid().is_root()) else {
            return Ok(None);
        };
        let stat = fstat(folder).map_err(fault_of)?;
        owners.heir(Owner { uid: stat.st_uid, gid: stat.st_gid }).map(Some)
    }

    /// A name for a temporary file that no other of this or another run has.
    fn temporary(&self) -> String {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        format!("{}{}-{number}{}", writing::BEFORE, self.tag, writing::BEHIND)
    }
}

impl NamedTree for HostTree {
    fn look_at(&self, path: &TreePath) -> Result<Option<TreeEntry>, Fault> {
        let Some(stat) = self.inner.root.stat(path.as_str())? else { return Ok(None) };
        Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => TreeEntry::File(path.clone(), facts_of(&stat)),
            other => {
                TreeEntry::Odd(path.as_str().to_owned(), Oddity::Special(kind_in_words(other)))
            }
        }))
    }
}

#[async_trait]
impl LocalTree for HostTree {
    fn walk(&self) -> Box<dyn TreeWalk> {
        Box::new(FolderWalk::begin(Arc::clone(&self.inner)))
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        let (path, facts) = (path.clone(), *facts);
        self.blocking(move |inner| Reading::open(inner, &path, &facts)?.whole(hashing)).await
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        let (path, facts) = (path.clone(), *facts);
        let reading = self.blocking(move |inner| Reading::open(inner, &path, &facts)).await?;
        Ok(Box::new(reading::SharedReading::new(reading)))
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        let (path, landing) = (path.clone(), *landing);
        self.blocking(move |inner| {
            let writing = TreeWriting::begin(inner, &path)?;
            writing.write_at(0, &content)?;
            writing.land(&landing)
        })
        .await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        let path = path.clone();
        let writing = self.blocking(move |inner| TreeWriting::begin(inner, &path)).await?;
        Ok(Box::new(writing::SharedWriting::new(writing, &self.inner)))
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        let (path, facts) = (path.clone(), *facts);
        self.blocking(move |inner| writing::remove_file_as_known(inner, &path, &facts)).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        let Ok(path) = TreePath::try_from(name) else { return Ok(()) };
        self.blocking(move |inner| writing::sweep_temporary(inner, &path)).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        self.blocking(|inner| inner.root.flush()).await
    }
}
