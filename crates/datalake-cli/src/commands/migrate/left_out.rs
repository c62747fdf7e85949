//! What of Dagster's an archive of its home does not hold.

use std::path::{Path, PathBuf};

use datalake_dagster::is_own_state;
use datalake_host::LeftOut;
use schemars::JsonSchema;
use serde::Serialize;

use super::folder::FolderPlace;
use super::home::{Home, Logs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;

/// Something that is not in an archive.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotInIt {
    /// Its path below the folder.
    pub(super) path: String,
    /// Why it is not in it.
    why: String,
    /// Whether Dagster's state lacks it, so that the archive is not whole.
    pub(super) of_dagster: bool,
    #[serde(skip)]
    shown: PathBuf,
}

/// Where Dagster keeps things.
pub(super) struct KeptPlaces {
    /// Folders below the home.
    below: Vec<String>,
    /// What lies in other folders, in words.
    pub(super) elsewhere: Vec<String>,
}

impl NotInIt {
    /// Path and reason.
    pub(super) fn line(&self) -> String {
        format!("{}: {}", self.shown.display(), self.why)
    }
}

impl KeptPlaces {
    /// Looks at the folders of the pickles, of steps' output, and of the databases.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the folder of the pickles or of steps' output is a link that is not
    /// listed, or anything else than a folder.
    pub(super) fn of(home: &Home) -> Result<Self, Failure> {
        let mut kept = Self { below: Vec::new(), elsewhere: Vec::new() };
        let top = home.folder.real_path();
        match &home.pickles {
            Ok(folder) => kept.add("the pickles", &require_folder(folder)?, &top),
            Err(why) => kept.add_unknown("the pickles", why),
        }
        match &home.logs {
            Logs::Here(folder) => kept.add("steps' output", &require_folder(folder)?, &top),
            Logs::Unknown(why) => kept.add_unknown("steps' output", why),
            Logs::Bucket(_) => (),
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
        self.elsewhere.push(format!("{what}, as far as they lie elsewhere: {why}"));
    }

    /// What an archive of `folder` lacks; what Dagster lacks with it comes first.
    pub(super) fn judge_left_out(&self, folder: &Path, left_out: Vec<LeftOut>) -> Vec<NotInIt> {
        let own: Vec<_> = self.below.iter().map(String::as_str).collect();
        let mut judged: Vec<_> = left_out
            .into_iter()
            .map(|LeftOut { path, reason }| NotInIt {
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
fn require_folder(folder: &FolderPlace) -> Result<PathBuf, Failure> {
    match folder.open() {
        Ok(opened) => Ok(opened.real_path()),
        Err(failure) if failure.exit == Exit::Absent => Ok(folder.real_path()),
        Err(failure) => Err(failure),
    }
}
