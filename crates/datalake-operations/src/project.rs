//! Assets that work, in a project of the operator's: where files go, which names are free, what is
//! written.

mod file;
mod names;

use std::path::Path;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath};
use datalake_core::text::printable;
use datalake_dagster::{
    DgProject, ProjectFile, ProjectNames, UsedNames, dg_files, dg_frame, single_file,
};
use datalake_engine::{Files, SeenEntry};

pub use self::file::{JudgedFile, judge_file, write_file};
use self::names::find_used_names;
use crate::{ErrorKind, OperationError};

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
    SingleFile,
}

/// What is to be written into a project.
pub struct ProjectPlan {
    /// Where files go.
    pub layout: ProjectLayout,
    /// The names of resources that nobody else has taken.
    pub names: ProjectNames,
    /// The files, as they stand.
    pub files: Vec<JudgedFile>,
}

/// Plans the files of a project whose assets lie below `prefix`. Nothing is changed.
///
/// # Errors
///
/// [`OperationError`] where the project cannot be read, or has no such layout.
pub fn plan_project(
    folder: &ProjectFolder<'_>,
    wanted: Option<WantedLayout>,
    prefix: &str,
) -> Result<ProjectPlan, OperationError> {
    let layout = find_layout(folder, wanted)?;
    let own = layout.list_files(&ProjectNames::choose(&UsedNames::default()), prefix);
    let names = ProjectNames::choose(&find_used_names(folder, &own)?);
    let files = layout.list_files(&names, prefix).into_iter();
    let files = files.map(|file| judge_file(file, folder.files)).collect::<Result<_, _>>()?;
    Ok(ProjectPlan { layout, names, files })
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
    fn list_files(&self, names: &ProjectNames, prefix: &str) -> Vec<ProjectFile> {
        match self {
            Self::SingleFile => vec![single_file(names, prefix)],
            Self::Dg { project, is_new } => {
                let frame = if *is_new { dg_frame(&project.package) } else { Vec::new() };
                frame.into_iter().chain(dg_files(project, names, prefix)).collect()
            }
        }
    }
}

/// Where the files of a project go: as it is wanted, or as its `pyproject.toml` tells.
///
/// # Errors
///
/// [`OperationError`] where the project cannot be read, or has no such layout.
pub fn find_layout(
    folder: &ProjectFolder<'_>,
    wanted: Option<WantedLayout>,
) -> Result<ProjectLayout, OperationError> {
    if wanted == Some(WantedLayout::SingleFile) {
        return Ok(ProjectLayout::SingleFile);
    }
    let show =
        |name: &str| format!("`{}`", printable(&folder.dir.join(name).display().to_string()));
    let shown = show("pyproject.toml");
    let Some(text) = read_pyproject(folder.files, &shown)? else {
        let project = || DgProject::new(folder.name);
        return Ok(match wanted {
            Some(WantedLayout::Dg) => ProjectLayout::Dg { project: project(), is_new: true },
            _ => ProjectLayout::SingleFile,
        });
    };
    let src = folder.files.map_or(Ok(false), has_src);
    let project = DgProject::read(&text, src == Ok(true));
    let project = project
        .map_err(|error| OperationError::of(ErrorKind::Config, &error).within(shown.clone()))?;
    match (project, src) {
        // Nobody knows the layout of what lies behind a link.
        (Some(_), Err(fault)) => Err(OperationError::about(show("src"), &fault)),
        (Some(project), Ok(_)) => Ok(ProjectLayout::Dg { project, is_new: false }),
        (None, _) if wanted.is_none() => Ok(ProjectLayout::SingleFile),
        (None, _) => Err(OperationError::new(
            ErrorKind::Config,
            format!("{shown} has no `[tool.dg.project]`"),
        )
        .advise("--layout single-file writes one file that needs no project")
        .advise("`uvx create-dagster project NAME` makes a project in today's layout")),
    }
}

/// The text of `pyproject.toml`; `None` where there is none.
fn read_pyproject(
    files: Option<&dyn Files>,
    shown: &str,
) -> Result<Option<String>, OperationError> {
    let Some(files) = files else { return Ok(None) };
    let fault = match find_below("pyproject.toml").and_then(|path| files.look(&path)) {
        Ok(SeenEntry::File { content, .. }) => {
            return Ok(Some(String::from_utf8_lossy(content.expose()).into_owned()));
        }
        Ok(SeenEntry::Folder(_)) => Fault::new(FaultKind::NotPlain, "it is a folder"),
        Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
        Err(fault) => fault,
    };
    Err(OperationError::about(shown, &fault))
}

/// Whether a project has its code below `src`.
fn has_src(files: &dyn Files) -> Result<bool, Fault> {
    match files.is_file(&find_below("src")?) {
        Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
        is_file => is_file.map(|is_file| !is_file),
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
