//! Assets that work, in a project of the operator's: where files go, which names are free, what is
//! written.

mod file;
mod layout;
mod loading;
mod names;
mod one_file;
mod report;

use std::path::Path;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath};
use datalake_dagster::{
    DgProject, FrameEngine, FramesPlace, ProjectFile, ProjectNames, UsedNames, dg_files, dg_frame,
    frames_file, single_file,
};
use datalake_engine::Files;

pub use self::file::{JudgedFile, judge_file, write_file};
pub use self::layout::{find_layout, keeps_single_file};
use self::loading::find_loading;
pub use self::loading::{LoadedFile, LoadingState};
use self::names::find_used_names;
pub use self::one_file::{FileForms, PlannedFile, plan_file};
pub use self::report::{FileReport, render_file_diffs, render_files, render_loading};
use crate::OperationError;

/// The folder of a project.
#[derive(Clone, Copy)]
pub struct ProjectFolder<'a> {
    /// The folder as the operator calls it.
    pub dir: &'a Path,
    /// The same in messages about what lies in it.
    pub shown: &'a str,
    /// Its own name, wherever it really lies.
    pub name: &'a str,
    /// What lies in it; `None` where there is no such folder.
    pub files: Option<&'a dyn Files>,
}

/// Where the files of a project are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedLayout {
    /// Below the `defs` of a project of `create-dagster`.
    Dg,
    /// One file with definitions of its own.
    SingleFile,
}

/// What is wanted of a project.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProjectWish<'a> {
    /// Where files go; unless said, the folder tells.
    pub layout: Option<WantedLayout>,
    /// Which project of a workspace is meant.
    pub project: Option<&'a str>,
    /// What the keys of pickles begin with.
    pub prefix: &'a str,
    /// Whose frames are kept, too, and where.
    pub frames: Option<(FrameEngine, &'a FramesPlace)>,
}

/// Where the files of a project go.
#[derive(Debug, Clone)]
pub enum ProjectLayout {
    /// Below the `defs` of this project.
    Dg {
        /// The project.
        project: DgProject,
        /// Whether it has to be made.
        is_new: bool,
    },
    /// One file with definitions of its own.
    SingleFile {
        /// The module that `[tool.dagster]` names.
        module: Option<String>,
    },
}

/// What is to be written into a project.
pub struct ProjectPlan {
    /// Where files go.
    pub layout: ProjectLayout,
    /// The names of resources that nobody else has taken.
    pub names: ProjectNames,
    /// The files, as they stand.
    pub files: Vec<JudgedFile>,
    /// Which of them Dagster has to be told of, and whether it is.
    pub loading: Vec<LoadedFile>,
}

/// Plans the files of a project. Nothing is changed.
///
/// # Errors
///
/// [`OperationError`] where the project cannot be read, or has no such layout.
pub fn plan_project(
    folder: &ProjectFolder<'_>,
    wish: &ProjectWish<'_>,
) -> Result<ProjectPlan, OperationError> {
    let layout = find_layout(folder, wish)?;
    let engine = wish.frames.map(|(engine, _)| engine);
    let own = layout.list_files(&ProjectNames::choose(&UsedNames::default(), engine), wish);
    let within = match &layout {
        ProjectLayout::Dg { project, .. } => format!("/{}", project.folder),
        ProjectLayout::SingleFile { .. } => "/".to_owned(),
    };
    let names = ProjectNames::choose(&find_used_names(folder, &within, &own)?, engine);
    let files = layout.list_files(&names, wish).into_iter();
    let files = files.map(|file| judge_file(file, folder.files)).collect::<Result<Vec<_>, _>>()?;
    let loading = find_loading(folder, &layout, &files);
    Ok(ProjectPlan { layout, names, files, loading })
}

/// Writes the files that are new or older.
///
/// # Errors
///
/// [`OperationError`] of the first one that cannot be written.
pub fn write_project(plan: &ProjectPlan, files: &dyn Files) -> Result<(), OperationError> {
    let to_write = plan.files.iter().filter(|one| one.is_to_write());
    to_write.map(|one| &one.file).try_for_each(|file| write_file(file, files))
}

impl ProjectLayout {
    fn list_files(&self, names: &ProjectNames, wish: &ProjectWish<'_>) -> Vec<ProjectFile> {
        let engine = wish.frames.map(|(engine, _)| engine);
        let (project, mut files) = match self {
            Self::SingleFile { .. } => (None, vec![single_file(names, wish.prefix)]),
            Self::Dg { project, is_new } => {
                let frame = if *is_new { dg_frame(&project.package, engine) } else { Vec::new() };
                let own = dg_files(project, names, wish.prefix);
                (Some(project), frame.into_iter().chain(own).collect())
            }
        };
        let frames = wish.frames.map(|(engine, place)| frames_file(engine, project, names, place));
        files.extend(frames);
        files
    }
}

/// A path of a project.
///
/// # Errors
///
/// A [`Fault`] for what is no path.
pub fn find_below(path: &str) -> Result<HostPath, Fault> {
    let unfit = |error: InvalidPath| Fault::new(FaultKind::Refused, error.to_string());
    format!("/{path}").parse().map_err(unfit)
}

#[cfg(test)]
mod tests;
