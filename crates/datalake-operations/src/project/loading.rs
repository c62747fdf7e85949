//! Whether Dagster loads what is written.

use datalake_dagster::{FileLoading, LoadingSigns, judge_loading, judge_module, list_ways_to_load};
use schemars::JsonSchema;
use serde::Serialize;

use super::layout::read_text;
use super::{JudgedFile, ProjectFolder, ProjectLayout};

/// What Dagster has to be told of, and whether it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LoadedFile {
    /// The file, or the folder below which all is picked up.
    pub path: String,
    /// Whether Dagster loads it, as far as files beside it tell.
    pub loading: LoadingState,
    /// What names it, or names other code.
    pub by: Option<String>,
    /// What is to be added where other code is named.
    pub add: Option<String>,
    /// The ways in which Dagster can be told to load it, where that is of use.
    pub ways: Vec<String>,
}

/// Whether Dagster loads a file, as far as files beside it tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoadingState {
    /// It does.
    Named,
    /// What tells names other code; that could still import it.
    NotNamed,
    /// Nothing beside it tells.
    Unknown,
}

/// Finds whether the files are loaded. What cannot be read tells nothing.
pub(super) fn find_loading(
    folder: &ProjectFolder<'_>,
    layout: &ProjectLayout,
    files: &[JudgedFile],
) -> Vec<LoadedFile> {
    let module = match layout {
        ProjectLayout::Dg { project, is_new } => {
            let text = if *is_new { Ok(None) } else { read_text(folder, &project.module_file) };
            let loading = match text {
                Ok(text) => judge_module(project, text.as_deref()),
                Err(_) => FileLoading::Unknown,
            };
            let ways = list_ways_to_load(Some(project), "");
            return vec![LoadedFile::new(&project.defs, loading, ways)];
        }
        ProjectLayout::SingleFile { module } => module.as_deref(),
    };
    let workspace = read_text(folder, "workspace.yaml");
    let signs = match &workspace {
        Ok(workspace) => LoadingSigns { workspace: workspace.as_deref(), module },
        // What cannot be read tells nothing, and takes the place of what else could.
        Err(_) => LoadingSigns::default(),
    };
    let judge = |one: &JudgedFile| {
        let loading = judge_loading(&signs, &one.file.path);
        let is_unknown = loading == FileLoading::Unknown;
        let ways = if is_unknown { list_ways_to_load(None, &one.file.path) } else { Vec::new() };
        LoadedFile::new(&one.file.path, loading, ways)
    };
    files.iter().map(judge).collect()
}

impl LoadedFile {
    fn new(path: &str, found: FileLoading, ways: Vec<String>) -> Self {
        let (loading, by, add) = match found {
            FileLoading::Named(by) => (LoadingState::Named, Some(by), None),
            FileLoading::NotNamed { by, add } => (LoadingState::NotNamed, Some(by), Some(add)),
            FileLoading::Unknown => (LoadingState::Unknown, None, None),
        };
        Self { path: path.to_owned(), loading, by, add, ways }
    }
}
