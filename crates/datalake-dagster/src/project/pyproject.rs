//! What a project's `pyproject.toml` tells of its layout.

use serde::Deserialize;

/// A project in today's layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DgProject {
    /// Its package.
    pub package: String,
    /// The folder below which everything is picked up, from the project's own.
    pub defs: String,
}

/// The `pyproject.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProject {
    /// It is no TOML.
    #[error("it cannot be read as TOML")]
    Toml(#[from] toml::de::Error),
    /// A module's name is none.
    #[error("`{0}` is no name of a Python module")]
    Module(String),
}

#[derive(Deserialize)]
struct File {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    dg: Option<Dg>,
}

#[derive(Deserialize)]
struct Dg {
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    root_module: String,
    defs_module: Option<String>,
}

impl DgProject {
    /// Reads a `pyproject.toml`; `None` where it is of another layout. `has_src` tells whether there
    /// is a folder `src` beside it, in which Dagster then looks for the package.
    ///
    /// ```
    /// use datalake_dagster::DgProject;
    ///
    /// let text = "[tool.dg.project]\nroot_module = \"lake\"\n";
    /// let project = DgProject::read(text, true)?.unwrap();
    /// assert_eq!(project.defs, "src/lake/defs");
    /// # Ok::<(), datalake_dagster::InvalidProject>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidProject`].
    pub fn read(text: &str, has_src: bool) -> Result<Option<Self>, InvalidProject> {
        let file: File = toml::from_str(text)?;
        let project = file.tool.and_then(|tool| tool.dg).and_then(|dg| dg.project);
        let Some(Project { root_module, defs_module }) = project else { return Ok(None) };
        let module = defs_module.unwrap_or_else(|| format!("{root_module}.defs"));
        for name in [&root_module, &module] {
            if !name.split('.').all(is_identifier) {
                return Err(InvalidProject::Module(name.clone()));
            }
        }
        let base = if has_src { "src/" } else { "" };
        Ok(Some(Self { defs: format!("{base}{}", module.replace('.', "/")), package: root_module }))
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
        Self { defs: format!("src/{package}/defs"), package }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_definitions_is_where_dagster_looks() {
        let read = |rest: &str, has_src| {
            let text =
                format!("[project]\nname = 'x'\n[tool.dg.project]\nroot_module = 'a'\n{rest}");
            DgProject::read(&text, has_src).map(|project| project.unwrap().defs).ok()
        };

        assert_eq!(read("", true).as_deref(), Some("src/a/defs"));
        assert_eq!(read("", false).as_deref(), Some("a/defs"));
        assert_eq!(
            read("defs_module = 'a.b.definitions'", true).as_deref(),
            Some("src/a/b/definitions")
        );
        assert_eq!(read("defs_module = '../x'", true), None);
        assert!(DgProject::read("[project]\nname = 'x'\n", true).unwrap().is_none());
        assert!(DgProject::read("[", true).is_err());
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
