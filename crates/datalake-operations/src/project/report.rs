//! What was done with files of ours in a project, as people and programs are told.

use std::path::{Path, PathBuf};

use datalake_core::secret::{FileBody, Piece};
use datalake_core::text::printable;
use datalake_dagster::FileStanding;
use schemars::JsonSchema;
use serde::Serialize;

use super::{JudgedFile, LoadedFile, LoadingState};
use crate::{FileChange, diff_change};

/// A file of ours in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// What was done with it; `kept` is one that was changed by hand and left alone.
    pub state: &'static str,
}

impl FileReport {
    /// What is told of a file below a folder; in a dry run nothing is written.
    #[must_use]
    pub fn of_file(one: &JudgedFile, folder: &Path, dry_run: bool) -> Self {
        Self { path: folder.join(&one.file.path), state: describe_state(one, dry_run).1 }
    }
}

/// A sign and a word for what is done with a file.
fn describe_state(one: &JudgedFile, dry_run: bool) -> (&'static str, &'static str) {
    match (one.standing, dry_run) {
        (FileStanding::Same, _) => ("=", "unchanged"),
        (FileStanding::Edited, _) => ("!", "kept"),
        (FileStanding::New, false) => ("+", "written"),
        (FileStanding::Older, false) => ("*", "renewed"),
        (FileStanding::New, true) => ("+", "new"),
        (FileStanding::Older, true) => ("*", "older"),
    }
}

/// A line for each of the files below a folder.
#[must_use]
pub fn render_files<'a>(
    files: impl IntoIterator<Item = &'a JudgedFile>,
    folder: &Path,
    dry_run: bool,
) -> String {
    let line = |one: &JudgedFile| {
        let (sign, _) = describe_state(one, dry_run);
        let path = printable(&folder.join(&one.file.path).display().to_string());
        let note = match one.standing {
            FileStanding::Edited => "  (changed by hand: left alone)",
            _ => "",
        };
        format!("{sign} {path}{note}\n")
    };
    files.into_iter().map(line).collect()
}

/// What would change in the files.
#[must_use]
pub fn render_file_diffs(judged: &[JudgedFile]) -> String {
    let mut text = "\nFiles:\n".to_owned();
    for one in judged.iter().filter(|one| one.is_to_write()) {
        let body = FileBody::new([Piece::text(&one.file.text)]);
        let (path, old) = (&one.file.path, &one.old);
        text.push_str(&diff_change(&FileChange { path, old, body: &body, keys: None }));
    }
    text
}

/// How Dagster loads what was written, or is told to.
#[must_use]
pub fn render_loading(loading: &[LoadedFile]) -> String {
    let mut text = "\nLoading:\n".to_owned();
    for LoadedFile { path, loading, by, add, ways } in loading {
        let path = printable(path);
        let [by, add] = [by, add].map(|words| printable(words.as_deref().unwrap_or_default()));
        text.push_str(&match loading {
            LoadingState::Named => format!("= {path}: {by}\n"),
            LoadingState::NotNamed => format!(
                "! {path}: {by} does not name it, so it is loaded only if what is named there imports \
                 it. Add:\n    {add}\n"
            ),
            LoadingState::Unknown => format!("? {path}: to be loaded, by one of\n"),
        });
        text.extend(ways.iter().map(|way| format!("    {}\n", printable(way))));
    }
    text
}
