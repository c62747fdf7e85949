//! A walk through a tree in the order of listings.

use std::ffi::{CStr, CString};
use std::mem;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::TreePath;
use datalake_engine::transfer::{Oddity, TreeEntry, TreeWalk};
use rustix::fs::{AtFlags, Dir, FileType, OFlags, Stat, openat, statat};
use rustix::io::Errno;

use super::below::{enter_folder, facts_of, follow_name};
use super::writing::{is_left_over, is_temporary};
use super::{Links, TreeShared};
use crate::fault::{fault_of, kind_in_words};

/// Entries that are told at once.
const BATCH: usize = 1000;
/// The deepest folder; deeper ones make keys too long anyway.
const DEEPEST: usize = 512;

/// A walk; the folders on the way are open.
pub(super) struct FolderWalk {
    inner: Arc<TreeShared>,
    state: Option<WalkState>,
}

#[derive(Default)]
struct WalkState {
    begun: bool,
    links: Links,
    levels: Vec<WalkLevel>,
    entries: Vec<TreeEntry>,
}

/// An open folder and the names in it that are still to come, the last one first.
struct WalkLevel {
    folder: OwnedFd,
    /// What stands before its names: empty, or a path with `/` behind it.
    prefix: String,
    names: FolderNames,
    /// Device and number, to find a circle of links.
    identity: (u64, u64),
}

/// The names of one folder in one piece of memory: there may be a million.
#[derive(Default)]
struct FolderNames {
    bytes: Vec<u8>,
    places: Vec<(u32, u32, bool)>,
}

impl FolderWalk {
    pub(super) fn begin(inner: Arc<TreeShared>) -> Self {
        Self { inner, state: Some(WalkState::default()) }
    }
}

#[async_trait]
impl TreeWalk for FolderWalk {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        let Some(mut state) = self.state.take() else { return Ok(None) };
        let go = move |inner: &Arc<TreeShared>| {
            let batch = state.batch(inner)?;
            Ok((batch, state))
        };
        let (batch, state) = self.inner.blocking(go).await?;
        if batch.is_empty() {
            return Ok(None);
        }
        self.state = Some(state);
        Ok(Some(batch))
    }
}

/// What lies under a name, and whether a link leads to it.
#[derive(Clone, Copy)]
struct Met<'s> {
    stat: &'s Stat,
    linked: bool,
}

impl WalkState {
    /// The next entries; none at the end.
    fn batch(&mut self, inner: &TreeShared) -> Result<Vec<TreeEntry>, Fault> {
        if !self.begun {
            (self.begun, self.links) = (true, inner.root.links);
            let root = inner.root.folder(None).map_err(fault_of)?;
            self.levels
                .push(WalkLevel::read(root, String::new(), inner.root.links).map_err(fault_of)?);
        }
        while let Some(level) = self.levels.last_mut() {
            if self.entries.len() >= BATCH {
                break;
            }
            match level.names.pop() {
                None => drop(self.levels.pop()),
                Some(name) => self.meet(inner, &name),
            }
        }
        Ok(mem::take(&mut self.entries))
    }

    fn meet(&mut self, inner: &TreeShared, name: &CStr) {
        let Some(level) = self.levels.last() else { return };
        let Ok(text) = name.to_str() else {
            let shown = format!("{}{}", level.prefix, name.to_string_lossy());
            self.entries.push(TreeEntry::Odd(shown, Oddity::NotUtf8));
            return;
        };
        let path = format!("{}{text}", level.prefix);
        if is_temporary(text) {
            if is_left_over(inner, text) {
                self.entries.push(TreeEntry::Odd(path, Oddity::Leftover));
            }
            return;
        }
        let stat = match statat(&level.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // It went while the walk was on its way.
            Err(Errno::NOENT) => return,
            Err(errno) => return self.entries.push(mark_unreadable(path, errno)),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => self.meet_link(inner, name, path),
            FileType::RegularFile => match inner.require_own(&stat) {
                Ok(()) => self.meet_plain(name, path, Met { stat: &stat, linked: false }),
                Err(fault) => self.entries.push(TreeEntry::Odd(path, Oddity::Unreadable(fault))),
            },
            _ => self.meet_plain(name, path, Met { stat: &stat, linked: false }),
        }
    }

    fn meet_link(&mut self, inner: &TreeShared, name: &CStr, path: String) {
        let Some(level) = self.levels.last() else { return };
        if inner.root.links == Links::Skip {
            return self.entries.push(TreeEntry::Odd(path, Oddity::Link));
        }
        match follow_name(level.folder.as_fd(), name) {
            Ok(stat) => self.meet_plain(name, path, Met { stat: &stat, linked: true }),
            Err(Errno::NOENT) => self.entries.push(TreeEntry::Odd(path, Oddity::DanglingLink)),
            Err(Errno::LOOP) => self.entries.push(TreeEntry::Odd(path, Oddity::CircularLink)),
            Err(errno) => self.entries.push(mark_unreadable(path, errno)),
        }
    }

