//! The quadlet files of a user apart from the host, as they are and as a plan would make them, for
//! the installed generator to be asked about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::{Action, Fault, FaultKind, FileBody, FilledBody, HostPath, Piece, Plan};

use crate::ports::{Files, Seen};

/// How deep folders within quadlet folders are copied.
const DEEPEST: usize = 4;

/// How many files and folders are looked at for one copy.
const MOST_LOOKS: usize = 2_000;

/// How many bytes one copy may have.
const LARGEST: usize = 16 << 20;

/// The endings of files that generators of podman 4.4 to 6.1 make units of.
const UNIT_ENDINGS: [&str; 9] =
    ["artifact", "build", "container", "image", "kube", "network", "pod", "quadlets", "volume"];

/// The quadlet generator that is installed on the host.
#[async_trait]
pub trait Generator: Send + Sync {
    /// Has the generator make units of a copy of `tree`; nothing else sees the copy, and none is
    /// left. What it says names the paths of the host. `Absent`: no generator is installed.
    async fn generate(&self, tree: &QuadletTree) -> Result<GeneratorAnswer, Fault>;
}

/// What came of a run of the generator.
pub enum GeneratorAnswer {
    /// It came to its end.
    Said {
        /// The units that it would write. They may hold anyone's secrets.
        stdout: FilledBody,
        /// What it complains about.
        stderr: FilledBody,
        /// Its exit code; below podman 4.6 it is 0 whatever happens.
        exit: i32,
    },
    /// It did not come to its end in this time, and was killed.
    Hung(Duration),
}

/// The unit files and drop-ins in a user's quadlet folders.
///
/// Nothing else that lies there is in it: env files are often kept beside the units.
#[derive(Clone, Default)]
pub struct QuadletTree {
    /// The folders, the strongest first; one that is not there is empty.
    pub folders: Vec<QuadletFolder>,
    /// What is missing in it, and why.
    pub left_out: Vec<(HostPath, Fault)>,
}

/// The unit files and drop-ins in one folder.
#[derive(Clone)]
pub struct QuadletFolder {
    /// Where it lies on the host.
    pub path: HostPath,
    /// Contents by names, with `/` between the parts of those in folders below.
    pub files: BTreeMap<String, Arc<FilledBody>>,
}

/// A change of quadlet files that no copy can show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotShown {
    /// The file would hold a secret; quadlet files are readable by others.
    #[error("`{0}` would hold a secret, and is a quadlet file")]
    Secret(HostPath),
    /// A part of the present file is to be kept, and it has no such part.
    #[error("`{0}` lacks a part that is to be kept")]
    Kept(HostPath),
}

impl QuadletTree {
    /// Reads the unit files and drop-ins in `folders`, the strongest first.
    #[must_use]
    pub fn collect(folders: &[HostPath], files: &dyn Files) -> Self {
        let mut walk = Walk { files, looks: MOST_LOOKS, bytes: LARGEST, left_out: Vec::new() };
        let collected = folders.iter().map(|path| {
            let mut folder = QuadletFolder { path: path.clone(), files: BTreeMap::new() };
            walk.visit(&mut folder, "", DEEPEST + 1);
            folder
        });
        Self { folders: collected.collect(), left_out: walk.left_out }
    }

    /// The same as it would be after `plan`.
    ///
    /// # Errors
    ///
    /// [`NotShown`] for a body that cannot be filled from what is here.
    pub fn changed_by(&self, plan: &Plan) -> Result<Self, NotShown> {
        let mut changed = self.clone();
        for step in &plan.steps {
            changed.take_up(&step.action)?;
        }
        Ok(changed)
    }

    fn take_up(&mut self, action: &Action) -> Result<(), NotShown> {
        match action {
            Action::WriteFile { path, body, .. } => self.write(path, body)?,
            Action::RemoveFile(path) => {
                self.left_out.retain(|(left_out, _)| left_out != path);
                if let Some((folder, name)) = self.place(path) {
                    folder.files.remove(&name);
                }
            }
            Action::RestoreFile { path, .. } => {
                let is_shown = self.place(path).is_some_and(|(folder, name)| {
                    folder.files.remove(&name);
                    counts(&name)
                });
                if is_shown {
                    let fault = Fault::new(FaultKind::Unreadable, "it is put back from a copy");
                    self.left_out.push((path.clone(), fault));
                }
            }
            // Folders come with their files, and the rest is elsewhere.
            Action::CreateFolder { .. }
            | Action::RemoveFolder(_)
            | Action::CreateBucket(_)
            | Action::ProveAccess(..)
            | Action::SetVersioning(..)
            | Action::SetLifecycle(..)
            | Action::StoreSecret { .. }
            | Action::RestoreSecret { .. }
            | Action::RemoveSecret(_)
            | Action::SettleServices(_)
            | Action::ProveContainers { .. } => (),
        }
        Ok(())
    }

