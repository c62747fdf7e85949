//! Folders held open, as the engine asks for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::fault::{Fault, WayFault};
use datalake_core::host::{HostPath, Owner};
use datalake_engine::transfer::PeekTree;
use datalake_engine::{
    ArchiveFault, ArchiveProgress, Archived, HeldFolder, NamedFolders, NewArchive, NoCheckpoints,
    Owners,
};
use rustix::process::{getegid, geteuid};

use crate::archive::{ArchivedFolder, dagster_asset_keys, run_blocking, write_archive};
use crate::{HostFiles, HostTree};

/// Folders of this machine that the operator names.
#[derive(Debug, Clone, Copy, Default)]
pub struct NamedHostFolders;

impl NamedFolders for NamedHostFolders {
    fn open_named(&self, path: &Path) -> Result<Arc<dyn HeldFolder>, WayFault> {
        Ok(Arc::new(HostFiles::open_named(path, Arc::new(NoCheckpoints))?))
    }

    fn working_folder(&self) -> Option<PathBuf> {
        std::env::current_dir().ok()
    }
}

#[async_trait]
impl HeldFolder for HostFiles {
    fn enter(&self, path: &HostPath) -> Result<Arc<dyn HeldFolder>, Fault> {
        Ok(Arc::new(Self::enter(self, path)?))
    }

    fn open_parent(&self) -> Result<Arc<dyn HeldFolder>, WayFault> {
        let real = Self::real_path(self);
        NamedHostFolders.open_named(real.parent().unwrap_or(&real))
    }

    fn owner(&self) -> Result<Owner, Fault> {
        Self::owner(self)
    }

    fn caller(&self) -> Owner {
        Owner { uid: geteuid().as_raw(), gid: getegid().as_raw() }
    }

    fn real_path(&self) -> PathBuf {
        Self::real_path(self)
    }

    fn shown(&self) -> &str {
        Self::shown(self)
    }

    fn open_tree(&self, owners: Owners) -> Result<Arc<dyn PeekTree>, Fault> {
        Ok(Arc::new(HostTree::guarded(self, owners)?))
    }

    fn read_asset_keys(&self, name: &str) -> Result<Vec<String>, Fault> {
        dagster_asset_keys(self, name)
    }

    async fn write_archive(
        &self,
        new: NewArchive,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Archived, ArchiveFault> {
        let folder = ArchivedFolder { real: Self::real_path(self), handle: self.reopened() };
        let progress = Arc::clone(progress);
        run_blocking(move || write_archive(folder, &new, &progress)).await
    }
}
