//! What of a `dagster.yaml` does not do what it seems to do.

mod log_settings;
mod place;

use datalake_core::doctor::{YamlTrap, YamlTrapKind};
use serde_yaml::{Mapping, Value};

pub use self::place::{SpecifiedStore, compare_with_spec};

use self::log_settings::find_setting_traps;
use crate::instance::places_in;
use crate::python_yaml::{PythonYaml, YamlRefusal, read_python_yaml};
use crate::{ComputeLogs, DagsterYaml, FilesPlace, LogNote, Setting};

/// The text of a `dagster.yaml`.
///
/// # Errors
///
/// A [`YamlTrap`] for bytes that are no text: Python stops at them.
pub fn decode_yaml(content: &[u8]) -> Result<&str, YamlTrap> {
    std::str::from_utf8(content).map_err(|error| {
        let line = content.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        let what = format!("line {}: bytes that are no UTF-8 text", line + 1);
        make_trap(YamlTrapKind::Form, &what)
    })
}

/// Finds the traps in a `dagster.yaml`. `inside` is Dagster's home as its processes see it;
/// `is_set` tells whether a container gets a variable.
///
/// ```
/// use datalake_core::doctor::YamlTrapKind;
/// use datalake_dagster::scan_yaml;
///
/// let text = "compute_logs:\n  module: dagster.core.storage.local_compute_log_manager\n  \
///             class: LocalComputeLogManager\n  config:\n    base_dir: $DAGSTER_HOME/logs\n";
/// let traps = scan_yaml(text, "/opt/dagster", |_| true);
///
/// let kinds: Vec<_> = traps.iter().map(|trap| trap.kind).collect();
/// assert_eq!(kinds, [YamlTrapKind::LocalLogs, YamlTrapKind::UnexpandedHome]);
/// ```
#[must_use]
pub fn scan_yaml(text: &str, inside: &str, is_set: impl Fn(&str) -> bool) -> Vec<YamlTrap> {
    let PythonYaml { value, repeated } = match read_python_yaml(text) {
        Ok(yaml) => yaml,
        Err(refusal) => {
            return vec![make_trap(YamlTrapKind::Form, &describe_refusal(&refusal, text))];
        }
    };
    let yaml = match DagsterYaml::with_value(text, value) {
        Ok(yaml) => yaml,
        Err(error) => return vec![make_trap(YamlTrapKind::Form, &error.to_string())],
    };
    let repeated =
        repeated.iter().map(|key| make_trap(YamlTrapKind::DuplicateKey, &key.to_string()));
    let refused = find_refused_keys(yaml.root());
    if !refused.is_empty() {
        return repeated.chain(refused).collect();
    }
    let logs = yaml.compute_logs();
    let mut traps: Vec<YamlTrap> = repeated.collect();
    traps.extend(yaml.log_notes().iter().filter_map(of_note));
    match &logs {
        ComputeLogs::Unsaid => {
            traps.push(make_trap(YamlTrapKind::LocalLogs, "it says nothing of `compute_logs`"));
        }
        ComputeLogs::Local(folder) => {
            traps.push(make_trap(YamlTrapKind::LocalLogs, "`compute_logs` are files"));
            if let Some(Setting::Text(folder)) = folder {
                traps.extend(of_folder("compute_logs", folder));
            }
        }
        ComputeLogs::S3 { .. } => traps.extend(find_setting_traps(&yaml, is_set)),
        ComputeLogs::Other(_) | ComputeLogs::NoClass => (),
    }
    let places = places_in(&Value::Mapping(yaml.root().clone()), inside);
    if let FilesPlace::Relative(folder) = &places.pickles {
        traps.extend(of_folder("local_artifact_storage", folder));
    }
    traps
}

fn of_note(note: &LogNote) -> Option<YamlTrap> {
    let kind = match note {
        LogNote::Region => YamlTrapKind::RegionIgnored,
        LogNote::Encryption => YamlTrapKind::Encryption,
        LogNote::UrlOnly => YamlTrapKind::ConsoleLinks,
        LogNote::UploadInterval => YamlTrapKind::Partial,
        LogNote::RelativeLocalDir(folder) => return of_folder("local_dir", folder),
        LogNote::NoPrefix => YamlTrapKind::SharedPrefix,
        LogNote::RunContainers(_) => YamlTrapKind::Launcher,
        LogNote::EmptyFiles | LogNote::NoLocalDir => return None,
    };
    Some(make_trap(kind, &note.to_string()))
}

/// A folder that is not where it seems to be.
fn of_folder(key: &str, folder: &str) -> Option<YamlTrap> {
    let what = format!("`{key}` has the folder `{folder}`");
    match folder {
        _ if folder.contains('$') => Some(make_trap(YamlTrapKind::UnexpandedHome, &what)),
        _ if folder.starts_with('/') => None,
        _ => Some(make_trap(YamlTrapKind::RelativeFolder, &what)),
    }
}

/// What Dagster loads by a class that the file names (its schema in 1.13.27).
const LOADED: [&str; 10] = [
    "local_artifact_storage",
    "compute_logs",
    "run_storage",
    "event_log_storage",
    "schedule_storage",
    "scheduler",
    "run_coordinator",
    "run_launcher",
    "instance_class",
    "defs_state_storage",
];