    fn write(&mut self, path: &HostPath, body: &FileBody) -> Result<(), NotShown> {
        let Some((folder, name)) = self.place(path) else {
            return Ok(());
        };
        let mut content = Vec::new();
        for piece in body.pieces() {
            match piece {
                Piece::Text(text) => content.extend_from_slice(text.as_bytes()),
                Piece::Secret(_) => return Err(NotShown::Secret(path.clone())),
                Piece::Kept(range) => {
                    let current = folder.files.get(&name).map(|file| file.expose());
                    let kept = current.and_then(|current| current.get(range.clone()));
                    let kept = kept.ok_or_else(|| NotShown::Kept(path.clone()))?;
                    content.extend_from_slice(kept);
                }
            }
        }
        if counts(&name) {
            folder.files.insert(name, Arc::new(FilledBody::new(content)));
        }
        self.left_out.retain(|(left_out, _)| left_out != path);
        Ok(())
    }

    /// The folder that holds `path`, and its name there. One folder may lie in another.
    fn place(&mut self, path: &HostPath) -> Option<(&mut QuadletFolder, String)> {
        let below = |folder: &mut QuadletFolder| {
            let name = path.as_str().strip_prefix(folder.path.as_str())?.strip_prefix('/')?;
            Some(name.to_owned())
        };
        let places = self.folders.iter_mut().filter_map(|folder| {
            let name = below(folder)?;
            Some((folder, name))
        });
        places.min_by_key(|(_, name)| name.len())
    }
}

/// Whether a generator reads the file of this name: a unit, or a drop-in of one.
fn counts(name: &str) -> bool {
    let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if is_of_drop_ins(folder) { ending == "conf" } else { UNIT_ENDINGS.contains(&ending) }
}

fn is_of_drop_ins(folder: &str) -> bool {
    folder.rsplit_once('.').is_some_and(|(_, ending)| ending == "d")
}

/// One walk through all folders.
struct Walk<'a> {
    files: &'a dyn Files,
    looks: usize,
    bytes: usize,
    left_out: Vec<(HostPath, Fault)>,
}

impl Walk<'_> {
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
            Ok(Seen::File { content, .. }) if counts(name) => {
                let Some(left) = self.bytes.checked_sub(content.expose().len()) else {
                    return self.leave_out(&path, format!("more than {LARGEST} bytes in all"));
                };
                self.bytes = left;
                folder.files.insert(name.to_owned(), Arc::new(content));
            }
            Ok(Seen::File { .. }) => (),
            Ok(Seen::Folder(_)) if counts(name) => {
                let fault = Fault::new(FaultKind::NotPlain, "it is a folder");
                self.left_out.push((path, fault));
            }
            Ok(Seen::Folder(seen)) => self.enter(folder, (name, &path), (&seen.names, depth)),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            // Nothing but a file can be too large.
            Err(fault) if fault.kind == FaultKind::Unreadable && !counts(name) => (),
            Err(fault) => self.left_out.push((path, fault)),
        }
    }

    fn enter<'n>(
        &mut self,
        folder: &mut QuadletFolder,
        (name, path): (&str, &HostPath),
        (names, depth): (impl IntoIterator<Item = &'n String>, usize),
    ) {
        let Some(below) = depth.checked_sub(1) else {
            return self.leave_out(path, format!("more than {DEEPEST} folders deep"));
        };
        for inner in names {
            let whole = if name.is_empty() { inner.clone() } else { format!("{name}/{inner}") };
            if counts(&whole) || (!is_of_drop_ins(name) && may_be_entered(path, inner)) {
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
    let is_of_user = folder.as_str().ends_with("/systemd/users")
        && name.bytes().all(|byte| byte.is_ascii_digit());
    !is_of_user && !name.starts_with('.')
}

#[cfg(test)]
mod tests;
