//! Files that are written beside their places and put there in one go.

use std::fs::File;
use std::ops::Range;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{FileFacts, FileTime, TreePath};
use datalake_engine::transfer::{Digests, Hashes, Hashing, Landing, NewTreeFile};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, Timespec, Timestamps, futimens, openat, renameat,
    renameat_with, unlinkat,
};
use rustix::io::Errno;

use super::TreeShared;
use super::below::{facts_of, fault_of_disturbance, give_owner, look_at_name, read_facts};
use super::hashing::hash_ranges;
use crate::fault::{fault_of, fault_of_io, kind_in_words};
use crate::reading::names_in;

/// How the names of temporary files begin and end.
pub(super) const BEFORE: &str = ".datalake-";
pub(super) const BEHIND: &str = ".part";

/// A file beside its place.
pub(super) struct TreeWriting {
    folder: OwnedFd,
    file: File,
    name: String,
    temporary: String,
    landed: bool,
}

/// The same, for calls from many sides.
pub(super) struct SharedWriting {
    writing: Arc<TreeWriting>,
    inner: Arc<TreeShared>,
}

/// Whether a name is that of a temporary file.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(BEFORE) && name.ends_with(BEHIND)
}

/// Whether a name is that of a temporary file which a killed run has left.
pub(super) fn is_left_over(inner: &TreeShared, name: &str) -> bool {
    is_temporary(name) && !name.contains(&inner.tag)
}

impl TreeWriting {
    pub(super) fn begin(inner: &Arc<TreeShared>, path: &TreePath) -> Result<Self, Fault> {
        let name = name_of(path);
        if is_temporary(name) {
            let detail = "the name is one of datalake's temporary files";
            return Err(Fault::new(FaultKind::UnfitName, detail));
        }
        let folder = inner.root.make_folder(path.parent(), |folder| inner.heir(folder))?;
        let heir = inner.heir(&folder)?;
        let temporary = inner.temporary();
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, &temporary, flags, Mode::from_raw_mode(0o666));
        let file: File = file.map_err(fault_of)?.into();
        let begun = Self { folder, file, name: name.to_owned(), temporary, landed: false };
        if let Some(owner) = heir {
            give_owner(begun.file.as_fd(), owner)?;
        }
        Ok(begun)
    }

    pub(super) fn write_at(&self, mut place: u64, content: &[Bytes]) -> Result<(), Fault> {
        for chunk in content {
            self.file.write_all_at(chunk, place).map_err(|error| fault_of_io(&error))?;
            place += chunk.len() as u64;
        }
        Ok(())
    }

    /// Puts the file in its place.
    pub(super) fn land(mut self, landing: &Landing) -> Result<FileFacts, Fault> {
        self.set_time(landing.modified)?;
        match landing.replaces {
            None => self.land_where_nothing_is()?,
            Some(expected) => self.replace(&expected)?,
        }
        self.landed = true;
        read_facts(self.file.as_fd()).map(|(facts, _)| facts)
    }

    fn set_time(&self, modified: FileTime) -> Result<(), Fault> {
        let time = Timespec { tv_sec: modified.seconds(), tv_nsec: modified.nanos().into() };
        let times = Timestamps { last_access: time, last_modification: time };
        futimens(&self.file, &times).map_err(fault_of)
    }

    fn land_where_nothing_is(&self) -> Result<(), Fault> {
        let (from, to) = (&*self.temporary, &*self.name);
        let moved = renameat_with(&self.folder, from, &self.folder, to, RenameFlags::NOREPLACE);
        match moved {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(self.in_the_way()?),
            // Some file systems cannot promise it: the look comes close.
            Err(Errno::INVAL | Errno::NOSYS) => {
                if look_at_name(self.folder.as_fd(), to)?.is_some() {
                    return Err(self.in_the_way()?);
                }
                renameat(&self.folder, from, &self.folder, to).map_err(fault_of)
            }
            Err(errno) => Err(fault_of(errno)),
        }
    }

    fn replace(&self, expected: &FileFacts) -> Result<(), Fault> {
        match look_at_name(self.folder.as_fd(), &self.name)? {
            Some(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile => {
                return Err(self.in_the_way()?);
            }
            Some(stat) if facts_of(&stat) != *expected => {
                return Err(fault_of_disturbance(
                    "the file that it replaces was changed in the meantime",
                ));
            }
            // Gone is as good as replaced.
            Some(_) | None => (),
        }
        renameat(&self.folder, &self.temporary, &self.folder, &self.name).map_err(fault_of)
    }

    fn in_the_way(&self) -> Result<Fault, Fault> {
        let stat = look_at_name(self.folder.as_fd(), &self.name)?;
        Ok(match stat.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            // Where letters are not told apart, the file that lies there may be another key's.
            Some(FileType::RegularFile) if !names_in(&self.folder)?.contains(&self.name) => {
                let detail = "there is a file whose name differs in its letters";
                Fault::new(FaultKind::UnfitName, detail)
            }
            Some(FileType::RegularFile) | None => {
                fault_of_disturbance("there is a file that did not exist before")
            }
            Some(kind) => {
                let detail = format!("there is {}", kind_in_words(kind));
                Fault::new(FaultKind::NotPlain, detail)
            }
        })
    }
}

