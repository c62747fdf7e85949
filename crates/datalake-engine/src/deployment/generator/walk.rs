//! What is read of the quadlet folders: as much as the service user can read, within bounds.

use std::collections::BTreeSet;
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};

use super::{QuadletFolder, is_of_drop_ins, is_read_by_generator};
use crate::deployment::user_files::is_of_other_user;
use crate::ports::{Files, SeenEntry};

/// How deep folders within quadlet folders are copied.
const DEEPEST: usize = 4;

/// How many files and folders are looked at for one copy.
pub(super) const MOST_LOOKS: usize = 2_000;

/// How many bytes one copy may have.
const LARGEST: usize = 16 << 20;

/// One walk through all folders.
pub(super) struct QuadletWalk<'a> {
    files: &'a dyn Files,
    reader: Owner,
    looks: usize,
    bytes: usize,
    pub(super) left_out: Vec<(HostPath, Fault)>,
}

/// A folder that is entered, and how many more may lie inside each other.
struct InnerFolder<'f> {
    name: &'f str,
    path: &'f HostPath,
    names: &'f BTreeSet<String>,
    depth: usize,
}

impl<'a> QuadletWalk<'a> {
    pub(super) fn new(files: &'a dyn Files, reader: Owner) -> Self {
        Self { files, reader, looks: MOST_LOOKS, bytes: LARGEST, left_out: Vec::new() }
    }

    /// Takes in a folder with what lies below it.
    pub(super) fn take_in(&mut self, folder: &mut QuadletFolder) {
        self.visit(folder, "", DEEPEST + 1);
    }

    /// Takes in what lies at `name`; the empty name is the folder itself.
    fn visit(&mut self, folder: &mut QuadletFolder, name: &str, depth: usize) {
        let path = if name.is_empty() { Ok(folder.path.clone()) } else { folder.path.join(name) };
        let Ok(path) = path else {
            let fault = Fault::new(FaultKind::NotPlain, "a name in it is not plain");
            return self.left_out.push((folder.path.clone(), fault));
        };
        let Some(left) = self.looks.checked_sub(1) else {
            return self.leave_out(&path, format!("more than {MOST_LOOKS} files and folders"));
        };
        self.looks = left;
        match self.files.look(&path) {
            Ok(SeenEntry::File { mode, owner, .. })
                if is_read_by_generator(name) && !may_read(self.reader, owner, mode) =>
            {
                self.left_out.push((path, unreadable()));
            }
            Ok(SeenEntry::File { content, .. }) if is_read_by_generator(name) => {
                let Some(left) = self.bytes.checked_sub(content.expose().len()) else {
                    return self.leave_out(&path, format!("more than {LARGEST} bytes in all"));
                };
                self.bytes = left;
                folder.files.insert(name.to_owned(), Arc::new(content));
            }
            Ok(SeenEntry::File { .. }) => (),
            Ok(SeenEntry::Folder(_)) if is_read_by_generator(name) => {
                let fault = Fault::new(FaultKind::NotPlain, "it is a folder");
                self.left_out.push((path, fault));
            }
            Ok(SeenEntry::Folder(seen)) if !may_enter(self.reader, seen.owner, seen.mode) => {
                self.left_out.push((path, unreadable()));
            }
            Ok(SeenEntry::Folder(seen)) => {
                self.enter(folder, &InnerFolder { name, path: &path, names: &seen.names, depth });
            }
            Err(fault) if fault.kind == FaultKind::Absent => (),
            // Nothing but a file can be too large.
            Err(fault) if fault.kind == FaultKind::TooLarge && !is_read_by_generator(name) => (),
            Err(fault) => self.left_out.push((path, fault)),
        }
    }

    fn enter(&mut self, folder: &mut QuadletFolder, entered: &InnerFolder<'_>) {
        let InnerFolder { name, path, names, depth } = *entered;
        let Some(below) = depth.checked_sub(1) else {
            return self.leave_out(path, format!("more than {DEEPEST} folders deep"));
        };
        for inner in names {
            let whole = if name.is_empty() { inner.clone() } else { format!("{name}/{inner}") };
            if is_read_by_generator(&whole)
                || (!is_of_drop_ins(name) && may_be_entered(path, inner))
            {
                self.visit(folder, &whole, below);
            }
        }
    }

    /// Many folders with one fault are told once.
    fn leave_out(&mut self, path: &HostPath, detail: String) {
        let fault = Fault::new(FaultKind::Unreadable, detail);
        if self.left_out.last().is_none_or(|(_, last)| *last != fault) {
            self.left_out.push((path.clone(), fault));
        }
    }
}

/// Whether `name` may be a folder with units: not a hidden one such as `.git`, which may be huge,
/// and none of another user, which quadlet does not enter.
fn may_be_entered(folder: &HostPath, name: &str) -> bool {
    !is_of_other_user(folder, name) && !name.starts_with('.')
}

/// Whether the bits of `mode` that count for `reader` have all that are `needed`.
fn may_use(reader: Owner, owner: Owner, mode: Mode, needed: u32) -> bool {
    let shift = if owner.uid == reader.uid {
        6
    } else if owner.gid == reader.gid {
        3
    } else {
        0
    };
    reader.uid == 0 || (mode.bits() >> shift) & needed == needed
}

pub(super) fn may_read(reader: Owner, owner: Owner, mode: Mode) -> bool {
    may_use(reader, owner, mode, 0o4)
}

/// A folder has to be listed and entered.
fn may_enter(reader: Owner, owner: Owner, mode: Mode) -> bool {
    may_use(reader, owner, mode, 0o5)
}

pub(super) fn unreadable() -> Fault {
    Fault::new(FaultKind::Denied, "the service user cannot read it")
}
