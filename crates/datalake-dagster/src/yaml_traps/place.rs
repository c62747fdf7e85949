//! Where the log manager of the bucket writes, beside what the spec says of the assets.

use datalake_core::doctor::{YamlTrap, YamlTrapKind};
use serde_yaml::Value;

use super::trap;
use crate::{ComputeLogs, DagsterYaml, Setting};

/// What `S3ComputeLogManager` takes where the block says nothing (its class in dagster-aws 0.29.27,
/// read 2026-11-22).
const DEFAULT_PREFIX: &str = "dagster";

/// The variable by which the containers know the bucket.
const BUCKET: &str = "DAGSTER_S3_BUCKET";

/// Finds logs that go to another bucket than the spec's, and logs that share a prefix with the
/// assets.
#[must_use]
pub fn beside_spec(text: &str, bucket: &str, prefix: &str) -> Vec<YamlTrap> {
    let Ok(yaml) = DagsterYaml::parse(text) else { return Vec::new() };
    match yaml.compute_logs() {
        ComputeLogs::S3 { bucket: Some(Setting::Text(other)), .. } if other != bucket => {
            let what = format!("`compute_logs` go to the bucket `{other}`, not to `{bucket}`");
            vec![trap(YamlTrapKind::OtherBucket, &what)]
        }
        ComputeLogs::S3 { bucket: Some(Setting::Variable(name)), .. } if name != BUCKET => {
            Vec::new()
        }
        ComputeLogs::S3 { .. } => shared(text, prefix).into_iter().collect(),
        ComputeLogs::Unsaid | ComputeLogs::Local(_) | ComputeLogs::Other(_) => Vec::new(),
    }
}

fn shared(text: &str, assets: &str) -> Option<YamlTrap> {
    let root = serde_yaml::from_str::<Value>(text).ok()?;
    let config = root.get("compute_logs")?.get("config")?;
    let logs = match config.get("prefix") {
        None => DEFAULT_PREFIX,
        Some(value) => value.as_str()?,
    };
    let [logs, assets] = [logs, assets].map(|prefix| prefix.trim_matches('/'));
    let is_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // Without a prefix the assets are everywhere, and nothing lies apart from them.
    let is_shared = !assets.is_empty() && (is_in(logs, assets) || is_in(assets, logs));
    let what = format!("logs lie below `{logs}`, assets below `{assets}`");
    is_shared.then(|| trap(YamlTrapKind::SharedPrefix, &what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(config: &str, expected: &[YamlTrapKind]) {
        let text = format!(
            "compute_logs:\n  module: dagster_aws.s3.compute_log_manager\n  class: \
             S3ComputeLogManager\n  config: {{ {config} }}\n"
        );
        let traps = beside_spec(&text, "acme", "lake/assets");
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
    fn other_log_managers_are_not_judged() {
        for text in ["", "a: [", "compute_logs: { class: LocalComputeLogManager }"] {
            assert_eq!(beside_spec(text, "acme", "assets"), [], "{text}");
        }
    }
}
