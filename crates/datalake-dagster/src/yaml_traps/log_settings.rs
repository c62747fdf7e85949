//! The settings of the log manager of the bucket, as Dagster checks them.

use datalake_core::doctor::{YamlTrap, YamlTrapKind};
use serde_yaml::Value;

use super::make_trap;
use crate::DagsterYaml;

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A text, or `{env: NAME}`.
    Text,
    Truth,
    Number,
    Mapping,
}

/// The settings of `S3ComputeLogManager` (its class in dagster-aws 0.29.27, read 2026-11-22).
const SETTINGS: [(&str, Takes); 12] = [
    ("bucket", Takes::Text),
    ("prefix", Takes::Text),
    ("endpoint_url", Takes::Text),
    ("region", Takes::Text),
    ("local_dir", Takes::Text),
    ("verify_cert_path", Takes::Text),
    ("use_ssl", Takes::Truth),
    ("verify", Takes::Truth),
    ("skip_empty_files", Takes::Truth),
    ("show_url_only", Takes::Truth),
    ("upload_interval", Takes::Number),
    ("upload_extra_args", Takes::Mapping),
];

/// Finds settings of the block that Dagster refuses, or that nobody hands over.
pub(super) fn find_setting_traps(
    yaml: &DagsterYaml,
    is_set: impl Fn(&str) -> bool,
) -> Vec<YamlTrap> {
    let config = yaml.root().get("compute_logs").and_then(|block| block.get("config"));
    let Some(config) = config.and_then(Value::as_mapping) else { return Vec::new() };
    let judge = |(key, value): (&Value, &Value)| judge_setting(key.as_str()?, value, &is_set);
    config.iter().filter_map(judge).collect()
}

fn judge_setting(key: &str, value: &Value, is_set: impl Fn(&str) -> bool) -> Option<YamlTrap> {
    let refused = |what: String| Some(make_trap(YamlTrapKind::UnknownKey, &what));
    let Some((_, takes)) = SETTINGS.iter().find(|(name, _)| *name == key) else {
        return refused(format!("`{key}` is not one of its settings"));
    };
    let variable = value.get("env").and_then(Value::as_str);
    match (takes, value, variable) {
        (Takes::Text, _, Some(name)) if !is_set(name) => {
            let what = format!("`{key}` comes from `{name}`, which nothing here hands over");
            Some(make_trap(YamlTrapKind::MissingVariable, &what))
        }
        (Takes::Text, Value::String(_), _)
        | (Takes::Text, _, Some(_))
        | (Takes::Truth, Value::Bool(_), _)
        | (Takes::Number, Value::Number(_) | Value::Null, _)
        | (Takes::Mapping, Value::Mapping(_), _) => None,
        (Takes::Text, ..) => {
            let found = describe_value(value);
            refused(format!("`{key}` is read as {found}, not as a text: put it in quotes"))
        }
        (_, _, Some(_)) => refused(format!("`{key}` must be a value, not `env:`")),
        (takes, ..) => {
            let (wanted, found) = (takes.describe(), describe_value(value));
            refused(format!("`{key}` takes {wanted}, and is read as {found}"))
        }
    }
}

impl Takes {
    fn describe(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Truth => "`true` or `false`",
            Self::Number => "a number",
            Self::Mapping => "a mapping",
        }
    }
}

fn describe_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(truth) => format!("`{truth}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a text".to_owned(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) | Value::Tagged(_) => "a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan_yaml;

    fn find(settings: &str) -> Vec<YamlTrap> {
        let text = format!(
            "compute_logs:\n  module: dagster_aws.s3.compute_log_manager\n  class: \
             S3ComputeLogManager\n  config:\n    prefix: compute-logs\n    local_dir: /opt/logs\n    \
             skip_empty_files: yes\n    bucket: {{env: DAGSTER_S3_BUCKET}}\n{settings}"
        );
        scan_yaml(&text, "/opt/home", |name| name == "DAGSTER_S3_BUCKET")
    }

    #[track_caller]
    fn check(settings: &str, expected: &[YamlTrapKind]) {
        let traps = find(settings);
        let kinds: Vec<_> = traps.iter().map(|trap| trap.kind).collect();
        assert_eq!(kinds, expected, "{settings}: {traps:?}");
    }

    #[track_caller]
    fn check_words(setting: &str, expected: &str) {
        let traps = find(&format!("    {setting}\n"));
        let words: Vec<_> = traps.iter().map(|trap| trap.what.as_str()).collect();
        assert_eq!(words, [expected], "{setting}");
    }

    #[test]
    fn settings_of_the_bucket_s_log_manager() {
        check("", &[]);
        check("    region: fsn1\n", &[YamlTrapKind::RegionIgnored]);
        check("    aws_access_key_id: x\n", &[YamlTrapKind::UnknownKey]);
        check("    verify: {env: VERIFY}\n", &[YamlTrapKind::UnknownKey]);
        check("    endpoint_url: {env: S3_URL}\n", &[YamlTrapKind::MissingVariable]);
        check("    use_ssl: off\n", &[]);
    }

    #[test]
    fn values_are_judged_as_python_reads_them() {
        check_words(
            "verify: 1:30",
            "`verify` takes `true` or `false`, and is read as the number 90",
        );
        check_words("verify: \"yes\"", "`verify` takes `true` or `false`, and is read as a text");
        let quotes = |key: &str, found: &str| {
            format!("`{key}` is read as {found}, not as a text: put it in quotes")
        };
        check_words("endpoint_url: 010", &quotes("endpoint_url", "the number 8"));
        check_words("verify_cert_path: no", &quotes("verify_cert_path", "`false`"));
        check_words("verify_cert_path: ~", &quotes("verify_cert_path", "nothing"));
    }
}
