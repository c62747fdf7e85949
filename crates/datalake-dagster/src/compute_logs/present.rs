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
    /// The file says nothing, or has an empty block: Dagster keeps them below `$DAGSTER_HOME/storage`.
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
    /// There is a block, and it names no class: Dagster cannot load it.
    NoClass,
}

pub(super) fn read_present(root: &Mapping) -> ComputeLogs {
    let Some(block) = root.get(KEY).filter(|block| !is_empty(block)) else {
        return ComputeLogs::Unsaid;
    };
    let config = block.get("config");
    let setting = |key: &str| config.and_then(|config| config.get(key)).and_then(setting_of);
    match block.get("class").and_then(Value::as_str) {
        Some(LOCAL_LOG_MANAGER) => ComputeLogs::Local(setting("base_dir")),
        Some("NoOpComputeLogManager") => ComputeLogs::Local(None),
        Some(S3_LOG_MANAGER) if is_dagster_aws(block) => {
            ComputeLogs::S3 { bucket: setting("bucket"), endpoint: setting("endpoint_url") }
        }
        Some(class) => ComputeLogs::Other(class.to_owned()),
        None => ComputeLogs::NoClass,
    }
}

/// `compute_logs:` and `compute_logs: {}`.
fn is_empty(block: &Value) -> bool {
    block.is_null() || block.as_mapping().is_some_and(Mapping::is_empty)
}

/// Other libraries have a class of the same name.
fn is_dagster_aws(block: &Value) -> bool {
    let module = block.get("module").and_then(Value::as_str);
    module.is_some_and(|module| module.starts_with("dagster_aws."))
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
