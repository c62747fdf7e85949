//! A whole folder in one file: a `.tar.zst` with the hash of each file in it.
//!
//! Files go in as they are read, so memory stays flat. Databases of `SQLite` are copied by `SQLite`
//! itself, since the files of a live one are never whole. What was written while it was read goes
//! in again; as in any tar file, the last one of a name counts. The hashes come as the last entry.

mod database;
mod entry;
mod left_out;
mod manifest;
mod reading;
mod restoring;
mod writing;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datalake_engine::{ArchiveFault, ArchiveProgress, Archives, Unarchived};

pub(crate) use self::database::{copy_confined_database, dagster_asset_keys, print_confined_keys};
use self::reading::check_archive;
use self::restoring::restore_archive;
pub(crate) use self::writing::{ArchivedFolder, write_archive};

/// The name of the hashes in the archive.
const MANIFEST: &str = "datalake-backup.jsonl";
/// The folder that the archive holds.
const FOLDER: &str = "home";
/// The form of the hashes.
const SCHEMA: u32 = 1;

/// Archives of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostArchives;

#[async_trait]
impl Archives for HostArchives {
    async fn check_archive(
        &self,
        path: &Path,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Unarchived, ArchiveFault> {
        let (path, progress) = (path.to_owned(), Arc::clone(progress));
        run_blocking(move || check_archive(&path, &progress)).await
    }

    async fn restore_archive(
        &self,
        path: &Path,
        into: &Path,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Unarchived, ArchiveFault> {
        let (path, into, progress) = (path.to_owned(), into.to_owned(), Arc::clone(progress));
        run_blocking(move || restore_archive(&path, &into, &progress)).await
    }
}

/// Does long work on a thread of its own.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveFault> + Send + 'static,
) -> Result<T, ArchiveFault> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| Err(ArchiveFault::BrokenOff(error.to_string())))
}
