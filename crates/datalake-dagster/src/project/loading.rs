//! Whether Dagster loads a file, as far as files beside it tell.

use serde_yaml::Value;

use super::DgProject;

/// What lies beside a file and tells what Dagster loads.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadingSigns<'a> {
    /// The text of `workspace.yaml`.
    pub workspace: Option<&'a str>,
    /// The module that `[tool.dagster]` names.
    pub module: Option<&'a str>,
}

/// Whether Dagster loads a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileLoading {
    /// It does, by what is named here.
    Named(String),
    /// What tells is there, and does not name the file; it could still be imported by what is named.
    NotNamed {
        /// What tells.
        by: String,
        /// The line by which Dagster would load it, and where it belongs.
        add: String,
    },
    /// Nothing beside it tells.
    Unknown,
}

/// How a kind of entry of `load_from` calls what it loads.
const KINDS: [(&str, &str); 4] = [
    ("python_file", "relative_path"),
    ("python_module", "module_name"),
    ("python_package", "package_name"),
    ("autoload_defs_module", "module_name"),
];

/// Whether Dagster loads a file with definitions of its own.
///
/// ```
/// use datalake_dagster::{FileLoading, LoadingSigns, judge_loading};
///
/// let text = "load_from:\n  - python_file: other.py\n";
/// let signs = LoadingSigns { workspace: Some(text), ..LoadingSigns::default() };
/// let FileLoading::NotNamed { add, .. } = judge_loading(&signs, "mine.py") else { panic!() };
/// assert_eq!(add, "below `load_from:`  - python_file: mine.py");
/// ```
#[must_use]
pub fn judge_loading(signs: &LoadingSigns<'_>, file: &str) -> FileLoading {
    if let Some(entries) = signs.workspace.and_then(list_entries) {
        if let Some(found) = entries.iter().find(|entry| entry.loads(file)) {
            return FileLoading::Named(format!("`{}: {}`", found.kind, found.name));
        }
        // What a code server loads is told by its own command.
        if entries.iter().any(|entry| entry.kind == SERVER) {
            return FileLoading::Unknown;
        }
        let add = format!("below `load_from:`  - python_file: {file}");
        return FileLoading::NotNamed { by: "workspace.yaml".to_owned(), add };
    }
    match signs.module {
        Some(module) if module == module_of(file) => {
            FileLoading::Named(format!("`module_name = \"{module}\"`"))
        }
        Some(module) => FileLoading::NotNamed {
            by: format!("`[tool.dagster] module_name = \"{module}\"`"),
            add: format!("a workspace.yaml with  load_from: [{{python_file: {file}}}]"),
        },
        None => FileLoading::Unknown,
    }
}

/// Whether the module of a project in today's layout loads what lies below its `defs`; without a text Dagster
/// does that by itself.
#[must_use]
pub fn judge_module(project: &DgProject, text: Option<&str>) -> FileLoading {
    let loads = ["load_from_defs_folder", "load_defs", "load_project_defs"];
    match text {
        Some(text) if !loads.iter().any(|name| text.contains(name)) => FileLoading::NotNamed {
            by: project.module_file.clone(),
            add: "@dg.definitions with  return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)"
                .to_owned(),
        },
        _ => FileLoading::Named(format!("`{}`", project.module)),
    }
}

/// The ways in which Dagster is told to load a file, or the module of a project.
#[must_use]
pub fn list_ways_to_load(project: Option<&DgProject>, file: &str) -> Vec<String> {
    let Some(project) = project else {
        return vec![
            format!("workspace.yaml: `- python_file: {file}`"),
            format!("on this machine: `dagster dev -f {file}`"),
            format!("a code server: `dagster api grpc --python-file {file}`"),
        ];
    };
    let module = &project.module;
    vec![
        "on this machine: `dg dev`".to_owned(),
        format!("workspace.yaml: `- python_module: {module}`"),
        format!("a code server: `dagster api grpc --module-name {module}`"),
    ]
}

/// What an entry says of a code server.
const SERVER: &str = "grpc_server";

