//! Where the log manager of the bucket writes, beside what the spec says.

use datalake_core::doctor::{YamlTrap, YamlTrapKind};
use serde_yaml::Value;

use super::make_trap;
use crate::python_yaml::read_python_yaml;
use crate::{ComputeLogs, DagsterYaml, Setting};

/// What `S3ComputeLogManager` takes where the block says nothing (its class in dagster-aws 0.29.27,
/// read 2026-11-22).
const DEFAULT_PREFIX: &str = "dagster";

/// The variable by which the containers know the bucket.
const BUCKET: &str = "DAGSTER_S3_BUCKET";

/// Where assets and logs go, as the spec says.
#[derive(Debug, Clone, Copy)]
pub struct SpecifiedStore<'a> {
    /// The service.
    pub endpoint: &'a str,
    /// The bucket.
    pub bucket: &'a str,
    /// The prefix of the assets.
    pub prefix: &'a str,
}

/// Finds logs that go to another service or bucket than the spec's, and logs that share a prefix
/// with the assets.
#[must_use]
pub fn compare_with_spec(text: &str, spec: SpecifiedStore<'_>) -> Vec<YamlTrap> {
    let Ok(yaml) = read_python_yaml(text) else { return Vec::new() };
    let Ok(yaml) = DagsterYaml::with_value(text, yaml.value) else { return Vec::new() };
    let ComputeLogs::S3 { bucket, endpoint } = yaml.compute_logs() else { return Vec::new() };
    let bare = |url: &str| url.trim_end_matches('/').to_owned();
    if let Some(Setting::Text(other)) = &endpoint
        && bare(other) != bare(spec.endpoint)
    {
        let what =
            format!("`compute_logs` go to the service `{other}`, not to `{}`", spec.endpoint);
        return vec![make_trap(YamlTrapKind::OtherService, &what)];
    }
    match bucket {
        Some(Setting::Text(other)) if other != spec.bucket => {
            let what =
                format!("`compute_logs` go to the bucket `{other}`, not to `{}`", spec.bucket);
            vec![make_trap(YamlTrapKind::OtherBucket, &what)]
        }
        Some(Setting::Variable(name)) if name != BUCKET => Vec::new(),
        _ => find_shared_prefix(&yaml, spec.prefix).into_iter().collect(),
    }
}

fn find_shared_prefix(yaml: &DagsterYaml, assets: &str) -> Option<YamlTrap> {
    let config = yaml.root().get("compute_logs")?.get("config")?;
    let logs = match config.get("prefix") {
        None => DEFAULT_PREFIX,
        Some(value) => Value::as_str(value)?,
    };
    let [logs, assets] = [logs, assets].map(|prefix| prefix.trim_matches('/'));
    let is_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // Without a prefix the assets are everywhere, and nothing lies apart from them.
    let is_shared = !assets.is_empty() && (is_in(logs, assets) || is_in(assets, logs));
    let what = format!("logs are under `{logs}`, assets under `{assets}`");
    is_shared.then(|| make_trap(YamlTrapKind::SharedPrefix, &what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: SpecifiedStore<'_> = SpecifiedStore {
        endpoint: "https://fsn1.your-objectstorage.com",
        bucket: "acme",
        prefix: "lake/assets",
    };

    #[track_caller]
    fn check(config: &str, expected: &[YamlTrapKind]) {
        let text = format!(
            "compute_logs:\n  module: dagster_aws.s3.compute_log_manager\n  class: \
             S3ComputeLogManager\n  config: {{ {config} }}\n"
        );
        let traps = compare_with_spec(&text, SPEC);
        let kinds: Vec<_> = traps.iter().map(|trap| trap.kind).collect();
        assert_eq!(kinds, expected, "{config}: {traps:?}");
    }

    #[test]
    fn logs_and_assets_lie_apart() {
        let shared = &[YamlTrapKind::SharedPrefix];
        check("bucket: acme, prefix: compute-logs", &[]);
        check("bucket: acme", &[]);
        check("bucket: acme, prefix: lake/assets-logs", &[]);
        check("bucket: acme, prefix: lake/assets", shared);
        check("bucket: acme, prefix: /lake/assets/logs/", shared);
        check("bucket: { env: DAGSTER_S3_BUCKET }, prefix: lake", shared);
        check("bucket: { env: OTHER }, prefix: lake", &[]);
        check("bucket: other, prefix: lake/assets", &[YamlTrapKind::OtherBucket]);
    }

    #[test]
    fn another_service_is_not_called_another_bucket() {
        let other = &[YamlTrapKind::OtherService];
        check("bucket: acme, endpoint_url: 'https://hel1.your-objectstorage.com'", other);
        check("bucket: acme, endpoint_url: 'https://fsn1.your-objectstorage.com/'", &[]);
        check("bucket: acme, endpoint_url: { env: DAGSTER_S3_ENDPOINT_URL }", &[]);
    }

    #[test]
    fn other_log_managers_are_not_judged() {
        for text in ["", "a: [", "compute_logs: { class: LocalComputeLogManager }"] {
            assert_eq!(compare_with_spec(text, SPEC), [], "{text}");
        }
    }
}
