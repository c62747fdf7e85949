//! One file of ours in a project, in the form that its layout wants.

use datalake_dagster::ProjectFile;

use super::loading::find_loading;
use super::{
    JudgedFile, LoadedFile, ProjectFolder, ProjectLayout, ProjectWish, find_layout, judge_file,
    keeps_single_file,
};
use crate::OperationError;

/// A file of Python in the two forms that a project may want.
#[derive(Debug, Clone, Copy)]
pub struct FileForms<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its text below the `defs` of a project in today's layout.
    pub in_defs: &'a str,
    /// Its text where it is loaded by itself.
    pub alone: &'a str,
}

/// A file as it stands, and how Dagster loads it.
pub struct PlannedFile {
    /// The file.
    pub file: JudgedFile,
    /// Which file or folder Dagster has to be told of, and whether it is.
    pub loading: Vec<LoadedFile>,
}

/// Plans one file of a project. Nothing is changed.
///
/// # Errors
///
/// [`OperationError`] where the project cannot be read.
pub fn plan_file(
    folder: &ProjectFolder<'_>,
    forms: &FileForms<'_>,
) -> Result<PlannedFile, OperationError> {
    let layout = find_layout(folder, &ProjectWish::default())?;
    let (layout, path, text) = match layout {
        ProjectLayout::Dg { project, is_new }
            if !keeps_single_file(folder, &project, forms.name)? =>
        {
            let path = project.own_file(forms.name);
            (ProjectLayout::Dg { project, is_new }, path, forms.in_defs)
        }
        ProjectLayout::Dg { .. } => {
            (ProjectLayout::SingleFile { module: None }, forms.name.to_owned(), forms.alone)
        }
        layout @ ProjectLayout::SingleFile { .. } => (layout, forms.name.to_owned(), forms.alone),
    };
    let file = judge_file(ProjectFile::signed(path, text), folder.files)?;
    let loading = find_loading(folder, &layout, std::slice::from_ref(&file));
    Ok(PlannedFile { file, loading })
}
