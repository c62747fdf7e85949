//! What of Dagster's an archive of its home does not hold.

use std::path::{Path, PathBuf};

use datalake_core::text::printable;
use datalake_dagster::is_own_state;
use datalake_engine::LeftOut;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ErrorKind, FolderPlace, HomePlaces, LogsFolder, OperationError};

/// Something that is not in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupGap {
    /// Its path below the folder.
    pub path: String,
    /// Why it is not in it.
    pub why: String,
    /// Whether Dagster's state lacks it, so that the archive is not whole.
    pub of_dagster: bool,
    #[serde(skip)]
    shown: PathBuf,
}

/// Where Dagster keeps things.
pub(crate) struct KeptPlaces {
    /// Folders below the home.
    below: Vec<String>,
    /// What lies in other folders, in words.
    pub(crate) elsewhere: Vec<String>,
}

impl BackupGap {
    /// Path and reason.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{}: {}", self.shown.display(), self.why)
    }
}

impl KeptPlaces {
    /// Looks at the folders of the pickles, of steps' output, and of the databases.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the folder of the pickles or of steps' output is a link that is not
    /// listed, or anything else than a folder.
    pub(crate) fn find(home: &HomePlaces) -> Result<Self, OperationError> {
        let mut kept = Self { below: Vec::new(), elsewhere: Vec::new() };
        let top = home.folder.real_path();
        match &home.pickles {
            Ok(folder) => kept.add("the pickles", &find_real_path(folder)?, &top),
            Err(why) => kept.add_unknown("the pickles", why),
        }
        match &home.logs {
            LogsFolder::Here(folder) => kept.add("steps' output", &find_real_path(folder)?, &top),
            LogsFolder::Unknown(why) => kept.add_unknown("steps' output", why),
            LogsFolder::Bucket(_) => (),
        }
        if let Ok(folder) = &home.databases
            && !folder.is_absent()
        {
            kept.add("databases", &folder.real_path(), &top);
        }
        kept.elsewhere.dedup();
        Ok(kept)
    }

    fn add(&mut self, what: &str, folder: &Path, top: &Path) {
        match folder.strip_prefix(top) {
            Ok(below) if below.as_os_str().is_empty() => (),
            Ok(below) => self.below.push(below.to_string_lossy().into_owned()),
            Err(_) => {
                let folder = printable(&folder.display().to_string());
                self.elsewhere.push(format!("{what}, in `{folder}`"));
            }
        }
    }

    fn add_unknown(&mut self, what: &str, why: &str) {
        let why = printable(why);
        self.elsewhere.push(format!("{what}, where they are elsewhere: {why}"));
    }

    /// What an archive of `folder` lacks; what Dagster lacks with it comes first.
    pub(crate) fn judge_left_out(&self, folder: &Path, left_out: Vec<LeftOut>) -> Vec<BackupGap> {
        let own: Vec<_> = self.below.iter().map(String::as_str).collect();
        let mut judged: Vec<_> = left_out
            .into_iter()
            .map(|LeftOut { path, reason }| BackupGap {
                shown: folder.join(&path),
                why: reason.to_string(),
                of_dagster: reason.is_content() || is_own_state(&path, &own),
                path,
            })
            .collect();
        judged.sort_by_key(|one| !one.of_dagster);
        judged
    }
}

/// Where a folder really lies; one that is not there is no trouble.
fn find_real_path(folder: &FolderPlace) -> Result<PathBuf, OperationError> {
    match folder.open() {
        Ok(opened) => Ok(opened.real_path()),
        Err(error) if error.kind == ErrorKind::Absent => Ok(folder.real_path()),
        Err(error) => Err(error),
    }
}
