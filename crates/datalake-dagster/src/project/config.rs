//! What a folder's `dg.toml` and `pyproject.toml` tell of its layout.

use serde::Deserialize;

/// A project in today's layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DgProject {
    /// Its package.
    pub package: String,
    /// The folder below which everything is picked up, from the folder that was named.
    pub defs: String,
    /// The module that a code location loads.
    pub module: String,
    /// The file of that module, from the folder that was named.
    pub module_file: String,
    /// Where the project lies in a workspace; empty where its own folder was named.
    pub folder: String,
}

/// The texts that tell of a folder's layout.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProjectTexts<'a> {
    /// Its `dg.toml`: where there is one, nothing in `pyproject.toml` counts for `dg`.
    pub dg_toml: Option<&'a str>,
    /// Its `pyproject.toml`.
    pub pyproject: Option<&'a str>,
    /// Whether there is a folder `src` beside them, in which Dagster then looks for the package.
    pub has_src: bool,
}

/// What a folder is to Dagster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectConfig {
    /// A project in today's layout.
    Project(DgProject),
    /// A workspace with projects in these folders.
    Workspace(Vec<String>),
    /// Any other; `[tool.dagster]` may name a module that `dagster dev` loads.
    Other {
        /// That module.
        module: Option<String>,
    },
}

/// A file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProject {
    /// It is not TOML.
    #[error("it cannot be read as TOML")]
    Toml(#[from] toml::de::Error),
    /// A module's name is none.
    #[error("`{0}` is not a valid name of a Python module")]
    Module(String),
    /// A project's folder is elsewhere.
    #[error("`{0}` is not a folder inside a workspace")]
    Folder(String),
}

#[derive(Deserialize, Default)]
struct PyprojectDocument {
    tool: Option<ToolSection>,
}

#[derive(Deserialize, Default)]
struct ToolSection {
    dg: Option<DgSection>,
    dagster: Option<DagsterSection>,
}

#[derive(Deserialize, Default)]
struct DagsterSection {
    module_name: Option<String>,
}

/// The same in `dg.toml` and below `[tool.dg]`.
#[derive(Deserialize, Default)]
struct DgSection {
    project: Option<ProjectSection>,
    workspace: Option<WorkspaceSection>,
}

#[derive(Deserialize)]
struct ProjectSection {
    #[serde(rename = "root_module")]
    package: String,
    #[serde(rename = "defs_module")]
    defs: Option<String>,
    #[serde(rename = "code_location_target_module")]
    definitions: Option<String>,
}

#[derive(Deserialize)]
struct WorkspaceSection {
    #[serde(default)]
    projects: Vec<ProjectPath>,
}

#[derive(Deserialize)]
struct ProjectPath {
    path: String,
}

impl ProjectConfig {
    /// Reads what tells of a folder's layout.
    ///
    /// ```
    /// use datalake_dagster::{ProjectConfig, ProjectTexts};
    ///
    /// let text = "directory_type = \"project\"\n[project]\nroot_module = \"lake\"\n";
    /// let texts = ProjectTexts { dg_toml: Some(text), has_src: true, ..ProjectTexts::default() };
    /// let ProjectConfig::Project(project) = ProjectConfig::read(&texts)? else { panic!() };
    /// assert_eq!(project.defs, "src/lake/defs");
    /// # Ok::<(), datalake_dagster::InvalidProject>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidProject`].
    pub fn read(texts: &ProjectTexts<'_>) -> Result<Self, InvalidProject> {
        let pyproject: PyprojectDocument =
            texts.pyproject.map_or_else(|| Ok(PyprojectDocument::default()), toml::from_str)?;
        let tool = pyproject.tool.unwrap_or_default();
        let dg: DgSection = match texts.dg_toml {
            Some(text) => toml::from_str(text)?,
            None => tool.dg.unwrap_or_default(),
        };
        if let Some(project) = dg.project {
            return DgProject::of(project, texts.has_src).map(Self::Project);
        }
        if let Some(workspace) = dg.workspace {
            let paths = workspace.projects.into_iter().map(|project| check_folder(&project.path));
            return Ok(Self::Workspace(paths.collect::<Result<_, _>>()?));
        }
        Ok(Self::Other { module: tool.dagster.and_then(|dagster| dagster.module_name) })
    }
}

impl DgProject {
    fn of(section: ProjectSection, has_src: bool) -> Result<Self, InvalidProject> {
        let ProjectSection { package, defs, definitions } = section;
        let defs = defs.unwrap_or_else(|| format!("{package}.defs"));
        let module = definitions.unwrap_or_else(|| format!("{package}.definitions"));
        for name in [&package, &defs, &module] {
            if !name.split('.').all(is_identifier) {
                return Err(InvalidProject::Module(name.clone()));
            }
        }
        let base = if has_src { "src/" } else { "" };
        let path = |module: &str| format!("{base}{}", module.replace('.', "/"));
        let module_file = format!("{}.py", path(&module));
        Ok(Self { defs: path(&defs), package, module, module_file, folder: String::new() })
    }

