//! Where a Dagster instance keeps its files, read from its `dagster.yaml`.
//!
//! Nothing is expanded or run: Dagster takes a `base_dir` as it stands, `$DAGSTER_HOME` in it too.

use std::fmt;

use serde_yaml::Value;

use crate::python_yaml::{PythonYaml, RepeatedKey, YamlRefusal, read_python_yaml};

/// Where an instance keeps files. Paths are as Dagster's own processes see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstancePlaces {
    /// What the default I/O manager writes.
    pub pickles: FilesPlace,
    /// What steps print.
    pub logs: LogPlace,
    /// The folder of the databases `history` and `schedules`.
    pub databases: FilesPlace,
}

/// A place of files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilesPlace {
    /// A folder.
    Folder(String),
    /// A folder counted from each process's working folder; a variable in it is no variable to
    /// Dagster but a name.
    Relative(String),
    /// Only the environment variable of Dagster's processes tells; what stands behind it.
    Variable(String, String),
    /// It is not known, and why.
    Unknown(String),
}

/// Where steps' output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// Into a folder.
    Local(FilesPlace),
    /// Into a bucket already.
    Bucket {
        /// What its keys begin with, where that stands in the file.
        prefix: Option<String>,
    },
    /// Nowhere, or where another class keeps it; what the file says.
    Elsewhere(String),
}

/// The file cannot be read as Dagster reads it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableInstance {
    /// It is not YAML, or it is more than one document.
    #[error("it cannot be read as YAML")]
    Yaml(#[from] YamlRefusal),
    /// A key is in it twice.
    #[error("a key appears twice, and Dagster takes the last one: {0}")]
    Twice(RepeatedKey),
    /// It is YAML, and no mapping.
    #[error("it is not a mapping of settings")]
    NoMapping,
}

/// Reads where an instance keeps its files. `home` is its `DAGSTER_HOME`; an empty text is an
/// instance without a `dagster.yaml`.
///
/// ```
/// use datalake_dagster::{FilesPlace, instance_places};
///
/// let yaml = "local_artifact_storage:\n  module: dagster.core.storage.root\n  class: LocalArtifactStorage\n  config: { base_dir: /data }\n";
/// let places = instance_places(yaml, "/opt/home")?;
///
/// assert_eq!(places.pickles, FilesPlace::Folder("/data/storage".to_owned()));
/// # Ok::<(), datalake_dagster::UnreadableInstance>(())
/// ```
///
/// # Errors
///
/// [`UnreadableInstance`] for a file that Dagster cannot read. Of a key that comes twice Dagster takes the
/// last one; here that is refused, since nobody may have meant it.
pub fn instance_places(yaml: &str, home: &str) -> Result<InstancePlaces, UnreadableInstance> {
    let PythonYaml { value: root, repeated } = read_python_yaml(yaml)?;
    if let Some(key) = repeated.into_iter().next() {
        return Err(UnreadableInstance::Twice(key));
    }
    if !root.is_mapping() && !root.is_null() {
        return Err(UnreadableInstance::NoMapping);
    }
    Ok(places_in(&root, home))
}

/// The same of settings that are read already.
pub(crate) fn places_in(root: &Value, home: &str) -> InstancePlaces {
    InstancePlaces {
        pickles: find_pickles(root, home),
        logs: find_logs(root, home),
        databases: find_databases(root, home),
    }
}

fn find_pickles(root: &Value, home: &str) -> FilesPlace {
    const KEY: &str = "local_artifact_storage";
    match class_of(root, KEY) {
        Class::Unsaid => FilesPlace::Folder(join_path(home, "storage")),
        Class::Named("LocalArtifactStorage") => {
            base_dir(find_value(root, &[KEY, "config", "base_dir"]), "storage")
        }
        class => FilesPlace::Unknown(class.describe(KEY)),
    }
}

fn find_logs(root: &Value, home: &str) -> LogPlace {
    const KEY: &str = "compute_logs";
    let config = find_value(root, &[KEY, "config"]);
    match class_of(root, KEY) {
        Class::Unsaid => LogPlace::Local(FilesPlace::Folder(join_path(home, "storage"))),
        Class::Named("LocalComputeLogManager") => {
            LogPlace::Local(base_dir(find_value(config, &["base_dir"]), ""))
        }
        Class::Named("S3ComputeLogManager") => {
            LogPlace::Bucket { prefix: find_value(config, &["prefix"]).as_str().map(str::to_owned) }
        }
        class => LogPlace::Elsewhere(class.describe(KEY)),
    }
}

fn find_databases(root: &Value, home: &str) -> FilesPlace {
    let storage = find_value(root, &["storage"]);
    if let Some(sqlite) = storage.get("sqlite") {
        return base_dir(find_value(sqlite, &["base_dir"]), "");
    }
    let others = ["storage", "run_storage", "event_log_storage", "schedule_storage"];
    match others.iter().find(|key| !find_value(root, &[**key]).is_null()) {
        None => FilesPlace::Folder(home.to_owned()),
        Some(key) => FilesPlace::Unknown(format!("`{key}` names another storage")),
    }
}

/// The class that a part of the instance is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class<'y> {
    /// The file says nothing of the part, or has an empty block.
    Unsaid,
    Named(&'y str),
    /// There is a block, and it names no class.
    Missing,
}

impl Class<'_> {
    fn describe(self, key: &str) -> String {
        match self {
            Self::Named(class) => format!("`{key}` is a `{class}`"),
            Self::Missing => format!("`{key}` names no `class`"),
            Self::Unsaid => format!("`{key}` is not set"),
        }
    }
}

fn class_of<'y>(root: &'y Value, key: &str) -> Class<'y> {
    match find_value(root, &[key]) {
        Value::Null => Class::Unsaid,
        Value::Mapping(part) if part.is_empty() => Class::Unsaid,
        part => find_value(part, &["class"]).as_str().map_or(Class::Missing, Class::Named),
    }
}