    fn meet_plain(&mut self, name: &CStr, path: String, met: Met<'_>) {
        let Met { stat, linked } = met;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                if let Ok(path) = TreePath::try_from(path) {
                    self.entries.push(TreeEntry::File(path, facts_of(stat)));
                }
            }
            FileType::Directory => self.descend(name, &path, linked),
            kind => {
                self.entries.push(TreeEntry::Odd(path, Oddity::Special(kind_in_words(kind))));
            }
        }
    }

    fn descend(&mut self, name: &CStr, path: &str, linked: bool) {
        let Some(level) = self.levels.last() else { return };
        let path = format!("{path}/");
        let opened = if linked {
            enter_link(&level.folder, name)
        } else {
            enter_folder(level.folder.as_fd(), name)
        };
        let links = self.links;
        let inner = opened.and_then(|folder| WalkLevel::read(folder, path.clone(), links));
        match inner {
            Err(errno) => self.entries.push(mark_unreadable(path, errno)),
            Ok(level) if self.levels.iter().any(|above| above.identity == level.identity) => {
                self.entries.push(TreeEntry::Odd(path, Oddity::UpwardLink));
            }
            Ok(level) if level.names.places.is_empty() => {
                self.entries.push(TreeEntry::Odd(path, Oddity::EmptyFolder));
            }
            Ok(_) if self.levels.len() >= DEEPEST => {
                let deep = Fault::new(FaultKind::Refused, "its folders are nested too deep");
                self.entries.push(TreeEntry::Odd(path, Oddity::Unreadable(deep)));
            }
            Ok(level) => self.levels.push(level),
        }
    }
}

impl WalkLevel {
    fn read(folder: OwnedFd, prefix: String, links: Links) -> Result<Self, Errno> {
        let stat = rustix::fs::fstat(&folder)?;
        let mut names = FolderNames::default();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let is_folder = match entry.file_type() {
                FileType::Directory => true,
                // A link that is followed may lead to a folder; some file systems tell no kinds.
                FileType::Symlink | FileType::Unknown => leads_to_folder(&folder, name, links),
                _ => false,
            };
            names.push(name, is_folder).ok_or(Errno::OVERFLOW)?;
        }
        names.sort();
        Ok(Self { folder, prefix, names, identity: (stat.st_dev, stat.st_ino) })
    }
}

impl FolderNames {
    fn push(&mut self, name: &CStr, is_folder: bool) -> Option<()> {
        let bytes = name.to_bytes();
        let place = u32::try_from(self.bytes.len()).ok()?;
        self.places.push((place, u32::try_from(bytes.len()).ok()?, is_folder));
        self.bytes.extend_from_slice(bytes);
        Some(())
    }

    /// Sorts the names backwards, so that the first one is taken from the end.
    fn sort(&mut self) {
        let bytes = &self.bytes;
        let name = |(start, length, _): &(u32, u32, bool)| {
            let start = usize::try_from(*start).unwrap_or_default();
            let length = usize::try_from(*length).unwrap_or_default();
            bytes.get(start..start + length).unwrap_or_default()
        };
        self.places.sort_unstable_by(|one, other| {
            order_names(
                ListedName { bytes: name(other), is_folder: other.2 },
                ListedName { bytes: name(one), is_folder: one.2 },
            )
        });
    }

    fn pop(&mut self) -> Option<CString> {
        let (start, length, _) = self.places.pop()?;
        let start = usize::try_from(start).ok()?;
        let name = self.bytes.get(start..start + usize::try_from(length).ok()?)?;
        CString::new(name).ok()
    }
}

/// A name of a folder's entry.
#[derive(Clone, Copy)]
struct ListedName<'a> {
    bytes: &'a [u8],
    is_folder: bool,
}

/// The order of two names of one folder in a listing: a folder's name has a `/` behind it.
fn order_names(one: ListedName<'_>, other: ListedName<'_>) -> std::cmp::Ordering {
    let end = |name: ListedName<'_>| if name.is_folder { &b"/"[..] } else { &b""[..] };
    one.bytes.iter().chain(end(one)).cmp(other.bytes.iter().chain(end(other)))
}

fn leads_to_folder(folder: &OwnedFd, name: &CStr, links: Links) -> bool {
    let stat = match links {
        Links::Skip => statat(folder, name, AtFlags::SYMLINK_NOFOLLOW),
        Links::Follow => follow_name(folder.as_fd(), name),
    };
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

fn enter_link(folder: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(folder, name, flags, rustix::fs::Mode::empty())
}

fn mark_unreadable(path: String, errno: Errno) -> TreeEntry {
    TreeEntry::Odd(path, Oddity::Unreadable(fault_of(errno)))
}