    /// A new project with the package that a folder's name makes.
    #[must_use]
    pub fn new(folder: &str) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let name: String = folder.chars().map(plain).collect();
        let name = name.trim_matches('_');
        let package = match name.chars().next() {
            None => "data_lake".to_owned(),
            Some(first) if !first.is_ascii_alphabetic() => format!("lake_{name}"),
            // No module of Python's own has two words, and many a folder is called `code` or `test`.
            Some(_) if !name.contains('_') => format!("{name}_lake"),
            Some(_) => name.to_owned(),
        };
        Self {
            defs: format!("src/{package}/defs"),
            module: format!("{package}.definitions"),
            module_file: format!("src/{package}/definitions.py"),
            package,
            folder: String::new(),
        }
    }

    /// The same project, seen from the workspace in whose folder it lies.
    #[must_use]
    pub fn within(self, folder: &str) -> Self {
        Self {
            defs: format!("{folder}/{}", self.defs),
            module_file: format!("{folder}/{}", self.module_file),
            folder: folder.to_owned(),
            ..self
        }
    }

    /// Where a file of ours lies in it.
    #[must_use]
    pub fn own_file(&self, name: &str) -> String {
        format!("{}/datalake/{name}", self.defs)
    }
}

/// A folder below the workspace, without what stands for none.
fn check_folder(path: &str) -> Result<String, InvalidProject> {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<_> = parts.collect();
    if path.starts_with('/') || parts.is_empty() || parts.contains(&"..") {
        return Err(InvalidProject::Folder(path.to_owned()));
    }
    Ok(parts.join("/"))
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pyproject: &str, has_src: bool) -> Result<ProjectConfig, InvalidProject> {
        ProjectConfig::read(&ProjectTexts { dg_toml: None, pyproject: Some(pyproject), has_src })
    }

    #[test]
    fn the_folder_of_definitions_is_where_dagster_looks() {
        let defs = |rest: &str, has_src| {
            let text =
                format!("[project]\nname = 'x'\n[tool.dg.project]\nroot_module = 'a'\n{rest}");
            match read(&text, has_src).ok()? {
                ProjectConfig::Project(project) => Some(project.defs),
                _ => None,
            }
        };

        assert_eq!(defs("", true).as_deref(), Some("src/a/defs"));
        assert_eq!(defs("", false).as_deref(), Some("a/defs"));
        assert_eq!(
            defs("defs_module = 'a.b.definitions'", true).as_deref(),
            Some("src/a/b/definitions")
        );
        assert_eq!(defs("defs_module = '../x'", true), None);
        assert_eq!(defs("code_location_target_module = '/x'", true), None);
        let other = ProjectConfig::Other { module: None };
        assert_eq!(read("[project]\nname = 'x'\n", true).unwrap(), other);
        assert!(read("[", true).is_err());
    }

    #[test]
    fn the_old_layout_names_the_module_that_is_loaded() {
        let found = read("[tool.dagster]\nmodule_name = 'shop.definitions'\n", false).unwrap();

        assert_eq!(found, ProjectConfig::Other { module: Some("shop.definitions".to_owned()) });
    }

    /// The same beside a `pyproject.toml` of another project.
    fn config(dg_toml: &str) -> Result<ProjectConfig, InvalidProject> {
        let pyproject = Some("[tool.dg.project]\nroot_module = 'b'\n");
        ProjectConfig::read(&ProjectTexts { dg_toml: Some(dg_toml), pyproject, has_src: false })
    }

    #[test]
    fn where_there_is_a_dg_toml_it_alone_counts() {
        let found = config("directory_type = 'project'\n[project]\nroot_module = 'a'\n").unwrap();
        let ProjectConfig::Project(project) = found else { panic!("{found:?}") };
        let seen = (project.package.as_str(), project.module_file.as_str());
        assert_eq!(seen, ("a", "a/definitions.py"));
        let inside = project.within("projects/a");
        assert_eq!(inside.own_file("x.py"), "projects/a/a/defs/datalake/x.py");
        let workspace = "directory_type = 'workspace'\n[workspace]\n\
                         [[workspace.projects]]\npath = './projects/etl/'\n";
        let projects = ProjectConfig::Workspace(vec!["projects/etl".to_owned()]);
        assert_eq!(config(workspace).unwrap(), projects);
        assert_eq!(config("[workspace]\n").unwrap(), ProjectConfig::Workspace(Vec::new()));
        for path in ["/etl", "../etl", ".", ""] {
            let text = format!("[[workspace.projects]]\npath = '{path}'\n");
            assert!(config(&text).is_err(), "{path}");
        }
    }

    #[test]
    fn every_folder_makes_a_package() {
        let package = |folder: &str| DgProject::new(folder).package;

        assert_eq!(package("lake-demo"), "lake_demo");
        assert_eq!(package("2026 Lake"), "lake_2026_lake");
        assert_eq!(package("ü"), "data_lake");
        assert_eq!(package("code"), "code_lake");
    }
}
