//! Dagster's home in one file, read again, unpacked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::text::printable;
use datalake_engine::transfer::Stopwatch;
use datalake_engine::{
    ArchiveFault, ArchiveProgress, Archived, Archives, HeldFolder, NewArchive, Unarchived,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::backup_gaps::{BackupGap, KeptPlaces};
use crate::require_named_home;
use crate::{ErrorKind, FolderPlace, HomeChoice, HomePlaces, HomeSearch, OperationError};

/// What was put into a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BackedUp {
    /// The folder.
    pub folder: String,
    /// The file that it is in.
    pub file: String,
    /// How many files are in it.
    pub files: u64,
    /// How many of them are databases, taken by their own way.
    pub databases: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// The size of the file in bytes.
    pub packed: u64,
    /// Files that were written all the while, so perhaps not whole in it.
    pub disturbed: Vec<String>,
    /// The paths of what is not in it, below the folder.
    pub skipped: Vec<String>,
    /// What is not in it, and why.
    pub left_out: Vec<BackupGap>,
    /// What Dagster keeps in other folders, so that it is not in it.
    pub elsewhere: Vec<String>,
    /// What copies Dagster's database, where it is one of Postgres and not in it.
    pub dump: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// What was read from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadBack {
    /// The file.
    pub file: String,
    /// The folder that it was unpacked into; `null` where it was only read.
    pub into: Option<String>,
    /// How many files are in it.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files whose hash is not the one in the list.
    pub wrong: Vec<String>,
    /// Files that were written while they were put in, so perhaps not whole.
    pub disturbed: Vec<String>,
}

/// A backup that is about to be made.
pub struct BackupJob {
    /// The text of `dagster.yaml`; empty where there is none.
    pub dagster_yaml: String,
    home: FolderPlace,
    opened: Arc<dyn HeldFolder>,
    kept: KeptPlaces,
    created: String,
    to: PathBuf,
}

impl BackupJob {
    /// Finds Dagster's home and what it keeps elsewhere. Without a name the file gets one by its
    /// time, in the working folder.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the home or one of its folders cannot be opened.
    pub async fn prepare(
        search: &HomeSearch<'_>,
        home: Option<PathBuf>,
        to: Option<PathBuf>,
    ) -> Result<Self, OperationError> {
        let choice = HomeChoice { home, ..HomeChoice::default() };
        require_named_home(search.named, &choice).await?;
        let whole = HomePlaces::find(search, &choice)?;
        let kept = KeptPlaces::find(&whole)?;
        let home = whole.folder;
        let opened = home.open()?;
        let dagster_yaml = home.read_text("dagster.yaml")?.unwrap_or_default();
        let created = search.context.clock.now().to_string();
        let usual = || PathBuf::from(format!("dagster-home-{}.tar.zst", created.replace(':', "")));
        let to = to.unwrap_or_else(usual);
        Ok(Self { dagster_yaml, home, opened, kept, created, to })
    }

    /// Puts the home into the file; `dump` is what copies a database that lies elsewhere.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where something cannot be read or written; then there is no file.
    pub async fn write(
        self,
        dump: Option<String>,
        clock: &dyn Stopwatch,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<BackedUp, OperationError> {
        let (folder, owners) = (self.home.path_here(), self.home.rules().owners.clone());
        let began = clock.elapsed();
        let (name, to) = (folder.clone(), self.to.clone());
        let new = NewArchive { name, owners, to, created: self.created };
        let made = self.opened.write_archive(new, progress).await;
        let Archived { files, databases, bytes, packed, disturbed, left_out } =
            made.map_err(|fault| explain_archive_fault(&fault))?;
        let left_out = self.kept.judge_left_out(&folder, left_out);
        Ok(BackedUp {
            folder: show_path(&folder),
            file: show_path(&self.to),
            files,
            databases,
            bytes,
            packed,
            disturbed,
            skipped: left_out.iter().map(|gap| gap.path.clone()).collect(),
            left_out,
            elsewhere: self.kept.elsewhere,
            dump,
            seconds: clock.elapsed().saturating_sub(began).as_secs_f64(),
        })
    }
}

/// Reads a backup and compares every byte with the hashes in it; unpacks it, where `into` names a
/// folder.
///
/// # Errors
///
/// [`OperationError`] where it cannot be read to its end, or something cannot be written.
pub async fn read_backup(
    archives: &dyn Archives,
    file: &Path,
    into: Option<&Path>,
    progress: &Arc<ArchiveProgress>,
) -> Result<ReadBack, OperationError> {
    let found = match into {
        None => archives.check_archive(file, progress).await,
        Some(folder) => archives.restore_archive(file, folder, progress).await,
    };
    let Unarchived { files, bytes, wrong, disturbed } =
        found.map_err(|fault| explain_archive_fault(&fault))?;
    let (file, into) = (show_path(file), into.map(show_path));
    Ok(ReadBack { file, into, files, bytes, wrong, disturbed })
}

fn explain_archive_fault(fault: &ArchiveFault) -> OperationError {
    match fault {
        ArchiveFault::At(path, inner) => {
            OperationError::about(format!("`{}`", show_path(path)), inner).under(ErrorKind::Io)
        }
        ArchiveFault::NotWhole(..) => OperationError::of(ErrorKind::Mismatch, fault)
            .advise("it was cut off or damaged: use another one, or make a new one"),
        ArchiveFault::BrokenOff(_) => OperationError::of(ErrorKind::Bug, fault),
        _ => OperationError::of(ErrorKind::Usage, fault)
            .advise("name another place: --to FILE, --into DIR"),
    }
}

fn show_path(path: &Path) -> String {
    printable(&path.display().to_string())
}

#[cfg(test)]
mod tests;
