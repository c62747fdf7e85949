//! The quadlet files of a user apart from the host, as they are and as a plan would make them, for
//! the installed generator to be asked about.

mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{FileState, HostPath, Owner};
use datalake_core::plan::{Action, Plan};
use datalake_core::secret::{FileBody, FilledBody, Unfilled};

use self::walk::{QuadletWalk, may_read, unreadable};
use crate::ports::Files;

/// The endings of files that generators of podman 4.4 to 6.1 make units of.
const UNIT_ENDINGS: [&str; 9] =
    ["artifact", "build", "container", "image", "kube", "network", "pod", "quadlets", "volume"];

/// The quadlet generator that is installed on the host.
#[async_trait]
pub trait Generator: Send + Sync {
    /// Has the generator make units of a copy of `tree` that the service user alone can read, and of
    /// which none is left. What it says names the paths of the host. `Absent`: no generator is
    /// installed.
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

/// The unit files and drop-ins in a user's quadlet folders, as far as the user can read them.
///
/// Nothing else that lies there is in it: env files are often kept beside the units.
#[derive(Clone)]
pub struct QuadletTree {
    /// The user, with its first group: of other groups that it may be in, nothing is known here.
    pub reader: Owner,
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
    /// Reads the unit files and drop-ins in `folders`, the strongest first, that `reader` can read
    /// as well: the generator runs as that user.
    #[must_use]
    pub fn collect(folders: &[HostPath], reader: Owner, files: &dyn Files) -> Self {
        let mut walk = QuadletWalk::new(files, reader);
        let collected = folders.iter().map(|path| {
            let mut folder = QuadletFolder { path: path.clone(), files: BTreeMap::new() };
            walk.take_in(&mut folder);
            folder
        });
        Self { reader, folders: collected.collect(), left_out: walk.left_out }
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
            Action::WriteFile { path, body, file } => self.write(path, body, file)?,
            Action::RemoveFile(path) => {
                self.left_out.retain(|(left_out, _)| left_out != path);
                if let Some((folder, name)) = self.place(path) {
                    folder.files.remove(&name);
                }
            }
            Action::RestoreFile { path, .. } => {
                let is_shown = self.place(path).is_some_and(|(folder, name)| {
                    folder.files.remove(&name);
                    is_read_by_generator(&name)
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
            | Action::SetPolicy(..)
            | Action::SetPublicAccess(..)
            | Action::StoreSecret { .. }
            | Action::RestoreSecret { .. }
            | Action::RemoveSecret(_)
            | Action::SettleServices(_)
            | Action::SettleTimers(_)
            | Action::ProveContainers { .. }
            | Action::StoreVault { .. }
            | Action::RestoreVault { .. }
            | Action::RemoveVault(_)
            | Action::ClearVault(..)
            | Action::RollOver(_) => (),
        }
        Ok(())
    }

    fn write(
        &mut self,
        path: &HostPath,
        body: &FileBody,
        file: &FileState,
    ) -> Result<(), NotShown> {
        if self.left_out.iter().any(|(left_out, fault)| hides_path(left_out, fault, path)) {
            return Ok(());
        }
        let was_left_out = self.left_out.iter().any(|(left_out, _)| left_out == path);
        let reader = self.reader;
        let Some((folder, name)) = self.place(path) else {
            return Ok(());
        };
        let current = folder.files.get(&name).map_or(&b""[..], |file| file.expose());
        let content = match body.fill_plain(current) {
            Ok(content) => content,
            Err(Unfilled::Secret(_)) => return Err(NotShown::Secret(path.clone())),
            // What is left out stays so: nobody here knows what it keeps.
            Err(Unfilled::Kept(_)) if was_left_out => return Ok(()),
            Err(Unfilled::Kept(_)) => return Err(NotShown::Kept(path.clone())),
        };
        let is_read = may_read(reader, file.owner, file.mode);
        folder.files.remove(&name);
        let counts = is_read_by_generator(&name);
        if counts && is_read {
            folder.files.insert(name, Arc::new(content));
        }
        self.left_out.retain(|(left_out, _)| left_out != path);
        if counts && !is_read {
            self.left_out.push((path.clone(), unreadable()));
        }
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
fn is_read_by_generator(name: &str) -> bool {
    let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if is_of_drop_ins(folder) { ending == "conf" } else { UNIT_ENDINGS.contains(&ending) }
}

fn is_of_drop_ins(folder: &str) -> bool {
    folder.rsplit_once('.').is_some_and(|(_, ending)| ending == "d")
}

/// Whether `path` lies in a folder that was left out because the user cannot enter it.
fn hides_path(left_out: &HostPath, fault: &Fault, path: &HostPath) -> bool {
    let below = path.as_str().strip_prefix(left_out.as_str());
    fault.kind == FaultKind::Denied && below.is_some_and(|below| below.starts_with('/'))
}

#[cfg(test)]
mod tests;
