//! What of a `dagster.yaml` does not do what it seems to do.

mod place;

use datalake_core::doctor::{YamlTrap, YamlTrapKind};
use serde_yaml::Value;

pub use self::place::beside_spec;

use crate::{ComputeLogs, DagsterYaml, LogNote, Place, Setting, UnfitYaml, instance_places};

/// The settings of `S3ComputeLogManager`, and whether each may be `{env: NAME}` (its class in
/// dagster-aws 0.29.27, read 2026-11-22).
const SETTINGS: [(&str, bool); 12] = [
    ("bucket", true),
    ("prefix", true),
    ("endpoint_url", true),
    ("region", true),
    ("local_dir", true),
    ("verify_cert_path", true),
    ("use_ssl", false),
    ("verify", false),
    ("skip_empty_files", false),
    ("show_url_only", false),
    ("upload_interval", false),
    ("upload_extra_args", false),
];

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
    let yaml = match DagsterYaml::parse(text) {
        Ok(yaml) => yaml,
        Err(error @ UnfitYaml::Twice(_)) => {
            return vec![trap(YamlTrapKind::DuplicateKey, &error.to_string())];
        }
        Err(error) => return vec![trap(YamlTrapKind::Form, &error.to_string())],
    };
    let logs = yaml.compute_logs();
    let mut traps: Vec<YamlTrap> = yaml.log_notes().iter().filter_map(of_note).collect();
    match &logs {
        ComputeLogs::Unsaid => {
            traps.push(trap(YamlTrapKind::LocalLogs, "it says nothing of `compute_logs`"));
        }
        ComputeLogs::Local(folder) => {
            traps.push(trap(YamlTrapKind::LocalLogs, "`compute_logs` are files"));
            if let Some(Setting::Text(folder)) = folder {
                traps.extend(of_folder("compute_logs", folder));
            }
        }
        ComputeLogs::S3 { .. } => traps.extend(of_settings(text, is_set)),
        ComputeLogs::Other(_) => (),
    }
    if let Ok(places) = instance_places(text, inside)
        && let Place::Relative(folder) = &places.pickles
    {
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
    Some(trap(kind, &note.to_string()))
}

/// A folder that is not where it seems to be.
fn of_folder(key: &str, folder: &str) -> Option<YamlTrap> {
    let what = format!("`{key}` has the folder `{folder}`");
    match folder {
        _ if folder.contains('$') => Some(trap(YamlTrapKind::UnexpandedHome, &what)),
        _ if folder.starts_with('/') => None,
        _ => Some(trap(YamlTrapKind::RelativeFolder, &what)),
    }
}

/// The settings of the block for S3.
fn of_settings(text: &str, is_set: impl Fn(&str) -> bool) -> Vec<YamlTrap> {
    let Ok(root) = serde_yaml::from_str::<Value>(text) else { return Vec::new() };
    let config = root.get("compute_logs").and_then(|block| block.get("config"));
    let Some(config) = config.and_then(Value::as_mapping) else { return Vec::new() };
    let mut traps = Vec::new();
    for (key, value) in config {
        let Some(key) = key.as_str() else { continue };
        let variable = value.get("env").and_then(Value::as_str);
        let known = SETTINGS.iter().find(|(name, _)| *name == key).map(|(_, may_be)| *may_be);
        match (known, variable) {
            (None, _) => {
                traps.push(trap(YamlTrapKind::UnknownKey, &format!("`{key}` is no setting of it")));
            }
            (Some(false), Some(_)) => {
                let what = format!("`{key}` must be a value, not `env:`");
                traps.push(trap(YamlTrapKind::UnknownKey, &what));
            }
            (Some(true), Some(name)) if !is_set(name) => {
                let what = format!("`{key}` comes from `{name}`, which nothing here hands over");
                traps.push(trap(YamlTrapKind::MissingVariable, &what));
            }
            (Some(_), _) => (),
        }
    }
    traps
}

fn trap(kind: YamlTrapKind, what: &str) -> YamlTrap {
    YamlTrap { kind, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[YamlTrapKind]) {
        let traps = scan_yaml(text, "/opt/home", |name| name == "DAGSTER_S3_BUCKET");
        let kinds: Vec<_> = traps.iter().map(|trap| trap.kind).collect();
        assert_eq!(kinds, expected, "{text}: {traps:?}");
    }

    fn s3(settings: &str) -> String {
        format!(
            "compute_logs:\n  module: dagster_aws.s3.compute_log_manager\n  class: \
             S3ComputeLogManager\n  config:\n    prefix: compute-logs\n    local_dir: /opt/logs\n    \
             skip_empty_files: true\n    bucket: {{env: DAGSTER_S3_BUCKET}}\n{settings}"
        )
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        check("a: [", &[YamlTrapKind::Form]);
        check("telemetry: {}\ntelemetry: {}\n", &[YamlTrapKind::DuplicateKey]);
    }

    #[test]
    fn folders_that_are_not_where_they_seem() {
        check("", &[YamlTrapKind::LocalLogs]);
        let local = |folder: &str| {
            format!(
                "compute_logs:\n  class: LocalComputeLogManager\n  config:\n    base_dir: {folder}\n"
            )
        };
        check(&local("/srv/logs"), &[YamlTrapKind::LocalLogs]);
        check(&local("./logs"), &[YamlTrapKind::LocalLogs, YamlTrapKind::RelativeFolder]);
    }

    #[test]
    fn settings_of_the_bucket_s_log_manager() {
        check(&s3(""), &[]);
        check(&s3("    region: fsn1\n"), &[YamlTrapKind::RegionIgnored]);
        check(&s3("    aws_access_key_id: x\n"), &[YamlTrapKind::UnknownKey]);
        check(&s3("    verify: {env: VERIFY}\n"), &[YamlTrapKind::UnknownKey]);
        check(&s3("    endpoint_url: {env: S3_URL}\n"), &[YamlTrapKind::MissingVariable]);
    }
}
