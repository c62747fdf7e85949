//! Who keeps what steps print, as a `dagster.yaml` says it.

use serde_yaml::{Mapping, Value};

use super::{KEY, S3_LOG_MANAGER};

pub(super) const LOCAL_LOG_MANAGER: &str = "LocalComputeLogManager";

/// A setting of Dagster's: a text, or the name of a variable that holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// The text itself.
    Text(String),
    /// `{env: NAME}`
    Variable(String),
}

/// Who keeps what steps print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComputeLogs {
    /// The file says nothing: Dagster keeps them below `$DAGSTER_HOME/storage`.
    Unsaid,
    /// Files on the host; without a folder below `$DAGSTER_HOME/storage`.
    Local(Option<Setting>),
    /// A bucket.
    S3 {
        /// The bucket; `None` where it is no text.
        bucket: Option<Setting>,
        /// The service; `None` where the environment tells.
        endpoint: Option<Setting>,
    },
    /// Another class.
    Other(String),
}

pub(super) fn present(root: &Mapping) -> ComputeLogs {
    let Some(block) = merged(root, KEY).filter(|block| !block.is_null()) else {
        return ComputeLogs::Unsaid;
    };
    let config = block.get("config");
    let setting = |key: &str| config.and_then(|config| config.get(key)).and_then(setting_of);
    match block.get("class").and_then(Value::as_str) {
        Some(LOCAL_LOG_MANAGER) => ComputeLogs::Local(setting("base_dir")),
        Some("NoOpComputeLogManager") => ComputeLogs::Local(None),
        Some(S3_LOG_MANAGER) if is_dagster_aws(&block) => {
            ComputeLogs::S3 { bucket: setting("bucket"), endpoint: setting("endpoint_url") }
        }
        class => ComputeLogs::Other(class.unwrap_or("?").to_owned()),
    }
}

/// Other libraries have a class of the same name.
fn is_dagster_aws(block: &Value) -> bool {
    let module = block.get("module").and_then(Value::as_str);
    module.is_some_and(|module| module.starts_with("dagster_aws."))
}

/// A value of the root with its merge keys taken in.
pub(super) fn merged(root: &Mapping, key: &str) -> Option<Value> {
    let mut value = root.get(key)?.clone();
    let _ = value.apply_merge();
    Some(value)
}

fn setting_of(value: &Value) -> Option<Setting> {
    match value {
        Value::String(text) => Some(Setting::Text(text.clone())),
        Value::Mapping(map) => {
            map.get("env").and_then(Value::as_str).map(|name| Setting::Variable(name.to_owned()))
        }
        _ => None,
    }
}
