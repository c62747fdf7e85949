//! Folders of a host in memory, held open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::secret::FilledBody;

use super::MemoryFiles;
use crate::archives::{ArchiveFault, ArchiveProgress, Archived, NewArchive};
use crate::folders::{HeldFolder, NamedFolders};
use crate::ports::{Files, NewFile, SeenEntry, SeenKind};
use crate::transfer::PeekTree;
use crate::transfer::memory::MemoryTree;
use crate::{Owners, hold_mutex};

/// To whom everything belongs here.
const USER: Owner = Owner { uid: 1000, gid: 1000 };

/// The folders of a host in memory. Small files are looked at one by one, and trees of many files
/// are walked through: each of both sees its own.
#[derive(Clone, Default)]
pub struct MemoryFolders(Arc<MemoryWorld>);

#[derive(Default)]
struct MemoryWorld {
    files: MemoryFiles,
    trees: Mutex<BTreeMap<HostPath, MemoryTree>>,
    asset_keys: Mutex<BTreeMap<HostPath, Vec<String>>>,
    archived: Mutex<Archived>,
}

/// A folder in memory.
pub struct MemoryFolder {
    world: MemoryFolders,
    path: HostPath,
}

impl MemoryFolders {
    /// The root of the host.
    #[must_use]
    pub fn root(&self) -> MemoryFolder {
        MemoryFolder { world: self.clone(), path: path_of("/") }
    }

    /// The host's files.
    #[must_use]
    pub fn files(&self) -> &MemoryFiles {
        &self.0.files
    }

    /// Makes a folder, with those above it.
    pub fn make_folder(&self, path: &str) {
        let path = path_of(path);
        let above: Vec<_> = std::iter::successors(Some(path), HostPath::parent).collect();
        for folder in above.into_iter().rev().filter(|folder| folder.as_str() != "/") {
            if self.0.files.look(&folder).is_err() {
                let made = self.0.files.create_folder(&folder, Mode::PUBLIC_FOLDER, USER);
                made.expect("the folder above was made before");
            }
        }
    }

    /// Puts a small file into a folder, which is made as needed.
    pub fn put_file(&self, path: &str, text: &str) {
        let path = path_of(path);
        self.make_folder(path.parent().expect("a file lies in a folder").as_str());
        let content = FilledBody::new(text.as_bytes().to_vec());
        let file = NewFile { content: &content, mode: Mode::PRIVATE, owner: USER };
        self.0.files.write(&path, &file).expect("its folder is there");
    }

    /// The tree of files in a folder, which is made as needed.
    #[must_use]
    pub fn tree_at(&self, path: &str) -> MemoryTree {
        self.make_folder(path);
        hold_mutex(&self.0.trees).entry(path_of(path)).or_default().clone()
    }

    /// Has an instance know these assets: `["raw", "orders"]`.
    pub fn keep_asset_keys(&self, database: &str, keys: &[&str]) {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        hold_mutex(&self.0.asset_keys).insert(path_of(database), keys);
    }

    /// What the next archives tell of themselves.
    pub fn set_archived(&self, archived: Archived) {
        *hold_mutex(&self.0.archived) = archived;
    }
}

fn path_of(path: &str) -> HostPath {
    path.parse().expect("paths of tests are plain")
}

impl MemoryFolder {
    /// A path that counts from this folder, as one of the host.
    fn whole(&self, path: &HostPath) -> HostPath {
        match (self.path.as_str(), path.as_str()) {
            (_, "/") => self.path.clone(),
            ("/", _) => path.clone(),
            (own, path) => path_of(&format!("{own}{path}")),
        }
    }

    fn files(&self) -> &MemoryFiles {
        &self.world.0.files
    }
}

impl Files for MemoryFolder {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        self.files().look(&self.whole(path))
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.files().write(&self.whole(path), file)
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.files().remove_file(&self.whole(path))
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.files().create_folder(&self.whole(path), mode, owner)
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.files().remove_folder(&self.whole(path))
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.files().sweep(&self.whole(path))
    }
}

#[async_trait]
impl HeldFolder for MemoryFolder {
    fn enter(&self, path: &HostPath) -> Result<Arc<dyn HeldFolder>, Fault> {
        let path = self.whole(path);
        if path.as_str() != "/" && self.files().look_at_kind(&path)?.kind != SeenKind::Folder {
            return Err(Fault::new(FaultKind::NotPlain, "it is a file"));
        }
        Ok(Arc::new(Self { world: self.world.clone(), path }))
    }

    fn open_parent(&self) -> Result<Arc<dyn HeldFolder>, WayFault> {
        let path = self.path.parent().unwrap_or_else(|| self.path.clone());
        Ok(Arc::new(Self { world: self.world.clone(), path }))
    }

    fn owner(&self) -> Result<Owner, Fault> {
        Ok(USER)
    }

    fn caller(&self) -> Owner {
        USER
    }

    fn real_path(&self) -> PathBuf {
        PathBuf::from(self.path.as_str())
    }

    fn shown(&self) -> &str {
        self.path.as_str()
    }

    fn open_tree(&self, _: Owners) -> Result<Arc<dyn PeekTree>, Fault> {
        Ok(Arc::new(self.world.tree_at(self.path.as_str())))
    }

    fn read_asset_keys(&self, name: &str) -> Result<Vec<String>, Fault> {
        let path = self.whole(&path_of(&format!("/{name}")));
        let keys = hold_mutex(&self.world.0.asset_keys).get(&path).cloned();
        keys.ok_or_else(|| Fault::new(FaultKind::Absent, "there is no such database"))
    }

    async fn write_archive(
        &self,
        new: NewArchive,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Archived, ArchiveFault> {
        let to = new.to.to_string_lossy().into_owned();
        if to.starts_with('/') && self.files().look(&path_of(&to)).is_ok() {
            return Err(ArchiveFault::Exists(new.to));
        }
        let archived = hold_mutex(&self.world.0.archived).clone();
        progress.expect(archived.bytes);
        progress.add(archived.bytes);
        Ok(archived)
    }
}

impl NamedFolders for MemoryFolders {
    fn open_named(&self, path: &Path) -> Result<Arc<dyn HeldFolder>, WayFault> {
        let name = path.to_string_lossy().into_owned();
        let absolute =
            if name.starts_with('/') { name.clone() } else { format!("/home/op/{name}") };
        let opened = self.root().enter(&path_of(&absolute));
        opened.map_err(|fault| WayFault::At { path: name, fault })
    }

    fn working_folder(&self) -> Option<PathBuf> {
        Some(PathBuf::from("/home/op"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_count_from_the_folder_that_is_held() {
        let folders = MemoryFolders::default();
        folders.put_file("/srv/home/dagster.yaml", "a: 1");

        let held = folders.root().enter(&path_of("/srv/home")).unwrap();

        assert!(held.is_file(&path_of("/dagster.yaml")).unwrap());
        assert_eq!(held.real_path(), Path::new("/srv/home"));
        assert!(!held.open_parent().unwrap().is_file(&path_of("/home")).unwrap());
        let absent = held.enter(&path_of("/none")).err().unwrap();
        assert_eq!(absent.kind, FaultKind::Absent);
    }

    #[test]
    fn relative_names_count_from_the_working_folder() {
        let folders = MemoryFolders::default();
        folders.make_folder("/home/op/home");

        assert_eq!(folders.open_named(Path::new("home")).unwrap().shown(), "/home/op/home");
        assert!(folders.open_named(Path::new("other")).is_err());
    }
}
