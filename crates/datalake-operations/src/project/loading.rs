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
    /// Whether Dagster loads it.
    #[serde(flatten)]
    pub state: LoadingState,
    /// The ways in which it can be told to, where that is of use.
    pub ways: Vec<String>,
}

/// Whether Dagster loads a file, as far as files beside it tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "loading", rename_all = "kebab-case")]
pub enum LoadingState {
    /// It does.
    Named {
        /// What names it.
        by: String,
    },
    /// What tells names other code; that could still import it.
    NotNamed {
        /// What tells.
        by: String,
        /// What is to be added.
        add: String,
    },
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
            let state = match text {
                Ok(text) => judge_module(project, text.as_deref()).into(),
                Err(_) => LoadingState::Unknown,
            };
            let ways = list_ways_to_load(Some(project), "");
            return vec![LoadedFile { path: project.defs.clone(), state, ways }];
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
        let path = one.file.path.clone();
        let state = judge_loading(&signs, &path).into();
        let is_unknown = state == LoadingState::Unknown;
        let ways = if is_unknown { list_ways_to_load(None, &path) } else { Vec::new() };
        LoadedFile { path, state, ways }
    };
    files.iter().map(judge).collect()
}

impl From<FileLoading> for LoadingState {
    fn from(loading: FileLoading) -> Self {
        match loading {
            FileLoading::Named(by) => Self::Named { by },
            FileLoading::NotNamed { by, add } => Self::NotNamed { by, add },
            FileLoading::Unknown => Self::Unknown,
        }
    }
}