fn base_dir(value: &Value, name: &str) -> FilesPlace {
    match value {
        Value::String(path) if path.starts_with('/') => FilesPlace::Folder(join_path(path, name)),
        Value::String(path) => FilesPlace::Relative(join_path(path, name)),
        Value::Mapping(_) => match find_value(value, &["env"]).as_str() {
            Some(variable) => FilesPlace::Variable(variable.to_owned(), name.to_owned()),
            None => FilesPlace::Unknown("its `base_dir` is not a path".to_owned()),
        },
        _ => FilesPlace::Unknown("its `base_dir` is not a path".to_owned()),
    }
}

/// What stands below these keys; null where nothing does.
fn find_value<'y>(value: &'y Value, keys: &[&str]) -> &'y Value {
    keys.iter().fold(value, |value, key| value.get(*key).unwrap_or(&Value::Null))
}

fn join_path(folder: &str, name: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if name.is_empty() { folder.to_owned() } else { format!("{folder}/{name}") }
}

impl fmt::Display for FilesPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => f.write_str(path),
            Self::Relative(path) => write!(f, "{path} (from each process's working folder)"),
            Self::Variable(name, _) => write!(f, "where the variable {name} says"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "/opt/home";

    fn folder(path: &str) -> FilesPlace {
        FilesPlace::Folder(path.to_owned())
    }

    #[track_caller]
    fn check(yaml: &str, pickles: &FilesPlace, logs: &LogPlace, databases: &FilesPlace) {
        let places = instance_places(yaml, HOME).unwrap();

        assert_eq!((&places.pickles, &places.logs), (pickles, logs), "{yaml}");
        assert_eq!(&places.databases, databases, "{yaml}");
    }

    #[test]
    fn each_line_of_the_table_of_real_instances() {
        let (storage, home) = (folder("/opt/home/storage"), folder(HOME));
        let usual = LogPlace::Local(storage.clone());
        check("", &storage, &usual, &home);
        check("# nothing\n", &storage, &usual, &home);
        check("\u{feff}telemetry: {enabled: false}\r\n", &storage, &usual, &home);
        let moved = "local_artifact_storage: {module: m, class: LocalArtifactStorage, config: \
                     {base_dir: /x}}";
        check(moved, &folder("/x/storage"), &usual, &home);
        let logs = |dir: &str| {
            format!("compute_logs:\n  class: LocalComputeLogManager\n  config: {{base_dir: {dir}}}")
        };
        check(&logs("/y"), &storage, &LogPlace::Local(folder("/y")), &home);
        check("storage: {sqlite: {base_dir: /z}}", &storage, &usual, &folder("/z"));
        for odd in ["$DAGSTER_HOME/logs", "./logs"] {
            let place = LogPlace::Local(FilesPlace::Relative(odd.to_owned()));
            check(&logs(odd), &storage, &place, &home);
        }
        let variable = FilesPlace::Variable("DIR".to_owned(), String::new());
        check(&logs("{env: DIR}"), &storage, &LogPlace::Local(variable), &home);
    }

    #[test]
    fn merge_keys_count_as_they_do_for_dagster() {
        let yaml = "local_artifact_storage:\n  class: LocalArtifactStorage\n  config: &home\n    \
                    base_dir: /a\ncompute_logs: {class: LocalComputeLogManager, config: {<<: \
                    *home}}\n";

        check(yaml, &folder("/a/storage"), &LogPlace::Local(folder("/a")), &folder(HOME));
    }

    #[test]
    fn what_others_keep_is_unknown_and_never_the_usual_place() {
        let places = |yaml: &str| instance_places(yaml, HOME).unwrap();

        let custom = "local_artifact_storage: {module: m, class: Custom}";
        assert!(matches!(places(custom).pickles, FilesPlace::Unknown(_)));
        let s3 = "compute_logs: {class: S3ComputeLogManager, config: {prefix: prod/}}";
        let prefix = Some("prod/".to_owned());
        assert_eq!(places(s3).logs, LogPlace::Bucket { prefix });
        let other = "compute_logs: {class: NoOpComputeLogManager}";
        assert!(matches!(places(other).logs, LogPlace::Elsewhere(_)));
        assert!(matches!(places("storage: {postgres: {}}").databases, FilesPlace::Unknown(_)));
        assert!(matches!(places("run_storage: {class: X}").databases, FilesPlace::Unknown(_)));
    }

    #[test]
    fn what_dagster_cannot_read_is_refused() {
        for yaml in ["a: [", "- a", "text", "a: 1\t# tab\n", "---\na: 1\n---\nb: 2\n"] {
            assert!(instance_places(yaml, HOME).is_err(), "{yaml:?}");
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_with_its_lines() {
        let error = instance_places("a: 1\nb: 2\na: 3\n", HOME).unwrap_err();

        assert_eq!(
            error.to_string(),
            "a key appears twice, and Dagster takes the last one: `a` in line 1 and again in \
             line 3"
        );
    }

    #[test]
    fn a_block_without_a_class_is_told_as_that() {
        let logs = |yaml: &str| instance_places(yaml, HOME).unwrap().logs;

        let usual = LogPlace::Local(folder("/opt/home/storage"));
        assert_eq!(logs("compute_logs: {}"), usual);
        let words = LogPlace::Elsewhere("`compute_logs` names no `class`".to_owned());
        assert_eq!(logs("compute_logs: {config: {base_dir: /x}}"), words);
        let words = LogPlace::Elsewhere("`compute_logs` is a `NoOp`".to_owned());
        assert_eq!(logs("compute_logs: {class: NoOp}"), words);
    }
}