/// Root keys for which Dagster refuses the whole file (tried with 1.13.27): those without a value, and
/// blocks that do not name what is to be loaded.
fn find_refused_keys(root: &Mapping) -> Vec<YamlTrap> {
    let judge = |(key, value): (&Value, &Value)| {
        let key = key.as_str()?;
        if value.is_null() {
            let what = format!("`{key}` is empty: Dagster refuses the whole file for it");
            return Some(make_trap(YamlTrapKind::Form, &what));
        }
        let lacks = |name: &&str| value.get(*name).is_none_or(Value::is_null);
        let lacking: Vec<_> = ["module", "class"].into_iter().filter(lacks).collect();
        let lacking: Vec<_> = lacking.iter().map(|name| format!("`{name}`")).collect();
        let what = format!(
            "`{key}` names no {}: Dagster refuses the whole file",
            lacking.join(" and no ")
        );
        (LOADED.contains(&key) && !lacking.is_empty()).then(|| make_trap(YamlTrapKind::Form, &what))
    };
    root.iter().filter_map(judge).collect()
}

/// Why Dagster cannot read the file. Text of a template is told as what it is.
fn describe_refusal(refusal: &YamlRefusal, text: &str) -> String {
    let line = text.lines().nth(refusal.line - 1).unwrap_or_default();
    let is_template = ["{{", "{%"].iter().any(|sign| line.contains(sign));
    let template =
        if is_template { ": it looks like a template that was not filled in" } else { "" };
    format!("{refusal}{template}")
}

fn make_trap(kind: YamlTrapKind, what: &str) -> YamlTrap {
    YamlTrap { kind, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[YamlTrapKind]) {
        let traps = scan_yaml(text, "/opt/home", |_| true);
        let kinds: Vec<_> = traps.iter().map(|trap| trap.kind).collect();
        assert_eq!(kinds, expected, "{text}: {traps:?}");
    }

    #[track_caller]
    fn check_refusal(text: &str, expected: &str) {
        let traps = scan_yaml(text, "/opt/home", |_| true);
        let [YamlTrap { kind: YamlTrapKind::Form, what }] = traps.as_slice() else {
            panic!("{text}: {traps:?}");
        };
        assert_eq!(what, expected, "{text}");
    }

    #[test]
    fn what_python_refuses_is_told_with_its_line() {
        check_refusal(
            "a: [",
            "line 1, column 5: expected the node content, but found '<stream end>'",
        );
        check_refusal(
            "telemetry:\n  enabled: true\t# quiet\n",
            "line 2, column 16: found character '\\t' that cannot start any token",
        );
        check_refusal(
            "run_queue: !!python/object:x.Y {}\n",
            "line 1, column 12: could not determine a constructor for the tag \
             'tag:yaml.org,2002:python/object:x.Y'",
        );
        check_refusal(
            "storage:\n  postgres:\n    postgres_url: {{ url }}\n",
            "line 3, column 20: found unhashable key: it looks like a template that was not \
             filled in",
        );
        check_refusal(
            "a: b\u{7}\n",
            "line 1, column 5: unacceptable character #x0007: special characters are not allowed",
        );
        check_refusal("- a\n", "it is not a mapping of keys to values");
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_line() {
        assert_eq!(decode_yaml(b"a: 1\n").unwrap(), "a: 1\n");
        let trap = decode_yaml(b"a: 1\nb: \xff\n").unwrap_err();
        assert_eq!(trap.what, "line 2: bytes that are no UTF-8 text");
    }

    #[test]
    fn a_key_that_stands_twice_is_told_and_the_last_one_is_judged() {
        let traps = scan_yaml("a: {b: 1, b: 2}\na: {b: 3}\n", "/opt/home", |_| true);
        let told = traps.iter().map(|trap| trap.what.as_str());
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "`b` in line 1 and again in line 1",
                "`a` in line 1 and again in line 2",
                "it says nothing of `compute_logs`"
            ]
        );
        let local = "compute_logs: {module: m, class: LocalComputeLogManager}\n";
        let other = "compute_logs: {module: m, class: X}\n";
        check(&format!("{local}{other}"), &[YamlTrapKind::DuplicateKey]);
        check(&format!("{other}{local}"), &[YamlTrapKind::DuplicateKey, YamlTrapKind::LocalLogs]);
    }

    #[test]
    fn what_dagster_refuses_to_load_is_told_by_its_key() {
        check_refusal(
            "telemetry:\n",
            "`telemetry` is empty: Dagster refuses the whole file for it",
        );
        check_refusal(
            "compute_logs: ~\n",
            "`compute_logs` is empty: Dagster refuses the whole file for it",
        );
        check_refusal(
            "compute_logs: {}\n",
            "`compute_logs` names no `module` and no `class`: Dagster refuses the whole file",
        );
        check_refusal(
            "run_launcher: {class: DefaultRunLauncher}\n",
            "`run_launcher` names no `module`: Dagster refuses the whole file",
        );
        check("telemetry: {}\n", &[YamlTrapKind::LocalLogs]);
    }

    #[test]
    fn folders_that_are_not_where_they_seem() {
        check("", &[YamlTrapKind::LocalLogs]);
        let local = |folder: &str| {
            format!(
                "compute_logs:\n  module: m\n  class: LocalComputeLogManager\n  config:\n    \
                 base_dir: {folder}\n"
            )
        };
        check(&local("/srv/logs"), &[YamlTrapKind::LocalLogs]);
        check(&local("./logs"), &[YamlTrapKind::LocalLogs, YamlTrapKind::RelativeFolder]);
    }
}
