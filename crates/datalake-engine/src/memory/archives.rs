//! Archives in memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::archives::{ArchiveFault, ArchiveProgress, Archives, Unarchived};
use crate::hold_mutex;

/// Archives that always hold the same.
#[derive(Debug, Default)]
pub struct MemoryArchives {
    /// What is found in each; `None` where none is whole.
    found: Option<Unarchived>,
    unpacked: Mutex<Vec<PathBuf>>,
}

impl MemoryArchives {
    /// Archives in which this is found; by default none is whole.
    #[must_use]
    pub fn holding(found: Unarchived) -> Self {
        Self { found: Some(found), ..Self::default() }
    }

    /// The folders that archives were unpacked into.
    #[must_use]
    pub fn unpacked(&self) -> Vec<PathBuf> {
        hold_mutex(&self.unpacked).clone()
    }
}

#[async_trait]
impl Archives for MemoryArchives {
    async fn check_archive(
        &self,
        path: &Path,
        _: &Arc<ArchiveProgress>,
    ) -> Result<Unarchived, ArchiveFault> {
        let cut = || ArchiveFault::NotWhole(path.to_owned(), "it ends before its time".to_owned());
        self.found.clone().ok_or_else(cut)
    }

    async fn restore_archive(
        &self,
        path: &Path,
        into: &Path,
        progress: &Arc<ArchiveProgress>,
    ) -> Result<Unarchived, ArchiveFault> {
        let found = self.check_archive(path, progress).await?;
        hold_mutex(&self.unpacked).push(into.to_owned());
        Ok(found)
    }
}
