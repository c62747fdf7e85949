//! Where the files of a project go, as its own files tell.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::text::printable;
use datalake_dagster::{DgProject, ProjectConfig, ProjectFile, ProjectTexts};
use datalake_engine::{Files, SeenEntry};

use super::{ProjectFolder, ProjectLayout, ProjectWish, WantedLayout, find_below};
use crate::{ErrorKind, OperationError};

/// Where the files of a project go: as it is wanted, or as its `dg.toml` and `pyproject.toml` tell.
///
/// # Errors
///
/// [`OperationError`] where the project cannot be read, or has no such layout.
pub fn find_layout(
    folder: &ProjectFolder<'_>,
    wish: &ProjectWish<'_>,
) -> Result<ProjectLayout, OperationError> {
    if wish.layout == Some(WantedLayout::SingleFile) {
        let module = match read_config(folder, "") {
            Ok(Some(ProjectConfig::Other { module })) => module,
            _ => None,
        };
        return Ok(ProjectLayout::SingleFile { module });
    }
    let Some(config) = read_config(folder, "")? else {
        refuse_project(folder, wish)?;
        return Ok(match wish.layout {
            Some(WantedLayout::Dg) => {
                ProjectLayout::Dg { project: DgProject::new(folder.name), is_new: true }
            }
            _ => ProjectLayout::SingleFile { module: None },
        });
    };
    match config {
        ProjectConfig::Workspace(projects) => find_in_workspace(folder, wish, &projects),
        ProjectConfig::Project(project) => {
            refuse_project(folder, wish)?;
            Ok(ProjectLayout::Dg { project, is_new: false })
        }
        ProjectConfig::Other { module } => {
            refuse_project(folder, wish)?;
            if wish.layout.is_none() {
                return Ok(ProjectLayout::SingleFile { module });
            }
            let shown = show(folder, "pyproject.toml");
            Err(OperationError::new(
                ErrorKind::Config,
                format!("{shown} has no `[tool.dg.project]`"),
            )
            .advise("--layout single-file writes one file that needs no project")
            .advise("`uvx create-dagster project NAME` makes a project in today's layout"))
        }
    }
}

/// Whether a file of ours lies beside a project in today's layout, where an earlier call has written it as one
/// with definitions of its own, and not below the project's `defs`.
///
/// # Errors
///
/// [`OperationError`] where that cannot be seen.
pub fn keeps_single_file(
    folder: &ProjectFolder<'_>,
    project: &DgProject,
    name: &str,
) -> Result<bool, OperationError> {
    let is_in_defs = read_text(folder, &project.own_file(name))?.is_some();
    let beside = read_text(folder, name)?;
    Ok(!is_in_defs && beside.is_some_and(|text| ProjectFile::is_signed(&text)))
}

/// The project of a workspace that is meant.
fn find_in_workspace(
    folder: &ProjectFolder<'_>,
    wish: &ProjectWish<'_>,
    projects: &[String],
) -> Result<ProjectLayout, OperationError> {
    let is_meant = |path: &str, name: &str| {
        let name = name.trim_matches('/');
        path == name || path.rsplit('/').next() == Some(name)
    };
    let meant: Vec<_> = match wish.project {
        Some(name) => projects.iter().filter(|path| is_meant(path, name)).collect(),
        None => projects.iter().collect(),
    };
    let shown = printable(&folder.dir.display().to_string());
    let path = match (meant.as_slice(), wish.project) {
        ([path], _) => path.as_str(),
        ([], Some(name)) => {
            let text = format!("workspace `{shown}` has no project `{}`", printable(name));
            let error = OperationError::new(ErrorKind::Absent, text);
            return Err(advise_projects(error, projects));
        }
        ([], None) => {
            let text = format!("workspace `{shown}` has no project");
            return Err(OperationError::new(ErrorKind::Absent, text)
                .advise("`uvx create-dagster project projects/NAME` makes one in it"));
        }
        _ => {
            let text = format!("workspace `{shown}` has several projects: which one?");
            let error = OperationError::new(ErrorKind::Usage, text);
            return Err(advise_projects(error, projects));
        }
    };
    match read_config(folder, &format!("{path}/"))? {
        Some(ProjectConfig::Project(project)) => {
            Ok(ProjectLayout::Dg { project: project.within(path), is_new: false })
        }
        _ => Err(OperationError::new(
            ErrorKind::Config,
            format!("{} is not a Dagster project", show(folder, path)),
        )),
    }
}

fn advise_projects(error: OperationError, projects: &[String]) -> OperationError {
    let names: Vec<_> = projects.iter().map(|path| printable(path)).collect();
    error.advise(format!("name it: --project NAME (one of {})", names.join(", ")))
}

/// Outside of a workspace no project can be named.
fn refuse_project(
    folder: &ProjectFolder<'_>,
    wish: &ProjectWish<'_>,
) -> Result<(), OperationError> {
    if wish.project.is_none() {
        return Ok(());
    }
    let shown = printable(&folder.dir.display().to_string());
    Err(OperationError::new(ErrorKind::Usage, format!("`{shown}` is not a Dagster workspace"))
        .advise("without --project the files go to the project in that folder"))
}

/// What the files of a folder below the one that was named tell; `None` where neither is there.
fn read_config(
    folder: &ProjectFolder<'_>,
    below: &str,
) -> Result<Option<ProjectConfig>, OperationError> {
    let (dg_name, name) = (format!("{below}dg.toml"), format!("{below}pyproject.toml"));
    let (dg_toml, pyproject) = (read_text(folder, &dg_name)?, read_text(folder, &name)?);
    if dg_toml.is_none() && pyproject.is_none() {
        return Ok(None);
    }
    let src = format!("{below}src");
    let has_src = folder.files.map_or(Ok(false), |files| has_folder(files, &src));
    let texts = ProjectTexts {
        dg_toml: dg_toml.as_deref(),
        pyproject: pyproject.as_deref(),
        has_src: has_src == Ok(true),
    };
    let shown = show(folder, if dg_toml.is_some() { &dg_name } else { &name });
    let config = ProjectConfig::read(&texts)
        .map_err(|error| OperationError::of(ErrorKind::Config, &error).within(shown))?;
    match (&config, has_src) {
        // Nobody knows the layout of what lies behind a link.
        (ProjectConfig::Project(_), Err(fault)) => {
            Err(OperationError::about(show(folder, &src), &fault))
        }
        _ => Ok(Some(config)),
    }
}

/// The text of a file below the folder that was named; `None` where there is none.
pub(super) fn read_text(
    folder: &ProjectFolder<'_>,
    name: &str,
) -> Result<Option<String>, OperationError> {
    let Some(files) = folder.files else { return Ok(None) };
    let fault = match find_below(name).and_then(|path| files.look(&path)) {
        Ok(SeenEntry::File { content, .. }) => {
            return Ok(Some(String::from_utf8_lossy(content.expose()).into_owned()));
        }
        Ok(SeenEntry::Folder(_)) => Fault::new(FaultKind::NotPlain, "it is a folder"),
        Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
        Err(fault) => fault,
    };
    Err(OperationError::about(show(folder, name), &fault))
}

fn show(folder: &ProjectFolder<'_>, name: &str) -> String {
    format!("`{}`", printable(&folder.dir.join(name).display().to_string()))
}

fn has_folder(files: &dyn Files, name: &str) -> Result<bool, Fault> {
    match files.is_file(&find_below(name)?) {
        Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
        is_file => is_file.map(|is_file| !is_file),
    }
}
