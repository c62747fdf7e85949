//! Whether a file here is one that somebody may need: a download does not replace it.

use datalake_core::transfer::{Comparison, Evidence, FileFacts, Known, Side, TreePath};

use super::hash_file;
use crate::transfer::haul::{Haul, Task};
use crate::transfer::{ItemFault, Route};

impl Haul<'_> {
    /// Whether the run is a download that leaves alone what was changed here.
    pub(crate) fn spares_edits(&self) -> bool {
        // To keep what is newer is the whole business of the other comparison.
        let replaces_all =
            self.options.overwrite || self.options.comparison == Comparison::KeepNewer;
        matches!(self.route, Route::Down(..)) && !replaces_all
    }

    /// Whether a file that the source has no more is another one than any run has left there.
    pub(crate) async fn is_edited_here(
        &self,
        name: &str,
        file: &FileFacts,
        records: impl Iterator<Item = &Known>,
    ) -> bool {
        let Route::Down(_, tree) = self.route else { return false };
        let records: Vec<_> = keep_trusted(records).collect();
        if self.options.overwrite || records.is_empty() || is_left_by(&records, file) {
            return false;
        }
        let Ok(path) = TreePath::try_from(name) else { return true };
        let Ok(open) = tree.open(&path, file).await else { return true };
        for digest in records.iter().filter_map(|known| known.digest) {
            let now = hash_file(&*open, file, digest.part).await;
            if matches!(now, Ok(Some(now)) if now == digest.sha256) {
                return false;
            }
        }
        true
    }

    /// Fails where a download would replace a file that was changed since a run knew it, or that no
    /// run knows and that is newer than the object.
    pub(crate) async fn require_unchanged_here(&self, task: &Task) -> Result<(), ItemFault> {
        let (true, Some(Side::File(file))) = (self.spares_edits(), &task.destination) else {
            return Ok(());
        };
        let records: Vec<_> = keep_trusted(task.known.iter().chain(&task.others)).collect();
        if records.is_empty() {
            let is_newer = self.is_newer_there(task).await?;
            return if is_newer { Err(ItemFault::NewerHere) } else { Ok(()) };
        }
        if is_left_by(&records, file) {
            return Ok(());
        }
        let pair = self.file_pair(task).ok_or(ItemFault::ChangedHere)?;
        for known in records {
            if pair.has_content_of(known).await? {
                return Ok(());
            }
        }
        Err(ItemFault::ChangedHere)
    }
}

fn keep_trusted<'k>(records: impl Iterator<Item = &'k Known>) -> impl Iterator<Item = &'k Known> {
    records.filter(|known| known.evidence != Evidence::Suspect)
}

fn is_left_by(records: &[&Known], file: &FileFacts) -> bool {
    records.iter().any(|known| known.is_file(file))
}
