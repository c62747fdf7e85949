//! The port to folders that are held open, so that nobody can lead their users elsewhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::fault::{Fault, WayFault};
use datalake_core::host::{HostPath, Owner};

use crate::ports::Files;
use crate::transfer::PeekTree;
use crate::{ArchiveFault, ArchiveProgress, Archived, NewArchive, Owners};

/// A folder held open. A [`HostPath`] counts from it.
#[async_trait]
pub trait HeldFolder: Files {
    /// The folder at `path`, which no link leads to.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no such folder.
    fn enter(&self, path: &HostPath) -> Result<Arc<dyn HeldFolder>, Fault>;

    /// The folder that it lies in, reached as one that the operator names.
    ///
    /// # Errors
    ///
    /// [`WayFault`] as of [`NamedFolders::open_named`].
    fn open_parent(&self) -> Result<Arc<dyn HeldFolder>, WayFault>;

    /// To whom the folder itself belongs.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the system does not tell.
    fn owner(&self) -> Result<Owner, Fault>;

    /// Who asks: to whom new things go where the folder does not tell.
    fn caller(&self) -> Owner;

    /// Where the folder really lies on its machine.
    fn real_path(&self) -> PathBuf;

    /// How the folder is called in messages.
    fn shown(&self) -> &str;

    /// Its files for transfers. A file of somebody else that has a second name elsewhere is not
    /// read; what is made belongs to the owner of its folder, who has to be one of `owners`.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the folder may not be listed.
    fn open_tree(&self, owners: Owners) -> Result<Arc<dyn PeekTree>, Fault>;

    /// The keys of all assets that an instance of Dagster has ever materialized, as its database
    /// `name` in this folder has them: `["raw", "orders"]`.
    ///
    /// # Errors
    ///
    /// A [`Fault`]: `Absent` where there is no such database.
    fn read_asset_keys(&self, name: &str) -> Result<Vec<String>, Fault>;

    /// Puts the folder into one file of mode 0600, which gets its name when it is whole. Links of
    /// the folder's owner are not followed.
    ///
    /// # Errors
    ///
    /// [`ArchiveFault`] where something cannot be read or written; then there is no file.
    async fn write_archive(
        &self,
        new: NewArchive,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Archived, ArchiveFault>;
}

/// Opens folders that the operator names.
pub trait NamedFolders: Send + Sync {
    /// Opens a folder. Links on the way to it are followed where they, and the folders that they
    /// lie in, belong to root or to the caller.
    ///
    /// # Errors
    ///
    /// [`WayFault`] for a link of somebody else, and where there is no such folder.
    fn open_named(&self, path: &Path) -> Result<Arc<dyn HeldFolder>, WayFault>;

    /// The folder that relative paths count from; `None` where it is not known.
    fn working_folder(&self) -> Option<PathBuf>;
}