impl Drop for TreeWriting {
    fn drop(&mut self) {
        if !self.landed {
            // What cannot be removed now is swept by a later run.
            let _ = unlinkat(&self.folder, &self.temporary, AtFlags::empty());
        }
    }
}

impl SharedWriting {
    pub(super) fn new(writing: TreeWriting, inner: &Arc<TreeShared>) -> Self {
        Self { writing: Arc::new(writing), inner: Arc::clone(inner) }
    }
}

#[async_trait]
impl NewTreeFile for SharedWriting {
    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        mut hashes: Hashes,
    ) -> Result<Hashes, Fault> {
        let writing = Arc::clone(&self.writing);
        let write = move |_: &Arc<TreeShared>| {
            writing.write_at(place, &content)?;
            for chunk in &content {
                hashes.update(chunk);
            }
            Ok(hashes)
        };
        self.inner.blocking(write).await
    }

    fn hashes_later(&self) -> bool {
        true
    }

    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        let writing = Arc::clone(&self.writing);
        let hash = move |inner: &Arc<TreeShared>| {
            hash_ranges(&writing.file, &inner.pool, &ranges, hashing)
        };
        self.inner.blocking(hash).await
    }

    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault> {
        let (landing, Self { writing, inner }) = (*landing, *self);
        let busy = || fault_of_disturbance("it is still being written");
        let writing = Arc::try_unwrap(writing).map_err(|_| busy())?;
        inner.blocking(move |_| writing.land(&landing)).await
    }
}

/// Removes a file that is what the facts say.
pub(super) fn remove_file_as_known(
    inner: &TreeShared,
    path: &TreePath,
    expected: &FileFacts,
) -> Result<(), Fault> {
    let folder = match inner.root.folder(path.parent()) {
        Err(Errno::NOENT) => return Ok(()),
        opened => opened.map_err(fault_of)?,
    };
    let name = name_of(path);
    let Some(stat) = look_at_name(folder.as_fd(), name)? else { return Ok(()) };
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        || facts_of(&stat) != *expected
    {
        return Err(fault_of_disturbance("it was changed in the meantime"));
    }
    unlink_name(&folder, name)
}

/// Removes a temporary file that a killed run has left.
pub(super) fn sweep_temporary(inner: &TreeShared, path: &TreePath) -> Result<(), Fault> {
    let name = name_of(path);
    if !is_left_over(inner, name) {
        return Ok(());
    }
    match inner.root.folder(path.parent()) {
        Err(Errno::NOENT) => Ok(()),
        opened => unlink_name(&opened.map_err(fault_of)?, name),
    }
}

fn unlink_name(folder: &OwnedFd, name: &str) -> Result<(), Fault> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(fault_of(errno)),
    }
}

fn name_of(path: &TreePath) -> &str {
    path.as_str().rsplit_once('/').map_or(path.as_str(), |(_, name)| name)
}
