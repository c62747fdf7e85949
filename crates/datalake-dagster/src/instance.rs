//! Where a Dagster instance keeps its files, read from its `dagster.yaml`.
//!
//! Nothing is expanded or run: Dagster takes a `base_dir` as it stands, `$DAGSTER_HOME` in it too.

use std::fmt;

use serde_yaml::Value;

/// Where an instance keeps files. Paths are as Dagster's own processes see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstancePlaces {
    /// What the default I/O manager writes.
    pub pickles: Place,
    /// What steps print.
    pub logs: LogPlace,
    /// The folder of the databases `history` and `schedules`.
    pub databases: Place,
}

/// A place of files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
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
    Local(Place),
    /// Into a bucket already.
    Bucket {
        /// What its keys begin with, where that stands in the file.
        prefix: Option<String>,
    },
    /// Nowhere, or where another class keeps it.
    Elsewhere(String),
}

/// The file cannot be read as Dagster reads it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableInstance {
    /// It is no YAML, has a key twice, or more than one document.
    #[error("it cannot be read as YAML")]
    Yaml(#[from] serde_yaml::Error),
    /// It is YAML, and no mapping.
    #[error("it is no mapping of settings")]
    NoMapping,
}

/// Reads where an instance keeps its files. `home` is its `DAGSTER_HOME`; an empty text is an
/// instance without a `dagster.yaml`.
///
/// ```
/// use datalake_dagster::{Place, instance_places};
///
/// let yaml = "local_artifact_storage:\n  module: dagster.core.storage.root\n  class: LocalArtifactStorage\n  config: { base_dir: /data }\n";
/// let places = instance_places(yaml, "/opt/home")?;
///
/// assert_eq!(places.pickles, Place::Folder("/data/storage".to_owned()));
/// # Ok::<(), datalake_dagster::UnreadableInstance>(())
/// ```
///
/// # Errors
///
/// [`UnreadableInstance`] for a file that a strict reader cannot take. Dagster takes some of those:
/// of a key that comes twice, the last one.
pub fn instance_places(yaml: &str, home: &str) -> Result<InstancePlaces, UnreadableInstance> {
    let mut root: Value = serde_yaml::from_str(yaml.trim_start_matches('\u{feff}'))?;
    root.apply_merge()?;
    if !root.is_mapping() && !root.is_null() {
        return Err(UnreadableInstance::NoMapping);
    }
    Ok(InstancePlaces {
        pickles: pickles(&root, home),
        logs: logs(&root, home),
        databases: databases(&root, home),
    })
}

fn pickles(root: &Value, home: &str) -> Place {
    match class_of(root, "local_artifact_storage") {
        None => Place::Folder(below(home, "storage")),
        Some("LocalArtifactStorage") => {
            base_dir(at(root, &["local_artifact_storage", "config", "base_dir"]), "storage")
        }
        Some(class) => Place::Unknown(format!("`local_artifact_storage` is a `{class}`")),
    }
}

fn logs(root: &Value, home: &str) -> LogPlace {
    let config = at(root, &["compute_logs", "config"]);
    match class_of(root, "compute_logs") {
        None => LogPlace::Local(Place::Folder(below(home, "storage"))),
        Some("LocalComputeLogManager") => LogPlace::Local(base_dir(at(config, &["base_dir"]), "")),
        Some("S3ComputeLogManager") => {
            LogPlace::Bucket { prefix: at(config, &["prefix"]).as_str().map(str::to_owned) }
        }
        Some(class) => LogPlace::Elsewhere(class.to_owned()),
    }
}

fn databases(root: &Value, home: &str) -> Place {
    let storage = at(root, &["storage"]);
    if let Some(sqlite) = storage.get("sqlite") {
        return base_dir(at(sqlite, &["base_dir"]), "");
    }
    let others = ["storage", "run_storage", "event_log_storage", "schedule_storage"];
    match others.iter().find(|key| !at(root, &[**key]).is_null()) {
        None => Place::Folder(home.to_owned()),
        Some(key) => Place::Unknown(format!("`{key}` names another storage")),
    }
}

/// The class that a part of the instance is made of, if the file says anything about it.
fn class_of<'y>(root: &'y Value, key: &str) -> Option<&'y str> {
    match at(root, &[key]) {
        Value::Null => None,
        part => Some(at(part, &["class"]).as_str().unwrap_or("?")),
    }
}

fn base_dir(value: &Value, name: &str) -> Place {
    match value {
        Value::String(path) if path.starts_with('/') => Place::Folder(below(path, name)),
        Value::String(path) => Place::Relative(below(path, name)),
        Value::Mapping(_) => match at(value, &["env"]).as_str() {
            Some(variable) => Place::Variable(variable.to_owned(), name.to_owned()),
            None => Place::Unknown("its `base_dir` is no path".to_owned()),
        },
        _ => Place::Unknown("its `base_dir` is no path".to_owned()),
    }
}

/// What stands below these keys; null where nothing does.
fn at<'y>(value: &'y Value, keys: &[&str]) -> &'y Value {
    keys.iter().fold(value, |value, key| value.get(*key).unwrap_or(&Value::Null))
}

fn below(folder: &str, name: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if name.is_empty() { folder.to_owned() } else { format!("{folder}/{name}") }
}

impl fmt::Display for Place {
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

    fn folder(path: &str) -> Place {
        Place::Folder(path.to_owned())
    }

    #[track_caller]
    fn check(yaml: &str, pickles: &Place, logs: &LogPlace, databases: &Place) {
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
            let place = LogPlace::Local(Place::Relative(odd.to_owned()));
            check(&logs(odd), &storage, &place, &home);
        }
        let variable = Place::Variable("DIR".to_owned(), String::new());
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
        assert!(matches!(places(custom).pickles, Place::Unknown(_)));
        let s3 = "compute_logs: {class: S3ComputeLogManager, config: {prefix: prod/}}";
        let prefix = Some("prod/".to_owned());
        assert_eq!(places(s3).logs, LogPlace::Bucket { prefix });
        let other = "compute_logs: {class: NoOpComputeLogManager}";
        assert!(matches!(places(other).logs, LogPlace::Elsewhere(_)));
        assert!(matches!(places("storage: {postgres: {}}").databases, Place::Unknown(_)));
        assert!(matches!(places("run_storage: {class: X}").databases, Place::Unknown(_)));
    }

    #[test]
    fn what_a_strict_reader_cannot_take_is_refused() {
        for yaml in ["a: [", "- a", "text", "a: 1\na: 2\n", "---\na: 1\n---\nb: 2\n"] {
            assert!(instance_places(yaml, HOME).is_err(), "{yaml:?}");
        }
    }
}