struct LoadEntry {
    kind: &'static str,
    name: String,
}

/// The entries of a `workspace.yaml`; `None` for a text that is none.
fn list_entries(text: &str) -> Option<Vec<LoadEntry>> {
    let mut root: Value = serde_yaml::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    root.apply_merge().ok()?;
    let entries = root.get("load_from")?.as_sequence()?;
    let of = |entry: &Value| {
        if entry.get(SERVER).is_some() {
            return Some(LoadEntry { kind: SERVER, name: String::new() });
        }
        let (kind, key) = KINDS.iter().find(|(kind, _)| entry.get(*kind).is_some())?;
        let value = entry.get(*kind)?;
        let name = value.as_str().or_else(|| value.get(*key)?.as_str())?;
        Some(LoadEntry { kind, name: name.to_owned() })
    };
    Some(entries.iter().filter_map(of).collect())
}

impl LoadEntry {
    /// Whether it names this file; a path from elsewhere may be that of a volume.
    fn loads(&self, file: &str) -> bool {
        match self.kind {
            "python_file" => {
                let name = self.name.trim_start_matches("./");
                name == file || (name.starts_with('/') && name.ends_with(&format!("/{file}")))
            }
            "python_module" => self.name == module_of(file),
            _ => false,
        }
    }
}

/// The module that a file is, in the folder in which it lies.
fn module_of(file: &str) -> &str {
    file.strip_suffix(".py").unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(workspace: &str, is_named: Option<bool>) {
        let signs = LoadingSigns { workspace: Some(workspace), module: None };
        let found = match judge_loading(&signs, "a.py") {
            FileLoading::Named(_) => Some(true),
            FileLoading::NotNamed { .. } => Some(false),
            FileLoading::Unknown => None,
        };
        assert_eq!(found, is_named, "{workspace}");
    }

    #[test]
    fn an_entry_names_a_file_in_each_of_its_forms() {
        check("load_from:\n- python_file: a.py\n", Some(true));
        check("load_from:\n- python_file: {relative_path: ./a.py}\n", Some(true));
        check("load_from:\n- python_file: /opt/dagster/code/a.py\n", Some(true));
        check("load_from:\n- python_module: {module_name: a}\n", Some(true));
        check("load_from:\n- python_file: b.py\n- python_module: shop\n", Some(false));
        check("load_from:\n- python_file: other/a.py\n", Some(false));
        check("load_from:\n- python_file: b_a.py\n", Some(false));
        check("load_from: []\n", Some(false));
    }

    #[test]
    fn nothing_is_said_of_what_nobody_can_know() {
        check("load_from:\n- grpc_server: {host: etl, port: 4000}\n", None);
        check("load_from: 3\n", None);
        check("\tx: {{ y }}\n", None);
        assert_eq!(judge_loading(&LoadingSigns::default(), "a.py"), FileLoading::Unknown);
    }

    #[test]
    fn the_module_of_the_old_layout_counts_where_no_workspace_does() {
        let judge = |workspace, module| judge_loading(&LoadingSigns { workspace, module }, "a.py");

        assert!(matches!(judge(None, Some("a")), FileLoading::Named(_)));
        let FileLoading::NotNamed { by, .. } = judge(None, Some("shop")) else { panic!() };
        assert_eq!(by, "`[tool.dagster] module_name = \"shop\"`");
        let workspace = Some("load_from:\n- python_file: a.py\n");
        assert!(matches!(judge(workspace, Some("shop")), FileLoading::Named(_)));
    }

    #[test]
    fn a_module_that_loads_its_own_definitions_alone_is_told() {
        let project = DgProject::new("my-lake");

        assert!(matches!(judge_module(&project, None), FileLoading::Named(_)));
        let text = Some("defs = dg.Definitions(assets=[a])\n");
        assert!(matches!(judge_module(&project, text), FileLoading::NotNamed { .. }));
        let text = Some("    return load_from_defs_folder(path_within_project=p)\n");
        assert!(matches!(judge_module(&project, text), FileLoading::Named(_)));
    }
}
