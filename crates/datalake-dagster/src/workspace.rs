//! Where a `workspace.yaml` has Dagster load user code from.

use serde_yaml::Value;

/// What a `workspace.yaml` names, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workspace {
    /// The first file, module or package that webserver and daemon load themselves.
    pub own_code: Option<String>,
    /// Code servers.
    pub servers: Vec<CodeServerPlace>,
}

/// Where a code server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeServerPlace {
    /// The host, often a container's name.
    pub host: String,
    /// The port, where it is a number.
    pub port: Option<u64>,
}

/// The kinds of code that webserver and daemon load themselves.
const OWN_KINDS: [&str; 4] = ["python_file", "python_module", "python_package", "autoload"];

impl Workspace {
    /// Reads a `workspace.yaml`; `None` for a text that is none.
    ///
    /// ```
    /// use datalake_dagster::Workspace;
    ///
    /// let text = "load_from:\n  - grpc_server: {host: etl, port: 4000}\n  - python_file: a.py\n";
    /// let workspace = Workspace::parse(text).unwrap();
    /// assert_eq!(workspace.servers[0].host, "etl");
    /// assert_eq!(workspace.own_code.as_deref(), Some("python_file"));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut root: Value = serde_yaml::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        root.apply_merge().ok()?;
        let mut workspace = Self::default();
        for entry in root.get("load_from")?.as_sequence()? {
            let kind = OWN_KINDS.iter().find(|kind| entry.get(**kind).is_some());
            if workspace.own_code.is_none() {
                workspace.own_code = kind.map(|kind| (*kind).to_owned());
            }
            if let Some(server) = entry.get("grpc_server") {
                let host = server.get("host").and_then(Value::as_str).unwrap_or("localhost");
                let port = server.get("port").and_then(Value::as_u64);
                workspace.servers.push(CodeServerPlace { host: host.to_owned(), port });
            }
        }
        Some(workspace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_servers_are_told_apart() {
        let parse = |text| Workspace::parse(text).unwrap();

        let both = parse(
            "load_from:\n- python_file:\n    relative_path: a.py\n- grpc_server:\n    host: etl\n    \
             port: 4000\n    location_name: etl\n",
        );
        assert_eq!(both.own_code.as_deref(), Some("python_file"));
        assert_eq!(both.servers, [CodeServerPlace { host: "etl".to_owned(), port: Some(4000) }]);
        let module = parse("load_from:\n- python_module: etl.definitions\n");
        assert_eq!(module.own_code.as_deref(), Some("python_module"));
        assert!(module.servers.is_empty());
    }

    #[test]
    fn what_is_no_workspace_says_nothing() {
        for text in ["", "a: 1\n", "load_from: 3\n", "\tx: {{ y }}\n"] {
            assert_eq!(Workspace::parse(text), None, "{text:?}");
        }
    }
}
